import type { ReactNode } from "react";

import { PlainText } from "../../../ui/plain-text.tsx";
import { isOpenable } from "../logic/facts.ts";

/** Where a memory comes from: shown whole, and opened only by who presses on it; what is not https is not opened at all. */
export const SourceLink = ({ url }: { readonly url: string }): ReactNode => (
  <>
    <PlainText text={url} />{" "}
    {isOpenable(url) && (
      <a href={url} target="_blank" rel="noopener noreferrer">
        Open in a new tab
      </a>
    )}
  </>
);
