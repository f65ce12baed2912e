import { useId, type ReactNode } from "react";

import { Field } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { namesClassic, type Protection } from "./protection.ts";

const KINDS: readonly (readonly [Protection["kind"], string])[] = [
  ["passphrase", "Encrypted with a passphrase"],
  ["recipients", "Encrypted to age recipients"],
  ["plain", "Not encrypted"],
];

interface ProtectionChoiceProps {
  readonly protection: Protection;
  readonly onChange: (protection: Protection) => void;
}

/** Who shall be able to open the file. */
export function ProtectionChoice({ protection, onChange }: ProtectionChoiceProps): ReactNode {
  const name = useId();
  return (
    <fieldset className="export-choices">
      <legend>Who can open it</legend>
      {KINDS.map(([kind, label]) => (
        <label key={kind} className="choice">
          <input
            type="radio"
            name={name}
            checked={protection.kind === kind}
            onChange={() => onChange({ ...protection, kind })}
          />
          {label}
        </label>
      ))}
      <Details protection={protection} onChange={onChange} />
    </fieldset>
  );
}

function Details({ protection, onChange }: ProtectionChoiceProps): ReactNode {
  switch (protection.kind) {
    case "plain":
      return (
        <Notice tone="warn">
          Everybody who gets this file reads every memory in it: who uses this computer, where it is backed
          up, where you send it. Delete it when it is of no more use.
        </Notice>
      );
    case "passphrase":
      return (
        <>
          <p className="quiet">
            Any age program opens it: age --decrypt. Whoever guesses the passphrase opens it too, and without
            it nobody does: it is kept nowhere.
          </p>
          <Field label="Passphrase">
            {(ids) => (
              <input
                {...ids}
                type="password"
                autoComplete="new-password"
                value={protection.passphrase}
                onChange={({ target }) => onChange({ ...protection, passphrase: target.value })}
              />
            )}
          </Field>
          <Field label="The passphrase again">
            {(ids) => (
              <input
                {...ids}
                type="password"
                autoComplete="new-password"
                value={protection.repeated}
                onChange={({ target }) => onChange({ ...protection, repeated: target.value })}
              />
            )}
          </Field>
        </>
      );
    case "recipients":
      return (
        <>
          <Field
            label="Recipients"
            hint="age1pq1…, or age1…, which is not post-quantum: one a line, all of one kind."
          >
            {(ids) => (
              <textarea
                {...ids}
                spellCheck={false}
                value={protection.recipients}
                onChange={({ target }) => onChange({ ...protection, recipients: target.value })}
              />
            )}
          </Field>
          {namesClassic(protection) && (
            <Notice tone="warn">
              A recipient that does not begin with age1pq1 is not post-quantum: whoever keeps the file may
              open it one day.
            </Notice>
          )}
        </>
      );
  }
}
