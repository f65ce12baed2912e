import { useSyncExternalStore } from "react";

/** As the style sheets have it, whose narrow pages scroll as a whole. */
const narrow = matchMedia("(max-width: 44rem)");

const heard = (changed: () => void): (() => void) => {
  narrow.addEventListener("change", changed);
  return () => narrow.removeEventListener("change", changed);
};

/** Whether the page is as narrow as a phone. */
export const useNarrow = (): boolean => useSyncExternalStore(heard, () => narrow.matches);
