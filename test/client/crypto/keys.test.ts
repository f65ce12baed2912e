import { createCipheriv, createHmac, hkdfSync } from "node:crypto";

import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import * as keys from "../../../client/crypto/keys.ts";
import { refBytes, type VaultRef } from "../../../client/crypto/ref.ts";
import { AlteredError, MalformedData } from "../../../client/errors.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";

const random = seeded("keys");
const ref: VaultRef = { chainId: 10_740n, contract: `0x${"5e".repeat(20)}`, vaultId: 2n ** 255n + 9n };
const [secret, salt, scopeId, value] = [random(32), random(32), random(16), random(32)] as const;

/** HKDF as Node has it: another implementation than the client's. */
function node(
  ikm: Uint8Array,
  purpose: string,
  fields: Uint8Array = new Uint8Array(),
  from = "",
  length = 32,
) {
  const info = concatBytes(utf8ToBytes(`memory-vault/v1/${purpose}`), fields);
  return new Uint8Array(hkdfSync("sha256", ikm, hexToBytes(from), info, length));
}

/** A keyring entry as Node makes it. */
function nodeEntry(ikm: Uint8Array, purpose: string, fields: Uint8Array): Uint8Array {
  const okm = node(ikm, purpose, fields, bytesToHex(salt), 64);
  const cipher = createCipheriv("chacha20-poly1305", okm.subarray(32), new Uint8Array(12), {
    authTagLength: 16,
  });
  cipher.setAAD(concatBytes(utf8ToBytes(`memory-vault/v1/${purpose}`), fields), { plaintextLength: 32 });
  const wrapped = cipher.update(value);
  cipher.final();
  return concatBytes(okm.subarray(0, 32), wrapped, cipher.getAuthTag());
}

describe("keys", () => {
  it("are derived as another implementation of HKDF derives them", () => {
    const where = bytesToHex(refBytes(ref));
    const given = keys.seedSecrets(secret, ref);
    expect(keys.mintSalt(secret, 258)).to.deep.equal(node(secret, "mint-salt", Uint8Array.of(0, 0, 1, 2)));
    expect(given.visibilityKey).to.deep.equal(node(secret, "visibility-key", undefined, where));
    expect(given.recoverySecret).to.deep.equal(node(secret, "recovery-secret", undefined, where));
    expect(given.recoveryLocator).to.deep.equal(node(secret, "recovery-locator", undefined, where));
    expect(keys.scopeKey(secret, scopeId)).to.deep.equal(node(secret, "scope-key", scopeId));
    expect(keys.ratchet(secret)).to.deep.equal(node(secret, "member-ratchet"));
  });

  it("differ by purpose, seed, vault, scope and index", () => {
    const other = random(32);
    const vaults = [
      ref,
      { ...ref, chainId: 1n },
      { ...ref, contract: `0x${"5f".repeat(20)}` },
      { ...ref, vaultId: 9n },
    ];
    const all = [secret, other].flatMap((seed) => [
      keys.mintSalt(seed, 0),
      keys.mintSalt(seed, 1),
      keys.ratchet(seed),
      keys.scopeKey(seed, keys.SCOPE_ZERO),
      keys.scopeKey(seed, keys.SCOPE_ONE),
      keys.scopeKey(seed, scopeId),
      ...vaults.flatMap((vault) => {
        const { visibilityKey, recoverySecret, recoveryLocator, recoveryIdentity } = keys.seedSecrets(
          seed,
          vault,
        );
        return [visibilityKey, recoverySecret, recoveryLocator, utf8ToBytes(recoveryIdentity)];
      }),
    ]);
    expect(new Set(all.map(bytesToHex))).to.have.property("size", all.length);
  });

  it("take 32 bytes and 16-byte scopes only", () => {
    expect(() => keys.scopeKey(secret, random(15))).to.throw(RangeError);
    expect(() => keys.scopeKey(random(31), scopeId)).to.throw(RangeError);
    expect(() => keys.ratchet(random(33))).to.throw(RangeError);
    expect(() => keys.mintSalt(random(16), 0)).to.throw(RangeError);
  });
});

describe("ratchet", () => {
  it("steps once for each epoch", () => {
    const thrice = keys.ratchet(keys.ratchet(keys.ratchet(secret)));
    expect(keys.ratchet(secret, 3)).to.deep.equal(thrice);
  });

  it("gives a copy for no step, so that erasing the old one spares the new", () => {
    const copy = keys.ratchet(secret, 0);
    expect(copy).to.deep.equal(secret);
    expect(copy).not.to.equal(secret);
  });

  it("takes whole steps forward only", () => {
    for (const steps of [-1, 0.5, NaN, Infinity])
      expect(() => keys.ratchet(secret, steps)).to.throw(RangeError);
  });
});

describe("maskPointer", () => {
  const [root, digest] = [random(32), random(32)] as const;
  const mask = (to: Uint8Array) => keys.maskPointer(secret, ref, 4n, root, to);

  it("is its own inverse", () => {
    expect(mask(mask(digest))).to.deep.equal(digest);
    expect(mask(digest)).not.to.deep.equal(digest);
  });

  it("is the pad that another implementation computes", () => {
    const at = concatBytes(refBytes(ref), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 4), root);
    const pad = createHmac("sha256", node(secret, "pointer")).update(at).digest();
    expect(mask(new Uint8Array(32))).to.deep.equal(new Uint8Array(pad));
  });

  it("uses another pad for another key, vault, sequence or root", () => {
    const pads = [
      mask(digest),
      keys.maskPointer(root, ref, 4n, root, digest),
      keys.maskPointer(secret, { ...ref, vaultId: 1n }, 4n, root, digest),
      keys.maskPointer(secret, ref, 5n, root, digest),
      keys.maskPointer(secret, ref, 4n, flipped(root, 0), digest),
    ];
    expect(new Set(pads.map(bytesToHex))).to.have.property("size", pads.length);
  });
});

describe("keyring entries", () => {
  const entry = keys.keyringEntry(secret, salt, scopeId, value);

  it("are what another implementation makes", () => {
    expect(entry).to.deep.equal(nodeEntry(secret, "keyring-entry", scopeId));
    expect(keys.locatorEntry(secret, salt, value)).to.deep.equal(
      nodeEntry(secret, "keyring-locator", new Uint8Array()),
    );
  });

  it("have 80 bytes, begin with their tag and open for their member", () => {
    expect(entry).to.have.length(80);
    expect(entry.slice(0, 32)).to.deep.equal(keys.keyringTag(secret, salt, scopeId));
    expect(keys.openKeyringEntry(secret, salt, scopeId, entry)).to.deep.equal(value);
  });

  it("are null to every other member, salt and scope", () => {
    expect(keys.openKeyringEntry(random(32), salt, scopeId, entry)).to.equal(null);
    expect(keys.openKeyringEntry(keys.ratchet(secret), salt, scopeId, entry)).to.equal(null);
    expect(keys.openKeyringEntry(secret, random(32), scopeId, entry)).to.equal(null);
    expect(keys.openKeyringEntry(secret, salt, keys.SCOPE_ZERO, entry)).to.equal(null);
    expect(keys.openKeyringEntry(secret, salt, scopeId, random(80))).to.equal(null);
  });

  it("show every turned bit", () => {
    for (let bit = 0; bit < 640; bit++) {
      const opened = () => keys.openKeyringEntry(secret, salt, scopeId, flipped(entry, bit));
      if (bit < 256) expect(opened()).to.equal(null);
      else expect(opened).to.throw(AlteredError);
    }
  });

  it("are refused at another length", () => {
    expect(() => keys.openKeyringEntry(secret, salt, scopeId, entry.subarray(1))).to.throw(MalformedData);
    expect(() => keys.keyringEntry(secret, salt, scopeId, random(31))).to.throw(RangeError);
  });

  it("of a locator are never those of a scope", () => {
    const located = keys.locatorEntry(secret, salt, value);
    expect(located.slice(0, 32)).to.deep.equal(keys.locatorTag(secret, salt));
    expect(keys.openLocatorEntry(secret, salt, located)).to.deep.equal(value);
    expect(keys.openLocatorEntry(secret, salt, entry)).to.equal(null);
    expect(keys.openLocatorEntry(random(32), salt, located)).to.equal(null);
    for (const scope of [scopeId, keys.SCOPE_ZERO, keys.SCOPE_ONE]) {
      expect(keys.openKeyringEntry(secret, salt, scope, located)).to.equal(null);
    }
  });
});
