import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify } from "ethers";

import { chunkContext, headContext, seal, sectionContext } from "../../../client/crypto/seal.ts";
import {
  AlteredError,
  BlobAltered,
  BlobMissing,
  ForeignHead,
  MalformedData,
  NotAMember,
  NotYetAdmitted,
  RootMismatch,
  VaultEmpty,
  WrongKeyError,
} from "../../../client/errors.ts";
import { EMPTY_ROOT } from "../../../client/memory/tree.ts";
import {
  encodeItems,
  encodeSection,
  pad,
  type ListEntry,
  type SectionData,
} from "../../../client/vault/blob.ts";
import { openHead } from "../../../client/vault/head.ts";
import { ONE, recordIdOf, ZERO } from "../../../client/vault/roster.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { flipped } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { EMPTY, REF, Workbench } from "./workbench.ts";

/** A vault with three scopes, a segment and a section of its own in each, and a reader of the first. */
async function furnished(seed: string, ref = REF) {
  const bench = new Workbench(seed, 3, ref);
  const [health, travel, finance] = bench.names as [string, string, string];
  const reader = bench.admit(health);
  const put = (size: number) =>
    Object.fromEntries(bench.names.map((id) => [id, { put: [bench.record(size)] }]));
  await bench.commit(put(1_000));
  await bench.commit(put(200));
  return { bench, reader: bench.readerKeys(reader), member: reader, health, travel, finance };
}

type Furnished = Awaited<ReturnType<typeof furnished>>;

describe("opening a head", () => {
  let at: Furnished;
  beforeEach(async () => {
    at = await furnished("head");
  });

  it("gives the owner every scope, complete", async () => {
    const { bench, health, travel, finance } = at;
    const opened = await bench.open();
    expect([...opened.scopes.keys()]).to.have.members([ZERO, ONE, health, travel, finance]);
    for (const id of bench.names) expect(opened.scopes.get(id)!.live.size).to.equal(2);
    expect(opened.epochKey).to.deep.equal(bench.epochKey);
  });

  it("gives a reader its scopes and nothing else", async () => {
    const { bench, reader, health } = at;
    const opened = await bench.open(reader);
    expect([...opened.scopes.keys()]).to.deep.equal([health]);
    expect([...opened.scopes.get(health)!.live.keys()]).to.have.members([
      ...bench.scopes.get(health)!.live.keys(),
    ]);
    expect(opened.epochKey).to.equal(null);
  });

  it("refuses a reader that names a scope it has no key for, the owner's own among them", async () => {
    const { bench, reader, health, travel } = at;
    for (const id of [travel, ZERO, ONE]) {
      expect(await thrown(bench.open({ ...reader, scopes: [health, id] }))).to.be.instanceOf(NotAMember);
    }
  });

  it("reads each blob once, though several scopes list it", async () => {
    const { bench } = at;
    const asked: string[] = [];
    const counting = misbehaving(bench.store, {
      get: (digest) => {
        asked.push(digest);
        return bench.store.get(digest);
      },
    });
    await openHead(bench.chain, bench.ownerKeys(), counting);
    expect(asked).to.have.length(2);
    expect(new Set(asked).size).to.equal(2);
  });

  it("ratchets a member over epochs in which it slept, and needs no older secret for what they list", async () => {
    const { bench, reader, health } = at;
    const asleep = { ...reader, sequence: bench.chain.sequence };
    for (let i = 0; i < 3; i++) {
      bench.rotate();
      await bench.commit({ [health]: { put: [bench.record(60 - i)] } });
    }
    const opened = await bench.open(asleep);
    expect(opened.secret).to.deep.equal(bench.readers[0]!.secret);
    expect(opened.scopes.get(health)!.live.size).to.equal(5);
  });

  it("tells a member whose entry is gone from one who never had one", async () => {
    const { bench, reader } = at;
    bench.readers = [];
    bench.rotate();
    await bench.commit();
    expect(await thrown(bench.open(reader))).to.be.instanceOf(NotAMember);
    expect(await thrown(bench.open({ ...reader, admitted: false, epoch: 1 }))).to.be.instanceOf(
      NotYetAdmitted,
    );
  });

  it("tells a member that never looked, and whose epoch is over, that it is none", async () => {
    const { bench, reader } = at;
    bench.readers = [];
    bench.rotate();
    await bench.commit();
    expect(await thrown(bench.open({ ...reader, admitted: false }))).to.be.instanceOf(NotAMember);
  });

  it("tells a member whose admission lies ahead that it is not admitted yet", async () => {
    const { bench, reader } = at;
    expect(await thrown(bench.open({ ...reader, epoch: 1 }))).to.be.instanceOf(NotYetAdmitted);
  });

  it("names an empty vault and a head of other software, before it reads anything", async () => {
    const { bench } = at;
    const silent = misbehaving(bench.store, {
      get: () => Promise.reject(new Error("nothing is to be read")),
    });
    const open = (chain: typeof EMPTY) => thrown(openHead(chain, bench.ownerKeys(), silent));
    expect(await open({ ...EMPTY }))
      .to.be.instanceOf(VaultEmpty)
      .and.have.property("message")
      .that.matches(/^Vault 0x[0-9a-f]{64} has no commit yet/);
    expect(await open({ ...bench.chain, foreign: true })).to.be.instanceOf(ForeignHead);
  });
});

describe("a head that was moved here", () => {
  it("from another vault, contract or chain is not opened", async () => {
    const { bench } = await furnished("moved");
    for (const ref of [
      { ...REF, vaultId: 8n },
      { ...REF, contract: `0x${"5f".repeat(20)}` },
      { ...REF, chainId: 1n },
    ]) {
      const digest = bench.digest(bench.chain);
      // The pointer is made to lead to the very blob; only the vault is another.
      const chain = {
        ...bench.chain,
        pointer: hexlify(new Workbench("moved", 3, ref).digest({ ...bench.chain, pointer: hexlify(digest) })),
      };
      expect(await thrown(bench.open({ ...bench.ownerKeys(), ref }, chain))).to.be.instanceOf(WrongKeyError);
    }
  });

  it("from another sequence is not opened", async () => {
    const { bench } = await furnished("late");
    const old = bench.digest(bench.chain);
    await bench.commit();
    const pointer = hexlify(bench.digest({ ...bench.chain, pointer: hexlify(old) }));
    expect(await thrown(bench.open(bench.ownerKeys(), { ...bench.chain, pointer }))).to.be.instanceOf(
      WrongKeyError,
    );
  });

  it("under another key is not found", async () => {
    const { bench } = await furnished("key");
    const keys = { ...bench.ownerKeys(), visibilityKey: bench.random(32) };
    expect(await thrown(bench.open(keys))).to.be.instanceOf(BlobMissing);
  });
});

describe("a section that was moved here", () => {
  let at: Furnished;
  beforeEach(async () => {
    at = await furnished("section");
  });

  it("from another scope does not stand for this one", async () => {
    const { bench, reader, health, travel } = at;
    const [mine, other] = [await bench.section(health), await bench.section(travel)];
    const chain = await bench.forged((head) => ({
      ...head,
      sections: head.sections.with(mine.place, other.sealed),
    }));
    for (const keys of [reader, bench.ownerKeys()]) {
      expect(await thrown(bench.open(keys, chain)))
        .to.be.instanceOf(MalformedData)
        .and.match(new RegExp(health));
    }
  });

  it("from another vault with the very same keys does not open", async () => {
    const { bench, reader, health } = at;
    const twin = await furnished("section", { ...REF, vaultId: 8n });
    expect(twin.bench.keyOf(health), "the twin's keys are the same").to.deep.equal(bench.keyOf(health));
    const { sealed } = await twin.bench.section(health);
    const { place } = await bench.section(health);
    const chain = await bench.forged((head) => ({ ...head, sections: head.sections.with(place, sealed) }));
    expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(MalformedData);
  });

  it("from an earlier sequence does not open", async () => {
    const { bench, reader, health } = at;
    const { sealed } = await bench.section(health);
    await bench.commit({ [health]: { put: [bench.record(64)] } });
    const { place } = await bench.section(health);
    const chain = await bench.forged((head) => ({ ...head, sections: head.sections.with(place, sealed) }));
    expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(MalformedData);
  });

  it("from an earlier sequence, sealed anew by somebody who reads the scope, does not lead to the root", async () => {
    const { bench, reader, health } = at;
    const { data } = await bench.section(health);
    await bench.commit({ [health]: { put: [bench.record(64)] } });
    const chain = await bench.forgedSection(health, () => data);
    expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(RootMismatch);
  });

  it("into the place of another scope's, sealed with its key, does not lead to the root", async () => {
    const { bench, health, travel } = at;
    const { data } = await bench.section(travel);
    const chain = await bench.forgedSection(health, () => ({ ...data, list: [] }));
    expect(await thrown(bench.open(bench.ownerKeys(), chain))).to.be.instanceOf(RootMismatch);
  });
});

describe("a head that leaves something out", () => {
  let at: Furnished;
  beforeEach(async () => {
    at = await furnished("left out");
  });

  const without = (bench: Workbench, place: number) =>
    bench.forged((head) => ({ ...head, sections: head.sections.toSpliced(place, 1) }));

  it("a section: the fault names the scope, for reader and owner", async () => {
    const { bench, reader, health } = at;
    const chain = await without(bench, (await bench.section(health)).place);
    for (const keys of [reader, bench.ownerKeys()]) {
      expect(await thrown(bench.open(keys, chain)))
        .to.be.instanceOf(MalformedData)
        .and.match(new RegExp(health));
    }
  });

  it("a section of the owner's own scopes", async () => {
    const { bench } = at;
    for (const id of [ZERO, ONE]) {
      const chain = await without(bench, (await bench.section(id)).place);
      expect(await thrown(bench.open(bench.ownerKeys(), chain))).to.be.instanceOf(MalformedData);
    }
  });

  it("a scope's name in scope zero, whose section then belongs to nobody", async () => {
    const { bench, health } = at;
    const chain = await bench.forgedSection(ZERO, (data) => ({
      ...data,
      scopeIds: data.scopeIds.filter((id) => bytesToHex(id) !== health),
    }));
    expect(await thrown(bench.open(bench.ownerKeys(), chain)))
      .to.be.instanceOf(MalformedData)
      .and.match(/1 sections/);
  });

  it("a scope's content: an absent scope cannot be passed off as an empty one", async () => {
    const { bench, reader, health } = at;
    const empty = (data: SectionData): SectionData => ({
      ...data,
      content: { kind: "none" },
      list: [],
      count: 0,
    });
    const chain = await bench.forgedSection(health, empty);
    for (const keys of [reader, bench.ownerKeys()]) {
      const fault = await thrown(bench.open(keys, chain));
      expect(fault).to.be.instanceOf(RootMismatch).and.include({ scope: health });
    }
  });

  it("an older segment of the list", async () => {
    const { bench, reader, health } = at;
    const chain = await bench.forgedSection(health, (data) => ({ ...data, list: [] }));
    expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(RootMismatch);
  });

  it("a record: the count says so", async () => {
    const { bench, reader, health } = at;
    const chain = await bench.forgedSection(health, (data) => ({ ...data, content: { kind: "none" } }));
    const fault = await thrown(bench.open(reader, chain));
    expect(fault).to.be.instanceOf(RootMismatch).and.include({ expected: "2 records", actual: "1 records" });
  });

  it("a record, and counts one less", async () => {
    const { bench, reader, health } = at;
    const chain = await bench.forgedSection(health, (data) => ({
      ...data,
      content: { kind: "none" },
      count: 1,
    }));
    const fault = await thrown(bench.open(reader, chain));
    expect(fault)
      .to.be.instanceOf(RootMismatch)
      .and.include({ expected: bytesToHex(hexToBytes(bench.chain.root.slice(2))) });
  });
});

describe("a head that adds or changes something", () => {
  let at: Furnished;
  beforeEach(async () => {
    at = await furnished("changed");
  });

  it("a record", async () => {
    const { bench, reader, health } = at;
    const more = (data: SectionData): SectionData =>
      data.content.kind === "inline"
        ? { ...data, count: 3, content: { kind: "inline", items: [...data.content.items, bench.record(64)] } }
        : data;
    expect(await thrown(bench.open(reader, await bench.forgedSection(health, more)))).to.be.instanceOf(
      RootMismatch,
    );
  });

  it("a byte of a record", async () => {
    const { bench, reader, health } = at;
    const other = (data: SectionData): SectionData =>
      data.content.kind === "inline"
        ? { ...data, content: { kind: "inline", items: [flipped(data.content.items[0]!, 190 * 8)] } }
        : data;
    expect(await thrown(bench.open(reader, await bench.forgedSection(health, other)))).to.be.instanceOf(
      RootMismatch,
    );
  });

  it("count, salt or path alone", async () => {
    const { bench, reader, health } = at;
    const changes: ((data: SectionData) => Partial<SectionData>)[] = [
      ({ count }) => ({ count: count + 1 }),
      ({ scopeSalt }) => ({ scopeSalt: flipped(scopeSalt, 0) }),
      ({ path }) => ({ path: path.slice(1) }),
      ({ path }) => ({ path: path.toReversed() }),
      ({ path }) => ({ path: [...path, EMPTY_ROOT] }),
    ];
    for (const change of changes) {
      const chain = await bench.forgedSection(health, (data) => ({ ...data, ...change(data) }));
      expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(RootMismatch);
    }
  });

  it("a second section for a scope that has one", async () => {
    const { bench, health } = at;
    const { data } = await bench.section(health);
    const context = sectionContext(bench.ref, bench.chain.sequence, bench.epoch, hexToBytes(health));
    const second = seal(bench.keyOf(health), context, encodeSection(data), bench.random);
    const chain = await bench.forged((head) => ({ ...head, sections: [...head.sections, second] }));
    expect(await thrown(bench.open(bench.ownerKeys(), chain))).to.be.instanceOf(MalformedData);
  });

  it("any bit of a section", async () => {
    const { bench, reader, health } = at;
    const { place, sealed } = await bench.section(health);
    for (const [bit, fault] of [
      [0, MalformedData],
      [300, MalformedData],
      [700, AlteredError],
    ] as const) {
      const chain = await bench.forged((head) => ({
        ...head,
        sections: head.sections.with(place, flipped(sealed, bit)),
      }));
      expect(await thrown(bench.open(reader, chain)), `bit ${bit}`).to.be.instanceOf(fault);
    }
  });

  it("the root on chain", async () => {
    const { bench, reader } = at;
    const root = hexlify(bench.random(32));
    const pointer = hexlify(
      bench.digest({ ...bench.chain, root, pointer: hexlify(bench.digest(bench.chain)) }),
    );
    expect(await thrown(bench.open(reader, { ...bench.chain, root, pointer }))).to.be.instanceOf(
      RootMismatch,
    );
  });

  it("the keyring, to pages beside the entries", async () => {
    const { bench } = at;
    const pages = [{ firstTag: bench.random(32), digest: bench.random(32) }];
    const chain = await bench.forged((head) => ({ ...head, pages }));
    expect(await thrown(bench.open(bench.ownerKeys(), chain))).to.be.instanceOf(MalformedData);
  });
});

describe("a head with an epoch that cannot be", () => {
  it("is refused at once, however many steps it would take to ratchet there", async () => {
    const { bench, reader } = await furnished("epoch");
    for (const epoch of [3, 1_000_000, 0xffff_ffff]) {
      const chain = await bench.forged((head) => ({ ...head, epoch }));
      const began = process.cpuUsage().user;
      for (const keys of [reader, bench.ownerKeys()]) {
        expect(await thrown(bench.open(keys, chain)), `epoch ${epoch}`)
          .to.be.instanceOf(MalformedData)
          .and.match(/epoch/);
      }
      // A million steps take seven seconds.
      expect(process.cpuUsage().user - began).to.be.below(1_000_000);
    }
  });

  it("is refused when the epoch rose by more than the sequence did since the pin", async () => {
    const { bench, reader } = await furnished("pin");
    for (let i = 0; i < 4; i++) await bench.commit();
    const chain = await bench.forged((head) => ({ ...head, epoch: 2 }));
    const pinned = (sequence: bigint) => thrown(bench.open({ ...reader, sequence }, chain));
    expect(await pinned(5n))
      .to.be.instanceOf(MalformedData)
      .and.match(/epoch 2 at sequence 6/);
    // One epoch less and the bound allows it; its keyring has nothing for a ratcheted secret.
    expect(await pinned(4n)).to.be.instanceOf(NotAMember);
  });
});

describe("a list", () => {
  let at: Furnished;
  beforeEach(async () => {
    at = await furnished("list");
  });

  const listing = (change: (entry: ListEntry) => Partial<ListEntry>) =>
    at.bench.forgedSection(at.health, (data) => ({
      ...data,
      list: data.list.map((entry) => ({ ...entry, ...change(entry) })),
    }));

  it("that names this head, a later one, or an epoch that cannot be, is refused", async () => {
    const { bench, reader } = at;
    const changes: Partial<ListEntry>[] = [
      { sequence: bench.chain.sequence },
      { sequence: bench.chain.sequence + 1n },
      { sequence: 2n ** 40n },
      { epoch: 1 },
      { epoch: 0xffff_ffff },
    ];
    for (const change of changes) {
      const fault = await thrown(bench.open(reader, await listing(() => change)));
      expect(fault)
        .to.be.instanceOf(MalformedData)
        .and.match(/names sequence/);
    }
  });

  it("that names an epoch that its own sequence could not have had yet is refused", async () => {
    const { bench, reader } = at;
    for (let i = 0; i < 2; i++) {
      bench.rotate();
      await bench.commit();
    }
    const early = await listing(({ sequence }) => (sequence === 1n ? { epoch: 2 } : {}));
    expect(await thrown(bench.open(reader, early)))
      .to.be.instanceOf(MalformedData)
      .and.match(/names sequence 1, epoch 2/);
  });

  it("with the wrong sequence, epoch or key does not open the blob", async () => {
    const { bench, reader } = at;
    await bench.commit();
    expect(await thrown(bench.open(reader, await listing(() => ({ sequence: 2n }))))).to.be.instanceOf(
      WrongKeyError,
    );
    const key = await listing(() => ({ scopeKey: bench.random(32) }));
    expect(await thrown(bench.open(reader, key)))
      .to.be.instanceOf(MalformedData)
      .and.match(/without content/);
  });

  it("that names a head without content for the scope is refused", async () => {
    const { bench, reader, health, travel } = at;
    await bench.commit({ [travel]: { put: [bench.record(64)] } });
    const idle = {
      digest: bench.digest(bench.chain),
      sequence: bench.chain.sequence,
      epoch: 0,
      scopeKey: bench.keyOf(health),
    };
    await bench.commit();
    const chain = await bench.forgedSection(health, (data) => ({ ...data, list: [...data.list, idle] }));
    expect(await thrown(bench.open(reader, chain)))
      .to.be.instanceOf(MalformedData)
      .and.match(/without content/);
  });

  it("in another order gives other records, and no root", async () => {
    const { bench, reader, health } = at;
    const id = recordIdOf([...bench.scopes.get(health)!.live.values()][0]!);
    await bench.commit({ [health]: { put: [bench.record(90, id)] } });
    await bench.commit();
    const chain = await bench.forgedSection(health, (data) => ({ ...data, list: data.list.toReversed() }));
    expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(RootMismatch);
  });
});

describe("a store that fails", () => {
  let at: Furnished & { chunks: string[] };
  beforeEach(async () => {
    const made = await furnished("store");
    await made.bench.commit({ [made.health]: { put: [made.bench.record(50_000)] } });
    const { content } = (await made.bench.section(made.health)).data;
    if (content.kind !== "chunks") throw new Error("expected chunks");
    at = { ...made, chunks: content.digests.map(bytesToHex) };
  });

  const blobsOf = async ({ bench, health, chunks }: typeof at): Promise<string[]> => [
    bytesToHex(bench.digest(bench.chain)),
    ...(await bench.section(health)).data.list.map(({ digest }) => bytesToHex(digest)),
    ...chunks,
  ];

  it("names the blob that is missing and the store that lacks it: head, listed blob or chunk", async () => {
    for (const digest of await blobsOf(at)) {
      const blob = await at.bench.store.get(digest);
      await at.bench.store.delete(digest);
      const fault = await thrown(at.bench.open(at.reader));
      expect(fault)
        .to.be.instanceOf(BlobMissing)
        .and.deep.include({ digest, stores: ["bench"] });
      await at.bench.store.put(blob!);
    }
    expect((await at.bench.open(at.reader)).scopes.size).to.equal(1);
  });

  it("names the blob that is altered, whatever was altered in it", async () => {
    for (const digest of await blobsOf(at)) {
      const altered = misbehaving(at.bench.store, {
        get: async (asked) => {
          const blob = await at.bench.store.get(asked);
          return asked === digest && blob !== null ? flipped(blob, blob.length * 4) : blob;
        },
      });
      const fault = await thrown(openHead(at.bench.chain, at.reader, altered));
      expect(fault).to.be.instanceOf(BlobAltered).and.include({ digest, store: "bench" });
    }
  });

  it("cannot pass off one chunk as another: each opens in its scope and epoch only", async () => {
    const { bench, reader, health, travel } = at;
    const data = pad(encodeItems([bench.record(50_000)]));
    const foreign = [
      seal(bench.keyOf(travel), chunkContext(bench.ref, 0, hexToBytes(travel)), data, bench.random),
      seal(bench.keyOf(health), chunkContext(bench.ref, 1, hexToBytes(health)), data, bench.random),
      seal(bench.keyOf(health), chunkContext(bench.ref, 0, hexToBytes(travel)), data, bench.random),
      seal(bench.visibilityKey, headContext(bench.ref, bench.chain.sequence), data, bench.random),
    ];
    for (const blob of foreign) {
      const digest = hexToBytes(await bench.store.put(blob));
      const chain = await bench.forgedSection(health, (section) => ({
        ...section,
        content: { kind: "chunks", digests: [digest] },
      }));
      expect(await thrown(bench.open(reader, chain))).to.be.instanceOf(AlteredError);
    }
  });
});

describe("the cache", () => {
  it("spares what was verified, and never stands in for a root", async () => {
    const { bench, reader, health } = await furnished("cache");
    const first = await bench.open(reader);
    await bench.commit({ [health]: { put: [bench.record(64)] } });
    const asked: string[] = [];
    const counting = misbehaving(bench.store, {
      get: (digest) => {
        asked.push(digest);
        return bench.store.get(digest);
      },
    });
    const second = await openHead(bench.chain, reader, counting, first.scopes);
    expect(asked).to.deep.equal([bytesToHex(bench.digest(bench.chain))]);
    expect(second.scopes.get(health)!.live.size).to.equal(3);
    const chain = await bench.forgedSection(health, (data) => ({ ...data, count: 4 }));
    expect(await thrown(openHead(chain, reader, counting, second.scopes))).to.be.instanceOf(RootMismatch);
  });
});
