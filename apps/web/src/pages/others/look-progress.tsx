import type { ReactNode } from "react";

import type { Progress } from "./outsider/seen.ts";

const WORDS: Readonly<Record<Progress["doing"], string>> = {
  events: "Reading the chain's log…",
  keys: "Looking for what accounts and agents logged…",
  transactions: "Looking at the transactions…",
  store: "Looking at the store…",
};

/** How far a look is. The words are told to a screen reader, the numbers are not. */
export function LookProgress({ progress }: { readonly progress: Progress | null }): ReactNode {
  return (
    <div role="status">
      {progress !== null && (
        <div className="stack">
          <span id="others-doing">{WORDS[progress.doing]}</span>
          <progress aria-labelledby="others-doing" value={progress.done} max={1} />
        </div>
      )}
    </div>
  );
}
