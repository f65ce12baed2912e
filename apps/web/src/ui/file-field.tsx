import { useId, type ReactNode } from "react";

import { PlainText } from "./plain-text.tsx";

interface FileFieldProps {
  /** What the button says. */
  readonly button: string;
  /** What the file is for, where nothing beside it says so. */
  readonly label?: string;
  readonly kind?: "primary" | "plain";
  /** Kinds of file that the browser offers first, as an input's `accept` has them. */
  readonly accept?: string;
  /** One file unless said: `several`, or all that a `folder` holds. */
  readonly of?: "several" | "folder";
  /** What was chosen, or what became of it. */
  readonly said?: string;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A button that chooses files. What the keyboard and screen readers meet is the browser's own input, which lies over it unseen. */
export function FileField(props: FileFieldProps): ReactNode {
  const { button, label, kind = "plain", accept, of, said, onFiles } = props;
  const id = useId();
  return (
    <div className="file-field">
      {label !== undefined && (
        <span className="label" id={`${id}-label`}>
          {label}
        </span>
      )}
      <span className={`button button-${kind}`}>
        <span id={`${id}-button`}>{button}</span>
        <input
          ref={(input) => {
            // React knows no such attribute, browsers do.
            if (input !== null) input.webkitdirectory = of === "folder";
          }}
          type="file"
          accept={accept}
          multiple={of === "several"}
          title=""
          aria-labelledby={label === undefined ? `${id}-button` : `${id}-label ${id}-button`}
          onChange={({ target }) => {
            const files = [...(target.files ?? [])];
            // The same file can be chosen again, after it was mended.
            target.value = "";
            if (files.length > 0) onFiles(files);
          }}
        />
      </span>
      {said !== undefined && (
        <span className="quiet" role="status">
          <PlainText text={said} />
        </span>
      )}
    </div>
  );
}
