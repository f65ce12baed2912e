import { useEffect, useMemo, useRef, useState } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { deltaOf, type Findable, type Found } from "./finder.ts";
import type { Answer, Asked } from "./worker.ts";

/** What a search found last, and for what. */
export interface Finding extends Found {
  readonly text: string;
}

interface Worked {
  readonly worker: Worker;
  told: ReadonlyMap<string, Findable>;
}

const findableOf = ({ memory, scope }: Previewed): Findable => {
  const { id, salt, type, text, createdAt, updatedAt, validUntil, tags, source, importance, reinforcements } =
    memory;
  return {
    ...{ id, salt, type, text, createdAt, updatedAt, validUntil, tags, source, importance, reinforcements },
    scope,
  };
};

/**
 * Searches as somebody types, in a worker.
 *
 * @param text - what is typed; blank asks for nothing.
 * @returns What was found for the newest text that has an answer; `null` while nothing is asked for.
 */
export function useFound(memories: ReadonlyMap<string, Previewed>, text: string): Finding | null {
  const worked = useRef<Worked | null>(null);
  const turn = useRef({ sent: 0, text: "" });
  const [finding, setFinding] = useState<Finding | null>(null);
  const now = useMemo(() => new Map([...memories].map(([id, each]) => [id, findableOf(each)])), [memories]);
  useEffect(() => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      // Only the newest question counts: the answers before it are of other texts.
      if (data.turn === turn.current.sent) setFinding({ ...data, text: turn.current.text });
    });
    worked.current = { worker, told: new Map() };
    return () => {
      // What it holds goes with it.
      worker.terminate();
      worked.current = null;
    };
  }, []);
  useEffect(() => {
    const work = worked.current;
    if (work === null) return;
    const delta = deltaOf(work.told, now);
    if (delta !== null) work.worker.postMessage({ kind: "change", delta } satisfies Asked);
    work.told = now;
    turn.current = { sent: turn.current.sent + 1, text };
    if (text.trim() === "") setFinding(null);
    else ask(work.worker, turn.current.sent, text);
  }, [now, text]);
  return text.trim() === "" ? null : finding;
}

const ask = (worker: Worker, turn: number, text: string): void =>
  worker.postMessage({ kind: "find", turn, text, now: Date.now() } satisfies Asked);
