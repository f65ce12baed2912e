import type { ReactNode } from "react";

import type { Span } from "./geometry.ts";

interface LanesProps {
  readonly spans: readonly Span[];
  /** Where the lanes begin, and how high one is. */
  readonly top: number;
  readonly lane: number;
}

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

/** How the end of a grant is drawn: by its form, not by its colour. */
const ENDS: Readonly<Record<Span["end"], string>> = {
  cut: "M-5-5 5 5M5-5-5 5",
  over: "M0-6V6",
  open: "M-6-5 0 0-6 5",
};

/** Listed grants as spans below the commits. The list of grants has them in words. */
export const GrantLanes = ({ spans, top, lane }: LanesProps): ReactNode => (
  <g aria-hidden="true">
    {spans.map(({ grant, from, to, lane: row, end }) => {
      const y = top + (row + 0.5) * lane + 2;
      return (
        <g
          key={`${grant.hash} ${grant.grantee} ${grant.block}`}
          className={grant.stands ? "others-span others-span-stands" : "others-span"}
        >
          <line x1={percent(from)} x2={percent(to)} y1={y} y2={y} />
          <circle cx={percent(from)} cy={y} r={4} />
          <svg x={percent(to)} y={y} overflow="visible">
            <path d={ENDS[end]} />
          </svg>
        </g>
      );
    })}
  </g>
);
