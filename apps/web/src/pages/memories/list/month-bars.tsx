import type { ReactNode } from "react";

import { numberText } from "../../../ui/texts.ts";
import type { Month } from "../logic/months.ts";

interface MonthBarsProps {
  readonly months: readonly Month[];
  readonly onJump: (month: Month) => void;
}

/** How many memories each month has, a bar each; a bar leads to its month. */
export function MonthBars({ months, onJump }: MonthBarsProps): ReactNode {
  const most = Math.max(1, ...months.map(({ memories }) => memories.length));
  return (
    <ol className="month-bars" aria-label="Months, the newest first">
      {months.map((month) => (
        <li key={month.key}>
          <button type="button" onClick={() => onJump(month)}>
            <span className="month-bar-count">{numberText(month.memories.length)}</span>
            <span className="hidden-visually">
              {month.memories.length === 1 ? "memory in" : "memories in"}
            </span>
            <span
              className="month-bar"
              aria-hidden="true"
              style={{ height: `${Math.max(4, (month.memories.length / most) * 100)}%` }}
            />
            <span className="month-bar-name">{month.short}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
