import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { getBytes, hexlify, ZeroAddress, ZeroHash } from "ethers";

import { encodeCbor } from "../../../client/cbor.ts";
import { maskPointer, ratchet, scopeKey, SCOPE_ZERO } from "../../../client/crypto/keys.ts";
import type { VaultRef } from "../../../client/crypto/ref.ts";
import { headContext, open, seal, sectionContext, type Random } from "../../../client/crypto/seal.ts";
import { memoryStore, readBlob, type BlobStore } from "../../../client/storage/store.ts";
import {
  decodeHead,
  decodeSection,
  encodeHead,
  encodeSection,
  pad,
  unpad,
} from "../../../client/vault/blob.ts";
import type { HeadData, SectionData } from "../../../client/vault/blob.ts";
import { buildCommit, type BuiltCommit, type ScopeDraft } from "../../../client/vault/commit.ts";
import {
  stateRootAfter,
  transitionIdOf,
  type ChainHead,
  type Delta,
} from "../../../client/vault/contract.ts";
import { openHead, type MemberKeys, type OpenedHead, type ScopeState } from "../../../client/vault/head.ts";
import { drawKeyring } from "../../../client/vault/keyring.ts";
import { placeKeyring, type PlacedKeyring } from "../../../client/vault/pages.ts";
import { ONE, ZERO } from "../../../client/vault/roster.ts";
import { seeded } from "../../helpers/seeded.ts";

export const REF: VaultRef = { chainId: 31_337n, contract: `0x${"5e".repeat(20)}`, vaultId: 7n };

/** The head of a vault that was minted and never written. */
export const EMPTY: ChainHead = {
  ...{
    owner: ZeroAddress,
    authorizer: ZeroAddress,
    sequence: 0n,
    configNonce: 0n,
    generation: 1n,
    locked: true,
  },
  ...{ foreign: false, prevStateRoot: ZeroHash, stateRoot: ZeroHash, transitionId: ZeroHash, root: ZeroHash },
  pointer: ZeroHash,
};

/** The head that a delta leaves behind. */
export const headAfter = (before: ChainHead, delta: Delta): ChainHead => ({
  ...before,
  sequence: delta.sequence,
  prevStateRoot: before.stateRoot,
  stateRoot: stateRootAfter(delta),
  transitionId: transitionIdOf(delta),
  root: delta.deltaCommitment,
  pointer: delta.locatorCommitment,
});

/** Bytes that begin as every record does: kind 1, an id, a salt; then filler up to about `size`, exactly from 64 on. */
export function recordOf(id: string, size: number, random: Random): Uint8Array {
  const bare = encodeCbor([1, hexToBytes(id), random(16), new Uint8Array(0)]).length;
  // The filler's own length takes up to four bytes more as it grows.
  const room = Math.max(0, size - bare);
  const filler = new Uint8Array(Math.max(0, room - (room > 65_539 ? 4 : room > 257 ? 2 : room > 24 ? 1 : 0)));
  return encodeCbor([1, hexToBytes(id), random(16), filler]);
}

/** What a commit on the bench does to one scope. */
export interface Change {
  readonly put?: readonly Uint8Array[];
  readonly remove?: readonly string[];
  readonly snapshot?: boolean;
}

/** A reader on the bench. */
export interface BenchReader {
  readonly secret: Uint8Array;
  readonly scopes: readonly string[];
}

/** A vault without a chain: commits are built, stored and opened as they are on one. */
export class Workbench {
  readonly ref: VaultRef;
  readonly random: Random;
  readonly store: BlobStore = memoryStore("bench");
  readonly visibilityKey: Uint8Array;
  readonly names: string[];
  ownerSecret: Uint8Array;
  readers: BenchReader[] = [];
  epochKey: Uint8Array;
  epoch = 0;
  keyring: PlacedKeyring;
  chain: ChainHead = EMPTY;
  scopes = new Map<string, ScopeState>();
  last: BuiltCommit | null = null;

  constructor(seed: string, scopes = 2, ref = REF) {
    this.random = seeded(seed);
    this.ref = ref;
    this.visibilityKey = this.random(32);
    this.ownerSecret = this.random(32);
    this.epochKey = this.random(32);
    this.names = Array.from({ length: scopes }, () => bytesToHex(this.random(16)));
    this.keyring = this.#draw();
  }

  admit(...scopes: string[]): BenchReader {
    const reader = { secret: this.random(32), scopes };
    this.readers.push(reader);
    this.keyring = this.#draw();
    return reader;
  }

  #draw(): PlacedKeyring {
    const owner = {
      secret: this.ownerSecret,
      locator: this.random(32),
      welcomeDigest: null,
      keys: [{ scopeId: SCOPE_ZERO, key: this.epochKey }],
    };
    const readers = this.readers.map(({ secret, scopes }) => ({
      ...{ secret, locator: this.random(32), welcomeDigest: null },
      keys: scopes.map((id) => ({ scopeId: hexToBytes(id), key: this.keyOf(id) })),
    }));
    return placeKeyring(drawKeyring([owner, ...readers], this.random), this, this.random);
  }

  /** Turns the epoch: a new key, everybody's secret ratcheted, a new keyring. */
  rotate(): void {
    this.epoch++;
    this.epochKey = this.random(32);
    this.ownerSecret = ratchet(this.ownerSecret);
    this.readers = this.readers.map((reader) => ({ ...reader, secret: ratchet(reader.secret) }));
    this.keyring = this.#draw();
  }

  keyOf = (id: string): Uint8Array => scopeKey(this.epochKey, hexToBytes(id));

  record = (size = 64, id = bytesToHex(this.random(16))): Uint8Array => recordOf(id, size, this.random);

  /** Builds the next commit and stores its blobs; the bench stands on it from then on. */
  async commit(changes: Readonly<Record<string, Change>> = {}): Promise<BuiltCommit> {
    const scopes = new Map([ZERO, ONE, ...this.names].map((id) => [id, this.#draft(id, changes[id] ?? {})]));
    const { ref, chain, visibilityKey, epoch, epochKey, keyring } = this;
    const built = buildCommit({ ref, chain, visibilityKey, epoch, epochKey, keyring, scopes }, this.random);
    for (const blob of built.blobs) await this.store.put(blob);
    this.chain = headAfter(chain, built.delta);
    this.scopes = new Map(built.scopes);
    this.last = built;
    this.keyring = { ...keyring, blobs: [] };
    return built;
  }

  #draft(id: string, { put = [], remove = [], snapshot = false }: Change): ScopeDraft {
    const state = this.scopes.get(id);
    const live = new Map(state?.live);
    for (const record of put) live.set(bytesToHex(record.subarray(3, 19)), record);
    for (const gone of remove) live.delete(gone);
    const items = [...put, ...remove.map(hexToBytes)];
    return { id, live, items, segments: state?.segments ?? [], snapshot };
  }

  ownerKeys = (): MemberKeys => ({
    ...{ ref: this.ref, class: "owner", visibilityKey: this.visibilityKey, secret: this.ownerSecret },
    ...{ epoch: this.epoch, sequence: this.chain.sequence, admitted: true, scopes: [] },
  });

  readerKeys = ({ secret, scopes }: BenchReader): MemberKeys => ({
    ...this.ownerKeys(),
    ...{ class: "reader", secret, scopes },
  });

  open = (keys: MemberKeys = this.ownerKeys(), chain = this.chain): Promise<OpenedHead> =>
    openHead(chain, keys, this.store);

  /** The plaintext of a head's blob, as every present and former member can see it. */
  async headData(chain = this.chain): Promise<HeadData> {
    const blob = await readBlob(this.store, bytesToHex(this.digest(chain)));
    return decodeHead(unpad(open(this.visibilityKey, headContext(this.ref, chain.sequence), blob)!));
  }

  digest = ({ sequence, root, pointer }: ChainHead): Uint8Array =>
    maskPointer(this.visibilityKey, this.ref, sequence, getBytes(root), getBytes(pointer));

  /** One scope's section of the present head, and where it stands. */
  async section(
    id: string,
    key = this.keyOf(id),
  ): Promise<{ data: SectionData; place: number; sealed: Uint8Array }> {
    const { sections } = await this.headData();
    const context = sectionContext(this.ref, this.chain.sequence, this.epoch, hexToBytes(id));
    for (const [place, sealed] of sections.entries()) {
      const plain = open(key, context, sealed);
      if (plain !== null) return { data: decodeSection(plain), place, sealed };
    }
    throw new Error(`no section of ${id}`);
  }

  /** A head that somebody with the visibility key and the commit key made of the present one: same root. */
  async forged(change: (head: HeadData) => HeadData): Promise<ChainHead> {
    return this.sealedAs(change(await this.headData()));
  }

  async sealedAs(head: HeadData): Promise<ChainHead> {
    const { ref, visibilityKey, chain } = this;
    const blob = seal(visibilityKey, headContext(ref, chain.sequence), pad(encodeHead(head)), this.random);
    await this.store.put(blob);
    const root = getBytes(chain.root);
    return {
      ...chain,
      pointer: hexlify(maskPointer(visibilityKey, ref, chain.sequence, root, sha256(blob))),
    };
  }

  /** A head in which somebody who holds a scope's key wrote another section for it. */
  async forgedSection(id: string, change: (section: SectionData) => SectionData): Promise<ChainHead> {
    const { data, place } = await this.section(id);
    const context = sectionContext(this.ref, this.chain.sequence, this.epoch, hexToBytes(id));
    const sealed = seal(this.keyOf(id), context, encodeSection(change(data)), this.random);
    return this.forged((head) => ({ ...head, sections: head.sections.with(place, sealed) }));
  }
}
