import { useState, type ReactNode } from "react";

import { LEAST_PASSPHRASE } from "../../device/passphrase.ts";
import { Field } from "../../ui/field.tsx";

interface PassphraseFieldsProps {
  readonly label: string;
  /** How long it is; the text itself stays in the form. */
  readonly name?: string;
}

/** A new passphrase. The form reads it when it is sent: it is in no state of the page. */
export function NewPassphraseField({ label, name = "passphrase" }: PassphraseFieldsProps): ReactNode {
  const [length, setLength] = useState(0);
  const [shown, setShown] = useState(false);
  const short = length > 0 && length < LEAST_PASSPHRASE;
  return (
    <>
      <Field
        label={label}
        hint={`At least ${LEAST_PASSPHRASE} characters. Four or five words that have nothing to do with each other are good.`}
      >
        {(ids) => (
          <input
            {...ids}
            name={name}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            onChange={({ target }) => setLength(Array.from(target.value).length)}
          />
        )}
      </Field>
      <p className={short ? "badge badge-warn" : "quiet"} role="status">
        {short && `${length} of at least ${LEAST_PASSPHRASE} characters`}
      </p>
      <label className="choice">
        <input type="checkbox" checked={shown} onChange={({ target }) => setShown(target.checked)} />
        Show it while I type
      </label>
    </>
  );
}

/** What a form's field holds now. */
export function textIn(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}
