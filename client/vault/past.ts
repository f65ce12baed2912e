import { equalBytes } from "@noble/ciphers/utils.js";

import { seedSecrets, type SeedSecrets } from "../crypto/keys.ts";
import { HeadUnknown, InvalidWords, VaultError } from "../errors.ts";
import type { ChainHead } from "./contract.ts";
import type { DecodedHead } from "./decoded.ts";
import { headsFrom } from "./history.ts";
import type { MemberState } from "./journal.ts";
import { viewOf, type VaultView } from "./read.ts";
import { wordsState } from "./recover.ts";
import { openWith, pinnedHead, stateOf, type Vault } from "./session.ts";

/** By what a head of the past may be opened, beside what the device holds now. */
export interface PastKeys {
  /** What the 24 words give: they open heads whose secrets this device has let go. */
  readonly words: SeedSecrets | null;
  /** The authorizer whose welcomes counted then. */
  readonly replaced: string | null;
}

/**
 * Opens a head as this device, or as the words. A welcome that it names was signed by the commit key that was in force then,
 * which another may have replaced by now.
 */
export async function openPast(
  vault: Vault,
  state: MemberState,
  head: ChainHead,
  { words, replaced }: PastKeys,
): Promise<DecodedHead> {
  const then = async (): Promise<ChainHead> => {
    const now = await pinnedHead(vault, state);
    return { ...now, authorizer: replaced ?? now.authorizer };
  };
  // Below the pin the pin says nothing of how far an epoch may have come.
  const own = state.pin !== null && head.sequence < state.pin.sequence ? { ...state, pin: null } : state;
  const members = [own, ...(words === null ? [] : [wordsState(vault.ref, words, state.memberId)])];
  const faults: VaultError[] = [];
  for (const member of members) {
    for (const signers of replaced === null ? [undefined] : [undefined, then]) {
      try {
        return await openWith(vault, member, head, signers);
      } catch (fault) {
        if (!(fault instanceof VaultError)) throw fault;
        faults.push(fault);
      }
    }
  }
  throw faults[0] ?? new HeadUnknown(head.sequence);
}

/** What the words give, if they are this vault's. */
export function wordsOf(vault: Vault, { visibilityKey }: MemberState, seed: Uint8Array): SeedSecrets {
  const words = seedSecrets(seed, vault.ref);
  if (!equalBytes(visibilityKey, words.visibilityKey)) throw new InvalidWords("they are another vault's");
  return words;
}

/** A head of the past, as far as this device can tell. */
export interface PastHead {
  readonly sequence: bigint;
  readonly stateRoot: string;
  /** How many memories it has; `null` where it does not open. */
  readonly memories: number | null;
  /** What keeps it from opening. */
  readonly fault: VaultError | null;
}

/** What may help to open heads of the past. */
export interface PastRequest {
  /** The seed of the 24 words. */
  readonly words?: Uint8Array | undefined;
}

/**
 * The newest heads, newest first, and which of them open: what an owner chooses from where somebody else wrote junk.
 *
 * @param count - how many.
 * @throws {HeadUnknown} when the node has pruned the log.
 */
export async function heads(vault: Vault, count = 8, request: PastRequest = {}): Promise<PastHead[]> {
  const { state, newest, keys } = await lookBack(vault, request);
  if (newest.sequence === 0n) return [];
  const oldest = newest.sequence - BigInt(count) + 1n;
  const shown: PastHead[] = [];
  for (const head of await headsFrom(vault, newest, oldest < 1n ? 1n : oldest)) {
    const { sequence, stateRoot } = head;
    const [memories, fault] = await openPast(vault, state, head, keys).then(
      (opened) => [countOf(opened), null] as const,
      (thrown: unknown) => {
        if (thrown instanceof VaultError) return [null, thrown] as const;
        throw thrown;
      },
    );
    shown.push({ sequence, stateRoot, memories, fault });
  }
  return shown;
}

const countOf = ({ memories }: DecodedHead): number =>
  [...memories.values()].reduce((sum, { size }) => sum + size, 0);

/**
 * Reads the vault as it was at a head of the past, whole and proven against that head's root: behind junk, for instance.
 *
 * @throws {HeadUnknown} when there is no such head, or the node has pruned the log.
 * @throws {NotYetAdmitted|NotAMember|…} when this device has let go of the secrets of its time; the words open it then.
 */
export async function readAt(vault: Vault, sequence: bigint, request: PastRequest = {}): Promise<VaultView> {
  const { state, newest, keys } = await lookBack(vault, request);
  const head = (await headsFrom(vault, newest, sequence)).at(-1) ?? newest;
  const opened = await openPast(vault, state, head, keys);
  return viewOf(state, opened, state.pin !== null && state.pin.sequence >= sequence);
}

async function lookBack(vault: Vault, { words }: PastRequest) {
  const state = await stateOf(vault);
  const newest = await pinnedHead(vault, state);
  const keys: PastKeys = { words: words === undefined ? null : wordsOf(vault, state, words), replaced: null };
  return { state, newest, keys };
}
