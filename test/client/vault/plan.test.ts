import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { ratchet } from "../../../client/crypto/keys.ts";
import { ContentTooLarge, TooManyScopes } from "../../../client/errors.ts";
import { decodeRecord } from "../../../client/memory/codec.ts";
import type { CreateOperation } from "../../../client/memory/operations.ts";
import { memoryStore } from "../../../client/storage/store.ts";
import { buildCommit } from "../../../client/vault/commit.ts";
import { openHead, type OpenedHead } from "../../../client/vault/head.ts";
import { grantCallsOf } from "../../../client/vault/admission.ts";
import { lookUpKey, lookUpWelcome } from "../../../client/vault/keyring.ts";
import { PAGE_ENTRIES } from "../../../client/vault/pages.ts";
import type {
  AdmitOperation,
  ChangeOperation,
  Terms,
  VaultOperation,
} from "../../../client/vault/operations.ts";
import {
  newestShredOf,
  planCommit,
  rosterOf,
  secretsOf,
  type Genesis,
  type Plan,
} from "../../../client/vault/plan.ts";
import {
  encodeShred,
  KEPT_BATCHES,
  KEPT_SHREDDED,
  ONE,
  ZERO,
  type RosterMember,
} from "../../../client/vault/roster.ts";
import { contains } from "../../helpers/contains.ts";
import { seeded } from "../../helpers/seeded.ts";
import { EMPTY, headAfter, REF, Workbench } from "./workbench.ts";

/** A vault that is written by operations, as `sync` does it, without a chain. */
class Ledger {
  readonly random;
  readonly store = memoryStore("ledger");
  readonly visibilityKey: Uint8Array;
  readonly genesis: Genesis;
  chain = EMPTY;
  opened: OpenedHead | null = null;
  #secret: Uint8Array;
  #epoch = 0;

  constructor(seed: string) {
    this.random = seeded(seed);
    this.visibilityKey = this.random(32);
    this.#secret = this.random(32);
    const member: RosterMember = {
      ...{
        id: this.id(),
        class: "owner",
        recipient: this.random(1_216),
        locator: this.random(32),
        grantee: null,
      },
      ...{
        listed: false,
        scopes: [],
        expiresAt: null,
        permissions: 1,
        admission: "joined",
        label: "device",
        since: 0n,
        written: 0n,
      },
      welcomeDigest: null,
      erased: 0n,
    };
    this.genesis = {
      commitKey: this.random(32),
      inbox: "AGE-SECRET-KEY-PQ-1X",
      members: [{ member, secret: this.#secret }],
    };
  }

  id = (): string => bytesToHex(this.random(16));

  create = (scope: string, text: string): CreateOperation => ({
    ...{ kind: "create", id: this.id(), at: 1, scope, text, type: "semantic" },
  });

  admit = (more: Partial<AdmitOperation> = {}): AdmitOperation => ({
    ...{
      kind: "admit",
      id: this.id(),
      class: "reader",
      recipient: this.random(1_216),
      grantee: null,
      listed: false,
    },
    ...{
      scopes: ["health"],
      expiresAt: 2_000,
      permissions: 1,
      admission: "fresh",
      label: "",
      storeWelcome: false,
    },
    ...more,
  });

  plan(operations: readonly VaultOperation[], gone: readonly string[] = []): Plan {
    const { chain, opened, genesis } = this;
    return planCommit({
      ...{ ref: REF, visibilityKey: this.visibilityKey, operations, gone: new Set(gone), now: 1_000 },
      base: opened === null ? { chain, opened, genesis } : { chain, opened },
      rekey: null,
      batchId: this.id(),
      random: this.random,
    });
  }

  async commit(operations: readonly VaultOperation[] = [], gone: readonly string[] = []): Promise<Plan> {
    const plan = this.plan(operations, gone);
    const welcomes = new Map(plan.reissued.map(({ member }) => [member.id, this.random(32)]));
    const built = buildCommit(plan.draft(welcomes), this.random);
    for (const blob of built.blobs) await this.store.put(blob);
    this.chain = headAfter(this.chain, built.delta);
    const keys = {
      ...{
        ref: REF,
        class: "owner" as const,
        visibilityKey: this.visibilityKey,
        secret: this.#secret,
        epoch: this.#epoch,
      },
      ...{ sequence: this.chain.sequence - 1n, admitted: true, scopes: [] },
    };
    this.opened = await openHead(this.chain, keys, this.store);
    [this.#secret, this.#epoch] = [this.opened.secret, this.opened.data.epoch];
    return plan;
  }

  texts(): string[] {
    const scopes = [...this.opened!.scopes.values()].filter(({ id }) => id !== ZERO && id !== ONE);
    return scopes.flatMap(({ live }) => [...live.values()].map((record) => decodeRecord(record).text)).sort();
  }

  recordsOf = (scope: string): Uint8Array[] => [...this.opened!.scopes.get(scope)!.live.values()];
}

describe("the first commit", () => {
  it("has epoch 0, the internal scopes and the members that it was minted with", async () => {
    const ledger = new Ledger("first");
    const plan = await ledger.commit([ledger.create("health", "Runs at six")]);
    expect(plan.epoch).to.equal(0);
    expect(
      [...rosterOf(ledger.opened!).members.values()].map(({ label, since }) => [label, since]),
    ).to.deep.equal([["device", 1n]]);
    expect([...rosterOf(ledger.opened!).scopeNames.values()]).to.deep.equal(["health"]);
    expect(ledger.texts()).to.deep.equal(["Runs at six"]);
  });
});

describe("scope zero", () => {
  it("holds each secret at the head's epoch only, and nothing of an older one", async () => {
    const ledger = new Ledger("zero");
    const reader = ledger.admit();
    await ledger.commit([reader]);
    const before = secretsOf(ledger.opened!).members;
    await ledger.commit([ledger.admit()]);
    const after = secretsOf(ledger.opened!).members;
    for (const [id, secret] of before) expect(after.get(id)).to.deep.equal(ratchet(secret));
    const section = concatBytes(...ledger.recordsOf(ZERO));
    for (const secret of before.values()) expect(contains(section, secret)).to.equal(false);
    // A rotation writes it as a snapshot: no list leads back to older secrets.
    expect(ledger.opened!.scopes.get(ZERO)!.segments).to.have.length(1);
  });

  it("keeps no secret of who left", async () => {
    const ledger = new Ledger("left");
    const reader = ledger.admit();
    const [admitted] = (await ledger.commit([reader])).admitted;
    await ledger.commit([{ kind: "dismiss", id: ledger.id(), memberId: reader.id }]);
    expect(secretsOf(ledger.opened!).members.has(reader.id)).to.equal(false);
    const section = concatBytes(...ledger.recordsOf(ZERO));
    for (let epochs = 0; epochs < 3; epochs++) {
      expect(contains(section, ratchet(admitted!.secret, epochs))).to.equal(false);
    }
  });

  it("remembers the last 128 batches", async function () {
    this.timeout(30_000);
    const ledger = new Ledger("batches");
    for (let i = 0; i < KEPT_BATCHES + 3; i++) await ledger.commit([]);
    const { batches } = secretsOf(ledger.opened!);
    expect(batches.size).to.equal(KEPT_BATCHES);
    expect([...batches.values()].sort((a, b) => Number(a - b))[0]).to.equal(4n);
    expect([...batches.values()]).to.include(BigInt(KEPT_BATCHES + 3));
  });

  it("keeps its batches over a rotation", async () => {
    const ledger = new Ledger("kept");
    await ledger.commit([]);
    await ledger.commit([ledger.admit()]);
    expect([...secretsOf(ledger.opened!).batches.values()].sort()).to.deep.equal([1n, 2n]);
  });
});

describe("scope one", () => {
  it("carries no secret of an admission, of any member", async () => {
    const ledger = new Ledger("one");
    const admissions = [
      ledger.admit(),
      ledger.admit({ admission: "joined" }),
      ledger.admit({ class: "owner", scopes: [] }),
    ];
    const secrets: Uint8Array[] = [
      ledger.genesis.commitKey!,
      ...ledger.genesis.members.map(({ secret }) => secret),
    ];
    for (const admission of admissions) {
      const plan = await ledger.commit([admission]);
      secrets.push(ledger.opened!.epochKey!, ...plan.admitted.map(({ secret }) => secret));
      secrets.push(...secretsOf(ledger.opened!).members.values());
    }
    expect(secrets.length).to.be.greaterThan(12);
    const roster = concatBytes(...ledger.recordsOf(ONE));
    for (const secret of secrets) expect(contains(roster, secret)).to.equal(false);
    expect(contains(roster, utf8ToBytes("AGE-SECRET"))).to.equal(false);
  });
});

describe("an admission", () => {
  it("that is fresh turns the epoch and writes its scopes anew, so that nothing earlier opens", async () => {
    const ledger = new Ledger("fresh");
    await ledger.commit([ledger.create("health", "old"), ledger.create("travel", "window seat")]);
    await ledger.commit([ledger.create("travel", "x".repeat(20))]);
    const plan = await ledger.commit([ledger.admit()]);
    expect(plan.rotated).to.equal(true);
    expect(plan.epoch).to.equal(1);
    const [health] = plan.admitted[0]!.scopes;
    const state = ledger.opened!.scopes.get(health!.id)!;
    expect(state.segments.map(({ entry }) => entry.epoch)).to.deep.equal([1]);
  });

  it("that is joined leaves the epoch as it is", async () => {
    const ledger = new Ledger("joined");
    await ledger.commit([ledger.create("health", "old")]);
    const plan = await ledger.commit([ledger.admit({ admission: "joined" })]);
    expect(plan.rotated).to.equal(false);
    expect(ledger.opened!.data.epoch).to.equal(0);
    const { member, secret } = plan.admitted[0]!;
    const keyring = { salt: ledger.opened!.data.keyringSalt, entries: ledger.opened!.data.entries };
    expect(lookUpKey(keyring, secret, hexToBytes(member.scopes[0]!))).to.have.length(32);
  });

  it("of somebody who is a member, or until yesterday, changes nothing", async () => {
    const ledger = new Ledger("twice");
    const first = ledger.admit({ grantee: `0x${"ab".repeat(20)}` });
    await ledger.commit([first]);
    const again = ledger.admit({ grantee: `0x${"ab".repeat(20)}` });
    const sameKey = ledger.admit({ recipient: first.recipient });
    const late = ledger.admit({ expiresAt: 1_000 });
    const plan = await ledger.commit([again, sameKey, late]);
    for (const { id } of [again, sameKey, late])
      expect(plan.outcomes.get(id)).to.include({ kind: "unchanged" });
    expect(plan.rotated).to.equal(false);
    expect(plan.admitted).to.deep.equal([]);
  });

  it("draws locator and secret anew with every candidate, so that one that lost is worth nothing", () => {
    const ledger = new Ledger("drawn");
    const operation = ledger.admit();
    const [first, second] = [ledger.plan([operation]).admitted[0]!, ledger.plan([operation]).admitted[0]!];
    expect(first.secret).not.to.deep.equal(second.secret);
    expect(first.member.locator).not.to.deep.equal(second.member.locator);
  });
});

describe("a dismissal", () => {
  it("turns the epoch and leaves no entry", async () => {
    const ledger = new Ledger("dismissed");
    const [leaving, staying] = [ledger.admit(), ledger.admit()];
    const plan = await ledger.commit([leaving, staying]);
    const [gone, kept] = plan.admitted;
    await ledger.commit([{ kind: "dismiss", id: ledger.id(), memberId: leaving.id }]);
    const { data } = ledger.opened!;
    const keyring = { salt: data.keyringSalt, entries: data.entries };
    const scope = hexToBytes(gone!.member.scopes[0]!);
    expect(data.epoch).to.equal(plan.epoch + 1);
    expect(lookUpKey(keyring, ratchet(gone!.secret), scope)).to.equal(null);
    expect(lookUpKey(keyring, ratchet(kept!.secret), scope)).to.have.length(32);
  });

  it("of an owner-class member is not done by a rotation: it knows everybody's secrets", async () => {
    const ledger = new Ledger("owner");
    await ledger.commit([]);
    const memberId = ledger.genesis.members[0]!.member.id;
    const plan = await ledger.commit([{ kind: "dismiss", id: ledger.id(), memberId }]);
    expect(plan.rotated).to.equal(false);
    expect(rosterOf(ledger.opened!).members.has(memberId)).to.equal(true);
  });

  it("of a member that the chain shows gone turns the epoch as well", async () => {
    const ledger = new Ledger("gone");
    const reader = ledger.admit();
    await ledger.commit([reader]);
    const plan = await ledger.commit([ledger.create("health", "new")], [reader.id]);
    expect(plan.rotated).to.equal(true);
    expect(rosterOf(ledger.opened!).members.has(reader.id)).to.equal(false);
  });
});

describe("a change of a grant", () => {
  const terms = (scopes: readonly string[], expiresAt = 2_000, permissions = 1) => ({
    ...{ scopes, expiresAt, permissions },
  });

  const changeOf = (
    ledger: Ledger,
    { id: memberId }: AdmitOperation,
    seen: Terms,
    wanted: Terms | null,
    label: string | null = null,
  ): ChangeOperation => ({ kind: "change", id: ledger.id(), memberId, seen, wanted, label, anew: false });

  async function withReader(seed: string, more: Partial<AdmitOperation> = {}) {
    const ledger = new Ledger(seed);
    const reader = ledger.admit(more);
    await ledger.commit([reader, ledger.create("travel", "window seat")]);
    return { ledger, reader, member: () => rosterOf(ledger.opened!).members.get(reader.id)! };
  }

  it("draws a new secret, which scope zero has alone, and names the welcome", async () => {
    const { ledger, reader, member } = await withReader("change");
    const before = secretsOf(ledger.opened!).members.get(reader.id)!;
    const plan = await ledger.commit([changeOf(ledger, reader, terms(["health"]), terms(["health"], 3_000))]);
    const [reissued] = plan.reissued;
    expect(plan.rotated).to.equal(false);
    const after = secretsOf(ledger.opened!).members.get(reader.id)!;
    expect(after).to.deep.equal(reissued!.secret).and.not.deep.equal(before);
    expect(concatBytes(...ledger.recordsOf(ZERO))).to.satisfy((all: Uint8Array) => !contains(all, before));
    const { data } = ledger.opened!;
    const keyring = { salt: data.keyringSalt, entries: data.entries };
    expect(lookUpWelcome(keyring, member().locator))
      .to.deep.equal(member().welcomeDigest)
      .and.have.length(32);
    const scope = hexToBytes(member().scopes[0]!);
    expect(lookUpKey(keyring, before, scope)).to.equal(null);
    expect(lookUpKey(keyring, after, scope)).to.have.length(32);
    expect(member()).to.include({ expiresAt: 3_000, since: 1n, written: 1n });
  });

  it("turns the epoch for a scope more or less, and writes the new one anew", async () => {
    const { ledger, reader, member } = await withReader("scopes");
    const more = await ledger.commit([
      changeOf(ledger, reader, terms(["health"]), terms(["health", "travel"])),
    ]);
    expect(more.rotated).to.equal(true);
    const id = (name: string) =>
      [...rosterOf(ledger.opened!).scopeNames].find(([, known]) => known === name)![0];
    expect(ledger.opened!.scopes.get(id("travel"))!.segments).to.have.length(1);
    const less = await ledger.commit([
      changeOf(ledger, reader, terms(["travel", "health"]), terms(["travel"])),
    ]);
    expect(less.rotated).to.equal(true);
    expect(member().scopes).to.deep.equal([id("travel")]);
  });

  it("turns no epoch for a scope more of who joined", async () => {
    const { ledger, reader } = await withReader("joined", { admission: "joined" });
    const plan = await ledger.commit([
      changeOf(ledger, reader, terms(["health"]), terms(["health", "travel"])),
    ]);
    expect([plan.rotated, plan.reissued.length]).to.deep.equal([false, 1]);
  });

  it("writes a label without a new secret, and together with new terms once", async () => {
    const { ledger, reader, member } = await withReader("label");
    const same = terms(["health"]);
    const plan = await ledger.commit([changeOf(ledger, reader, same, same, "Ann")]);
    expect([plan.reissued.length, member().label, member().welcomeDigest]).to.deep.equal([0, "Ann", null]);
    await ledger.commit([
      changeOf(ledger, reader, same, terms(["health"], 3_000)),
      changeOf(ledger, reader, terms(["health"], 3_000), terms(["health"], 3_000), "Ben"),
    ]);
    expect(member()).to.include({ label: "Ben", expiresAt: 3_000 });
    expect(member().welcomeDigest).to.have.length(32);
  });

  it("that names nothing gives a new secret and a new welcome, whatever the terms are by now", async () => {
    const { ledger, reader, member } = await withReader("again");
    const before = secretsOf(ledger.opened!).members.get(reader.id)!;
    const nothing = changeOf(ledger, reader, terms(["travel"], 9_000), null);
    const plan = await ledger.commit([nothing]);
    expect(plan.outcomes.get(nothing.id)).to.deep.include({ kind: "changed", overruled: null });
    expect([plan.rotated, plan.reissued.length, plan.reissued[0]!.onChain]).to.deep.equal([false, 1, false]);
    expect(member()).to.include({ expiresAt: 2_000 });
    expect(secretsOf(ledger.opened!).members.get(reader.id)).not.to.deep.equal(before);
    // A label alone is not held against terms that another device changed.
    const label = await ledger.commit([changeOf(ledger, reader, terms(["travel"]), null, "Ann")]);
    expect([label.reissued.length, member().label]).to.deep.equal([0, "Ann"]);
  });

  it("of terms that are others by now leaves what is narrower, and shows what was asked", async () => {
    const { ledger, reader, member } = await withReader("narrower", {
      permissions: 3,
      grantee: `0x${"ab".repeat(20)}`,
      listed: true,
    });
    const seen = terms(["health"], 2_000, 3);
    await ledger.commit([changeOf(ledger, reader, seen, terms(["health", "travel"], 1_500, 3))]);
    const wanted = terms(["health"], 2_500, 1);
    const late = changeOf(ledger, reader, seen, wanted);
    const plan = await ledger.commit([late]);
    expect(plan.outcomes.get(late.id)).to.deep.include({
      ...{ kind: "changed", terms: terms(["health"], 1_500, 1), overruled: wanted },
    });
    expect(member()).to.include({ expiresAt: 1_500, permissions: 1 });
    expect(plan.reissued[0]!.onChain).to.equal(true);
    const wider = changeOf(ledger, reader, seen, terms(["health", "travel"], 9_000, 3));
    const nothing = await ledger.commit([wider]);
    expect(nothing.outcomes.get(wider.id)).to.include({ kind: "unchanged" });
    expect(nothing.reissued).to.deep.equal([]);
  });

  it("to an end that is over by now ends the grant", async () => {
    const { ledger, reader } = await withReader("over");
    const change = changeOf(ledger, reader, terms(["health"]), terms(["health"], 1_000));
    const plan = await ledger.commit([change]);
    expect(plan.outcomes.get(change.id)).to.include({ kind: "dismissed" });
    expect(rosterOf(ledger.opened!).members.has(reader.id)).to.equal(false);
  });

  it("of who is gone, or of the owner's own device, changes nothing", async () => {
    const { ledger, reader } = await withReader("absent");
    const own = ledger.genesis.members[0]!.member;
    const wanted = terms(["travel"]);
    const changes = [
      changeOf(ledger, ledger.admit(), terms(["health"]), wanted),
      changeOf(ledger, { ...reader, id: own.id }, terms([]), wanted),
    ];
    const plan = await ledger.commit(changes);
    for (const { id } of changes) expect(plan.outcomes.get(id)).to.include({ kind: "unchanged" });
    expect(plan.reissued).to.deep.equal([]);
  });

  it("of a member that the same commit admits is part of the admission", async () => {
    const ledger = new Ledger("at once");
    const reader = ledger.admit();
    const plan = await ledger.commit([
      reader,
      changeOf(ledger, reader, terms(["health"]), terms(["travel"])),
    ]);
    expect([plan.admitted.length, plan.reissued.length]).to.deep.equal([1, 0]);
    expect(plan.admitted[0]!.scopes.map(({ name }) => name)).to.deep.equal(["travel"]);
    expect(secretsOf(ledger.opened!).members.get(reader.id)).to.deep.equal(plan.admitted[0]!.secret);
  });

  it("is nothing, and so is an admission, for who is dismissed by the same commit", async () => {
    const { ledger, reader } = await withReader("dismissed at once", {
      grantee: `0x${"ab".repeat(20)}`,
      listed: true,
    });
    const admission = ledger.admit({ grantee: `0x${"cd".repeat(20)}`, listed: true });
    const dismiss = (memberId: string) => ({ kind: "dismiss", id: ledger.id(), memberId }) as const;
    const change = changeOf(ledger, reader, terms(["health"]), terms(["health"], 3_000));
    const plan = await ledger.commit([admission, change, dismiss(admission.id), dismiss(reader.id)]);
    expect([plan.admitted, plan.reissued]).to.deep.equal([[], []]);
    expect(grantCallsOf(plan, [])).to.deep.equal([]);
    expect(rosterOf(ledger.opened!).members.size).to.equal(1);
  });
});

describe("a renewed device", () => {
  it("has its new recipient in the roster, written by that commit, and no other secret", async () => {
    const ledger = new Ledger("renewed");
    await ledger.commit([]);
    await ledger.commit([]);
    const { id: memberId, locator } = ledger.genesis.members[0]!.member;
    const secret = secretsOf(ledger.opened!).members.get(memberId);
    const recipient = ledger.random(1_216);
    const renew = { kind: "renew", id: ledger.id(), memberId, recipient } as const;
    const plan = await ledger.commit([renew]);
    expect(plan.outcomes.get(renew.id)).to.include({ kind: "renewed" });
    const member = rosterOf(ledger.opened!).members.get(memberId)!;
    expect(member).to.deep.include({ recipient, locator, since: 1n, written: 3n, welcomeDigest: null });
    expect(secretsOf(ledger.opened!).members.get(memberId)).to.deep.equal(secret);
    expect(plan.rotated).to.equal(false);
  });

  it("is none that left, and no reader", async () => {
    const ledger = new Ledger("not renewed");
    const reader = ledger.admit();
    await ledger.commit([reader]);
    for (const memberId of [reader.id, ledger.id()]) {
      const renew = { kind: "renew", id: ledger.id(), memberId, recipient: ledger.random(1_216) } as const;
      const plan = await ledger.commit([renew]);
      expect(plan.outcomes.get(renew.id)).to.include({ kind: "unchanged" });
    }
    expect(rosterOf(ledger.opened!).members.get(reader.id)!.recipient).to.deep.equal(reader.recipient);
  });
});

describe("a shred", () => {
  const shredOf = (ledger: Ledger, ...memoryIds: string[]): VaultOperation => ({
    ...{ kind: "shred", id: ledger.id(), memoryIds },
  });
  const listsOf = (ledger: Ledger): Map<string, number> => {
    const { scopeNames } = rosterOf(ledger.opened!);
    return new Map(
      [...ledger.opened!.scopes].map(([id, { segments }]) => [scopeNames.get(id) ?? id, segments.length]),
    );
  };
  const memories = (ledger: Ledger, scope: string, sizes: readonly number[]) =>
    sizes.map((size) => ledger.create(scope, "x".repeat(size)));

  /** Two scopes whose lists have several blobs. */
  async function lived(seed: string) {
    const ledger = new Ledger(seed);
    const [secret] = memories(ledger, "health", [1]);
    for (const size of [9_000, 3_000, 1_000])
      await ledger.commit([...memories(ledger, "health", [size]), ...memories(ledger, "travel", [size])]);
    await ledger.commit([secret!, ledger.create("travel", "window seat")]);
    return { ledger, secret: secret! };
  }

  it("turns the epoch, and writes the scope anew without a list, and no other", async () => {
    const { ledger, secret } = await lived("shred");
    expect([...listsOf(ledger)])
      .to.deep.include(["health", 4])
      .and.deep.include(["travel", 4]);
    const operation = shredOf(ledger, secret.id);
    const plan = await ledger.commit([operation]);
    expect([plan.rotated, plan.shredded, ledger.opened!.data.epoch]).to.deep.equal([true, 0n, 1]);
    expect([...listsOf(ledger)])
      .to.deep.include(["health", 1])
      .and.deep.include(["travel", 4]);
    expect(plan.outcomes.get(operation.id)).to.deep.equal({
      ...{ kind: "shredded", operationId: operation.id, memoryIds: [secret.id], unknown: [] },
      scopes: ["health"],
    });
    expect(ledger.texts()).not.to.include("x");
    expect(rosterOf(ledger.opened!).newestShred).to.deep.equal({ sequence: 5n, memoryIds: [secret.id] });
    expect((await ledger.commit([])).shredded).to.equal(5n);
  });

  it("writes a scope anew though it holds one blob: merging wrote it within the epoch", async () => {
    const ledger = new Ledger("shred after a merge");
    const [first, second] = [ledger.create("health", "first"), ledger.create("health", "second")];
    await ledger.commit([first]);
    await ledger.commit([second]);
    const [before] = [...ledger.opened!.scopes.values()].filter(({ id }) => id !== ZERO && id !== ONE);
    expect(before!.segments).to.have.length(1);
    await ledger.commit([shredOf(ledger, first.id)]);
    const { segments } = ledger.opened!.scopes.get(before!.id)!;
    expect(segments.map(({ entry }) => entry.sequence)).to.deep.equal([3n]);
    expect(ledger.texts()).to.deep.equal(["second"]);
  });

  it("takes every version of a memory, and what the same batch made of it", async () => {
    const { ledger, secret } = await lived("shred of versions");
    const change = (seenRevision: number, text: string): VaultOperation => ({
      ...{ kind: "update", id: ledger.id(), at: 2, memoryId: secret.id, seenRevision, changes: { text } },
    });
    await ledger.commit([change(1, "y")]);
    const beside = change(1, "z");
    await ledger.commit([beside]);
    expect(ledger.texts()).to.include("y").and.include("z");
    const operation = shredOf(ledger, beside.id);
    const late = change(2, "late");
    const plan = await ledger.commit([change(2, "w"), change(1, "v"), operation, late]);
    const outcome = plan.outcomes.get(operation.id);
    expect(outcome?.kind === "shredded" && outcome.memoryIds).to.have.length(3);
    expect(plan.outcomes.get(late.id)).to.include({ kind: "absent", text: "late" });
    for (const gone of ["w", "v", "y", "z", "late"]) expect(ledger.texts()).not.to.include(gone);
  });

  it("writes every scope anew where one of the memories is in none", async () => {
    const { ledger, secret } = await lived("shred of the unknown");
    await ledger.commit([{ kind: "forget", id: ledger.id(), at: 2, memoryId: secret.id, seenRevision: 1 }]);
    const operation = shredOf(ledger, secret.id);
    const plan = await ledger.commit([operation]);
    expect(plan.outcomes.get(operation.id)).to.deep.include({
      ...{ memoryIds: [secret.id], unknown: [secret.id], scopes: ["health", "travel"] },
    });
    expect([...listsOf(ledger)])
      .to.deep.include(["health", 1])
      .and.deep.include(["travel", 1]);
  });

  it(`is remembered with the last ${KEPT_SHREDDED} ids, the newest among them`, async () => {
    const ledger = new Ledger("shreds");
    const creates = Array.from({ length: KEPT_SHREDDED + 2 }, (_, i) => ledger.create("health", `${i}`));
    await ledger.commit(creates);
    const ids = creates.map(({ id }) => id);
    await ledger.commit([shredOf(ledger, ...ids.slice(0, KEPT_SHREDDED))]);
    await ledger.commit([shredOf(ledger, ...ids.slice(KEPT_SHREDDED))]);
    const { newestShred } = rosterOf(ledger.opened!);
    expect(newestShred).to.deep.equal({ sequence: 3n, memoryIds: ids.slice(2) });
  });

  it("of a memory that was never committed leaves nothing of it in the first commit", async () => {
    const ledger = new Ledger("shred before the first commit");
    const create = ledger.create("health", "CANARY");
    await ledger.commit([create, shredOf(ledger, create.id), ledger.create("health", "stays")]);
    expect(ledger.texts()).to.deep.equal(["stays"]);
    expect(ledger.opened!.data.epoch).to.equal(0);
    for (const { segments } of ledger.opened!.scopes.values())
      for (const item of segments.flatMap(({ items }) => items))
        expect(contains(item, utf8ToBytes("CANARY"))).to.equal(false);
  });

  it("of a head that is still to come is none", async () => {
    const bench = new Workbench("a shred to come");
    const [now, later] = [bench, bench].map((_, i) =>
      encodeShred({ sequence: BigInt(i + 1), memoryIds: [] }, bench.random),
    );
    await bench.commit({ [ONE]: { put: [now!] } });
    expect(newestShredOf(await bench.open())?.sequence).to.equal(1n);
    const before = new Workbench("a shred to come");
    await before.commit({ [ONE]: { put: [later!] } });
    expect(newestShredOf(await before.open())).to.equal(null);
  });

  it("is followed by a device's word, which stands once and never goes back", async () => {
    const { ledger } = await lived("a word");
    const { member } = ledger.genesis.members[0]!;
    const note = (erased: bigint, memberId = member.id): VaultOperation => ({
      ...{ kind: "note", id: ledger.id(), memberId, erased },
    });
    const kindsOf = ({ outcomes }: Plan) => [...outcomes.values()].map(({ kind }) => kind);
    expect(kindsOf(await ledger.commit([note(3n)]))).to.deep.equal(["noted"]);
    expect(rosterOf(ledger.opened!).members.get(member.id)).to.deep.include({ erased: 3n, written: 1n });
    const later = await ledger.commit([note(3n), note(2n), note(9n, ledger.id())]);
    expect(kindsOf(later)).to.deep.equal(["unchanged", "unchanged", "unchanged"]);
    expect(rosterOf(ledger.opened!).members.get(member.id)?.erased).to.equal(3n);
  });
});

describe("a turn past a commit that lost", () => {
  const turn = (ledger: Ledger, above: number): VaultOperation => ({
    kind: "rotate",
    id: ledger.id(),
    above,
  });

  it("turns the epoch once, and says whether once is enough", async () => {
    const ledger = new Ledger("a turn");
    await ledger.commit([]);
    for (const [above, again] of [
      [0, false],
      [3, true],
      [3, true],
      [3, false],
    ] as const) {
      const operation = turn(ledger, above);
      const { epoch, outcomes, rotated } = await ledger.commit([operation]);
      expect(outcomes.get(operation.id)).to.deep.equal({ kind: "rotated", operationId: operation.id, again });
      expect([rotated, epoch > above]).to.deep.equal([true, !again]);
    }
  });

  it("is none where the epoch is beyond it by then", async () => {
    const ledger = new Ledger("no turn");
    await ledger.commit([]);
    await ledger.commit([turn(ledger, 0)]);
    const operation = turn(ledger, 0);
    const { rotated, outcomes } = await ledger.commit([operation]);
    expect([rotated, outcomes.get(operation.id)?.kind]).to.deep.equal([false, "unchanged"]);
  });
});

describe("the 65th scope", () => {
  it("is refused, and with it only the operation that asked for it", async () => {
    const ledger = new Ledger("65");
    await ledger.commit(Array.from({ length: 62 }, (_, i) => ledger.create(`scope ${i}`, `text ${i}`)));
    expect(ledger.opened!.scopes.size).to.equal(64);
    const [over, within] = [ledger.create("one more", "refused"), ledger.create("scope 7", "taken")];
    const plan = await ledger.commit([over, within]);
    expect(plan.outcomes.get(over.id)).to.have.property("kind", "refused");
    expect(plan.outcomes.get(over.id)).to.have.property("fault").that.is.instanceOf(TooManyScopes);
    expect(ledger.texts()).to.include("taken").and.not.include("refused");
  });

  it("is refused to a grant as well, which then leaves no scope behind", async () => {
    const ledger = new Ledger("grant 65");
    await ledger.commit(Array.from({ length: 61 }, (_, i) => ledger.create(`scope ${i}`, `text ${i}`)));
    const over = ledger.admit({ scopes: ["scope 1", "new", "newer"] });
    const plan = await ledger.commit([over, ledger.create("last", "taken")]);
    expect(plan.outcomes.get(over.id)).to.have.property("kind", "refused");
    expect(plan.admitted).to.deep.equal([]);
    expect(ledger.texts()).to.include("taken");
  });
});

describe("a keyring of many members", () => {
  const count = process.env.MEMVAULT_LONG === "1" ? 10_000 : 1_000;

  it(`has room for ${count}, and each finds its key in one page`, async () => {
    const ledger = new Ledger("many");
    const plan = await ledger.commit(Array.from({ length: count }, () => ledger.admit()));
    expect(rosterOf(ledger.opened!).members.size).to.equal(count + 1);
    const { chain, store, visibilityKey, opened } = ledger;
    expect(opened!.data.pages).to.have.length(Math.ceil((count + 1) / PAGE_ENTRIES));
    const [first, last] = [plan.admitted[0]!, plan.admitted.at(-1)!];
    for (const { member, secret } of [first, last]) {
      const keys = { ref: REF, class: "reader" as const, visibilityKey, secret, epoch: 0, sequence: 0n };
      const read = await openHead(chain, { ...keys, admitted: false, scopes: member.scopes }, store);
      expect([...read.scopes.keys()]).to.deep.equal(member.scopes);
    }
    const dismissal = { kind: "dismiss" as const, id: ledger.id(), memberId: last.member.id };
    const next = await ledger.commit([dismissal]);
    expect(next.rotated).to.equal(true);
    expect(rosterOf(ledger.opened!).members.size).to.equal(count);
  }).timeout(120_000);

  it("is not outgrown: the admission that asks for too much is refused, alone", async () => {
    const ledger = new Ledger("outgrown");
    const names = Array.from({ length: 60 }, (_, i) => `scope ${i}`);
    const admissions = Array.from({ length: 870 }, () => ledger.admit({ scopes: names }));
    const over = ledger.admit({ scopes: names });
    const plan = await ledger.commit([...admissions, over, ledger.create("scope 7", "taken")]);
    expect(plan.outcomes.get(over.id)).to.have.property("fault").that.is.instanceOf(ContentTooLarge);
    expect(plan.admitted).to.have.length(870);
    expect(ledger.texts()).to.include("taken");
    // A member that is reissued takes one more: 52,201 of 52,224 entries are taken.
    const seen = { scopes: names, expiresAt: 2_000, permissions: 1 };
    const changes = admissions.slice(0, 24).map(({ id: memberId }): ChangeOperation => ({
      ...{
        kind: "change",
        id: ledger.id(),
        memberId,
        label: null,
        seen,
        wanted: { ...seen, expiresAt: 3_000 },
        anew: false,
      },
    }));
    const next = ledger.plan(changes);
    const outcomes = changes.map(({ id }) => next.outcomes.get(id)?.kind);
    expect(outcomes.filter((kind) => kind === "changed")).to.have.length(23);
    expect(outcomes.at(-1)).to.equal("refused");
  }).timeout(120_000);
});
