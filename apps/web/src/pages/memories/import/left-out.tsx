import type { ReactNode } from "react";

import { Notice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { countText } from "../../../ui/texts.ts";
import type { Gathered } from "./collected.ts";
import type { BrokenFile } from "./words.ts";

/** Files of which nothing is taken, each by name and with what to do. */
export const BrokenFiles = ({ broken }: { readonly broken: readonly BrokenFile[] }): ReactNode =>
  broken.map(({ file, name, message }) => (
    <Notice key={`${file} ${name}`} tone="bad">
      <strong>
        <PlainText text={file} />
      </strong>
      <p>
        <PlainText text={message} />
      </p>
    </Notice>
  ));

/** What is no memory, with the reasons. */
export function LeftOut({ gathered }: { readonly gathered: Gathered }): ReactNode {
  const { skipped, skippedInAll } = gathered;
  if (skippedInAll === 0) return null;
  return (
    <details>
      <summary>{countText(skippedInAll, "entry was", "entries were")} left out: why</summary>
      <ul className="import-reasons">
        {skipped.map(({ place, why }, index) => (
          <li key={index}>
            <PlainText text={place} />: <PlainText text={why} />
          </li>
        ))}
        {skippedInAll > skipped.length && <li className="quiet">and {skippedInAll - skipped.length} more</li>}
      </ul>
    </details>
  );
}
