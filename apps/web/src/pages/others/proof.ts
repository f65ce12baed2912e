import { BlobAltered, BlobMissing, RootMismatch, type VaultView } from "../../../../../client/index.ts";
import { faultText } from "../../ui/fault-text.ts";
import { numberText } from "../../ui/texts.ts";
import type { SeenHead } from "./outsider/seen.ts";

/** One thing that a reading proves, or does not. */
export interface Ring {
  readonly name: "Complete" | "Unaltered" | "Current";
  /** Whether it is proven: nothing else closes a ring. */
  readonly closed: boolean;
  /** What proves it, or what is in the way. */
  readonly why: string;
}

/** What there is to judge by. */
export interface Proven {
  /** The newest reading that succeeded. */
  readonly view: Pick<VaultView, "sequence" | "stateRoot" | "root" | "final"> | null;
  /** Why the reading after it failed; `null` where there is none. */
  readonly fault: unknown;
  /** The head as a stranger sees it; `null` where nobody looked. */
  readonly head: Pick<SeenHead, "sequence" | "stateRoot" | "root"> | null;
  /** How many RPCs had to agree. */
  readonly rpcs: 1 | 2;
}

const ring = (name: Ring["name"], broken: string | null, proof: string): Ring => ({
  ...{ name, closed: broken === null, why: broken ?? proof },
});

/**
 * What the last reading proved: that all is there, that nothing was changed, and that nothing newer is. What it did not prove is open, with the reason.
 */
export function ringsOf({ view, fault, head, rpcs }: Proven): readonly Ring[] {
  if (view === null)
    return NAMES.map((name, i) => ring(name, i === 0 ? unread(fault) : "Nothing was read.", ""));
  const sequence = numberText(view.sequence);
  const failed =
    fault === null || fault === undefined ? null : `The last reading failed. ${faultText(fault).message}`;
  const differs =
    head !== null &&
    BigInt(head.sequence) === view.sequence &&
    (head.root !== view.root || head.stateRoot !== view.stateRoot)
      ? `The chain shows another commit ${sequence} than the one that was read. Read again, and ask a second RPC.`
      : null;
  const late = failed ?? differs ?? behind(view, head);
  return [
    ring(
      "Complete",
      fault instanceof BlobMissing ? failed : null,
      `Everything that you may read at commit ${sequence} is here: each scope has as many memories as its proof says.`,
    ),
    ring(
      "Unaltered",
      fault instanceof BlobAltered || fault instanceof RootMismatch ? failed : differs,
      `Every memory is under the root ${view.root}, which stands on chain.`,
    ),
    ring(
      "Current",
      late,
      `When it was read, commit ${sequence} was the newest, and the chain will not take it back. ${WITNESSES[rpcs]}`,
    ),
  ];
}

/** What "newest" rests on (SECURITY.md, "What it assumes"). */
const WITNESSES = {
  1: "One RPC said so: one that lies could hide a newer commit. Name a second one in the settings, and both must agree.",
  2: "Two RPCs said so.",
} as const;

const NAMES = ["Complete", "Unaltered", "Current"] as const;

const unread = (fault: unknown): string =>
  fault === null || fault === undefined
    ? "Nothing was read yet."
    : `Nothing was read. ${faultText(fault).message}`;

function behind({ sequence, final }: NonNullable<Proven["view"]>, head: Proven["head"]): string | null {
  if (head !== null && BigInt(head.sequence) > sequence)
    return `The chain has commit ${numberText(head.sequence)}, and what you see is of commit ${numberText(sequence)}. Read again.`;
  return final
    ? null
    : `Commit ${numberText(sequence)} is not final yet: the chain could still take it back. Wait a while and read again.`;
}
