import type { ReactNode } from "react";

import { Field } from "../../../ui/field.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { countText } from "../../../ui/texts.ts";
import { nameFault, type ScopeChoice } from "./scopes.ts";

interface ScopeRowProps {
  readonly choice: ScopeChoice;
  readonly onChange: (choice: ScopeChoice) => void;
}

/** How many texts are shown, so that a person sees what a scope would get. */
const SAMPLES = 3;
const SAMPLE_LENGTH = 160;

/** Memories that go together: whether, and where to. */
export function ScopeRow({ choice, onChange }: ScopeRowProps): ReactNode {
  const { name, included, memories } = choice;
  const count = countText(memories.length, "memory", "memories");
  return (
    <li className={`import-scope${included ? "" : " import-scope-out"}`} aria-label={choice.suggested}>
      <label className="choice">
        <input
          type="checkbox"
          checked={included}
          onChange={({ target }) => onChange({ ...choice, included: target.checked })}
        />
        <span>
          {count} for <PlainText text={choice.suggested} />
        </span>
      </label>
      {included && (
        <Field label="Scope" fault={nameFault(name)}>
          {(ids) => (
            <input
              {...ids}
              value={name}
              onChange={({ target }) => onChange({ ...choice, name: target.value })}
            />
          )}
        </Field>
      )}
      <details>
        <summary>What they say</summary>
        <ul className="import-samples">
          {memories.slice(0, SAMPLES).map(({ key, memory }) => (
            <li key={key}>
              <PlainText text={cut(memory.text)} />
            </li>
          ))}
          {memories.length > SAMPLES && <li className="quiet">and {memories.length - SAMPLES} more</li>}
        </ul>
      </details>
    </li>
  );
}

const cut = (text: string): string =>
  text.length <= SAMPLE_LENGTH ? text : `${text.slice(0, SAMPLE_LENGTH)}…`;
