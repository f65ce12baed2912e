import type { ReactNode } from "react";

import { countText, sizeText } from "../../../ui/texts.ts";
import type { ReadingProgress } from "./collected.ts";

/** How far the reading is. */
export const ReadingStep = ({ progress }: { readonly progress: ReadingProgress }): ReactNode => {
  const { read, total, memories, skipped } = progress;
  return (
    <div className="stack">
      <label className="stack">
        <span>{total === 0 ? "Opening the files…" : `Read ${sizeText(read)} of ${sizeText(total)}`}</span>
        {total === 0 ? <progress /> : <progress value={read} max={total} />}
      </label>
      <p role="status">
        {countText(memories, "memory", "memories")} found, {countText(skipped, "entry", "entries")} left out
        so far.
      </p>
    </div>
  );
};
