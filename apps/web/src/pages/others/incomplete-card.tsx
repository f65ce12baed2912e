import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { countText, numberText } from "../../ui/texts.ts";
import { MOST_LOOKED_UP } from "./outsider/bounds.ts";
import type { OutsiderView } from "./outsider/seen.ts";

interface IncompleteProps {
  readonly seen: Pick<OutsiderView, "incomplete" | "transactions">;
  /** Whether somebody is looking now. */
  readonly busy: boolean;
  readonly onMore: () => void;
}

/** What on this page is not whole, and why; nothing where all of it is. */
export function IncompleteCard({
  seen: { incomplete, transactions },
  busy,
  onMore,
}: IncompleteProps): ReactNode {
  const unlooked = transactions.filter(({ looked }) => !looked).length;
  if (incomplete.length === 0 && unlooked === 0) return null;
  return (
    <Notice tone="warn">
      <strong>Not everything is here.</strong>
      <ul className="others-list">
        {incomplete.map((sentence) => (
          <li key={sentence}>
            <PlainText text={sentence} />
          </li>
        ))}
        {unlooked > 0 && (
          <li>
            {countText(unlooked, "transaction")} of {numberText(transactions.length)}{" "}
            {unlooked === 1 ? "is" : "are"} not looked up yet: when they were, who sent them and what they
            cost is not known here.
          </li>
        )}
      </ul>
      {unlooked > 0 && (
        <Button busy={busy} onClick={onMore}>
          Look up {countText(Math.min(unlooked, MOST_LOOKED_UP), "more transaction")}
        </Button>
      )}
    </Notice>
  );
}
