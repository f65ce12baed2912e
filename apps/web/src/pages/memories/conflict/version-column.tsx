import { useId, type ReactNode } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { PlainText } from "../../../ui/plain-text.tsx";
import { timeText } from "../../../ui/texts.ts";
import { wordDiff } from "../logic/word-diff.ts";
import { termsOfVersion } from "./terms.ts";

interface VersionColumnProps {
  readonly version: Previewed;
  /** From 1. */
  readonly number: number;
  /** What it is compared with; `null` where it stands alone. */
  readonly beside: Previewed | null;
  readonly chosen: boolean;
  /** `null` for who may not choose. */
  readonly onChoose: (() => void) | null;
}

/** One version of a memory, with what the one beside it does not say. */
export function VersionColumn(props: VersionColumnProps): ReactNode {
  const { version, number, beside, chosen, onChoose } = props;
  const { memory } = version;
  const name = useId();
  const marks = beside === null ? [] : wordDiff(beside.memory.text, memory.text).after;
  return (
    <section className="conflict-version" aria-labelledby={name} data-chosen={chosen}>
      <h3 id={name}>Version {number.toLocaleString()}</h3>
      <p className="quiet">
        Told {timeText(memory.createdAt)}, changed {timeText(memory.updatedAt)}
        {version.pending && <span className="badge">Waits to be committed</span>}
      </p>
      <div className="conflict-text">
        <PlainText text={memory.text} marks={marks} lines />
      </div>
      <ul className="conflict-terms">
        {termsOfVersion(version, beside).map(({ name: term, value, differs }) => (
          <li key={term}>
            <span className="quiet">{term}:</span> <PlainText text={value} />
            {differs && <span className="badge badge-warn">differs</span>}
          </li>
        ))}
      </ul>
      {onChoose !== null && (
        <label className="choice">
          <input type="radio" name="version" checked={chosen} onChange={onChoose} />
          Keep this one
        </label>
      )}
    </section>
  );
}
