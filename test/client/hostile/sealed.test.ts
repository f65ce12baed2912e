import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc from "fast-check";

import { maskPointer, ratchet } from "../../../client/crypto/keys.ts";
import { headContext, open, seal, SEAL_OVERHEAD, sectionContext } from "../../../client/crypto/seal.ts";
import { AlteredError, BlobAltered, MalformedData, VaultError } from "../../../client/errors.ts";
import { MerkleTree, processProof } from "../../../client/memory/tree.ts";
import { memoryStore } from "../../../client/storage/store.ts";
import {
  drawKeyring,
  ENTRY_BYTES,
  lookUpKey,
  lookUpWelcome,
  type KeyringMember,
} from "../../../client/vault/keyring.ts";
import { keyringReader, placeKeyring, type PlacedKeyring } from "../../../client/vault/pages.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { REF } from "../vault/workbench.ts";
import { bytes, ref, runs, someBytes } from "./arbitraries.ts";

/** What opening gives, or the named error. */
function opened(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | VaultError | null {
  try {
    return open(key, context, sealed);
  } catch (fault) {
    if (fault instanceof VaultError) return fault;
    throw fault;
  }
}

describe("sealed bytes: for any key, place and content", () => {
  it("open as they were, and to nobody when any bit is turned or bytes are missing", () => {
    fc.assert(
      fc.property(bytes(32), ref, someBytes(200), fc.nat(), (key, vault, plaintext, place) => {
        const context = headContext(vault, BigInt(place));
        const sealed = seal(key, context, plaintext);
        expect(sealed).to.have.length(plaintext.length + SEAL_OVERHEAD);
        expect(open(key, context, sealed)).to.deep.equal(plaintext);
        const bit = place % (sealed.length * 8);
        const altered = opened(key, context, flipped(sealed, bit));
        if (bit < 64 * 8) expect(altered).to.equal(null);
        else expect(altered).to.be.instanceOf(AlteredError);
        const length = place % sealed.length;
        const cut = opened(key, context, sealed.subarray(0, length));
        expect(cut).to.be.instanceOf(length < SEAL_OVERHEAD ? MalformedData : AlteredError);
        expect(opened(key, context, concatBytes(sealed, Uint8Array.of(0)))).to.be.instanceOf(AlteredError);
        expect(opened(flipped(key, place % 256), context, sealed)).to.equal(null);
        const elsewhere = sectionContext(vault, BigInt(place), 0, new Uint8Array(16));
        expect(opened(key, elsewhere, sealed)).to.equal(null);
      }),
      runs(150),
    );
  });

  it("hide a digest behind a pad that gives it back for the same head only", () => {
    const sequence = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n });
    fc.assert(
      fc.property(bytes(32), ref, sequence, bytes(32), bytes(32), (key, vault, at, root, digest) => {
        const pointer = maskPointer(key, vault, at, root, digest);
        expect(maskPointer(key, vault, at, root, pointer)).to.deep.equal(digest);
        expect(maskPointer(key, vault, at + 1n, root, pointer)).not.to.deep.equal(digest);
      }),
      runs(100),
    );
  });
});

const reader = fc.record({
  secret: bytes(32),
  locator: bytes(32),
  keys: fc.uniqueArray(fc.record({ scopeId: bytes(16), key: bytes(32) }), {
    ...{ minLength: 1, maxLength: 4 },
    selector: ({ scopeId }) => bytesToHex(scopeId),
  }),
  welcomeDigest: fc.option(bytes(32), { nil: null }),
});

const readers = (maxLength: number) =>
  fc.uniqueArray(reader, { minLength: 1, maxLength, selector: ({ secret }) => bytesToHex(secret) });

describe("a keyring: for any members", () => {
  it("gives each its keys and its welcome, and nothing under a secret or locator with any bit turned", () => {
    fc.assert(
      fc.property(readers(8), fc.nat(), (members, place) => {
        const keyring = drawKeyring(members, seeded(`keyring ${place}`));
        for (const { secret, locator, keys, welcomeDigest } of members) {
          for (const { scopeId, key } of keys) {
            expect(lookUpKey(keyring, secret, scopeId)).to.deep.equal(key);
            expect(lookUpKey(keyring, flipped(secret, place % 256), scopeId)).to.equal(null);
            expect(lookUpKey(keyring, ratchet(secret), scopeId)).to.equal(null);
          }
          expect(lookUpWelcome(keyring, locator)).to.deep.equal(welcomeDigest);
          expect(lookUpWelcome(keyring, flipped(locator, place % 256))).to.equal(null);
        }
      }),
      runs(20),
    );
  });

  it("never gives another key, whichever bit of it is turned and wherever it is cut", () => {
    fc.assert(
      fc.property(readers(6), fc.nat(), (members, place) => {
        const { salt, entries } = drawKeyring(members, seeded(`altered ${place}`));
        const altered = { salt, entries: flipped(entries, place % (entries.length * 8)) };
        const cut = { salt, entries: entries.subarray(0, place % entries.length) };
        for (const { secret, keys } of members) {
          for (const { scopeId, key } of keys) {
            for (const keyring of [altered, cut]) {
              let found: Uint8Array | null = null;
              try {
                found = lookUpKey(keyring, secret, scopeId);
              } catch (fault) {
                expect(fault).to.be.instanceOf(VaultError);
              }
              if (found !== null) expect(found).to.deep.equal(key);
            }
          }
        }
      }),
      runs(30),
    );
  });
});

describe("a keyring in pages: for any of its members", () => {
  const random = seeded("paged");
  const place = { ref: REF, visibilityKey: random(32), epoch: 7 };
  const members = Array.from({ length: 900 }, (_, i): KeyringMember => ({
    ...{ secret: random(32), locator: random(32) },
    keys: [{ scopeId: random(16), key: random(32) }],
    welcomeDigest: i % 3 === 0 ? random(32) : null,
  }));
  let placed: PlacedKeyring;
  before(() => {
    placed = placeKeyring(drawKeyring(members, random), place, random);
    expect(placed.pages).to.have.length(2);
  });

  const headData = () => ({
    ...{ epoch: place.epoch, keyringSalt: placed.salt, entries: placed.entries },
    ...{ pages: placed.pages, sections: [] },
  });

  it("gives it its key and welcome from one page, and names a page in which a bit was turned", async () => {
    const store = memoryStore();
    for (const blob of placed.blobs) await store.put(blob);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...members), fc.nat(), async (member, at) => {
        let pages = 0;
        const counting = misbehaving(store, { get: (digest) => (pages++, store.get(digest)) });
        const own = keyringReader(headData(), place, counting);
        const [granted] = member.keys;
        expect(await own.keyOf(member.secret, granted!.scopeId)).to.deep.equal(granted!.key);
        expect(pages).to.equal(1);
        expect(await own.welcomeOf(member.locator)).to.deep.equal(member.welcomeDigest);
        const lying = misbehaving(store, {
          get: async (digest) => {
            const blob = await store.get(digest);
            return blob && flipped(blob, at % (blob.length * 8));
          },
        });
        const fault: unknown = await keyringReader(headData(), place, lying)
          .keyOf(member.secret, granted!.scopeId)
          .catch((thrown: unknown) => thrown);
        expect(fault).to.be.instanceOf(BlobAltered);
      }),
      runs(25),
    );
    expect(placed.entries).to.have.length(0);
    expect(placed.blobs).to.have.length(2);
    expect(ENTRY_BYTES).to.equal(80);
  });
});

describe("proofs: for any set of leaves", () => {
  const leaves = fc.uniqueArray(bytes(32), { minLength: 1, maxLength: 40, selector: bytesToHex });

  it("lead each leaf to the root, and no other leaf, nor by a path with any bit turned, cut or longer", () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (set, place) => {
        const tree = new MerkleTree(set);
        const { root } = tree;
        const leaf = set[place % set.length]!;
        const path = tree.proof(leaf);
        expect(path.length).to.be.at.most(Math.ceil(Math.log2(set.length)) + 1);
        expect(processProof(path, leaf)).to.deep.equal(root);
        expect(processProof(path, flipped(leaf, place % 256))).not.to.deep.equal(root);
        expect(processProof([...path, leaf], leaf)).not.to.deep.equal(root);
        if (path.length === 0) return;
        const turned = path.with(place % path.length, flipped(path[place % path.length]!, place % 256));
        expect(processProof(turned, leaf)).not.to.deep.equal(root);
        expect(processProof(path.slice(1), leaf)).not.to.deep.equal(root);
        expect(processProof(path.slice(0, -1), leaf)).not.to.deep.equal(root);
      }),
      runs(100),
    );
  });

  it("do not depend on the order, and change with every leaf that is added or left out", () => {
    fc.assert(
      fc.property(leaves, bytes(32), fc.nat(), (set, more, place) => {
        const { root } = new MerkleTree(set);
        expect(new MerkleTree([...set].reverse()).root).to.deep.equal(root);
        const without = set.filter((_, i) => i !== place % set.length);
        expect(new MerkleTree(without).root).not.to.deep.equal(root);
        if (set.some((leaf) => bytesToHex(leaf) === bytesToHex(more))) return;
        expect(new MerkleTree([...set, more]).root).not.to.deep.equal(root);
        expect(() => new MerkleTree([...set, set[0]!])).to.throw(MalformedData);
      }),
      runs(100),
    );
  });
});
