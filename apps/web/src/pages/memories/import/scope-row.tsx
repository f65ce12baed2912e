import { useState, type ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { countText, numberText } from "../../../ui/texts.ts";
import { nameFault, type ScopeChoice } from "./scopes.ts";

interface ScopeRowProps {
  readonly choice: ScopeChoice;
  readonly onChange: (choice: ScopeChoice) => void;
}

/** How many texts are shown at first, so that a person sees what a scope would get; and how many more at a press. */
const SAMPLES = 3;
const MORE = 50;

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
        <Texts memories={memories} />
      </details>
    </li>
  );
}

/** Texts as they are, whole: what cannot be read cannot be decided on. */
function Texts({ memories }: Pick<ScopeChoice, "memories">): ReactNode {
  const [shown, setShown] = useState(SAMPLES);
  const left = memories.length - shown;
  return (
    <>
      <ul className="import-samples" tabIndex={0} aria-label="Texts">
        {memories.slice(0, shown).map(({ key, memory }) => (
          <li key={key}>
            <PlainText text={memory.text} lines />
          </li>
        ))}
      </ul>
      {left > 0 && (
        <Button onClick={() => setShown(shown + MORE)}>
          Show {numberText(Math.min(left, MORE))} more of {numberText(left)}
        </Button>
      )}
    </>
  );
}
