import type { ReactNode } from "react";

import { PlainText } from "../../../ui/plain-text.tsx";
import { countText } from "../../../ui/texts.ts";

interface ScopesChoiceProps {
  readonly counts: ReadonlyMap<string, number>;
  /** Names of those that stay out. */
  readonly left: ReadonlySet<string>;
  readonly onChange: (left: ReadonlySet<string>) => void;
}

/** Which scopes go into the file: all, unless the person leaves some out. */
export function ScopesChoice({ counts, left, onChange }: ScopesChoiceProps): ReactNode {
  const set = (name: string, included: boolean): void => {
    const next = new Set(left);
    if (included) next.delete(name);
    else next.add(name);
    onChange(next);
  };
  if (counts.size === 0) return <p>This vault has no memories yet.</p>;
  return (
    <fieldset className="export-choices export-scopes">
      <legend>Scopes</legend>
      {[...counts].map(([name, count]) => (
        <label key={name} className="choice">
          <input
            type="checkbox"
            checked={!left.has(name)}
            onChange={({ target }) => set(name, target.checked)}
          />
          <span>
            <PlainText text={name} /> <span className="quiet">{countText(count, "memory", "memories")}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
