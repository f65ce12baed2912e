import { useState, type ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { pieces } from "../../ui/pieces.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";

/** A row of a table. */
export interface Row {
  readonly key: string;
  readonly cells: readonly ReactNode[];
}

interface TableProps {
  /** What opens it. */
  readonly summary: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** More rows than this come when they are asked for. */
const PAGE = 200;

/** A table that is folded away until somebody wants it. */
export function Table({ summary, head, rows }: TableProps): ReactNode {
  const [shown, setShown] = useState(PAGE);
  const left = rows.length - shown;
  return (
    <details className="others-details">
      <summary>
        <PlainText text={summary} />
      </summary>
      {/* It scrolls sideways, by keys too. */}
      <div className="table-wrap" tabIndex={0} role="region" aria-label={heard(summary)}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map(({ key, cells }) => (
              <tr key={key}>
                {cells.map((cell, i) => (
                  <td key={head[i]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <Button onClick={() => setShown(shown + PAGE)}>
          Show {countText(Math.min(left, PAGE), "more row")}
        </Button>
      )}
    </details>
  );
}

/** The same where there is no place for marks. */
const heard = (text: string): string =>
  pieces(text)
    .map((piece) => piece.code ?? piece.text)
    .join("");
