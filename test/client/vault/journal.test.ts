import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, ZeroHash } from "ethers";

import { JournalDamaged, JournalVersion, MalformedData, WrongKeyError } from "../../../client/errors.ts";
import { journalContext, seal } from "../../../client/crypto/seal.ts";
import type { CreateOperation } from "../../../client/memory/operations.ts";
import { memoryJournalStore, type JournalStore } from "../../../client/storage/journal-store.ts";
import { PROFILE_ID, type Delta } from "../../../client/vault/contract.ts";
import {
  readCandidates,
  readGarbage,
  readOperations,
  readReach,
  readReceipts,
  readSent,
  readShreds,
  readState,
  readWelcome,
  removeCandidate,
  removeGarbage,
  removeOperations,
  removeReceipt,
  removeSent,
  removeShred,
  removeWelcome,
  writeCandidate,
  writeGarbage,
  writeOperations,
  writeReach,
  writeReceipt,
  trimSent,
  writeSent,
  writeShred,
  writeState,
  writeWelcome,
  type Candidate,
  type Journal,
  type MemberState,
  type ShredReceipt,
  type StartedShred,
} from "../../../client/vault/journal.ts";
import {
  decodeVaultOperation,
  encodeVaultOperation,
  type AdmitOperation,
  type VaultOperation,
} from "../../../client/vault/operations.ts";
import type { RosterMember } from "../../../client/vault/roster.ts";
import { contains } from "../../helpers/contains.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { REF } from "./workbench.ts";

const random = seeded("journal");
const id = (): string => bytesToHex(random(16));

function newJournal(store: JournalStore = memoryJournalStore(), ref = REF): Journal {
  return { store, key: random(32), ref, random };
}

const create = (text: string): CreateOperation => ({
  kind: "create",
  id: id(),
  at: 1,
  scope: "health",
  text,
  type: "semantic",
});

const admit = (): AdmitOperation => ({
  ...{ kind: "admit", id: id(), class: "reader", recipient: random(1_216), grantee: `0x${"ab".repeat(20)}` },
  ...{
    listed: true,
    scopes: ["health", "travel"],
    expiresAt: 1_800_000_000,
    permissions: 3,
    admission: "fresh",
  },
  ...{ label: "Doctor ✚", storeWelcome: true },
});

const everyKind = (): VaultOperation[] => [
  {
    ...create("Runs at six"),
    importance: 70,
    tags: ["sport"],
    validUntil: null,
    metadata: { a: [1, "b", null] },
  },
  { kind: "update", id: id(), at: 2, memoryId: id(), seenRevision: 3, changes: { text: "Runs at seven" } },
  { kind: "reinforce", id: id(), at: 3, memoryId: id() },
  { kind: "forget", id: id(), at: 4, memoryId: id(), seenRevision: 1 },
  admit(),
  {
    ...admit(),
    class: "owner",
    grantee: null,
    listed: false,
    expiresAt: null,
    scopes: [],
    admission: "joined",
  },
  { kind: "dismiss", id: id(), memberId: id() },
  {
    ...{ kind: "change", id: id(), memberId: id(), label: "Doctor ✚", anew: false },
    seen: { scopes: ["health"], expiresAt: 1_800_000_000, permissions: 3 },
    wanted: { scopes: ["health", "travel"], expiresAt: 1_900_000_000, permissions: 1 },
  },
  {
    ...{ kind: "change", id: id(), memberId: id(), label: null, anew: false },
    seen: { scopes: [], expiresAt: null, permissions: 1 },
    wanted: { scopes: ["health"], expiresAt: 1, permissions: 0 },
  },
  {
    ...{ kind: "change", id: id(), memberId: id(), wanted: null, label: null, anew: true },
    seen: { scopes: ["health"], expiresAt: 1, permissions: 1 },
  },
  { kind: "renew", id: id(), memberId: id(), recipient: random(1_216) },
  { kind: "shred", id: id(), memoryIds: [id(), id()] },
  { kind: "note", id: id(), memberId: id(), erased: 2n ** 40n },
  { kind: "rotate", id: id(), above: 7 },
];

const member: RosterMember = {
  ...{
    id: id(),
    class: "owner",
    recipient: random(1_216),
    locator: random(32),
    grantee: null,
    listed: false,
  },
  ...{ scopes: [], expiresAt: null, permissions: 1, admission: "joined", label: "this device", since: 0n },
  written: 3n,
  welcomeDigest: null,
  erased: 2n,
};

const state: MemberState = {
  ref: { ...REF, vaultId: 2n ** 255n + 12_345n },
  ...{
    memberId: id(),
    class: "owner",
    visibilityKey: random(32),
    locator: random(32),
    identity: "AGE-SECRET-KEY-PQ-1X",
    nextIdentity: "AGE-SECRET-KEY-PQ-1Z",
  },
  ...{
    secret: random(32),
    epoch: 4,
    welcomeDigest: random(32),
    admitted: true,
    scopes: [{ id: id(), name: "health" }],
    expiresAt: 1_800_000_000,
  },
  pin: { sequence: 2n ** 39n, stateRoot: hexlify(random(32)), generation: 2n },
  grantee: `0x${"cd".repeat(20)}`,
  genesis: {
    commitKey: random(32),
    inbox: "AGE-SECRET-KEY-PQ-1Y",
    members: [{ member, secret: random(32) }],
  },
  enrolling: id(),
  shredSeen: 2n ** 33n,
  shredFollowed: 6n,
};

function candidate(): Candidate {
  const delta: Delta = {
    ...{
      spaceId: hexlify(random(32)),
      sequence: 9n,
      prevStateRoot: hexlify(random(32)),
      profileId: PROFILE_ID,
    },
    ...{
      deltaCommitment: hexlify(random(32)),
      provenanceCommitment: ZeroHash,
      locatorCommitment: hexlify(random(32)),
    },
  };
  return {
    ...{ id: id(), sequence: 9n, stateRoot: hexlify(random(32)), epoch: 2, delta },
    calls: [
      { kind: "revoke", grantee: `0x${"01".repeat(20)}` },
      {
        kind: "grant",
        grantee: `0x${"02".repeat(20)}`,
        expiresAt: 1_800_000_000,
        permissions: 3,
        welcome: hexlify(random(32)),
      },
      { kind: "commit", delta, signature: hexlify(random(65)) },
    ],
    blobs: [random(4_096), random(4_096)],
    operations: [id(), id()],
    gone: [id()],
    welcomes: [{ memberId: id(), file: random(3_000), store: true }],
    reissued: [id()],
    lost: [{ operationId: id(), memoryId: id(), text: "Words that a forget took" }],
    revoked: [`0x${"01".repeat(20)}`],
    authorizer: `0x${"03".repeat(20)}`,
    ratcheted: true,
    shreds: [{ kind: "shredded", operationId: id(), memoryIds: [id()], unknown: [id()], scopes: ["health"] }],
    shredded: 3n,
    stays: [id()],
  };
}

describe("vault operations", () => {
  for (const operation of everyKind()) {
    const name = operation.kind === "admit" ? `admit of the ${operation.class} class` : operation.kind;
    it(`come back as they were written: ${name}`, () => {
      expect(decodeVaultOperation(encodeVaultOperation(operation))).to.deep.equal(operation);
    });
  }

  it("are refused when they are none", () => {
    for (const bytes of [
      Uint8Array.of(0x80),
      Uint8Array.of(0x81, 0x17),
      Uint8Array.of(0xff),
      new Uint8Array(0),
    ]) {
      expect(() => decodeVaultOperation(bytes)).to.throw(MalformedData);
    }
  });
});

describe("journal", () => {
  it("gives back state, candidates and welcomes as they were written", async () => {
    const journal = newJournal();
    expect(await readState(journal)).to.equal(null);
    const plain: MemberState = {
      ...state,
      pin: null,
      genesis: null,
      enrolling: null,
      grantee: null,
      expiresAt: null,
      identity: null,
      nextIdentity: null,
      welcomeDigest: null,
    };
    for (const written of [state, plain, { ...plain, class: "reader" as const }]) {
      await writeState(journal, written);
      expect(await readState(journal)).to.deep.equal(written);
    }
    const bare = { ...state, genesis: { ...state.genesis!, commitKey: null } };
    await writeState(journal, bare);
    expect(await readState(journal)).to.deep.equal(bare);
    const candidates = [candidate(), candidate()];
    for (const written of candidates) await writeCandidate(journal, written);
    expect(await readCandidates(journal)).to.have.deep.members(candidates);
    await removeCandidate(journal, candidates[0]!.id);
    expect(await readCandidates(journal)).to.deep.equal([candidates[1]]);
    const [of, file] = [id(), random(3_000)];
    await writeWelcome(journal, of, file);
    expect(await readWelcome(journal, of)).to.deep.equal(file);
    expect(await readWelcome(journal, id())).to.equal(null);
    await removeWelcome(journal, of);
    expect(await readWelcome(journal, of)).to.equal(null);
  });

  it("keeps the order in which operations were asked for, within bundles and between them", async () => {
    const journal = newJournal();
    const asked: VaultOperation[] = [];
    for (const size of [1, 3, 1, 2, 5, 1, 1, 1, 1, 1, 1, 1]) {
      const bundle = Array.from({ length: size }, (_, i) => create(`${asked.length + i}`));
      await writeOperations(journal, bundle);
      asked.push(...bundle);
    }
    expect(await readOperations(journal)).to.deep.equal(asked);
  });

  it("puts a change behind what it changes, though the clock went back meanwhile", async () => {
    const journal = newJournal();
    const made = { ...create("first"), at: 2_000 };
    await writeOperations(journal, [made]);
    const change: VaultOperation = {
      kind: "forget",
      id: id(),
      at: 1_000,
      memoryId: made.id,
      seenRevision: 1,
    };
    await writeOperations(journal, [change]);
    expect((await readOperations(journal)).map(({ kind }) => kind)).to.deep.equal(["create", "forget"]);
  });

  it("goes on behind what is left when the first operations were let go", async () => {
    const journal = newJournal();
    const [first, second, third] = [create("1"), create("2"), create("3")];
    await writeOperations(journal, [first]);
    await writeOperations(journal, [second]);
    await removeOperations(journal, new Set([first.id]));
    await writeOperations(journal, [third]);
    expect(await readOperations(journal)).to.deep.equal([second, third]);
  });

  it("lets go what it is told and keeps the rest of a bundle, in order", async () => {
    const journal = newJournal();
    const bundle = [create("1"), create("2"), create("3"), create("4")];
    await writeOperations(journal, bundle);
    await removeOperations(journal, new Set([bundle[1]!.id, bundle[3]!.id, id()]));
    expect(await readOperations(journal)).to.deep.equal([bundle[0], bundle[2]]);
    await removeOperations(journal, new Set(bundle.map((operation) => operation.id)));
    expect(await readOperations(journal)).to.deep.equal([]);
    expect(await journal.store.list()).to.deep.equal([]);
  });

  it("keeps a bundle whole or not at all when the device fails in the middle", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    const kept = [create("kept"), create("kept too")];
    await writeOperations(journal, kept);
    const failing = { ...journal, store: { ...store, write: () => Promise.reject(new Error("disk full")) } };
    expect(await thrown(writeOperations(failing, [create("lost"), create("lost too")]))).to.match(
      /disk full/,
    );
    expect(await thrown(removeOperations(failing, new Set([kept[0]!.id])))).to.match(/disk full/);
    expect(await readOperations(journal)).to.deep.equal(kept);
  });

  it("holds only sealed bytes: nothing of an operation, key or name is legible in it", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    const canary = "CANARY-in-the-journal";
    await writeOperations(journal, [create(canary), { ...admit(), label: canary, scopes: [canary] }]);
    await writeState(journal, { ...state, scopes: [{ id: id(), name: canary }] });
    await writeCandidate(journal, candidate());
    await writeSent(journal, { id: id(), sequence: 7n, operations: [create(canary)] });
    await writeReach(journal, [bytesToHex(state.secret)]);
    await writeGarbage(journal, [bytesToHex(state.secret)]);
    const needles = [
      utf8ToBytes(canary),
      utf8ToBytes("AGE-SECRET"),
      state.secret,
      state.visibilityKey,
      state.genesis!.commitKey!,
    ];
    for (const name of await store.list()) {
      const bytes = (await store.read(name))!;
      for (const needle of needles) expect(contains(bytes, needle), name).to.equal(false);
      expect(name).not.to.match(/health|canary/i);
    }
  });

  it("gives back what was sent in the order in which it landed, and what is reached and dropped", async () => {
    const journal = newJournal();
    expect(await readReach(journal)).to.deep.equal([]);
    const sent = [109n, 7n, 18n, 9n].map((sequence) => ({ id: id(), sequence, operations: everyKind() }));
    const [last, first, third, second] = sent;
    for (const batch of sent) await writeSent(journal, batch);
    expect(await readSent(journal)).to.deep.equal([first, second, third, last]);
    await trimSent(journal, 4);
    await trimSent(journal, 3);
    expect(await readSent(journal)).to.deep.equal([second, third, last]);
    await removeSent(journal, 18n);
    expect(await readSent(journal)).to.deep.equal([last]);
    const digests = Array.from({ length: 3 }, () => bytesToHex(random(32)));
    await writeReach(journal, new Set(digests));
    expect(await readReach(journal)).to.deep.equal(digests);
    for (const digest of digests) await writeGarbage(journal, [digest]);
    const [[name] = [], ...rest] = [...(await readGarbage(journal))];
    await removeGarbage(journal, name!);
    expect(await readGarbage(journal)).to.deep.equal(new Map(rest));
    expect(rest.flatMap(([, noted]) => noted)).to.have.length(2);
  });

  it("gives back shreds and receipts until they are taken", async () => {
    const journal = newJournal();
    const shred: StartedShred = {
      ...{ id: id(), sequence: 2n ** 40n, memoryIds: [id()], unknown: [id()], scopes: ["health"], blobs: 3 },
    };
    await writeShred(journal, shred);
    expect(await readShreds(journal)).to.deep.equal([shred]);
    const receipt: ShredReceipt = {
      ...{ ...shred, doneAt: 2n ** 41n, epoch: 7, listed: 2 },
      ...{ followed: [id()], silent: [id()], readers: [] },
    };
    await writeReceipt(journal, receipt);
    expect(await readReceipts(journal)).to.deep.equal([receipt]);
    await Promise.all([removeShred(journal, shred.id), removeReceipt(journal, shred.id)]);
    expect([await readShreds(journal), await readReceipts(journal)]).to.deep.equal([[], []]);
  });

  it("names the file that another key does not open", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    await writeState(journal, state);
    await writeOperations(journal, [create("x")]);
    const other = { ...journal, key: random(32) };
    expect(await thrown(readState(other)))
      .to.be.instanceOf(WrongKeyError)
      .and.match(/journal's state/);
    expect(await thrown(readOperations(other)))
      .to.be.instanceOf(WrongKeyError)
      .and.match(/journal's op-/);
  });

  it("does not open a file of another vault, or one under another's name", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    await writeState(journal, state);
    const elsewhere = { ...journal, ref: { ...REF, vaultId: 8n } };
    expect(await thrown(readState(elsewhere))).to.be.instanceOf(WrongKeyError);
    const welcome = `welcome-${id()}`;
    await writeWelcome(journal, welcome.slice(8), random(100));
    await store.write("state", (await store.read(welcome))!);
    expect(await thrown(readState(journal))).to.be.instanceOf(WrongKeyError);
  });

  it("names a file that was changed or cut, and says what to do with it", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    await writeState(journal, state);
    await writeOperations(journal, [create("Cut")]);
    const damage = async (name: string, bytes: Uint8Array) => {
      await store.write(name, bytes);
      return thrown(name === "state" ? readState(journal) : readOperations(journal));
    };
    for (const name of await store.list()) {
      const sealed = (await store.read(name))!;
      for (const bytes of [
        flipped(sealed, sealed.length * 8 - 1),
        sealed.subarray(0, 79),
        new Uint8Array(),
      ]) {
        const fault = await damage(name, bytes);
        expect(fault).to.be.instanceOf(JournalDamaged).and.to.include({ file: name });
        expect(fault)
          .to.have.property("message")
          .that.matches(name === "state" ? /the 24 words recover/ : /take it away: what it held is lost/);
      }
    }
  });

  it("names a file of another version, and takes its fields for nothing else", async () => {
    const store = memoryJournalStore();
    const journal = newJournal(store);
    for (const [first, bytes] of [
      [2, Uint8Array.of(2, 0xa0)],
      // As it was before files had a version.
      [0xa0, Uint8Array.of(0xa0)],
      [0, new Uint8Array()],
    ] as const) {
      await store.write("state", seal(journal.key, journalContext(REF, "state"), bytes, random));
      const fault = await thrown(readState(journal));
      expect(fault).to.be.instanceOf(JournalVersion).and.to.include({ file: "state", version: first });
    }
  });
});
