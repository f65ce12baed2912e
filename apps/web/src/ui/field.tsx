import { useId, type ReactNode } from "react";

interface FieldProps {
  readonly label: string;
  /** What to write there, below the label. */
  readonly hint?: ReactNode;
  /** What is wrong with what is there. */
  readonly fault?: string | null;
  /** Gets the ids to put on the input: `<input {...ids} />`. */
  readonly children: (ids: FieldIds) => ReactNode;
}

/** What ties an input to its label, its hint and its fault. */
export interface FieldIds {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

/** A labelled input. */
export function Field({ label, hint, fault = null, children }: FieldProps): ReactNode {
  const id = useId();
  const described = [hint === undefined ? [] : `${id}-hint`, fault === null ? [] : `${id}-fault`].flat();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && (
        <div className="quiet" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {children({
        id,
        "aria-describedby": described.length === 0 ? undefined : described.join(" "),
        "aria-invalid": fault !== null,
      })}
      {fault !== null && (
        <div className="badge badge-bad" id={`${id}-fault`} role="alert">
          {fault}
        </div>
      )}
    </div>
  );
}
