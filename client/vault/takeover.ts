import { bytesToHex } from "@noble/hashes/utils.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { hexlify, type TransactionReceipt } from "ethers";

import { ratchet, seedSecrets } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { AlreadyInitialised, InvalidWords, OwnerRequired, RaceLost, WalletRequired } from "../errors.ts";
import { digestOf, putAllVerified } from "../storage/store.ts";
import { buildCommit } from "./commit.ts";
import { setAuthorizer, signDelta, stateRootAfter, type ChainHead } from "./contract.ts";
import { NotHandedOver } from "./errors.ts";
import { isInChain } from "./history.ts";
import {
  readChecked,
  readOperations,
  readState,
  readSuccession,
  removeChecked,
  removeOperations,
  removeSuccession,
  removeWitness,
  writeState,
  writeSuccession,
  type Candidate,
  type CheckedHead,
  type MemberState,
  type Succession,
} from "./journal.ts";
import { commitAddress, firstState } from "./mint.ts";
import { isOfMemory } from "./operations.ts";
import { planCommit, type Genesis, type Inherited } from "./plan.ts";
import { giveUp } from "./reach.ts";
import { MAX_RACES, sendOnto, unlessReplaced } from "./races.ts";
import { finalNumber } from "./rpcs.ts";
import {
  agreedHead,
  locked,
  newestBlock,
  openWith,
  vaultAt,
  type Environment,
  type Vault,
} from "./session.ts";

/** What a new owner brings. */
export interface TakeoverRequest extends Environment {
  /** Chain, contract and id: they belong on the sheet with the words, which do not give them. */
  readonly ref: VaultRef;
  /** 32 random bytes, shown once as 24 words; not kept. */
  readonly seed: Uint8Array;
  /** Whether the vault is meant to begin empty, where nothing was handed over to this device. */
  readonly empty?: boolean | undefined;
}

/** A vault in its new owner's hands. */
export interface Takeover {
  readonly vault: Vault;
  /** Whether the chain will not take the first commit back. Until then the vault does not open: call again. */
  readonly final: boolean;
  /** The first commit, or `null` when it had landed. */
  readonly receipt: TransactionReceipt | null;
  /** Sequence of the first commit. */
  readonly sequence: bigint;
  /** How many memories it began with. */
  readonly memories: number;
  /** Whether somebody moved the head after the hand-over was checked: what was checked is what counts. */
  readonly moved: boolean;
}

/**
 * Makes a vault the new owner's own, after the token moved: another seed, other keys, another roster and commit key, and a
 * first commit with everything that was handed over, or with nothing. Nobody of before finds or opens anything that is
 * written from then on. Interrupted anywhere, it is gone on with by calling it again with the same journal (SPEC §10).
 *
 * @throws {OwnerRequired} when the wallet is not the vault's owner. {NotHandedOver} when nothing was handed over to this
 *   device and `empty` was not said. {AlreadyInitialised} when the journal is that of another membership. {InvalidWords}
 *   when it was begun with other words.
 */
export async function takeOver(request: TakeoverRequest): Promise<Takeover> {
  const ref = { ...request.ref, contract: request.ref.contract.toLowerCase() };
  const vault = vaultAt(ref, request);
  return locked(vault, async () => {
    const { visibilityKey } = seedSecrets(request.seed, ref);
    const isOurs: IsOurs = (state) => equalBytes(state.visibilityKey, visibilityKey);
    const done = await alreadyDone(vault, isOurs);
    return done ?? (await goOn(vault, await begun(vault, request, isOurs)));
  });
}

/**
 * Looks whether {@link takeOver} would begin, before anybody writes new words down for it. Changes nothing.
 *
 * @throws {OwnerRequired|NotHandedOver|AlreadyInitialised} as {@link takeOver} does.
 */
export async function checkTakeOver(request: Omit<TakeoverRequest, "seed">): Promise<void> {
  const ref = { ...request.ref, contract: request.ref.contract.toLowerCase() };
  const vault = vaultAt(ref, request);
  if ((await readSuccession(vault.journal)) === null) await requireTakeable(vault, request.empty);
}

/** Whether a state is one of the new words. */
type IsOurs = (state: MemberState) => boolean;

/** The state alone is left of a take-over that is final. */
async function alreadyDone(vault: Vault, isOurs: IsOurs): Promise<Takeover | null> {
  const state = await readState(vault.journal);
  if (state?.pin == null || !isOurs(state)) return null;
  await forgetBeginnings(vault);
  return { vault, final: true, receipt: null, sequence: state.pin.sequence, memories: 0, moved: false };
}

async function begun(vault: Vault, { seed, empty }: TakeoverRequest, isOurs: IsOurs): Promise<Succession> {
  const known = await readSuccession(vault.journal);
  if (known !== null) {
    if (isOurs(known.state)) return known;
    throw new InvalidWords("the take-over was begun with others");
  }
  await requireTakeable(vault, empty);
  const first = { state: await firstState(vault, vault.ref, seed), candidate: null };
  // The new commit key is safe here before it is in force there.
  await writeSuccession(vault.journal, first);
  return first;
}

async function requireTakeable(vault: Vault, empty: boolean | undefined): Promise<void> {
  const { vaultId } = vault.ref;
  const [state, checked] = [await readState(vault.journal), await readChecked(vault.journal)];
  if (state !== null && checked === null) throw new AlreadyInitialised(vaultId);
  if (checked === null && empty !== true)
    throw new NotHandedOver(vaultId, "nothing here opens what the last owner wrote");
  await requireOwned(vault, await agreedHead(vault));
}

async function requireOwned({ wallet }: Vault, { owner }: ChainHead): Promise<void> {
  const account = (await wallet?.getAddress()) ?? null;
  if (account !== owner) throw new OwnerRequired(owner, account);
}

async function goOn(vault: Vault, succession: Succession): Promise<Takeover> {
  const checked = await readChecked(vault.journal);
  let { candidate } = succession;
  let receipt: TransactionReceipt | null = null;
  for (let races = 0; races < MAX_RACES; races++) {
    const chain = await agreedHead(vault);
    if (candidate !== null && (await isInChain(vault, chain, candidate))) {
      const final = await finish(vault, succession, candidate);
      const memories = (checked?.scopes ?? []).reduce((sum, { live }) => sum + live.size, 0);
      const moved = checked !== null && candidate.delta.prevStateRoot !== checked.stateRoot;
      return { vault, final, receipt, sequence: candidate.sequence, memories, moved };
    }
    // Asked again after it: until then somebody else may have moved the head.
    if (await authorise(vault, succession, chain)) continue;
    if (candidate !== null && candidate.delta.prevStateRoot !== chain.stateRoot) {
      await giveUp(vault, candidate.blobs.map(digestOf));
      candidate = null;
    }
    if (candidate === null) {
      candidate = await build(vault, succession, chain, checked);
      await writeSuccession(vault.journal, { ...succession, candidate });
    }
    receipt = await submit(vault, succession, chain, candidate);
  }
  throw new RaceLost(MAX_RACES);
}

const inForce = (state: MemberState, { epoch }: Candidate): MemberState => ({
  ...{ ...state, epoch, admitted: true, genesis: null },
});

/**
 * First of all: a key that the last owner named may be in force. From then on nobody else commits.
 *
 * @returns whether it took a transaction.
 */
async function authorise(vault: Vault, { state }: Succession, chain: ChainHead): Promise<boolean> {
  if (chain.authorizer === commitAddress(state)) return false;
  await requireOwned(vault, chain);
  if (vault.wallet === null) throw new WalletRequired("take the vault over");
  const contract = vault.contract.connect(vault.wallet);
  await unlessReplaced(setAuthorizer(contract, vault.ref.vaultId, chain.owner, commitAddress(state)));
  return true;
}

/** What was handed over, in the epoch after it; without it, the newest epoch that there can be. */
const inheritedFrom = (checked: CheckedHead | null, sequence: bigint): Inherited =>
  checked === null
    ? { epoch: Number(sequence), scopes: [] }
    : { epoch: checked.epoch + 1, scopes: checked.scopes };

async function build(
  vault: Vault,
  { state }: Succession,
  chain: ChainHead,
  checked: CheckedHead | null,
): Promise<Candidate> {
  if (state.genesis === null) throw new TypeError("a succession has its genesis");
  const id = bytesToHex(vault.random(16));
  const inherited = inheritedFrom(checked, chain.sequence + 1n);
  const plan = planCommit({
    ...{ ref: vault.ref, visibilityKey: state.visibilityKey, operations: [], rekey: null, gone: new Set() },
    base: {
      chain,
      opened: null,
      genesis: genesisIn(state.genesis, inherited.epoch, state.memberId),
      inherited,
    },
    ...{ batchId: id, now: (await newestBlock(vault)).timestamp, random: vault.random },
  });
  const { delta, blobs } = buildCommit(
    { ...plan.draft(), maxBlobSize: vault.store.maxBlobSize },
    vault.random,
  );
  return {
    ...{ id, sequence: delta.sequence, stateRoot: stateRootAfter(delta), epoch: plan.epoch, delta, blobs },
    ...{ calls: [], operations: [], gone: [], welcomes: [], reissued: [], lost: [], revoked: [] },
    ...{ ratcheted: false, shreds: [], shredded: 0n, stays: null },
    authorizer: chain.authorizer,
  };
}

/** The words begin in epoch 0, whatever epoch the vault is in: their secret is ratcheted up to it. */
const genesisIn = (genesis: Genesis, epoch: number, deviceId: string): Genesis => ({
  ...genesis,
  members: genesis.members.map(({ member, secret }) => ({
    member,
    secret: member.id === deviceId ? secret : ratchet(secret, epoch),
  })),
});

/** @returns the receipt, or `null` when somebody came first. */
async function submit(
  vault: Vault,
  { state }: Succession,
  chain: ChainHead,
  { blobs, delta }: Candidate,
): Promise<TransactionReceipt | null> {
  if (vault.wallet === null || state.genesis?.commitKey == null)
    throw new WalletRequired("take the vault over");
  await putAllVerified(vault.store, blobs);
  const signature = await signDelta(hexlify(state.genesis.commitKey), vault.ref, delta);
  const contract = vault.contract.connect(vault.wallet);
  const calls = [{ kind: "commit", delta, signature }] as const;
  return sendOnto(contract, vault.ref.vaultId, calls, { chain, present: () => agreedHead(vault) });
}

/** The new state comes into force with the final head; nothing is left of the membership before it. */
async function finish(vault: Vault, succession: Succession, candidate: Candidate): Promise<boolean> {
  const block = await finalNumber(vault);
  const chain = block === null ? null : await agreedHead(vault, block);
  if (chain === null || chain.sequence < candidate.sequence) return false;
  if (!(await isInChain(vault, chain, candidate))) return false;
  const state = inForce(succession.state, candidate);
  await openWith(vault, state, chain);
  const operations = await readOperations(vault.journal);
  const ofMembers = operations.filter((each) => !isOfMemory(each)).map(({ id }) => id);
  await removeOperations(vault.journal, new Set(ofMembers));
  await removeWitness(vault.journal);
  const { sequence, stateRoot } = candidate;
  await writeState(vault.journal, { ...state, pin: { sequence, stateRoot, generation: chain.generation } });
  await forgetBeginnings(vault);
  return true;
}

/** What was handed over, and the words' secret: the state has taken their place. */
async function forgetBeginnings({ journal }: Vault): Promise<void> {
  await removeChecked(journal);
  await removeSuccession(journal);
}
