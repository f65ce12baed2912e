import { useEffect, useRef, type RefObject } from "react";

/**
 * Gives the focus to a step of a dialog when it comes: what had it is gone, and neither a keyboard nor a screen reader should begin
 * at the top of the page again.
 *
 * @returns For the step's outermost element, which takes `tabIndex={-1}`.
 */
export function useArrival<T extends HTMLElement>(): RefObject<T | null> {
  const step = useRef<T>(null);
  useEffect(() => step.current?.focus(), []);
  return step;
}
