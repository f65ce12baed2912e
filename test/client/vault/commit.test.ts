import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, ZeroHash } from "ethers";

import { ContentTooLarge, TooManyScopes } from "../../../client/errors.ts";
import { MerkleTree, scopeLeaf } from "../../../client/memory/tree.ts";
import { digestOf } from "../../../client/storage/store.ts";
import { BLOB_SIZES, MAX_LIST, MAX_SCOPES } from "../../../client/vault/blob.ts";
import { PROFILE_ID, spaceIdOf, stateRootAfter } from "../../../client/vault/contract.ts";
import { hashed, type OpenedHead } from "../../../client/vault/head.ts";
import { recordIdOf, ONE, ZERO } from "../../../client/vault/roster.ts";
import { seeded } from "../../helpers/seeded.ts";
import { REF, Workbench } from "./workbench.ts";

const idsOf = (opened: OpenedHead, scope: string): string[] =>
  [...opened.scopes.get(scope)!.live.keys()].sort();

describe("commit", () => {
  it("makes a delta that follows the head exactly", async () => {
    const bench = new Workbench("delta");
    const first = await bench.commit();
    const second = await bench.commit();
    expect(first.delta).to.include({ sequence: 1n, prevStateRoot: ZeroHash });
    expect(second.delta).to.include({
      ...{ spaceId: spaceIdOf(REF.vaultId), sequence: 2n, prevStateRoot: stateRootAfter(first.delta) },
      ...{ profileId: PROFILE_ID, provenanceCommitment: ZeroHash },
    });
    expect(bench.digest(bench.chain)).to.deep.equal(second.digest);
    expect(second.digest).to.deep.equal(sha256(second.blobs.at(-1)!));
  });

  it("puts a leaf of every scope under the root, the internal ones among them", async () => {
    const bench = new Workbench("root", 3);
    await bench.commit({ [bench.names[0]!]: { put: [bench.record(), bench.record()] } });
    const ids = [ZERO, ONE, ...bench.names];
    const leaves = await Promise.all(
      ids.map(async (id) => {
        const { data } = await bench.section(id);
        const { live } = bench.scopes.get(id)!;
        return scopeLeaf(hexToBytes(id), hashed(live).root, live.size, data.scopeSalt);
      }),
    );
    expect(new MerkleTree(leaves).root).to.deep.equal(getBytes(bench.chain.root));
  });

  it("names all granted scopes in scope zero and nowhere else", async () => {
    const bench = new Workbench("names", 4);
    await bench.commit();
    const sections = await Promise.all([ZERO, ONE, ...bench.names].map((id) => bench.section(id)));
    const named = sections.map(({ data }) => data.scopeIds.map(bytesToHex));
    expect(named[0]).to.have.members(bench.names);
    expect(named.slice(1).flat()).to.deep.equal([]);
  });

  it("draws every salt anew, so that equal content has another root, pointer and blob", async () => {
    const bench = new Workbench("salts");
    const commits = [await bench.commit(), await bench.commit(), await bench.commit()];
    expect(new Set(commits.map(({ delta }) => delta.deltaCommitment)).size).to.equal(3);
    expect(new Set(commits.map(({ delta }) => delta.locatorCommitment)).size).to.equal(3);
    expect(new Set(commits.map(({ digest }) => bytesToHex(digest))).size).to.equal(3);
  });

  it("shuffles the sections, so that no place tells a scope", async () => {
    const bench = new Workbench("shuffle", 6);
    const places = new Set<number>();
    for (let i = 0; i < 40; i++) {
      await bench.commit();
      places.add((await bench.section(ZERO)).place);
    }
    expect(places.size).to.equal(8);
  });

  it("leaves keyring and salt as they stand, byte for byte, until they are drawn anew", async () => {
    const bench = new Workbench("standing");
    bench.admit(bench.names[0]!);
    await bench.commit();
    const before = await bench.headData();
    await bench.commit({ [bench.names[0]!]: { put: [bench.record()] } });
    const after = await bench.headData();
    expect(after.entries).to.deep.equal(before.entries);
    expect(after.keyringSalt).to.deep.equal(before.keyringSalt);
  });
});

describe("merging", () => {
  /** Segment sizes of a scope as the present section lists them, the section's own last. */
  const sizes = (bench: Workbench, scope: string) =>
    bench.scopes.get(scope)!.segments.map(({ size }) => size);

  it("lists a segment that is more than twice the new section", async () => {
    const bench = new Workbench("kept");
    const [scope] = bench.names;
    await bench.commit({ [scope!]: { put: [bench.record(401)] } });
    await bench.commit({ [scope!]: { put: [bench.record(200)] } });
    expect(sizes(bench, scope!)).to.deep.equal([401, 200]);
    expect((await bench.section(scope!)).data.list).to.have.length(1);
  });

  it("absorbs a segment that is exactly twice the new section", async () => {
    const bench = new Workbench("absorbed");
    const [scope] = bench.names;
    await bench.commit({ [scope!]: { put: [bench.record(400)] } });
    await bench.commit({ [scope!]: { put: [bench.record(200)] } });
    expect(sizes(bench, scope!)).to.deep.equal([600]);
    expect((await bench.section(scope!)).data.list).to.have.length(0);
  });

  it("absorbs on, because what it absorbed makes it larger, and stops at the first that is too large", async () => {
    const bench = new Workbench("cascade");
    const [scope] = bench.names;
    for (const size of [10_000, 900, 400, 180])
      await bench.commit({ [scope!]: { put: [bench.record(size)] } });
    expect(sizes(bench, scope!)).to.deep.equal([10_000, 900, 400, 180]);
    await bench.commit({ [scope!]: { put: [bench.record(90)] } });
    expect(sizes(bench, scope!)).to.deep.equal([10_000, 1_570]);
  });

  it("writes a snapshot without removals when nothing is left to list", async () => {
    const bench = new Workbench("snapshot");
    const [scope] = bench.names;
    const records = [bench.record(100), bench.record(100), bench.record(100)];
    await bench.commit({ [scope!]: { put: records } });
    const gone = recordIdOf(records[1]!);
    await bench.commit({ [scope!]: { put: [bench.record(200)], remove: [gone] } });
    const { data } = await bench.section(scope!);
    if (data.content.kind !== "inline") throw new Error("expected content in the section");
    expect(data.list).to.have.length(0);
    expect(data.content.items.filter((item) => item.length === 16)).to.have.length(0);
    expect(data.content.items).to.have.length(3);
    expect(idsOf(await bench.open(), scope!)).not.to.include(gone);
  });

  it("keeps a removal as long as an earlier segment that it lists has the record", async () => {
    const bench = new Workbench("removal");
    const [scope] = bench.names;
    const records = Array.from({ length: 20 }, () => bench.record(100));
    await bench.commit({ [scope!]: { put: records } });
    await bench.commit({ [scope!]: { remove: [recordIdOf(records[0]!)] } });
    expect((await bench.section(scope!)).data).to.deep.include({
      content: { kind: "inline", items: [hexToBytes(recordIdOf(records[0]!))] },
    });
    expect(idsOf(await bench.open(), scope!)).to.deep.equal(records.slice(1).map(recordIdOf).sort());
  });

  it("carries the last word on a record only", async () => {
    const bench = new Workbench("last word");
    const [scope] = bench.names;
    const id = bytesToHex(bench.random(16));
    await bench.commit({ [scope!]: { put: [bench.record(5_000)] } });
    const versions = [bench.record(80, id), bench.record(90, id), bench.record(85, id)];
    await bench.commit({ [scope!]: { put: versions } });
    expect((await bench.section(scope!)).data.content).to.deep.equal({
      kind: "inline",
      items: [versions[2]],
    });
    expect((await bench.open()).scopes.get(scope!)!.live.get(id)).to.deep.equal(versions[2]);
  });

  it("never lists a head that has no content for the scope", async () => {
    const bench = new Workbench("idle");
    const [scope, other] = bench.names;
    await bench.commit({ [scope!]: { put: [bench.record(1_000)] } });
    for (let i = 0; i < 5; i++) await bench.commit({ [other!]: { put: [bench.record()] } });
    await bench.commit({ [scope!]: { put: [bench.record(100)] } });
    const { data } = await bench.section(scope!);
    expect(data.list.map(({ sequence }) => sequence)).to.deep.equal([1n]);
  });

  it("lists across epochs, each entry with the key of its own", async () => {
    const bench = new Workbench("epochs");
    const [scope] = bench.names;
    const keys: Uint8Array[] = [];
    for (const size of [8_000, 2_000, 500, 100]) {
      keys.push(bench.keyOf(scope!));
      await bench.commit({ [scope!]: { put: [bench.record(size)] } });
      bench.rotate();
    }
    await bench.commit();
    const { list } = (await bench.section(scope!)).data;
    expect(list.map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2, 3]);
    expect(list.map(({ scopeKey }) => scopeKey)).to.deep.equal(keys);
    expect(idsOf(await bench.open(), scope!)).to.have.length(4);
  });

  it("keeps every list within 16 and every record readable, in the order that a hostile writer would choose", async function () {
    this.timeout(60_000);
    const bench = new Workbench("hostile", 1);
    const [scope] = bench.names;
    const pick = seeded("hostile order");
    // A small pool of ids, none twice in a commit: records replace one another and come back after their removal.
    const pool = Array.from({ length: 64 }, () => bytesToHex(bench.random(16)));
    let turn = 0;
    const nextId = (): string => pool[turn++ % pool.length]!;
    const expected = new Map<string, string>();
    let longest = 0;
    for (let i = 0; i < 500; i++) {
      // Each section is just too small to absorb the last one, down to a removal alone; then it begins again.
      const last = bench.scopes.get(scope!)?.segments.at(-1)?.size ?? 0;
      const half = Math.floor((last - 1) / 2);
      const anew = last <= 32 || i % 25 === 24 || (i > 20 && last > 50_000);
      const size = i === 0 ? 3_000_000 : anew ? 40 + pick(1)[0]! * 32 : half;
      const put: Uint8Array[] = [];
      for (let left = size; left >= 40; left -= put.at(-1)!.length) {
        put.push(bench.record(Math.min(left, 60_000), nextId()));
      }
      const remove = put.length === 0 ? [nextId()] : [];
      for (const record of put) expected.set(recordIdOf(record), digestOf(record));
      for (const id of remove) expected.delete(id);
      await bench.commit({ [scope!]: { put, remove } });
      const { list } = (await bench.section(scope!)).data;
      longest = Math.max(longest, list.length);
      expect(list.length, `commit ${i}`).to.be.at.most(MAX_LIST);
      if (i % 100 === 99 || i === 15) {
        const { live } = (await bench.open()).scopes.get(scope!)!;
        const actual = [...live].map(([id, record]) => [id, digestOf(record)]);
        expect(actual.sort(), `commit ${i}`).to.deep.equal([...expected].sort());
      }
    }
    // The order is a hostile one indeed: without the bound lists would be longer.
    expect(longest).to.equal(MAX_LIST - 1);
  });
});

describe("placing content", () => {
  it("keeps 32 KiB in the section and moves more to chunks", async () => {
    const bench = new Workbench("inline");
    const [scope] = bench.names;
    await bench.commit({ [scope!]: { put: [bench.record(32_768)] } });
    expect((await bench.section(scope!)).data.content.kind).to.equal("inline");
    const large = await bench.commit({ [scope!]: { put: [bench.record(32_769)], snapshot: true } });
    expect((await bench.section(scope!)).data.content.kind).to.equal("chunks");
    expect(large.blobs).to.have.length(2);
    expect(idsOf(await bench.open(), scope!)).to.have.length(2);
  });

  it("packs chunks full, in blobs of the four sizes", async () => {
    const bench = new Workbench("chunks");
    const [scope] = bench.names;
    const built = await bench.commit({
      [scope!]: { put: Array.from({ length: 40 }, () => bench.record(60_000)) },
    });
    // Four records of 60,000 bytes fit 256 KiB, five do not.
    expect((await bench.section(scope!)).data.content).to.have.property("kind", "chunks");
    expect(built.blobs.map((blob) => blob.length)).to.deep.equal([
      ...new Array<number>(10).fill(262_144),
      4_096,
    ]);
    expect(idsOf(await bench.open(), scope!)).to.have.length(40);
  });

  it("lists more than 48 chunks in an index chunk", async function () {
    this.timeout(60_000);
    const bench = new Workbench("index");
    const [scope] = bench.names;
    const put = (chunks: number) => Array.from({ length: chunks * 4 }, () => bench.record(65_000));
    await bench.commit({ [scope!]: { put: put(48) } });
    const within = (await bench.section(scope!)).data.content;
    expect(within.kind === "chunks" && within.digests.length).to.equal(48);
    const built = await bench.commit({ [scope!]: { put: put(1), snapshot: true } });
    expect((await bench.section(scope!)).data.content.kind).to.equal("index");
    expect(built.blobs).to.have.length(49 + 1 + 1);
    expect(
      built.blobs.map((blob) => blob.length).every((size) => BLOB_SIZES.some((known) => known === size)),
    ).to.equal(true);
    expect(idsOf(await bench.open(), scope!)).to.have.length(196);
  });

  it("moves the largest sections out when the head would not fit, and no more of them than it must", async () => {
    const bench = new Workbench("spill", 14);
    const sizes = bench.names.map((_, i) => 18_000 + i * 1_000);
    await bench.commit(
      Object.fromEntries(bench.names.map((id, i) => [id, { put: [bench.record(sizes[i])] }])),
    );
    const kinds = await Promise.all(
      bench.names.map(async (id) => (await bench.section(id)).data.content.kind),
    );
    const moved = kinds.filter((kind) => kind === "chunks").length;
    expect(moved).to.be.at.least(1);
    expect(kinds).to.deep.equal(kinds.map((_, i) => (i < kinds.length - moved ? "inline" : "chunks")));
    const inline = sizes.slice(0, sizes.length - moved + 1).reduce((sum, size) => sum + size, 0);
    expect(inline, "one less moved would not have fitted").to.be.greaterThan(250_000);
    expect((await bench.open()).scopes.size).to.equal(16);
  });

  it("fits 64 scopes with content in each, and refuses the 65th", async () => {
    const bench = new Workbench("scopes", MAX_SCOPES - 2);
    await bench.commit(Object.fromEntries(bench.names.map((id) => [id, { put: [bench.record(30_000)] }])));
    const opened = await bench.open();
    expect(opened.data.sections).to.have.length(MAX_SCOPES);
    for (const id of bench.names) expect(idsOf(opened, id)).to.have.length(1);
    bench.names.push(bytesToHex(bench.random(16)));
    const fault = await bench.commit().catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(TooManyScopes).and.include({ count: 63, limit: 62 });
  });

  it("refuses an item that no chunk holds", async () => {
    const bench = new Workbench("too large");
    const fault = await bench
      .commit({ [bench.names[0]!]: { put: [bench.record(262_100)] } })
      .catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(ContentTooLarge);
  });
});
