import type { ComponentProps, ReactNode } from "react";

interface ButtonProps extends ComponentProps<"button"> {
  /** `primary` once a page at most; `danger` for what cannot be undone. */
  readonly kind?: "primary" | "plain" | "danger";
  /** Something that it began is not over: it cannot be pressed, and says so. */
  readonly busy?: boolean;
}

/** A button. Its `type` is "button" unless said, so that none sends a form by accident. */
export function Button({
  kind = "plain",
  busy = false,
  disabled,
  children,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind}`}
      disabled={busy || disabled === true}
      aria-busy={busy}
    >
      {children}
    </button>
  );
}
