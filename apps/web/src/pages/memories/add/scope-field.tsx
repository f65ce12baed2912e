import type { ReactNode } from "react";

import { Field } from "../../../ui/field.tsx";
import { suggestedBeside } from "../logic/scopes.ts";
import type { ScopeChoice } from "./scope-choice.ts";

interface ScopeFieldProps {
  readonly scopes: readonly string[];
  /** `null`: none yet. */
  readonly chosen: ScopeChoice | null;
  readonly onChoose: (chosen: ScopeChoice) => void;
  readonly fault: string | null;
  /** What else there is to know of the choice. */
  readonly hint?: string;
}

/** Stands for a scope that the list does not have; with names goes a sign before them. */
const TYPED = "typed";

/** Where a memory goes: who is granted the scope reads it. */
export function ScopeField({ scopes, chosen, onChoose, fault, hint = "" }: ScopeFieldProps): ReactNode {
  const pick = (value: string): void =>
    onChoose(value === TYPED ? { name: "", isTyped: true } : { name: value.slice(1), isTyped: false });
  return (
    <>
      <Field
        label="Scope"
        hint={`Whoever is granted this scope reads it.${hint}`}
        fault={chosen?.isTyped === true ? null : fault}
      >
        {(ids) => (
          <select
            {...ids}
            value={chosen === null ? "" : chosen.isTyped ? TYPED : `=${chosen.name}`}
            onChange={({ target }) => pick(target.value)}
          >
            {chosen === null && (
              <option value="" disabled>
                Choose a scope
              </option>
            )}
            {scopes.length > 0 && <Names label="Your scopes" names={scopes} />}
            <Names label="Usual scopes" names={suggestedBeside(scopes)} />
            <option value={TYPED}>Another, with a name of your own…</option>
          </select>
        )}
      </Field>
      {chosen?.isTyped === true && (
        <Field label="Name of the scope" fault={fault}>
          {(ids) => (
            <input
              {...ids}
              dir="auto"
              autoFocus
              value={chosen.name}
              onChange={({ target }) => onChoose({ name: target.value, isTyped: true })}
            />
          )}
        </Field>
      )}
    </>
  );
}

const Names = (props: { readonly label: string; readonly names: readonly string[] }): ReactNode => (
  <optgroup label={props.label}>
    {props.names.map((name) => (
      <option key={name} value={`=${name}`}>
        {name}
      </option>
    ))}
  </optgroup>
);
