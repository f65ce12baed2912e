import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { encodeCbor } from "../../../client/cbor.ts";
import { MalformedData } from "../../../client/errors.ts";
import {
  COMMIT_KEY_ID,
  decodeRoster,
  decodeSecrets,
  encodeBatch,
  encodeCommitKey,
  encodeInbox,
  encodeMember,
  encodeScopeName,
  encodeSecret,
  encodeShred,
  INBOX_ID,
  KEPT_SHREDDED,
  KIND,
  ONE,
  recordIdOf,
  SHRED_ID,
  ZERO,
  type RosterMember,
} from "../../../client/vault/roster.ts";
import { seeded } from "../../helpers/seeded.ts";

const random = seeded("roster");
const id = (): string => bytesToHex(random(16));

const agent: RosterMember = {
  id: id(),
  class: "reader",
  recipient: random(1_216),
  locator: random(32),
  grantee: `0x${"ab".repeat(20)}`,
  listed: true,
  scopes: [id(), id()],
  expiresAt: 1_800_000_000,
  permissions: 3,
  admission: "fresh",
  label: "Reisebüro ✈",
  since: 12n,
  written: 14n,
  welcomeDigest: random(32),
  erased: 9n,
};

const phone: RosterMember = {
  ...{
    id: id(),
    class: "owner",
    recipient: random(1_216),
    locator: random(32),
    grantee: null,
    listed: false,
  },
  ...{
    scopes: [],
    expiresAt: null,
    permissions: 1,
    admission: "joined",
    label: "",
    since: 1n,
    written: 1n,
    welcomeDigest: null,
    erased: 0n,
  },
};

describe("roster", () => {
  it("comes back as it was written", () => {
    const name = [id(), "健康 health"] as const;
    const records = [agent, phone].map((member) => encodeMember(member, random));
    const roster = decodeRoster([...records, encodeScopeName(...name, random)]);
    expect([...roster.members.values()]).to.deep.equal([agent, phone]);
    expect([...roster.scopeNames]).to.deep.equal([name]);
    expect(roster.newestShred).to.equal(null);
  });

  it("has one record of the newest shred", () => {
    const shred = { sequence: 2n ** 40n, memoryIds: Array.from({ length: KEPT_SHREDDED }, id) };
    const record = encodeShred(shred, random);
    expect(recordIdOf(record)).to.equal(SHRED_ID);
    expect(decodeRoster([record]).newestShred).to.deep.equal(shred);
    const own = hexToBytes(SHRED_ID);
    for (const [sequence, ids] of [
      [1, [random(15)]],
      [-1, []],
      [1, [...shred.memoryIds, id()].map(hexToBytes)],
      [1, null],
    ])
      expect(() => decodeRoster([encodeCbor([KIND.shred, own, random(16), sequence, ids])])).to.throw(
        MalformedData,
      );
    expect(() => decodeRoster([encodeCbor([KIND.shred, random(16), random(16), 1, []])])).to.throw(/id /);
  });

  it("names each record by its member or scope, so that a change replaces it", () => {
    expect(recordIdOf(encodeMember(agent, random))).to.equal(agent.id);
    expect(recordIdOf(encodeScopeName(ZERO, "x", random))).to.equal(ZERO);
  });

  it("salts every record, so that its leaf tells nothing to who guesses", () => {
    expect(encodeMember(agent, random)).not.to.deep.equal(encodeMember(agent, random));
    expect(encodeScopeName(ONE, "x", random)).not.to.deep.equal(encodeScopeName(ONE, "x", random));
  });

  it("holds no record of scope zero", () => {
    for (const record of [
      encodeSecret(id(), random(32), random),
      encodeCommitKey(random(32), random),
      encodeInbox("AGE-SECRET-KEY-PQ-1", random),
      encodeBatch(id(), 3n, random),
    ]) {
      expect(() => decodeRoster([record])).to.throw(MalformedData);
    }
  });

  const fields: readonly unknown[] = [
    ...[
      KIND.member,
      hexToBytes(agent.id),
      random(16),
      1,
      agent.recipient,
      agent.locator,
      new Uint8Array(20),
      true,
    ],
    ...[[random(16)], 1_800_000_000, 3, 0, "label", 12, 14, null, 3],
  ];
  const hostile: [string, number, unknown][] = [
    ["an id of 15 bytes", 1, random(15)],
    ["a class that is none", 3, 2],
    ["a recipient that is cut", 4, random(1_215)],
    ["a locator of 31 bytes", 5, random(31)],
    ["a grantee of 21 bytes", 6, random(21)],
    ["listed that is a number", 7, 1],
    ["a scope id of 17 bytes", 8, [random(17)]],
    ["an expiry before 1970", 9, -1],
    ["permissions beyond a byte", 10, 256],
    ["an admission that is none", 11, 2],
    ["a label that is bytes", 12, random(4)],
    ["a fractional sequence", 13, 1.5],
    ["a recipient of no commit", 14, -1],
    ["a welcome digest of 20 bytes", 15, random(20)],
    ["a shred at no sequence", 16, null],
  ];
  it("reads the fields that the specification names", () => {
    expect([...decodeRoster([encodeCbor(fields)]).members.keys()]).to.deep.equal([agent.id]);
  });
  for (const [name, place, value] of hostile) {
    it(`refuses ${name}`, () => {
      expect(() => decodeRoster([encodeCbor(fields.with(place, value))])).to.throw(MalformedData);
    });
  }
  it("refuses a member with a field more or less, and an unknown kind", () => {
    for (const record of [
      fields.slice(0, -1),
      [...fields, null],
      fields.with(0, 9),
      fields.with(0, KIND.memory),
    ]) {
      expect(() => decodeRoster([encodeCbor(record)])).to.throw(MalformedData);
    }
  });
});

describe("secrets", () => {
  const inbox = encodeInbox("AGE-SECRET-KEY-PQ-1TEST", random);

  it("come back as they were written", () => {
    const [member, secret, key, batch] = [id(), random(32), random(32), id()];
    const records = [
      encodeSecret(member, secret, random),
      encodeCommitKey(key, random),
      inbox,
      encodeBatch(batch, 2n ** 40n, random),
    ];
    expect(decodeSecrets(records)).to.deep.equal({
      members: new Map([[member, secret]]),
      commitKey: key,
      inbox: "AGE-SECRET-KEY-PQ-1TEST",
      batches: new Map([[batch, 2n ** 40n]]),
    });
  });

  it("have no commit key when the owner commits itself", () => {
    expect(decodeSecrets([inbox]).commitKey).to.equal(null);
  });

  it("stand once where there is one of a kind", () => {
    expect(recordIdOf(encodeCommitKey(random(32), random))).to.equal(COMMIT_KEY_ID);
    expect(recordIdOf(inbox)).to.equal(INBOX_ID);
  });

  it("are refused without the inbox identity, of another length, or of a kind that belongs elsewhere", () => {
    expect(() => decodeSecrets([])).to.throw(MalformedData, "no inbox");
    for (const record of [
      encodeSecret(id(), random(31), random),
      encodeCommitKey(random(33), random),
      encodeScopeName(id(), "health", random),
      encodeCbor([KIND.inbox, random(16), random(16), 7]),
      encodeCbor([KIND.batch, random(16), random(16), -1]),
      encodeCbor([KIND.secret, random(16), random(16)]),
      Uint8Array.of(0xff),
    ]) {
      expect(() => decodeSecrets([inbox, record])).to.throw(MalformedData);
    }
  });
});

describe("the id of a record", () => {
  it("is in its first bytes, whatever its kind", () => {
    const own = id();
    expect(recordIdOf(encodeSecret(own, random(32), random))).to.equal(own);
    expect(recordIdOf(encodeMember({ ...phone, id: own }, random))).to.equal(own);
  });

  it("is refused where bytes do not begin with kind and id", () => {
    const good = encodeSecret(id(), random(32), random);
    const wrong = [
      new Uint8Array(0),
      good.subarray(0, 35),
      good.with(0, 0x98),
      good.with(0, 0x43),
      good.with(1, 24),
      good.with(1, 0x61),
      good.with(2, 0x4f),
      random(16),
    ];
    for (const bytes of wrong) expect(() => recordIdOf(bytes)).to.throw(MalformedData);
  });
});
