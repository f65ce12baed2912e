import { useCallback, useEffect, useRef, useState } from "react";

import type { OutsiderView, Progress, Waiting, Watched } from "./outsider/seen.ts";
import { lookUpMore, outsiderView } from "./outsider/view.ts";

/** A look at the vault from outside. */
export interface Looking {
  /** What the last look that came to its end saw. */
  readonly seen: OutsiderView | null;
  /** How far the present look is; `null` when there is none. */
  readonly progress: Progress | null;
  /** Why the last look failed. */
  readonly fault: unknown;
  readonly look: () => void;
  /** Looks up more of the transactions of what was seen. */
  readonly more: () => void;
  readonly stop: () => void;
}

type State = Pick<Looking, "seen" | "progress" | "fault">;

const BEGIN: Progress = { doing: "events", done: 0 };

/** Looks at a vault from outside, once at first and then whenever it is asked to. */
export function useOutsider({ provider, deployment, vaultId, store }: Required<Watched>): Looking {
  const [state, setState] = useState<State>({ seen: null, progress: BEGIN, fault: null });
  const control = useRef<AbortController | null>(null);
  const run = useCallback(
    (begin: Progress, work: (watched: Watched, waiting: Waiting) => Promise<OutsiderView>) => {
      control.current?.abort();
      const mine = (control.current = new AbortController());
      const { signal } = mine;
      const tell = (change: Partial<State>): void => {
        if (!signal.aborted) setState((before) => ({ ...before, ...change }));
      };
      tell({ progress: begin, fault: null });
      const onProgress = (progress: Progress): void => tell({ progress });
      work({ provider, deployment, vaultId, store }, { signal, onProgress }).then(
        (seen) => tell({ seen, progress: null }),
        (fault: unknown) => tell({ fault, progress: null }),
      );
    },
    [provider, deployment, vaultId, store],
  );
  const look = useCallback(() => run(BEGIN, outsiderView), [run]);
  const { seen } = state;
  const more = useCallback(() => {
    if (seen !== null)
      run({ doing: "transactions", done: 0 }, (watched, waiting) => lookUpMore(watched, seen, waiting));
  }, [run, seen]);
  const stop = useCallback(() => {
    control.current?.abort();
    setState((before) => ({ ...before, progress: null }));
  }, []);
  useEffect(() => {
    look();
    return () => control.current?.abort();
  }, [look]);
  return { ...state, look, more, stop };
}
