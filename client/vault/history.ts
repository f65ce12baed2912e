import {
  AlteredError,
  BlobAltered,
  BlobMissing,
  HeadUnknown,
  MalformedData,
  WrongKeyError,
} from "../errors.ts";
import type { BlobStore } from "../storage/store.ts";
import { blockRanges, firstBlock, type BlockRange } from "./blocks.ts";
import {
  PROFILE_ID,
  spaceIdOf,
  stateRootAfter,
  transitionIdOf,
  type ChainHead,
  type Delta,
} from "./contract.ts";
import { readHeadData, type HeadKeys } from "./head.ts";
import { newestBlock, type Vault } from "./session.ts";

/**
 * The head of a sequence and those after it, newest first and that one last, from the chain's log. Each is bound to the one
 * after it by its state root, so that a node can leave heads out and make none up.
 *
 * @throws {HeadUnknown} when there is none, or the node has pruned the log or leaves a head out. {RpcsDisagree} when RPCs
 *   differ on the newest block. {BlocksOutOfReach} when a single one makes it up.
 */
export async function headsFrom(vault: Vault, newest: ChainHead, sequence: bigint): Promise<ChainHead[]> {
  if (sequence < 1n || sequence > newest.sequence) throw new HeadUnknown(sequence);
  const heads: ChainHead[] = [newest];
  if (sequence === newest.sequence) return heads;
  let last = newest;
  const { number } = await newestBlock(vault);
  for (const range of blockRanges(number, firstBlock(vault.ref))) {
    if (last.sequence <= sequence) break;
    for (const delta of (await deltasIn(vault, range)).reverse()) {
      if (last.sequence <= sequence) break;
      // A head names the root that it follows: the one before it must have made that.
      if (delta.sequence !== last.sequence - 1n || stateRootAfter(delta) !== last.prevStateRoot) continue;
      last = headOf(last, delta);
      heads.push(last);
    }
  }
  if (last.sequence > sequence) throw new HeadUnknown(last.sequence - 1n);
  return heads;
}

/**
 * Whether a commit is in the chain up to a head. The chain alone tells: a store that lacks a blob says nothing of it.
 *
 * @throws {HeadUnknown} when the node has pruned the log.
 */
export async function isInChain(
  vault: Vault,
  newest: ChainHead,
  { sequence, stateRoot }: Pick<ChainHead, "sequence" | "stateRoot">,
): Promise<boolean> {
  if (newest.sequence <= sequence) return newest.stateRoot === stateRoot;
  const after = (await headsFrom(vault, newest, sequence + 1n)).at(-1) ?? newest;
  return after.prevStateRoot === stateRoot;
}

async function deltasIn(vault: Vault, { fromBlock, toBlock }: BlockRange): Promise<Delta[]> {
  const { contract, ref } = vault;
  const filter = contract.filters.TransitionCommitted(spaceIdOf(ref.vaultId));
  const events = await contract.queryFilter(filter, fromBlock, toBlock);
  return events.map(({ args }) => ({
    ...{ spaceId: args.spaceId, sequence: args.sequence, prevStateRoot: args.prevStateRoot },
    ...{ deltaCommitment: args.deltaCommitment, provenanceCommitment: args.provenanceCommitment },
    ...{ profileId: args.profileId, locatorCommitment: args.locatorCommitment },
  }));
}

const headOf = (after: ChainHead, delta: Delta): ChainHead => ({
  ...after,
  sequence: delta.sequence,
  foreign: delta.profileId !== PROFILE_ID || BigInt(delta.provenanceCommitment) !== 0n,
  prevStateRoot: delta.prevStateRoot,
  stateRoot: stateRootAfter(delta),
  transitionId: transitionIdOf(delta),
  root: delta.deltaCommitment,
  pointer: delta.locatorCommitment,
});

/**
 * The highest epoch of a base and of the heads after it that nobody vouches for. One that could not follow the base, or that
 * cannot be read, made no member ratchet and does not count (SPEC §11).
 */
export async function highestEpoch(
  keys: HeadKeys,
  store: BlobStore,
  base: { readonly sequence: bigint; readonly epoch: number },
  after: readonly ChainHead[],
): Promise<number> {
  const epochs = await Promise.all(
    after.map(async (chain) => {
      const epoch = await epochOf(keys, store, chain);
      const follows =
        BigInt(epoch) <= chain.sequence && BigInt(epoch - base.epoch) <= chain.sequence - base.sequence;
      return follows ? epoch : base.epoch;
    }),
  );
  return Math.max(base.epoch, ...epochs);
}

const UNREADABLE = [BlobMissing, BlobAltered, AlteredError, MalformedData, WrongKeyError];

async function epochOf(keys: HeadKeys, store: BlobStore, chain: ChainHead): Promise<number> {
  if (chain.foreign) return 0;
  try {
    return (await readHeadData(chain, keys, store)).epoch;
  } catch (fault) {
    // A store that is down is no junk.
    if (UNREADABLE.some((kind) => fault instanceof kind)) return 0;
    throw fault;
  }
}
