import { useCallback, useEffect, useState } from "react";

import { useView } from "../../session/view.tsx";

/** Something that is looked up, again whenever the vault was read. */
export interface Loaded<T> {
  /** As it was found last; `null` before. */
  readonly value: T | null;
  readonly fault: unknown;
  readonly reload: () => void;
}

/**
 * Looks something up for a page.
 *
 * @param load - The same function between two renders, unless it looks for something else.
 */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const { view, waiting } = useView();
  const [found, setFound] = useState<{ value: T | null; fault: unknown }>({ value: null, fault: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isLatest = true;
    load().then(
      (value) => {
        if (isLatest) setFound({ value, fault: null });
      },
      (fault: unknown) => {
        if (isLatest) setFound(({ value }) => ({ value, fault }));
      },
    );
    return () => void (isLatest = false);
  }, [load, view, waiting, turn]);
  return { ...found, reload: useCallback(() => setTurn((before) => before + 1), []) };
}
