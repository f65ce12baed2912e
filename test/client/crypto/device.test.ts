import { hkdfSync } from "node:crypto";

import { expect } from "chai";

import { openForDevice, sealForDevice, unlockingKey } from "../../../client/browser.ts";
import { SEAL_OVERHEAD } from "../../../client/crypto/seal.ts";
import { AlteredError, MalformedData } from "../../../client/errors.ts";

const key = new Uint8Array(32).fill(7);
const text = new TextEncoder().encode("what a device keeps");

describe("what a device seals for itself", () => {
  it("opens under the same key and the same name alone", () => {
    const sealed = sealForDevice(key, "vaults", text);
    expect(sealed.length).to.equal(text.length + SEAL_OVERHEAD);
    expect(openForDevice(key, "vaults", sealed)).to.deep.equal(text);
    expect(openForDevice(key, "settings", sealed)).to.equal(null);
    expect(openForDevice(new Uint8Array(32), "vaults", sealed)).to.equal(null);
  });

  it("is altered when a byte turned, and malformed when it is too short", () => {
    const sealed = sealForDevice(key, "vaults", text);
    sealed[sealed.length - 1]! ^= 1;
    expect(() => openForDevice(key, "vaults", sealed)).to.throw(AlteredError);
    expect(() => openForDevice(key, "vaults", sealed.subarray(0, 79))).to.throw(MalformedData);
  });

  it("has a key of the words that nothing else has", () => {
    const salt = new Uint8Array(32).fill(9);
    const expected = hkdfSync("sha256", key, salt, "memory-vault/v1/device-unlock", 32);
    expect(unlockingKey(key, salt)).to.deep.equal(new Uint8Array(expected));
  });
});
