import type { ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";

/** Sentences one under the other; names in them are somebody's words. */
export const Sentences = ({ sentences }: { readonly sentences: readonly string[] }): ReactNode => (
  <div className="access-sentences">
    {sentences.map((sentence) => (
      <p key={sentence}>
        <PlainText text={sentence} />
      </p>
    ))}
  </div>
);
