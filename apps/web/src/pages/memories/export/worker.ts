// A worker of the page: what takes seconds keeps it awake.
import { encryptExport } from "../../../../../../client/exporters/index.ts";
import type { Sealed, ToSeal } from "./encrypt-apart.ts";

self.addEventListener("message", ({ data }: MessageEvent<ToSeal>) => {
  encryptExport(data.content, data.reader)
    .then((bytes): Sealed => ({ bytes }))
    .catch((fault: unknown): Sealed => {
      const { name, message } = fault instanceof Error ? fault : new Error(String(fault));
      return { name, message, refused: fault instanceof RangeError };
    })
    .then((answer) => self.postMessage(answer))
    .catch(reportError);
});
