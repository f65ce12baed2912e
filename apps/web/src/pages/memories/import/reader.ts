import type { PickedFile } from "../../../../../../client/browser.ts";
import { VaultError } from "../../../../../../client/errors.ts";
import { Collected, type Gathered, type ReadingProgress } from "./collected.ts";
import { ReaderStopped } from "./errors.ts";
import type { Extraction, PageWord, ReaderWord } from "./words.ts";

/** One end of the line between page and reader: a Worker, what a worker is in itself, a MessagePort. */
export interface Port {
  postMessage(word: unknown): void;
  addEventListener(type: "message", heard: (event: { readonly data: unknown }) => void): void;
}

/** A reader that can be ended at any time, whatever it is busy with. */
export interface ReaderPort extends Port {
  addEventListener(type: "message", heard: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error", heard: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

/**
 * Has files read, and collects what is found.
 *
 * @param port - A fresh reader; it is ended when this returns.
 * @param limit - how many memories are held at the most.
 * @throws {ExportTooLarge|ReaderStopped} when nothing can be reviewed. {DOMException} `AbortError` when the person gave it up.
 */
export async function readFiles(
  port: ReaderPort,
  files: readonly PickedFile[],
  as: Extraction,
  heard: (progress: ReadingProgress) => void,
  signal: AbortSignal,
  limit?: number,
): Promise<Gathered> {
  const found = new Collected(limit);
  try {
    return await new Promise<Gathered>((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      port.addEventListener("error", ({ message }) =>
        reject(new ReaderStopped(message ?? "no reason given")),
      );
      port.addEventListener("message", ({ data }) => {
        try {
          const word = data as ReaderWord;
          found.take(word);
          heard(found.progress);
          if (word.kind === "done") resolve(found.whole(word.importers));
          else if (word.kind !== "progress") port.postMessage({ kind: "taken" } satisfies PageWord);
        } catch (fault) {
          reject(fault instanceof VaultError ? fault : new ReaderStopped(String(fault)));
        }
      });
      port.postMessage({ kind: "read", files, as } satisfies PageWord);
    });
  } finally {
    port.terminate();
  }
}
