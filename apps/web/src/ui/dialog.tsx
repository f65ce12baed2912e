import { useId, useLayoutEffect, useRef, type ReactNode } from "react";

import { holdStill } from "./still.ts";

interface DialogProps {
  readonly title: string;
  /** The person wants it gone: by Escape. Left out where an answer is needed. */
  readonly onClose?: () => void;
  /** Begins at its title, and not at the first button: where Enter would pay, or do what cannot be taken back. */
  readonly fromTitle?: true;
  readonly children: ReactNode;
}

/** A modal dialog, open for as long as it is rendered; the browser keeps the focus in it, and gives it back. */
export function Dialog({ title, onClose, fromTitle, children }: DialogProps): ReactNode {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const rendered = useRef(false);
  // Closed while it is still in the page: out of it, a browser gives no focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    rendered.current = true;
    shown?.showModal();
    if (fromTitle) heading.current?.focus();
    return () => {
      rendered.current = false;
      shown?.close();
      holdStill(document.body);
    };
  }, [fromTitle]);
  // After a few Escapes a browser closes it, whatever the page says: it is open for as long as it is rendered.
  const closed = (): void => {
    if (!rendered.current) return;
    onClose?.();
    // Whoever wanted it gone has had it taken off by then.
    setTimeout(() => {
      if (rendered.current && dialog.current?.open === false) dialog.current.showModal();
    }, 0);
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={closed}
    >
      <div className="stack">
        <h2 id={id} ref={heading} tabIndex={fromTitle ? -1 : undefined}>
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
