import type { ShredReceipt } from "../../../../../client/manage.ts";
import { countText } from "../../ui/texts.ts";

/** What was done for a shred, and in the same breath what was not. */
export function receiptFacts(receipt: ShredReceipt, onChain: boolean): (readonly [string, string])[] {
  const { memoryIds, sequence, doneAt, unknown, scopes, blobs, listed, followed, silent, readers } = receipt;
  const facts: (readonly [string, string] | null)[] = [
    ["Shredded", `${countText(memoryIds.length, "memory", "memories")}, in commit ${sequence}`],
    ["Certainly gone", `the older keys on this device, behind commit ${doneAt}; all keys changed`],
    unknown.length === 0 ? null : ["Not found", `${unknown.length}: every scope was written anew for them`],
    ["Written anew", scopes.length === 0 ? "no scope" : scopes.join(", ")],
    ["Blobs", `${blobs} given up; ${listed} from before stay for other scopes, and have no key for these`],
    [
      "Your devices",
      `${followed.length} followed; ${silent.length} did not say so yet, and may still open it until its own next commit`,
    ],
    ["Readers", readers.length === 0 ? "none" : `${readers.length}, who keep what they read`],
    onChain ? ["On chain", "its blobs stay for ever: only the keys are gone"] : null,
    [
      "What remains",
      "whoever kept blobs opens them with the 24 words, an old welcome’s key or an old backup",
    ],
  ];
  return facts.filter((fact) => fact !== null);
}
