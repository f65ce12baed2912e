import { useCallback, useMemo, useRef, useState } from "react";

import type { PickedFile } from "../../../../../../client/browser.ts";
import { importedBefore, noteImported } from "../../../../../../client/manage.ts";
import type { Vault } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { look } from "../sight.ts";
import type { Gathered, ReadingProgress } from "./collected.ts";
import { compare, type Compared } from "./compare.ts";
import { readFiles } from "./reader.ts";
import { chosenOf, type ScopeChoice } from "./scopes.ts";
import type { Extraction } from "./words.ts";
import { writeFound } from "./write.ts";

/** Where an import stands. */
export type ImportStep =
  | { readonly kind: "choosing" }
  | { readonly kind: "reading"; readonly progress: ReadingProgress }
  | { readonly kind: "comparing" }
  | { readonly kind: "review"; readonly gathered: Gathered; readonly compared: Compared }
  | { readonly kind: "writing"; readonly written: number; readonly total: number }
  | { readonly kind: "done"; readonly written: number; readonly total: number };

/** An import, step by step. */
export interface Import {
  readonly step: ImportStep;
  /** Why the last step failed; what was chosen and decided stands. */
  readonly fault: unknown;
  readonly read: (files: readonly PickedFile[], as: Extraction) => void;
  readonly write: (choices: readonly ScopeChoice[]) => void;
  /** Gives the step that runs up: a reading is thrown away, a writing ends after what is on its way. */
  readonly cancel: () => void;
  readonly restart: () => void;
}

const NOTHING_READ: ReadingProgress = { read: 0, total: 0, memories: 0, skipped: 0 };

const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const newReader = (): Worker => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

/** Reads, compares, and writes what the person decided. */
export function useImport(): Import {
  const { vault } = useSession();
  const act = useAct();
  const [step, setStep] = useState<ImportStep>({ kind: "choosing" });
  const [fault, setFault] = useState<unknown>(null);
  const sequence = useRef(0n);
  const running = useRef<AbortController | null>(null);
  const begin = useCallback((): AbortSignal => {
    running.current?.abort();
    running.current = new AbortController();
    setFault(null);
    return running.current.signal;
  }, []);

  const read = useCallback(
    (files: readonly PickedFile[], as: Extraction): void => {
      const signal = begin();
      setStep({ kind: "reading", progress: NOTHING_READ });
      const heard = (progress: ReadingProgress): void => {
        if (!signal.aborted) setStep({ kind: "reading", progress });
      };
      const work = async (): Promise<void> => {
        const gathered = await readFiles(newReader(), files, as, heard, signal);
        setStep({ kind: "comparing" });
        const reviewed = await compareNow(vault, gathered);
        signal.throwIfAborted();
        sequence.current = reviewed.sequence;
        setStep({ kind: "review", gathered, compared: reviewed.compared });
      };
      work().catch((thrown: unknown) => {
        if (signal.aborted) return;
        setFault(thrown);
        setStep({ kind: "choosing" });
      });
    },
    [begin, vault],
  );

  const write = useCallback(
    (choices: readonly ScopeChoice[]): void => {
      if (step.kind !== "review") return;
      const { unnoted } = step.compared;
      const signal = begin();
      const chosen = chosenOf(choices);
      setStep({ kind: "writing", written: 0, total: chosen.length });
      void act
        .run("Writing what was imported…", null, async () => {
          let written = 0;
          try {
            await noteImported(vault, sequence.current, unnoted);
            const heard = (done: number): void => {
              written = done;
              setStep({ kind: "writing", written, total: chosen.length });
            };
            await writeFound(vault, sequence.current, chosen, heard, signal);
          } finally {
            setStep({ kind: "done", written, total: chosen.length });
          }
        })
        .then(() => undefined);
    },
    [act, begin, step, vault],
  );

  return useMemo(
    () => ({
      ...{ step, read, write, fault: fault ?? act.fault },
      cancel: () => {
        running.current?.abort();
        if (step.kind === "reading" || step.kind === "comparing") setStep({ kind: "choosing" });
      },
      restart: () => {
        setFault(null);
        act.clear();
        setStep({ kind: "choosing" });
      },
    }),
    [act, fault, read, step, write],
  );
}

async function compareNow(
  vault: Vault,
  { memories }: Gathered,
): Promise<{ readonly compared: Compared; readonly sequence: bigint }> {
  const sight = await look(vault);
  const before = await importedBefore(vault);
  return { compared: await compare(memories, sight.memories, before, breathe), sequence: sight.sequence };
}
