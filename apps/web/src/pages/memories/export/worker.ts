// A worker of the page: what takes seconds keeps it awake.
import { encryptExport } from "../../../../../../client/exporters/index.ts";
import type { Sealed, ToSeal } from "./encrypt-apart.ts";
import { sealFault } from "./errors.ts";

self.addEventListener("message", ({ data }: MessageEvent<ToSeal>) => {
  encryptExport(data.content, data.reader)
    .then((bytes): Sealed => ({ bytes }))
    .catch((fault: unknown): Sealed => sealFault(fault))
    .then((answer) => self.postMessage(answer))
    .catch(reportError);
});
