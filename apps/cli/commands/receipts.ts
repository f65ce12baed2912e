import { settle } from "../../../client/index.ts";
import { dropReceipt, receipts, type ShredReceipt } from "../../../client/manage.ts";
import type { Cli } from "../cli.ts";
import { ID_SHOWN } from "../show.ts";
import { count, facts, oneLine } from "../terminal.ts";

export const addReceipts = (cli: Cli): void => {
  cli.add<{ readonly drop?: boolean }>(
    {
      usage: "receipts",
      summary: "Show which shreds are done, and what they leave",
      about:
        "A shred is done when its commit is final and this device destroyed what opened earlier blobs. " +
        "Another device of yours says that it followed with its own next commit, and is silent until then. " +
        "What nobody can do is said as well.",
      examples: ["memvault receipts", "memvault receipts --drop --json"],
      options: [["--drop", "let them go, once shown"]],
    },
    async (session, { drop }) => {
      const { vault } = await session.vault("owner");
      await settle(vault);
      const done = await receipts(vault);
      if (drop === true) for (const { id } of done) await dropReceipt(vault, id);
      return {
        json: { receipts: done, dropped: drop === true },
        lines:
          done.length === 0
            ? ["No shred is done that was not taken."]
            : done.flatMap((receipt) => receiptLines(receipt, vault.store.permanent === true)),
      };
    },
  );
};

/** What was done, and in the same breath what was not. */
function receiptLines({ id, sequence, doneAt, ...receipt }: ShredReceipt, onChain: boolean): string[] {
  const { memoryIds, unknown, scopes, blobs, listed, followed, silent, readers } = receipt;
  return facts([
    [
      "Shred",
      `${id.slice(0, ID_SHOWN)}: ${count(memoryIds.length, "memory", "memories")} of commit ${sequence}`,
    ],
    ["Done", `behind commit ${doneAt}: all keys changed, the older ones destroyed here`],
    unknown.length === 0 ? null : ["Not found", `${unknown.length}: every scope was written anew for them`],
    ["Written anew", scopes.length === 0 ? "no scope" : scopes.map((name) => oneLine(name)).join(", ")],
    ["Blobs", `${blobs} given up; ${listed} from before stay for other scopes, and have no key for these`],
    ["Devices", `${followed.length} followed; ${silent.length} did not say so yet, and may still open it`],
    silent.length === 0 ? null : ["", "a device says so with its own next commit, and not before"],
    ["Readers", readers.length === 0 ? "none" : `${readers.length}, who keep what they read`],
    onChain ? ["On chain", "its blobs stay for ever: only the keys are gone"] : null,
    ["Remains", "whoever kept blobs opens them with the 24 words, an old welcome's key or an old backup"],
  ]);
}
