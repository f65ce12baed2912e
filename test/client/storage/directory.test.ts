import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  truncateSync,
  chmodSync,
  mkdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import * as multihash from "multiformats/hashes/digest";
import {
  BlobAltered,
  BlobMissing,
  InvalidDigest,
  StoreFull,
  StoreUnavailable,
} from "../../../client/errors.ts";
import { fileWork } from "../../../client/storage/atomic.ts";
import { directoryStore } from "../../../client/storage/directory.ts";
import {
  cidOf,
  digestOf,
  memoryStore,
  putVerified,
  readBlob,
  type BlobStore,
} from "../../../client/storage/store.ts";
import { asOrdinaryUser, rejection } from "./helpers.ts";

const blob = (seed: number, size = 4096) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 7) & 0xff);
const writer = new URL("./writer.child.ts", import.meta.url).pathname;

describe("cidOf", () => {
  it("gives the name that IPFS gives the same raw block", () => {
    // The well-known raw CID of "hello world".
    const digest = digestOf(new TextEncoder().encode("hello world"));
    expect(cidOf(digest)).to.equal("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
  });

  it("is the CID of the implementers of IPFS, for any digest", () => {
    for (let seed = 0; seed < 50; seed++) {
      const digest = digestOf(blob(seed, seed));
      const sha256 = multihash.create(0x12, hexToBytes(digest));
      expect(cidOf(digest)).to.equal(CID.createV1(0x55, sha256).toString());
    }
  });

  it("refuses what is no digest", () => {
    for (const digest of ["", "../etc/passwd", "A".repeat(64), "0x" + "0".repeat(62), "0".repeat(65)])
      expect(() => cidOf(digest)).to.throw(InvalidDigest);
  });
});

for (const [kind, make] of [
  ["memoryStore", (): BlobStore => memoryStore()],
  ["directoryStore", (): BlobStore => directoryStore(join(mkdtempSync(join(tmpdir(), "blobs-")), "store"))],
] as const) {
  describe(kind, () => {
    it("returns what was put, under its sha256", async () => {
      const store = make();
      const digest = await store.put(blob(1));
      expect(digest).to.equal(digestOf(blob(1)));
      expect(await store.get(digest)).to.deep.equal(blob(1));
      expect(await store.has(digest)).to.equal(true);
    });

    it("answers null and false for what it does not have", async () => {
      const store = make();
      expect(await store.get(digestOf(blob(2)))).to.equal(null);
      expect(await store.has(digestOf(blob(2)))).to.equal(false);
      await store.delete(digestOf(blob(2)));
    });

    it("forgets what was deleted, and takes it again", async () => {
      const store = make();
      const digest = await store.put(blob(3));
      await store.delete(digest);
      expect(await store.get(digest)).to.equal(null);
      expect(await store.put(blob(3))).to.equal(digest);
      expect(await store.has(digest)).to.equal(true);
    });

    it("keeps its own copy of the bytes", async () => {
      const store = make();
      const mine = blob(4);
      const digest = await store.put(mine);
      mine[0]! ^= 1;
      const first = await readBlob(store, digest);
      first[1]! ^= 1;
      expect(await readBlob(store, digest)).to.deep.equal(blob(4));
    });
  });
}

describe("readBlob", () => {
  const digest = digestOf(blob(5));

  it("names a missing blob and the store that was asked", async () => {
    const error = await rejection(readBlob(memoryStore("attic"), digest), BlobMissing);
    expect(error).to.include({ digest });
    expect(error.stores).to.deep.equal(["attic"]);
  });

  it("never returns other bytes than asked for", async () => {
    const lyingStore: BlobStore = { ...memoryStore("liar"), get: () => Promise.resolve(blob(6)) };
    expect(await rejection(readBlob(lyingStore, digest), BlobAltered)).to.include({ digest, store: "liar" });
  });
});

describe("putVerified", () => {
  it("fails if the store forgets at once", async () => {
    const forgetfulStore: BlobStore = { ...memoryStore(), get: () => Promise.resolve(null) };
    await rejection(putVerified(forgetfulStore, blob(7)), BlobMissing);
  });

  it("does not believe the digest that a store reports", async () => {
    const inner = memoryStore();
    const misreporting: BlobStore = {
      ...inner,
      put: (bytes) => inner.put(bytes).then(() => digestOf(blob(9))),
    };
    expect(await putVerified(misreporting, blob(8))).to.equal(digestOf(blob(8)));
  });
});

describe("directoryStore on disk", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "blobs-"))));
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  it("keeps one file a blob, named by its CID, and nothing else", async () => {
    const store = directoryStore(folder);
    const digest = await store.put(blob(1));
    await store.put(blob(1));
    expect(readdirSync(folder)).to.deep.equal([cidOf(digest)]);
    expect(new Uint8Array(readFileSync(join(folder, cidOf(digest))))).to.deep.equal(blob(1));
    expect(statSync(join(folder, cidOf(digest))).mode & 0o777).to.equal(0o600);
  });

  it("calls an altered file altered, and repairs it at the next put", async () => {
    const store = directoryStore(folder);
    const digest = await store.put(blob(1));
    writeFileSync(join(folder, cidOf(digest)), blob(2));
    expect(await rejection(store.get(digest), BlobAltered)).to.include({ digest, store: store.name });
    await store.put(blob(1));
    expect(await store.get(digest)).to.deep.equal(blob(1));
  });

  it("calls a truncated file altered", async () => {
    const store = directoryStore(folder);
    const digest = await store.put(blob(1));
    for (const length of [4095, 0]) {
      truncateSync(join(folder, cidOf(digest)), length);
      await rejection(store.get(digest), BlobAltered);
    }
  });

  it("names a folder that cannot be written", async () => {
    chmodSync(folder, 0o555);
    const error = await asOrdinaryUser(() =>
      rejection(directoryStore(folder).put(blob(1)), StoreUnavailable),
    );
    expect((error.cause as NodeJS.ErrnoException).code).to.equal("EACCES");
    expect(error.store).to.contain(folder);
  });

  it("names a path that is no folder", async () => {
    writeFileSync(join(folder, "file"), "");
    await rejection(directoryStore(join(folder, "file")).put(blob(1)), StoreUnavailable);
    await rejection(directoryStore(join(folder, "file")).get(digestOf(blob(1))), StoreUnavailable);
  });

  it("tries again once the folder can be made", async () => {
    const path = join(folder, "in", "store");
    writeFileSync(join(folder, "in"), "");
    const store = directoryStore(path);
    await rejection(store.put(blob(1)), StoreUnavailable);
    rmSync(join(folder, "in"));
    expect(await store.has(await store.put(blob(1)))).to.equal(true);
  });

  it("sweeps what is not to be kept and has lain there long enough, and no file that is no blob", async () => {
    const later = Date.now() + 10_000;
    const store = directoryStore(folder, { now: () => later });
    const [kept, gone] = [await store.put(blob(1)), await store.put(blob(2))];
    writeFileSync(join(folder, "notes.txt"), "not ours");
    writeFileSync(join(folder, cidOf(gone).toUpperCase()), "another name of the same block is none of ours");
    mkdirSync(join(folder, cidOf(digestOf(blob(3)))));
    expect(await store.sweep(new Set([kept]))).to.deep.equal([]);
    expect(await store.sweep(new Set([kept]), 20_000)).to.deep.equal([]);
    expect(await store.sweep(new Set([kept]), 5_000)).to.deep.equal([gone]);
    expect(await store.get(kept)).to.deep.equal(blob(1));
    expect(await store.get(gone)).to.equal(null);
    expect(readdirSync(folder)).to.have.length(4);
    expect(await directoryStore(join(folder, "nowhere")).sweep(new Set())).to.deep.equal([]);
  });

  it("makes its folder again where somebody removed it", async () => {
    const store = directoryStore(join(folder, "store"));
    await store.put(blob(1));
    rmSync(join(folder, "store"), { recursive: true });
    expect(await store.get(digestOf(blob(1)))).to.equal(null);
    expect(await store.get(await store.put(blob(2)))).to.deep.equal(blob(2));
  });

  it("tells a full disk from other faults", async () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      const fault = Object.assign(new Error(code), { code, syscall: "write" });
      await rejection(
        fileWork("disk", () => Promise.reject(fault)),
        StoreFull,
      );
    }
  });

  it("sweeps old leftovers at the first put and leaves young ones alone", async () => {
    const hour = 3600;
    writeFileSync(join(folder, ".tmp-1-1"), "old");
    writeFileSync(join(folder, ".tmp-1-2"), "young");
    writeFileSync(join(folder, "notes.txt"), "not ours");
    const present = Date.now() / 1000;
    utimesSync(join(folder, ".tmp-1-1"), present, present - 2 * hour);
    const digest = await directoryStore(folder).put(blob(1));
    expect(readdirSync(folder).sort()).to.deep.equal([".tmp-1-2", cidOf(digest), "notes.txt"].sort());
  });

  it("steps around a leftover with the name it would use", async () => {
    for (let n = 0; n < 200; n++) writeFileSync(join(folder, `.tmp-${process.pid}-${n}`), "");
    expect(await directoryStore(folder).put(blob(1))).to.equal(digestOf(blob(1)));
  });

  it("takes the same blobs from several processes at once", async function () {
    this.timeout(60_000);
    const children = [1, 2, 3].map(() => fork(writer, [folder, "20"], { execArgv: ["--import", "tsx"] }));
    for (const code of await Promise.all(children.map(exitOf))) expect(code).to.equal(0);
    const names = readdirSync(folder);
    expect(names).to.have.length(20);
    for (const name of names) expect(cidOf(digestOf(readFileSync(join(folder, name))))).to.equal(name);
  });

  it("shows no torn file while a writer works, nor when it is killed", async function () {
    this.timeout(60_000);
    const checked = new Set<string>();
    const check = () => {
      for (const name of readdirSync(folder)) {
        if (name.startsWith(".") || checked.has(name)) continue;
        expect(cidOf(digestOf(readFileSync(join(folder, name))))).to.equal(name);
        checked.add(name);
      }
    };
    for (let round = 0; round < 3; round++) {
      const child = fork(writer, [folder, "100000", String(round)], { execArgv: ["--import", "tsx"] });
      await once(child, "message");
      for (let look = 0; look < 100; look++) {
        check();
        await sleep(1);
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      checked.clear();
      check();
    }
    expect(checked.size).to.be.greaterThan(10);
  });
});

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}
