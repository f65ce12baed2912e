import { useEffect, useRef, useState, type ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";

interface HoldButtonProps {
  readonly busy: boolean;
  readonly onHeld: () => void;
  readonly children: ReactNode;
}

/** So long it is held. */
const HOLD_MS = 1_500;

/**
 * A button for what cannot be undone: it is held down, by pointer or key. What presses without holding, as a screen reader does,
 * presses twice.
 */
export function HoldButton({ busy, onHeld, children }: HoldButtonProps): ReactNode {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [held, setHeld] = useState(false);
  const [again, setAgain] = useState(false);
  const end = (): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setHeld(false);
  };
  const begin = (): void => {
    if (timer.current !== undefined) return;
    setHeld(true);
    timer.current = setTimeout(() => {
      end();
      onHeld();
    }, HOLD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <>
      <Button
        kind="danger"
        busy={busy}
        data-held={held}
        onPointerDown={begin}
        onPointerUp={end}
        onPointerLeave={end}
        onPointerCancel={end}
        onContextMenu={(event) => event.preventDefault()}
        onBlur={end}
        onKeyDown={(event) => {
          if (event.key !== " " && event.key !== "Enter") return;
          // No click: the key is held instead.
          event.preventDefault();
          if (!event.repeat) begin();
        }}
        onKeyUp={end}
        onClick={({ detail }) => {
          if (detail !== 0) return;
          if (again) onHeld();
          else setAgain(true);
        }}
      >
        {children}
      </Button>
      <span className="quiet" role="status">
        {again ? "Press once more to do it." : held ? "Hold on…" : "Hold it down."}
      </span>
    </>
  );
}
