import { useCallback, useRef, useState } from "react";

import { awake } from "../../device/awake.ts";

/** Something that takes a while, one at a time. */
export interface Task {
  /** What runs, as a person reads it; `null` when nothing does. */
  readonly running: string | null;
  /** Why the last one failed. */
  readonly fault: unknown;
  readonly run: (label: string, work: () => Promise<void>) => void;
  readonly clear: () => void;
}

/** Runs what a form is for. What was typed stays where it fails. */
export function useTask(): Task {
  const busy = useRef(false);
  const [running, setRunning] = useState<string | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const run = useCallback((label: string, work: () => Promise<void>): void => {
    if (busy.current) return;
    busy.current = true;
    setRunning(label);
    setFault(null);
    void awake
      .during(work)
      .catch(setFault)
      .finally(() => {
        busy.current = false;
        setRunning(null);
      });
  }, []);
  return { running, fault, run, clear: () => setFault(null) };
}
