import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { keyringTag, locatorTag, ratchet, SCOPE_ONE, SCOPE_ZERO } from "../../../client/crypto/keys.ts";
import { AlteredError, MalformedData } from "../../../client/errors.ts";
import {
  compareBytes,
  drawKeyring,
  ENTRY_BYTES,
  lookUpKey,
  lookUpWelcome,
  type Keyring,
  type KeyringMember,
} from "../../../client/vault/keyring.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";

const random = seeded("keyring");
const [health, travel, finance] = [random(16), random(16), random(16)];

const owner = (): KeyringMember => ({
  ...{ secret: random(32), locator: random(32), welcomeDigest: null },
  keys: [{ scopeId: SCOPE_ZERO, key: random(32) }],
});

const reader = (...scopes: Uint8Array[]): KeyringMember => ({
  ...{ secret: random(32), locator: random(32), welcomeDigest: null },
  keys: scopes.map((scopeId) => ({ scopeId, key: random(32) })),
});

const entriesOf = ({ entries }: Keyring): Uint8Array[] =>
  Array.from({ length: entries.length / ENTRY_BYTES }, (_, i) =>
    entries.subarray(i * ENTRY_BYTES, (i + 1) * ENTRY_BYTES),
  );

describe("keyring", () => {
  it("gives each member the keys that are for it", () => {
    const members = [owner(), owner(), reader(health), reader(health, travel, finance)];
    const keyring = drawKeyring(members, random);
    for (const { secret, keys } of members) {
      for (const { scopeId, key } of keys) expect(lookUpKey(keyring, secret, scopeId)).to.deep.equal(key);
    }
    expect(lookUpKey(keyring, members[0]!.secret, SCOPE_ZERO)).to.deep.equal(members[0]!.keys[0]!.key);
  });

  it("has one entry for an owner-class member and one per scope for a reader, dummies apart", () => {
    const members = [owner(), reader(health, travel)];
    const keyring = drawKeyring(members, random);
    const mine = new Set(
      members.flatMap(({ secret, keys }) =>
        keys.map(({ scopeId }) => bytesToHex(keyringTag(secret, keyring.salt, scopeId))),
      ),
    );
    const found = entriesOf(keyring).filter((entry) => mine.has(bytesToHex(entry.subarray(0, 32))));
    expect(found).to.have.length(3);
    expect(keyring.entries).to.have.length(16 * ENTRY_BYTES);
  });

  it("gives nobody another's key: no scope that was not granted, no other member, not the owner's own scopes", () => {
    const [device, agent] = [owner(), reader(health)];
    const keyring = drawKeyring([device, agent, reader(travel)], random);
    for (const scope of [travel, finance, SCOPE_ZERO, SCOPE_ONE]) {
      expect(lookUpKey(keyring, agent.secret, scope)).to.equal(null);
    }
    expect(lookUpKey(keyring, device.secret, health)).to.equal(null);
    expect(lookUpKey(keyring, random(32), health)).to.equal(null);
  });

  it("stands sorted by tag", () => {
    const keyring = drawKeyring(
      Array.from({ length: 40 }, () => reader(health)),
      random,
    );
    const tags = entriesOf(keyring).map((entry) => bytesToHex(entry.subarray(0, 32)));
    expect(tags).to.deep.equal([...tags].sort());
  });

  it("has a multiple of 16 entries, so that its size tells the number of members roughly only", () => {
    for (const [members, expected] of [
      [0, 16],
      [1, 16],
      [15, 16],
      [16, 16],
      [17, 32],
      [32, 32],
      [33, 48],
    ] as const) {
      const keyring = drawKeyring(
        Array.from({ length: members }, () => reader(health)),
        random,
      );
      expect(keyring.entries.length / ENTRY_BYTES, `${members} members`).to.equal(expected);
    }
  });

  it("fills up with dummies that repeat nothing, within a keyring or between two", () => {
    const members = [reader(health)];
    const all = [drawKeyring(members, random), drawKeyring(members, random)].flatMap(entriesOf);
    expect(new Set(all.map((entry) => bytesToHex(entry.subarray(0, 32)))).size).to.equal(all.length);
    expect(new Set(all.map((entry) => bytesToHex(entry.subarray(32)))).size).to.equal(all.length);
  });

  it("draws everything anew: a member's tag never stands in two keyrings", () => {
    const member = reader(health);
    const [first, second] = [drawKeyring([member], random), drawKeyring([member], random)];
    expect(first.salt).not.to.deep.equal(second.salt);
    const tags = new Set(entriesOf(first).map((entry) => bytesToHex(entry.subarray(0, 32))));
    expect(entriesOf(second).filter((entry) => tags.has(bytesToHex(entry.subarray(0, 32))))).to.have.length(
      0,
    );
  });
});

describe("a reissued member", () => {
  const digest = random(32);
  const member = { ...reader(health), welcomeDigest: digest };
  const other = reader(travel);
  const keyring = drawKeyring([member, other], random);

  it("finds its newest welcome by its locator, before any ratcheting", () => {
    expect(lookUpWelcome(keyring, member.locator)).to.deep.equal(digest);
  });

  it("is the only one who does", () => {
    expect(lookUpWelcome(keyring, other.locator)).to.equal(null);
    expect(lookUpWelcome(keyring, member.secret)).to.equal(null);
    expect(lookUpKey(keyring, member.locator, SCOPE_ZERO)).to.equal(null);
  });
});

describe("a keyring of another epoch", () => {
  it("has nothing for a secret of an epoch before it or after it", () => {
    const member = reader(health);
    const later = { ...member, secret: ratchet(member.secret) };
    const keyring = drawKeyring([later], random);
    expect(lookUpKey(keyring, later.secret, health)).to.deep.equal(member.keys[0]!.key);
    expect(lookUpKey(keyring, member.secret, health)).to.equal(null);
    expect(lookUpKey(keyring, ratchet(later.secret), health)).to.equal(null);
  });

  it("archived, opens nothing once the secret was ratcheted", () => {
    const members = [owner(), reader(health, travel)];
    const archived = drawKeyring(members, random);
    for (const { secret, keys } of members) {
      for (let epochs = 1; epochs <= 4; epochs++) {
        const kept = ratchet(secret, epochs);
        for (const { scopeId } of keys) expect(lookUpKey(archived, kept, scopeId)).to.equal(null);
      }
    }
  });

  it("has no tag that a dismissed member's secret leads to, however far it is ratcheted", () => {
    const [staying, leaving] = [reader(health), reader(health, travel)];
    const next = drawKeyring([{ ...staying, secret: ratchet(staying.secret) }], random);
    const tags = new Set(entriesOf(next).map((entry) => bytesToHex(entry.subarray(0, 32))));
    for (let epochs = 0; epochs <= 8; epochs++) {
      const secret = ratchet(leaving.secret, epochs);
      for (const scope of [health, travel, finance, SCOPE_ZERO, SCOPE_ONE]) {
        expect(tags.has(bytesToHex(keyringTag(secret, next.salt, scope)))).to.equal(false);
      }
    }
    expect(tags.has(bytesToHex(locatorTag(leaving.locator, next.salt)))).to.equal(false);
  });

  it("is not opened by anything else that a removed reader holds: scope keys, locator, old keyring", () => {
    const [staying, leaving] = [reader(health), reader(health)];
    const shared = staying.keys[0]!.key;
    const before = drawKeyring([staying, { ...leaving, keys: [{ scopeId: health, key: shared }] }], random);
    const next = drawKeyring([{ ...staying, secret: ratchet(staying.secret) }], random);
    const held = [leaving.secret, leaving.locator, shared, before.salt, next.salt];
    for (const start of held) {
      for (let epochs = 0; epochs <= 3; epochs++) {
        const guess = ratchet(start, epochs);
        expect(lookUpKey(next, guess, health)).to.equal(null);
        expect(lookUpKey(next, guess, SCOPE_ZERO)).to.equal(null);
        expect(lookUpWelcome(next, guess)).to.equal(null);
      }
    }
  });
});

describe("a broken keyring", () => {
  const member = reader(health);
  const keyring = drawKeyring([member, reader(travel)], random);
  const place = entriesOf(keyring).findIndex(
    (entry) =>
      bytesToHex(entry.subarray(0, 32)) === bytesToHex(keyringTag(member.secret, keyring.salt, health)),
  );

  it("is noticed when the entry itself was changed", () => {
    for (const bit of [32 * 8, 40 * 8 + 3, ENTRY_BYTES * 8 - 1]) {
      const entries = flipped(keyring.entries, place * ENTRY_BYTES * 8 + bit);
      expect(() => lookUpKey({ ...keyring, entries }, member.secret, health)).to.throw(AlteredError);
    }
  });

  it("has no entry when the tag or the salt was changed", () => {
    const entries = flipped(keyring.entries, place * ENTRY_BYTES * 8);
    expect(lookUpKey({ ...keyring, entries }, member.secret, health)).to.equal(null);
    expect(lookUpKey({ ...keyring, salt: flipped(keyring.salt, 0) }, member.secret, health)).to.equal(null);
  });

  it("is refused when it is cut within an entry", () => {
    const entries = keyring.entries.subarray(0, keyring.entries.length - 1);
    expect(() => lookUpKey({ ...keyring, entries }, member.secret, health)).to.throw(MalformedData);
  });

  it("has no entry when it is empty", () => {
    const empty = { ...keyring, entries: new Uint8Array(0) };
    expect(lookUpKey(empty, member.secret, health)).to.equal(null);
  });
});

describe("the order of bytes", () => {
  it("is that of unsigned numbers, a prefix first", () => {
    const sorted = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 0]].map((bytes) =>
      Uint8Array.from(bytes),
    );
    expect([...sorted].reverse().sort(compareBytes)).to.deep.equal(sorted);
    expect(compareBytes(sorted[3]!, sorted[3]!.slice())).to.equal(0);
  });
});
