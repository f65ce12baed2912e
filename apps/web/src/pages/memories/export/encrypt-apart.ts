import type { encryptExport, ExportReader } from "../../../../../../client/exporters/index.ts";
import { VaultError } from "../../../../../../client/errors.ts";
import { ExportRefused } from "./errors.ts";

/** What the worker answers. */
export type Sealed =
  | { readonly bytes: Uint8Array }
  | { readonly name: string; readonly message: string; readonly refused: boolean };

/** What the worker is asked. */
export interface ToSeal {
  readonly content: string | Uint8Array;
  readonly reader: ExportReader;
}

/** `encryptExport` in a worker: a passphrase is stretched for seconds, in which the page stays awake. */
export const encryptApart: typeof encryptExport = (content, reader) =>
  new Promise<Uint8Array>((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const end = (work: () => void): void => {
      worker.terminate();
      work();
    };
    worker.addEventListener("error", ({ message }) =>
      end(() =>
        reject(new ExportRefused(`the browser gave too little memory (${message}). Close other pages`)),
      ),
    );
    worker.addEventListener("message", ({ data }: MessageEvent<Sealed>) =>
      end(() => {
        if ("bytes" in data) resolve(data.bytes);
        else reject(data.refused ? new RangeError(data.message) : new SealFault(data.name, data.message));
      }),
    );
    worker.postMessage({ content, reader } satisfies ToSeal);
  });

/** An error of the client that came from the worker: its class does not travel. */
class SealFault extends VaultError {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
