import { useState, type ReactNode } from "react";

import { Notice } from "../../ui/notice.tsx";
import { countText, numberText, sizeText } from "../../ui/texts.ts";
import { CommitTable } from "./commit-table.tsx";
import type { OutsiderView } from "./outsider/seen.ts";
import { CommitPlot } from "./plot/commit-plot.tsx";
import { plotOf, type Measure, type Plot } from "./plot/geometry.ts";

const MEASURES: readonly (readonly [Measure, string])[] = [
  ["bytes", "calldata"],
  ["gas", "gas"],
];

/** What the picture does not have. */
const hiddenText = ({ marks, hidden }: Plot): string =>
  [
    hidden.commits === 0
      ? ""
      : `The picture has the newest ${countText(marks.length, "commit")}; the table has ${numberText(hidden.commits)} more.`,
    hidden.grants === 0
      ? ""
      : `${countText(hidden.grants, "listed grant")} ${hidden.grants === 1 ? "has" : "have"} no line in the picture: the list below has all.`,
  ]
    .filter((text) => text !== "")
    .join(" ");

/** When something was committed, in a picture and in a table. */
export function CommitsCard({ seen }: { readonly seen: OutsiderView }): ReactNode {
  const { commits, grants, missing, older, time } = seen;
  const [measure, setMeasure] = useState<Measure>("bytes");
  const plot = plotOf(commits, grants, time, measure);
  const most = measure === "bytes" ? sizeText(plot.most) : `${plot.most.toLocaleString()} gas`;
  return (
    <section className="card" aria-labelledby="others-commits">
      <h2 id="others-commits">Commits over time</h2>
      <p className="quiet">
        {countText(commits.length, "commit")} and {countText(grants.length, "listed grant")}. When, how much
        and beside which grant is public; what was written is not.
      </p>
      {missing > 0 && (
        <Notice tone="warn">
          This node does not show {countText(missing, "commit")}: it forgot old events. Another one may have
          them.
        </Notice>
      )}
      {older > 0 && (
        <Notice tone="warn">
          {countText(older, "older commit")} {older === 1 ? "is" : "are"} not shown: the list above says why.
        </Notice>
      )}
      {(plot.hidden.commits > 0 || plot.hidden.grants > 0) && <Notice>{hiddenText(plot)}</Notice>}
      <fieldset className="others-measure">
        <legend>The height of a mark is its</legend>
        {MEASURES.map(([value, label]) => (
          <label key={value} className="choice">
            <input
              type="radio"
              name="others-measure"
              checked={measure === value}
              onChange={() => setMeasure(value)}
            />
            {label}
          </label>
        ))}
        <span className="quiet">The highest is {most}.</span>
      </fieldset>
      <CommitPlot plot={plot} />
      <CommitTable commits={commits} whole={missing + older <= 0} />
    </section>
  );
}
