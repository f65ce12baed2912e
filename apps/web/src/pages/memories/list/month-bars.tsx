import { useLayoutEffect, useRef, type ReactNode } from "react";

import { numberText } from "../../../ui/texts.ts";
import type { Month } from "../logic/months.ts";

interface MonthBarsProps {
  readonly months: readonly Month[];
  readonly onJump: (month: Month) => void;
}

/** The tallest bar, in rem. */
const TALLEST = 3.5;

/** How many memories each month has, a bar each, the newest at the end, which is in sight first; a bar leads to its month. */
export function MonthBars({ months, onJump }: MonthBarsProps): ReactNode {
  const most = Math.max(1, ...months.map(({ memories }) => memories.length));
  const bars = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => {
    bars.current?.scrollTo({ left: bars.current.scrollWidth });
  }, [months]);
  const [oldest, newest] = [months.at(-1), months[0]];
  return (
    <>
      {oldest !== newest && (
        <p className="quiet month-span">
          {oldest?.label} to {newest?.label}. Scroll sideways for more.
        </p>
      )}
      <ol ref={bars} className="month-bars" aria-label="Months, the newest last">
        {[...months].reverse().map((month) => (
          <li key={month.key}>
            <button type="button" title={month.label} onClick={() => onJump(month)}>
              <span className="month-bar-count">{numberText(month.memories.length)}</span>
              <span className="hidden-visually">
                {month.memories.length === 1 ? "memory in" : "memories in"}
              </span>
              <span
                className="month-bar"
                aria-hidden="true"
                style={{ height: `${Math.max(0.15, (month.memories.length / most) * TALLEST)}rem` }}
              />
              <span className="month-bar-name">{month.short}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
