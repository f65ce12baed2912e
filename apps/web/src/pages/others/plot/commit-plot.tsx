import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

import { dateText, shortText } from "../../../ui/texts.ts";
import { markAfter, nearestMark, type Plot } from "./geometry.ts";
import { GrantLanes } from "./grant-lanes.tsx";
import { commitText, plotText } from "./words.ts";

const HEIGHT = 150;
const AXIS = 26;
const LANE = 26;
const LEAST = 3;

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

/** Commits and listed grants over time. One mark is chosen: by the arrow keys, a click, or a finger; its words stand below. */
export function CommitPlot({ plot }: { readonly plot: Plot }): ReactNode {
  const { marks, spans, lanes, ticks, now, hidden } = plot;
  const [chosen, setChosen] = useState(marks.length - 1);
  const shown = useRef<SVGSVGElement>(null);
  const at = Math.min(chosen, marks.length - 1);
  const choose = (next: number): void => {
    setChosen(next);
    shown.current?.querySelector<SVGElement>(`[data-mark="${next}"]`)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = markAfter(event.key, at, marks.length);
    if (next === null) return;
    event.preventDefault();
    choose(next);
  };
  const onPointerDown = (event: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const next = nearestMark(marks, (event.clientX - left) / width);
    if (next < 0) return;
    event.preventDefault();
    choose(next);
  };
  const mark = marks[at];
  const nothing = hidden.commits === 0 ? "Nothing was committed yet." : "No commit is in the picture.";
  const base = HEIGHT + lanes.length * LANE;
  return (
    <figure className="others-plot">
      <svg
        ref={shown}
        width="100%"
        height={base + AXIS}
        role="group"
        aria-label={plotText(marks.length, spans.length)}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
      >
        <line className="others-axis" x1="0" x2="100%" y1={HEIGHT} y2={HEIGHT} />
        <line className="others-now" x1={percent(now)} x2={percent(now)} y1={0} y2={base} />
        {marks.map(({ commit, x, height }, i) => {
          const tall = Math.max(LEAST, (height ?? 0) * (HEIGHT - 12));
          return (
            <g
              key={commit.sequence}
              data-mark={i}
              className={i === at ? "others-mark others-mark-chosen" : "others-mark"}
              role="img"
              aria-label={commitText(commit)}
              tabIndex={i === at ? 0 : -1}
              onFocus={() => setChosen(i)}
            >
              <line
                className={height === null ? "others-stem others-stem-unknown" : "others-stem"}
                {...{ x1: percent(x), x2: percent(x), y1: HEIGHT, y2: HEIGHT - tall }}
              />
              {commit.beside.length === 0 ? (
                <circle cx={percent(x)} cy={HEIGHT - tall} r={i === at ? 6 : 3.5} />
              ) : (
                <svg x={percent(x)} y={HEIGHT - tall} overflow="visible">
                  <path d={i === at ? "M0-8 8 0 0 8-8 0Z" : "M0-5.5 5.5 0 0 5.5-5.5 0Z"} />
                </svg>
              )}
            </g>
          );
        })}
        <GrantLanes spans={spans} top={HEIGHT} lane={LANE} />
        {ticks.map(({ x, time }, i) => (
          <text
            key={time}
            className={i > 0 && i < ticks.length - 1 ? "others-tick others-tick-between" : "others-tick"}
            x={percent(x)}
            y={base + AXIS - 8}
            textAnchor={
              i === 0 && ticks.length > 1 ? "start" : i === ticks.length - 1 && i > 0 ? "end" : "middle"
            }
          >
            {dateText(time * 1_000)}
          </text>
        ))}
      </svg>
      <figcaption>
        <p role="status">{mark === undefined ? nothing : commitText(mark.commit)}</p>
        <p className="quiet">
          A diamond: something else was in the same transaction. Marks of one moment lie over each other. The
          upright line is the newest block.
          {lanes.length > 0 &&
            ` Below, a line for each listed account (${lanes.map(shortText).join(", ")}), from its grant to its end: a cross where something ended it, a bar where it ran out, an arrow where it stands.`}
        </p>
      </figcaption>
    </figure>
  );
}
