import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { ratchet } from "../../../client/crypto/keys.ts";
import { pageContext, seal } from "../../../client/crypto/seal.ts";
import { AlteredError, BlobAltered, BlobMissing, MalformedData, NotAMember } from "../../../client/errors.ts";
import { digestOf, memoryStore, type BlobStore } from "../../../client/storage/store.ts";
import { pad, type HeadData, type PageEntry } from "../../../client/vault/blob.ts";
import { drawKeyring, ENTRY_BYTES, MAX_HEAD_ENTRIES } from "../../../client/vault/keyring.ts";
import type { KeyringMember } from "../../../client/vault/keyring.ts";
import {
  keyringReader,
  PAGE_ENTRIES,
  placeKeyring,
  standingKeyring,
  type PlacedKeyring,
} from "../../../client/vault/pages.ts";
import { ONE, ZERO } from "../../../client/vault/roster.ts";
import { seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { REF, Workbench } from "./workbench.ts";

const random = seeded("pages");
const health = random(16);
const place = { ref: REF, visibilityKey: random(32), epoch: 3 };

const reader = (): KeyringMember => ({
  ...{ secret: random(32), locator: random(32), welcomeDigest: null },
  keys: [{ scopeId: health, key: random(32) }],
});
const readers = (count: number): KeyringMember[] => Array.from({ length: count }, reader);
const placed = (members: readonly KeyringMember[]): PlacedKeyring =>
  placeKeyring(drawKeyring(members, random), place, random);

/** A store that counts what it is asked for. */
function counting(blobs: readonly Uint8Array[]): BlobStore & { asked: string[] } {
  const store = memoryStore("pages");
  const asked: string[] = [];
  for (const blob of blobs) void store.put(blob);
  return {
    ...store,
    asked,
    get: (digest) => {
      asked.push(digest);
      return store.get(digest);
    },
  };
}

const headOf = ({ salt, entries, pages }: PlacedKeyring): HeadData => ({
  ...{ epoch: place.epoch, keyringSalt: salt, entries, pages, sections: [] },
});

describe("a keyring in its place", () => {
  it("stands in the head up to 256 entries, a reader's scopes counted", () => {
    const { entries, pages, blobs } = placed(readers(MAX_HEAD_ENTRIES));
    expect(entries).to.have.length(MAX_HEAD_ENTRIES * ENTRY_BYTES);
    expect([pages, blobs]).to.deep.equal([[], []]);
  });

  it("stands in pages beyond that, all of it, in blobs of a store's sizes", () => {
    for (const [members, sizes] of [
      [MAX_HEAD_ENTRIES + 1, [65_536]],
      [PAGE_ENTRIES, [65_536]],
      [PAGE_ENTRIES + 1, [65_536, 4_096]],
      [3 * PAGE_ENTRIES, [65_536, 65_536, 65_536]],
    ] as const) {
      const { entries, pages, blobs } = placed(readers(members));
      expect(entries).to.have.length(0);
      expect(blobs.map(({ length }) => length)).to.deep.equal(sizes);
      expect(pages.map(({ digest }) => bytesToHex(digest))).to.deep.equal(blobs.map(digestOf));
    }
  });

  it("gives each member its key and its newest welcome, from one page", async () => {
    const members = readers(2_000).map((member, i) =>
      i % 500 === 0 ? { ...member, welcomeDigest: random(32) } : member,
    );
    const keyring = placed(members);
    for (const { secret, locator, keys, welcomeDigest } of members.filter((_, i) => i % 100 === 0)) {
      const store = counting(keyring.blobs);
      const { keyOf, welcomeOf } = keyringReader(headOf(keyring), place, store);
      expect(await keyOf(secret, health)).to.deep.equal(keys[0]!.key);
      expect(store.asked).to.have.length(1);
      expect(await welcomeOf(locator)).to.deep.equal(welcomeDigest);
    }
  });

  it("gives nobody else anything", async () => {
    const keyring = placed(readers(1_000));
    const { keyOf, welcomeOf } = keyringReader(headOf(keyring), place, counting(keyring.blobs));
    for (let i = 0; i < 50; i++) {
      expect(await keyOf(random(32), health)).to.equal(null);
      expect(await welcomeOf(random(32))).to.equal(null);
    }
  });

  it("draws every page anew", () => {
    const members = readers(300);
    const digests = [placed(members), placed(members)].flatMap(({ blobs }) => blobs.map(digestOf));
    expect(new Set(digests).size).to.equal(digests.length);
  });
});

describe("a page", () => {
  const members = readers(1_000);
  const keyring = placed(members);
  const look = async (data: HeadData, store: BlobStore): Promise<void> => {
    for (const { secret } of members) await keyringReader(data, place, store).keyOf(secret, health);
  };
  const fault = (data: HeadData, blobs: readonly Uint8Array[]) => thrown(look(data, counting(blobs)));

  it("that is missing or altered is named, and nobody counts as dismissed for it", async () => {
    expect(await fault(headOf(keyring), keyring.blobs.slice(1))).to.be.instanceOf(BlobMissing);
    const lying = { ...memoryStore("lying"), get: () => Promise.resolve(random(65_536)) };
    expect(await thrown(look(headOf(keyring), lying))).to.be.instanceOf(BlobAltered);
  });

  it("of another epoch or another vault does not open", async () => {
    for (const at of [
      { ...place, epoch: 2 },
      { ...place, ref: { ...REF, vaultId: 8n } },
      { ...place, visibilityKey: random(32) },
    ]) {
      const other = placeKeyring(drawKeyring(members, random), at, random);
      expect(await fault(headOf(other), other.blobs)).to.be.instanceOf(AlteredError);
    }
  });

  it("must begin as the head says, and pages stand in order", async () => {
    const pages = (change: (pages: readonly PageEntry[]) => readonly PageEntry[]): HeadData => ({
      ...headOf(keyring),
      pages: change(keyring.pages),
    });
    const wrong = pages(([first, ...rest]) => [{ ...first!, firstTag: new Uint8Array(32) }, ...rest]);
    expect(await fault(wrong, keyring.blobs)).to.be.instanceOf(MalformedData);
    for (const disorder of [
      pages((all) => all.toReversed()),
      pages(([first, ...rest]) => [first!, first!, ...rest]),
      { ...headOf(keyring), entries: random(80) },
    ]) {
      expect(await fault(disorder, keyring.blobs)).to.be.instanceOf(MalformedData);
    }
  });

  it("that was cut within an entry is refused", async () => {
    const page = random(80 * 5 - 1);
    const blob = seal(place.visibilityKey, pageContext(REF, place.epoch), pad(page), random);
    const pages = [{ firstTag: page.slice(0, 32), digest: hexToBytes(digestOf(blob)) }];
    const store = counting([blob]);
    const { keyOf } = keyringReader({ ...headOf(keyring), pages }, place, store);
    // Whoever looks for a tag below the first one reads no page.
    const faults = await Promise.all(
      Array.from({ length: 64 }, () => thrown(keyOf(random(32), health)).catch(() => null)),
    );
    expect(faults.some((each) => each instanceof MalformedData)).to.equal(true);
  });
});

describe("a head whose keyring stands in pages", () => {
  it("opens for each member, and its pages stand until the epoch turns", async () => {
    const bench = new Workbench("paged");
    const [scope] = bench.names;
    for (let i = 0; i < 300; i++) bench.readers.push({ secret: bench.random(32), scopes: [scope!] });
    const last = bench.admit(scope!);
    const first = await bench.commit({ [scope!]: { put: [bench.record()] } });
    expect(first.blobs).to.have.length(2);
    const before = await bench.headData();
    const second = await bench.commit({ [scope!]: { put: [bench.record()] } });
    expect(second.blobs, "the page stands, and is not stored again").to.have.length(1);
    expect(standingKeyring(await bench.headData())).to.deep.equal(standingKeyring(before));
    expect([...(await bench.open(bench.readerKeys(last))).scopes.keys()]).to.deep.equal([scope]);
    expect([...(await bench.open()).scopes.keys()]).to.have.members([ZERO, ONE, ...bench.names]);

    bench.readers = bench.readers.filter((each) => each !== last);
    bench.rotate();
    await bench.commit({ [scope!]: { put: [bench.record()] } });
    const keys = { ...bench.readerKeys(last), secret: ratchet(last.secret) };
    expect(await thrown(bench.open(keys))).to.be.instanceOf(NotAMember);
    expect([...(await bench.open(bench.readerKeys(bench.readers[7]!))).scopes.keys()]).to.deep.equal([scope]);
  });
});
