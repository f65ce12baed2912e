import { VaultError, WelcomeNotStored } from "../errors.ts";
import { digestOf, type Digest } from "../storage/store.ts";
import { newestWelcomeEvent } from "./accept.ts";
import { firstBlock } from "./blocks.ts";
import type { OpenedHead } from "./head.ts";
import { readCandidates, readGiven, readNeeded, readReach, type MemberState } from "./journal.ts";
import { rosterOf } from "./plan.ts";
import { openCandidates, reachOf } from "./reach.ts";
import { openWith, pinnedHead, stateOf, type Vault } from "./session.ts";

/** What a vault needs of its stores, as far as this member can know. */
export interface Needed {
  /** Every blob that the newest head needs, or the last final one where that does not open. */
  readonly digests: ReadonlySet<Digest>;
  /** Blobs of commits that are on their way, which the journal has whole. */
  readonly own: ReadonlyMap<Digest, Uint8Array>;
  /** What was given up on purpose: its absence is no loss. */
  readonly givenUp: ReadonlySet<Digest>;
  /** What tells: the newest head, or the journal, where the head does not open. */
  readonly from: "head" | "journal";
  /** What kept the newest head from opening. */
  readonly fault: VaultError | null;
  /** Accounts whose stored welcome could not be looked for: nobody knows whether it is there. */
  readonly unknownWelcomes: readonly string[];
}

/**
 * Collects what must be in the stores. A head that does not open for want of a blob still leaves what the journal knows of the last
 * final one.
 *
 * @throws whatever keeps the head from opening, where the journal knows of none: a reader's does not.
 */
export async function neededBy(vault: Vault): Promise<Needed> {
  const state = await stateOf(vault);
  const { digests, from, fault, opened } = await reachOfNewest(vault, state);
  const open =
    opened === null || state.class === "reader"
      ? await readCandidates(vault.journal)
      : await openCandidates(vault, opened);
  const own = new Map(open.flatMap(({ blobs }) => blobs).map((blob) => [digestOf(blob), blob]));
  const listed = opened === null ? [] : listedIn(state, opened);
  const { found, unknown } = await storedWelcomes(vault, listed);
  const kept = new Set([...digests, ...((await readNeeded(vault.journal)) ?? []), ...found]);
  const givenUp = (await readGiven(vault.journal)).filter((digest) => !own.has(digest));
  return {
    ...{ digests: kept, own, from, fault, unknownWelcomes: unknown },
    givenUp: new Set(givenUp.filter((digest) => !kept.has(digest))),
  };
}

async function reachOfNewest(
  vault: Vault,
  state: MemberState,
): Promise<Pick<Needed, "from" | "fault"> & { digests: Iterable<Digest>; opened: OpenedHead | null }> {
  const chain = await pinnedHead(vault, state);
  if (chain.sequence === 0n) return { digests: [], from: "head", fault: null, opened: null };
  try {
    const opened = await openWith(vault, state, chain);
    return { digests: reachOf(opened), from: "head", fault: null, opened };
  } catch (fault) {
    const known = await readReach(vault.journal);
    if (!(fault instanceof VaultError) || known.length === 0) throw fault;
    return { digests: known, from: "journal", fault, opened: null };
  }
}

/** Accounts that may have been left a welcome in the store, which no head names. */
const listedIn = (state: MemberState, opened: OpenedHead): string[] =>
  state.class === "reader"
    ? []
    : [...rosterOf(opened).members.values()].flatMap(({ listed, grantee }) =>
        listed && grantee !== null ? [grantee] : [],
      );

async function storedWelcomes(
  { contract, ref }: Vault,
  grantees: readonly string[],
): Promise<{ found: Digest[]; unknown: string[] }> {
  const found: Digest[] = [];
  const unknown: string[] = [];
  for (const grantee of grantees) {
    try {
      found.push(await newestWelcomeEvent(contract, ref.vaultId, grantee, firstBlock(ref)));
    } catch (fault) {
      // That none was left in the store is an answer.
      if (!(fault instanceof WelcomeNotStored)) unknown.push(grantee);
    }
  }
  return { found, unknown };
}
