import { useState, type ReactNode } from "react";

import { SUGGESTED_SCOPES } from "../../../../../client/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { countText } from "../../ui/texts.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { toggled } from "./terms.ts";

interface ScopeChoiceProps {
  readonly counts: ReadonlyMap<string, number>;
  readonly chosen: readonly string[];
  readonly choose: (scopes: readonly string[]) => void;
  readonly fault: string | null;
}

/** Which scopes: none is chosen for the person. */
export function ScopeChoice({ counts, chosen, choose, fault }: ScopeChoiceProps): ReactNode {
  const names = [...new Set([...counts.keys(), ...chosen])];
  return (
    <fieldset className="access-fieldset">
      <legend>Scopes that it may read</legend>
      {names.map((name) => (
        <label key={name} className="choice">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={() => choose(toggled(chosen, name))}
          />
          <span>
            <PlainText text={name} />{" "}
            <span className="quiet">
              {counts.has(name)
                ? countText(counts.get(name) ?? 0, "memory", "memories")
                : "new: nothing is there yet"}
            </span>
          </span>
        </label>
      ))}
      {fault !== null && (
        <p className="badge badge-bad" role="alert">
          {fault}
        </p>
      )}
      <NewScope add={(name) => choose(chosen.includes(name) ? chosen : [...chosen, name])} />
    </fieldset>
  );
}

/** A scope for what is to come; the vault keeps it for good. */
function NewScope({ add }: { readonly add: (name: string) => void }): ReactNode {
  const [name, setName] = useState("");
  return (
    <details>
      <summary>A scope that is not there yet</summary>
      <Field label="Name" hint="The grant makes the scope, and a scope stays for good.">
        {(ids) => (
          <input
            {...ids}
            value={name}
            list="access-suggested"
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <datalist id="access-suggested">
        {SUGGESTED_SCOPES.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Button
        disabled={name.trim() === ""}
        onClick={() => {
          add(name.trim());
          setName("");
        }}
      >
        Add this scope
      </Button>
    </details>
  );
}
