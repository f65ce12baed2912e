import type { ReactNode } from "react";

import { InvalidWords } from "../../../../client/errors.ts";
import { Field } from "./field.tsx";

/** What every input of words has: no browser, keyboard or translator looks them up, keeps them or makes others of them. */
export const WORDS_INPUT = {
  autoComplete: "off",
  autoCorrect: "off",
  autoCapitalize: "none",
  spellCheck: false,
  translate: "no",
  inputMode: "text",
} as const;

interface WordsFieldProps {
  readonly label?: string;
  readonly hint: string;
  /** Why what the form was for failed; shown here where it is about the words. */
  readonly fault: unknown;
  /** What stands there at first. */
  readonly initial?: string;
}

/** The 24 words of a sheet. The form reads them, as `words`, when it is sent: they are in no state of the page. */
export const WordsField = ({
  label = "The 24 words",
  hint,
  fault,
  initial = "",
}: WordsFieldProps): ReactNode => (
  <Field label={label} hint={hint} fault={fault instanceof InvalidWords ? fault.message : null}>
    {(ids) => <textarea {...ids} {...WORDS_INPUT} name="words" rows={4} defaultValue={initial} />}
  </Field>
);

/** A failure that {@link WordsField} does not show; `null` where there is none. */
export const besideWords = (fault: unknown): unknown => (fault instanceof InvalidWords ? null : fault);
