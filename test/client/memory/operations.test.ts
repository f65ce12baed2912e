import { expect } from "chai";

import { decodeCbor, encodeCbor } from "../../../client/cbor.ts";
import { MalformedData, RecordTooLarge } from "../../../client/errors.ts";
import { decodeRecord, encodeRecord } from "../../../client/memory/codec.ts";
import {
  applyOperation,
  decodeOperation,
  encodeOperation,
  type CreateOperation,
  type ForgetOperation,
  type Operation,
  type ReinforceOperation,
  type UpdateOperation,
} from "../../../client/memory/operations.ts";
import type { JsonObject, Memory } from "../../../client/memory/record.ts";
import { seeded } from "../../helpers/seeded.ts";
import { FULL } from "./samples.ts";

const ID = "abababababababababababababababab";
const AT = 1_770_000_000_000;
const { id: memoryId, revision: seenRevision } = FULL;

const create: CreateOperation = {
  kind: "create",
  id: ID,
  at: AT,
  scope: "travel",
  text: "Likes trains.",
  type: "semantic",
};
const update: UpdateOperation = {
  kind: "update",
  id: ID,
  at: AT,
  memoryId,
  seenRevision,
  changes: { text: "Slept badly." },
};
const reinforce: ReinforceOperation = { kind: "reinforce", id: ID, at: AT, memoryId };
const forget: ForgetOperation = { kind: "forget", id: ID, at: AT, memoryId, seenRevision };

const holding = (...memories: Memory[]) => new Map(memories.map((memory) => [memory.id, memory]));

/** Applies an operation, and checks that it left the live memories alone. */
function apply(operation: Operation, live = holding(FULL), random = seeded("salt")) {
  const before = structuredClone(live);
  const outcome = applyOperation(live, operation, random);
  expect(live).to.deep.equal(before);
  if (outcome.kind === "put" || outcome.kind === "conflict") {
    expect(outcome.record).to.deep.equal(encodeRecord(outcome.memory));
    expect(decodeRecord(outcome.record)).to.deep.equal(outcome.memory);
  }
  return outcome;
}

/** The memory that an operation puts. */
function put(operation: Operation, live?: Map<string, Memory>): Memory {
  const outcome = apply(operation, live);
  if (outcome.kind !== "put") throw new Error(outcome.kind);
  return outcome.memory;
}

describe("create", () => {
  it("makes a memory whose id is the operation's", () => {
    const { salt, ...memory } = put(create);
    expect(salt).to.match(/^[0-9a-f]{32}$/);
    expect(memory).to.deep.equal({
      ...{ id: ID, type: "semantic", text: "Likes trains.", importance: 50, reinforcements: 0 },
      ...{ createdAt: AT, updatedAt: AT, validUntil: null, tags: [], revision: 1, conflictsWith: null },
      source: { tool: null, agent: null, thread: null, url: null },
      metadata: {},
    });
  });

  it("keeps what it is given, an earlier date too", () => {
    const { importance, tags, source, validUntil, metadata, createdAt } = FULL;
    const given = { importance, tags, source, validUntil, metadata, createdAt };
    expect(put({ ...create, ...given }))
      .to.include(given)
      .and.to.include({ updatedAt: createdAt });
  });

  it("is done once", () => {
    const live = holding(put(create));
    expect(apply(create, live)).to.deep.equal({ kind: "repeated", operationId: ID, memoryId: ID });
  });
});

describe("update", () => {
  it("changes what it names, and raises the revision", () => {
    const { salt, ...others } = FULL;
    const memory = put(update);
    expect(memory).to.deep.include({ ...others, text: "Slept badly.", updatedAt: AT, revision: 8 });
    expect(memory.salt).not.to.equal(salt);
  });

  it("may change seven fields and no other", () => {
    const changes: UpdateOperation["changes"] = {
      ...{ text: "x", type: "semantic", importance: 1, tags: ["y"], validUntil: null, metadata: { z: 1 } },
      source: { ...FULL.source, tool: "claude" },
    };
    expect(put({ ...update, changes })).to.deep.include(changes);
    for (const field of ["id", "salt", "revision", "conflictsWith", "reinforcements", "createdAt", "scope"]) {
      const smuggled = { ...update, changes: { [field]: (FULL as unknown as JsonObject)[field] ?? 1 } };
      expect(() => encodeOperation(smuggled)).to.throw(MalformedData, field);
    }
  });

  for (const seen of [1, 6, 8]) {
    it(`stands beside a memory of another revision than the one it saw (${seen})`, () => {
      const outcome = apply({ ...update, seenRevision: seen });
      expect(outcome.kind).to.equal("conflict");
      const { memory } = outcome as { memory: Memory };
      const { id, type, tags } = { ...FULL, id: ID };
      expect(memory).to.deep.include({
        id,
        type,
        tags,
        text: "Slept badly.",
        revision: 1,
        reinforcements: 0,
      });
      expect(memory.conflictsWith).to.equal(memoryId);
      expect(memory.salt).not.to.equal(FULL.salt);
    });
  }

  it("makes one conflict only", () => {
    const { memory } = apply({ ...update, seenRevision: 1 }) as { memory: Memory };
    expect(apply({ ...update, seenRevision: 1 }, holding(FULL, memory)).kind).to.equal("repeated");
  });

  it("never brings a forgotten memory back; its text is kept to be shown", () => {
    expect(apply(update, new Map())).to.deep.equal({
      kind: "absent",
      operationId: ID,
      memoryId,
      text: "Slept badly.",
    });
    const silent = apply({ ...update, changes: { importance: 1 } }, new Map());
    expect(silent).to.deep.equal({ kind: "absent", operationId: ID, memoryId, text: null });
  });

  it("is refused alone, and shown, when the result would be too large", () => {
    const large = { ...FULL, metadata: { filler: "x".repeat(50_000) } };
    const text = "y".repeat(30_000);
    const outcome = apply({ ...update, changes: { text } }, holding(large));
    expect(outcome).to.include({ kind: "refused", operationId: ID, memoryId, text });
    expect(outcome).to.have.property("fault").that.is.instanceOf(RecordTooLarge);
  });
});

describe("reinforce", () => {
  it("counts, and raises no revision, so that no update conflicts with it", () => {
    const { salt, ...others } = FULL;
    const memory = put(reinforce);
    expect(memory).to.deep.include({ ...others, reinforcements: 4 });
    expect(memory.salt).not.to.equal(salt);
    expect(apply(update, holding(memory)).kind).to.equal("put");
  });

  it("never makes a memory", () => {
    expect(apply(reinforce, new Map())).to.deep.equal({
      kind: "absent",
      operationId: ID,
      memoryId,
      text: null,
    });
  });
});

describe("forget", () => {
  it("removes the memory", () => {
    expect(apply(forget)).to.deep.equal({ kind: "removed", operationId: ID, memoryId, lostText: null });
    expect(apply(forget, new Map()).kind).to.equal("absent");
  });

  it("beats an update that it did not see, whose text is kept to be shown", () => {
    const outcome = apply({ ...forget, seenRevision: seenRevision - 1 });
    expect(outcome).to.deep.equal({ kind: "removed", operationId: ID, memoryId, lostText: FULL.text });
  });
});

describe("every put", () => {
  it("draws a salt of its own", () => {
    const random = seeded("salts");
    const salts = [create, update, { ...update, seenRevision: 1 }, reinforce].map((operation) => {
      const outcome = apply(operation, holding(FULL), random);
      return "memory" in outcome && outcome.memory.salt;
    });
    expect(new Set([FULL.salt, ...salts])).to.have.property("size", 5);
  });
});

describe("two writers", () => {
  it("end with the same memories whoever lands first, but for who conflicts", () => {
    const mine = { ...update, id: "11".repeat(16), changes: { text: "mine" } };
    const yours = { ...update, id: "22".repeat(16), changes: { text: "yours" } };
    const texts = [
      [mine, yours],
      [yours, mine],
    ].map((order) => {
      const live = holding(FULL);
      for (const operation of order) {
        const outcome = applyOperation(live, operation, seeded("race"));
        if ("memory" in outcome) live.set(outcome.memory.id, outcome.memory);
      }
      return [...live.values()].map(({ text }) => text).sort();
    });
    expect(texts).to.deep.equal([
      ["mine", "yours"],
      ["mine", "yours"],
    ]);
  });
});

describe("an operation in the journal", () => {
  const { importance, tags, source, validUntil, metadata, createdAt } = FULL;
  const all: Operation[] = [
    create,
    { ...create, importance, tags, source, validUntil, metadata, createdAt },
    update,
    { ...update, changes: { text: "x", type: "episodic", importance, tags, validUntil, metadata, source } },
    { ...update, changes: {} },
    reinforce,
    forget,
  ];

  it("comes back as it went in", () => {
    for (const operation of all) expect(decodeOperation(encodeOperation(operation))).to.deep.equal(operation);
  });

  it("is refused with a field missing, unknown or wrong", () => {
    for (const operation of all) {
      const plain = decodeCbor(encodeOperation(operation)) as Record<string, unknown>;
      const needed = Object.keys(plain).filter((field) => !["importance", "tags", "source"].includes(field));
      for (const field of needed.filter((name) => !["validUntil", "metadata", "createdAt"].includes(name))) {
        const others = Object.fromEntries(Object.entries(plain).filter(([name]) => name !== field));
        expect(() => decodeOperation(encodeCbor(others)), field).to.throw(MalformedData);
      }
      for (const field of Object.keys(plain)) {
        expect(() => decodeOperation(encodeCbor({ ...plain, [field]: false })), field).to.throw(
          MalformedData,
        );
      }
      expect(() => decodeOperation(encodeCbor({ ...plain, extra: 1 }))).to.throw(MalformedData, "extra");
      expect(() => decodeOperation(encodeCbor({ ...plain, kind: "toString" }))).to.throw(MalformedData);
      expect(() => decodeOperation(encodeOperation(operation).subarray(1))).to.throw(MalformedData);
    }
    for (const value of [null, 1, "create", [], {}, { kind: "create" }]) {
      expect(() => decodeOperation(encodeCbor(value))).to.throw(MalformedData);
    }
  });

  it("is refused before it is kept when it can never be applied", () => {
    expect(() => encodeOperation({ ...create, text: "" })).to.throw(MalformedData);
    expect(() => encodeOperation({ ...create, text: "x".repeat(32_769) })).to.throw(RecordTooLarge);
    const metadata = { filler: "x".repeat(65_536) };
    expect(() => encodeOperation({ ...create, metadata })).to.throw(RecordTooLarge);
    for (const scope of ["", "x".repeat(129), "ü".repeat(65)]) {
      expect(() => encodeOperation({ ...create, scope })).to.throw(MalformedData, "scope");
    }
  });
});
