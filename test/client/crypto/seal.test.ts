import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import type { VaultRef } from "../../../client/crypto/ref.ts";
import {
  chunkContext,
  headContext,
  indexContext,
  journalContext,
  open,
  pageContext,
  seal,
  SEAL_OVERHEAD,
  sectionContext,
  welcomeContext,
} from "../../../client/crypto/seal.ts";
import { AlteredError, MalformedData } from "../../../client/errors.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { collide } from "./salamander.ts";

const random = seeded("seal");
const ref: VaultRef = { chainId: 31_337n, contract: `0x${"ab".repeat(20)}`, vaultId: 7n };
const key = random(32);
const scope = random(16);
const context = headContext(ref, 1n);

/** What opening gives: the plaintext in hex, `null`, or the name of the error. */
function outcome(sealed: Uint8Array, under = key, within = context): string | null {
  try {
    const plaintext = open(under, within, sealed);
    return plaintext && bytesToHex(plaintext);
  } catch (error) {
    return (error as Error).name;
  }
}

describe("seal", () => {
  it("is undone by open, at any length", () => {
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1_000, 4_096, 65_536]) {
      const plaintext = random(length);
      const sealed = seal(key, context, plaintext, random);
      expect(sealed).to.have.length(length + SEAL_OVERHEAD);
      expect(open(key, context, sealed)).to.deep.equal(plaintext);
    }
  });

  it("draws a new salt, so that nothing repeats", () => {
    const [one, two] = [seal(key, context, scope), seal(key, context, scope)];
    for (const [from, to] of [
      [0, 32],
      [32, 64],
      [64, 80],
      [80, 96],
    ] as const) {
      expect(one.slice(from, to)).not.to.deep.equal(two.slice(from, to));
    }
  });

  it("refuses a key that is not 32 bytes, and a source that gives too few", () => {
    expect(() => seal(key.subarray(1), context, scope)).to.throw(RangeError);
    expect(() => seal(key, context, scope, () => new Uint8Array(8))).to.throw(RangeError);
  });
});

describe("open", () => {
  const plaintext = random(20);
  const sealed = seal(key, context, plaintext, random);

  it("answers null to another key", () => {
    for (let i = 0; i < 64; i++) expect(outcome(sealed, random(32))).to.equal(null);
    for (let bit = 0; bit < 256; bit++) expect(outcome(sealed, flipped(key, bit))).to.equal(null);
  });

  it("answers null when any bit of salt or commitment is turned", () => {
    for (let bit = 0; bit < 64 * 8; bit++) expect(outcome(flipped(sealed, bit))).to.equal(null);
  });

  it("throws when any bit of ciphertext or tag is turned", () => {
    for (let bit = 64 * 8; bit < sealed.length * 8; bit++) {
      expect(outcome(flipped(sealed, bit))).to.equal("AlteredError");
    }
    expect(() => open(key, context, flipped(sealed, 600))).to.throw(AlteredError, "a sealed head");
  });

  it("throws when bytes are cut off or added", () => {
    for (let length = 0; length < SEAL_OVERHEAD; length++) {
      expect(outcome(sealed.subarray(0, length))).to.equal("MalformedData");
    }
    for (let length = SEAL_OVERHEAD; length < sealed.length; length++) {
      expect(outcome(sealed.subarray(0, length))).to.equal("AlteredError");
    }
    expect(outcome(concatBytes(sealed, Uint8Array.of(0)))).to.equal("AlteredError");
    expect(() => open(key, context, sealed.subarray(0, 79))).to.throw(
      MalformedData,
      "79 of at least 80 bytes",
    );
  });

  it("does not take bytes that bare encryption would open under two keys", () => {
    const [mine, yours] = [random(32), random(32)];
    const salt = random(32);
    const derive = (from: Uint8Array) => hkdf(sha256, from, salt, context, 64);
    const [a, b] = [derive(mine), derive(yours)];
    const ciphertext = collide(a.subarray(0, 32), b.subarray(0, 32), context);
    // The forgery is a real one: the AEAD alone accepts it under both.
    for (const okm of [a, b]) {
      const bare = chacha20poly1305(okm.subarray(0, 32), new Uint8Array(12), context);
      expect(bare.decrypt(ciphertext)).to.have.length(ciphertext.length - 16);
    }
    const forged = concatBytes(salt, a.subarray(32), ciphertext);
    expect(outcome(forged, mine)).to.match(/^[0-9a-f]{64}$/);
    expect(outcome(forged, yours)).to.equal(null);
  });
});

describe("contexts", () => {
  const other = random(16);
  const refs = [
    ref,
    { ...ref, chainId: 1n },
    { ...ref, contract: `0x${"cd".repeat(20)}` },
    { ...ref, vaultId: 8n },
  ];
  const all = refs.flatMap((vault) => [
    headContext(vault, 1n),
    headContext(vault, 2n),
    headContext(vault, 2n ** 64n - 1n),
    sectionContext(vault, 1n, 0, scope),
    sectionContext(vault, 2n, 0, scope),
    sectionContext(vault, 1n, 1, scope),
    sectionContext(vault, 1n, 0, other),
    pageContext(vault, 0),
    pageContext(vault, 1),
    chunkContext(vault, 0, scope),
    chunkContext(vault, 1, scope),
    chunkContext(vault, 0, other),
    indexContext(vault, 0, scope),
    indexContext(vault, 1, scope),
    indexContext(vault, 0, other),
    welcomeContext(vault),
    journalContext(vault, "operations"),
    journalContext(vault, "candidates"),
  ]);

  it("let nothing be moved to another place, sequence, epoch, scope, vault, contract or chain", () => {
    const sealed = all.map((within) => seal(key, within, scope, random));
    sealed.forEach((bytes, i) => {
      all.forEach((within, j) => {
        expect(outcome(bytes, key, within), `${i} in ${j}`).to.equal(i === j ? bytesToHex(scope) : null);
      });
    });
  });

  it("do not depend on the case of the contract's address", () => {
    const upper = { ...ref, contract: `0x${"AB".repeat(20)}` };
    expect(headContext(upper, 1n)).to.deep.equal(headContext(ref, 1n));
  });

  it("refuse what does not fit its field", () => {
    expect(() => headContext(ref, 2n ** 64n)).to.throw();
    expect(() => pageContext(ref, 2 ** 32)).to.throw();
    expect(() => pageContext(ref, -1)).to.throw();
    expect(() => chunkContext(ref, 0, random(15))).to.throw(RangeError);
    expect(() => welcomeContext({ ...ref, chainId: 2n ** 256n })).to.throw(MalformedData);
    expect(() => welcomeContext({ ...ref, contract: "vitalik.eth" })).to.throw(MalformedData);
  });
});
