import { existsSync, readFileSync } from "node:fs";

import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { encode } from "cborg";

import { parsePcrs, verifyDocument, type DocumentTerms } from "../../../client/attestation.ts";
import { MAX_DOCUMENT } from "../../../client/attestation/cose.ts";
import { VaultError } from "../../../client/errors.ts";
import {
  ES384,
  HOUR,
  payloadOf,
  signedDocument,
  testDocument,
  testEnclave,
  TEST_PCRS,
} from "../../helpers/nitro.ts";
import { flipped } from "../../helpers/seeded.ts";
import { nameOf, thrown } from "../../helpers/thrown.ts";

const DATA = new URL("../../../../shared/data/nitro/", import.meta.url);
const LONG = process.env["MEMVAULT_LONG"] === "1";
const DAY = 24 * HOUR;

/** Documents that AWS's hardware signed, when they were valid, and PCR0 of what ran. */
const REAL = {
  "OpenGradient's": {
    file: new URL("opengradient-2026-02-12.b64", DATA),
    at: Date.parse("2026-02-12T18:00:00Z"),
    pcr0: "9baef83909784e4d2cb84466c02931bb8125e948b62029029e80bfa1698bfd7069408e4ab20d1c99c859e8f774cce0ff",
  },
  "Evervault's": {
    file: new URL("evervault-2022-10-13.bin", DATA),
    at: Date.parse("2022-10-13T08:58:02.136Z"),
    pcr0: "f4d48b81a460c9916d1e685119074bf24660afd3e34fae9fca0a0d28d9d5599936332687e6f66fc890ac8cf150142d8b",
  },
} as const;

const DEBUG = {
  file: new URL("evervault-debug-2022-10-12.bin", DATA),
  at: Date.parse("2022-10-12T13:50:06Z"),
};

function bytesOf(context: Mocha.Context, file: URL): Uint8Array {
  if (!existsSync(file)) {
    console.log(`      (skipped: ${file.pathname} is not here)`);
    context.skip();
  }
  const bytes = readFileSync(file);
  return new Uint8Array(
    file.pathname.endsWith(".b64") ? Buffer.from(bytes.toString("utf8"), "base64") : bytes,
  );
}

const allowing = (pcr0: string) => [new Map([[0, pcr0]])];

describe("verifyDocument: documents of AWS", () => {
  for (const [whose, { file, at, pcr0 }] of Object.entries(REAL)) {
    describe(`given ${whose}`, () => {
      const terms: DocumentTerms = { at, pcrs: allowing(pcr0) };

      it("verifies it at its time, up to AWS's own root", async function () {
        const document = await verifyDocument(bytesOf(this, file), { ...terms, maxAge: HOUR });
        expect(document.moduleId).to.match(/^i-[0-9a-f]{17}-enc[0-9a-f]{16}$/);
        expect(document.pcrs.get(0)).to.equal(pcr0);
        expect(document.pcrs.size).to.equal(16);
        expect(document.validUntil - document.validFrom).to.equal(3 * HOUR + 3_000);
        expect(document.timestamp).to.be.within(document.validFrom, document.validUntil);
      });

      it("refuses it a day earlier, a day later, and now", async function () {
        const bytes = bytesOf(this, file);
        for (const time of [at - DAY, at + DAY, at + 3 * HOUR + 3_000, Date.now()])
          expect(await nameOf(verifyDocument(bytes, { ...terms, at: time }))).to.equal(
            "CertificateNotInForce",
          );
      });

      it("refuses it when its image, its nonce, its user data or its age is another", async function () {
        const bytes = bytesOf(this, file);
        const other = flipped(hexToBytes(pcr0), 5);
        const refused: readonly [string, Partial<DocumentTerms>][] = [
          ["PcrsNotAllowed", { pcrs: allowing(Buffer.from(other).toString("hex")) }],
          ["PcrsNotAllowed", { pcrs: [] }],
          ["PcrsNotAllowed", { pcrs: [new Map()] }],
          ["PcrsNotAllowed", { pcrs: [new Map([...allowing(pcr0)[0]!, [1, pcr0]])] }],
          ["NonceMismatch", { nonce: new Uint8Array(32) }],
          ["UserDataMismatch", { userData: new Uint8Array(32) }],
          ["DocumentNotOfThatTime", { at: at + HOUR, maxAge: HOUR / 2 }],
          ["UnknownRoot", { roots: testEnclave(at).roots }],
          ["UnknownRoot", { roots: [] }],
        ];
        for (const [name, change] of refused)
          expect(await nameOf(verifyDocument(bytes, { ...terms, ...change })), name).to.equal(name);
      });

      it("refuses it with any byte altered", async function () {
        this.timeout(600_000);
        const bytes = bytesOf(this, file);
        // Every byte in the long run; otherwise all of the frame, and of what lies between every 41st.
        const framing = (i: number): boolean => i < 24 || i > bytes.length - 8;
        for (let i = 0; i < bytes.length; i++) {
          if (!LONG && !framing(i) && i % 41 !== 0) continue;
          const fault = await thrown(verifyDocument(flipped(bytes, i * 8 + (i % 8)), terms));
          expect(fault, `byte ${i}: ${String(fault)}`).to.be.instanceOf(VaultError);
        }
      });

      it("refuses it when it is cut, or something follows", async function () {
        const bytes = bytesOf(this, file);
        for (const length of [0, 1, 100, bytes.length - 96, bytes.length - 1])
          expect(await nameOf(verifyDocument(bytes.subarray(0, length), terms))).to.equal("MalformedData");
        expect(await nameOf(verifyDocument(concatBytes(bytes, Uint8Array.of(0)), terms))).to.equal(
          "MalformedData",
        );
      });

      it("takes it with COSE's tag as well, as another document", async function () {
        const bytes = bytesOf(this, file);
        const tagged = await verifyDocument(concatBytes(Uint8Array.of(0xd2), bytes), terms);
        expect(tagged.digest).not.to.equal((await verifyDocument(bytes, terms)).digest);
      });
    });
  }

  it("refuses one of an enclave in debug mode by that name, though all of it is signed", async function () {
    const bytes = bytesOf(this, DEBUG.file);
    const zeros = [new Map([[0, "00".repeat(48)]])];
    expect(await nameOf(verifyDocument(bytes, { at: DEBUG.at, pcrs: zeros }))).to.equal("DebugEnclave");
  });
});

const AT = Date.parse("2026-11-01T12:00:00Z");
const ENCLAVE = testEnclave(AT);
const TERMS: DocumentTerms = { at: AT, pcrs: [TEST_PCRS], roots: ENCLAVE.roots };

const verify = (bytes: Uint8Array, terms: Partial<DocumentTerms> = {}) =>
  verifyDocument(bytes, { ...TERMS, ...terms });

describe("verifyDocument: documents of a test authority", () => {
  const nonce = utf8ToBytes("a nonce");
  const userData = utf8ToBytes("what it vouches for");

  it("says what the document says", async () => {
    const bytes = testDocument(ENCLAVE, AT - 60_000, { nonce, user_data: userData, public_key: nonce });
    const document = await verify(bytes, { nonce, userData, maxAge: 60_000 });
    expect(document.nonce).to.deep.equal(nonce);
    expect(document.userData).to.deep.equal(userData);
    expect(document.publicKey).to.deep.equal(nonce);
    expect(document.timestamp).to.equal(AT - 60_000);
    expect([...document.pcrs].slice(0, 3)).to.deep.equal([...TEST_PCRS]);
    expect(document.validFrom).to.equal(AT - 1.5 * HOUR);
    expect(document.validUntil).to.equal(AT + 1.5 * HOUR);
  });

  it("holds age both ways, to the millisecond", async () => {
    for (const distance of [60_000, -60_000]) {
      const bytes = testDocument(ENCLAVE, AT - distance);
      await verify(bytes, { maxAge: 60_000 });
      expect(await nameOf(verify(bytes, { maxAge: 59_999 }))).to.equal("DocumentNotOfThatTime");
    }
  });

  it("allows any of several images, and needs all PCRs that one names", async () => {
    const bytes = testDocument(ENCLAVE, AT);
    const other = new Map([[0, "ab".repeat(48)]]);
    await verify(bytes, { pcrs: [other, TEST_PCRS] });
    const fault = (await thrown(
      verify(bytes, { pcrs: [other, new Map([...TEST_PCRS, [8, "cd".repeat(48)]])] }),
    )) as {
      readonly name: string;
      readonly pcrs: Readonly<Record<string, string>>;
    };
    expect(fault.name).to.equal("PcrsNotAllowed");
    expect(Object.keys(fault.pcrs)).to.deep.equal(["PCR0", "PCR1", "PCR2", "PCR8"]);
  });

  it("takes any zero among the PCRs of the image for debug mode", async () => {
    for (const index of [0, 1, 2]) {
      const pcrs = new Map([...TEST_PCRS].map(([i, digits]) => [i, hexToBytes(digits)] as const));
      const bytes = testDocument(ENCLAVE, AT, { pcrs: pcrs.set(index, new Uint8Array(48)) });
      expect(await nameOf(verify(bytes))).to.equal("DebugEnclave");
    }
  });

  it("refuses a signature of another key", async () => {
    const bytes = testDocument({ ...ENCLAVE, secret: hexToBytes("11".repeat(48)) }, AT);
    expect(await nameOf(verify(bytes))).to.equal("DocumentForged");
  });

  it("refuses a document that is too large before it looks at it", async () => {
    expect(await nameOf(verify(new Uint8Array(MAX_DOCUMENT + 1)))).to.equal("ContentTooLarge");
  });

  describe("given a payload that AWS does not document", () => {
    const [pcr] = [new Uint8Array(48).fill(1)];
    const faults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      "another digest": { digest: "SHA256" },
      "no module": { module_id: "" },
      "a module in bytes": { module_id: new Uint8Array(3) },
      "no timestamp": { timestamp: null },
      "a negative timestamp": { timestamp: -1 },
      "a timestamp in text": { timestamp: "1" },
      "PCRs in an array": { pcrs: [pcr, pcr, pcr] },
      "a PCR of another size": {
        pcrs: new Map([...[0, 1].map((i) => [i, pcr] as const), [2, pcr.subarray(16)]]),
      },
      "no PCR1": { pcrs: new Map([0, 2].map((i) => [i, pcr])) },
      "a PCR32": { pcrs: new Map([0, 1, 2, 32].map((i) => [i, pcr])) },
      "a PCR by name": {
        pcrs: new Map<unknown, unknown>([...[0, 1, 2].map((i) => [i, pcr] as const), ["3", pcr]]),
      },
      "no certificate": { certificate: new Uint8Array(0) },
      "a certificate beyond 1,024 bytes": { certificate: new Uint8Array(1_025) },
      "no chain": { cabundle: [] },
      "a chain that is no array": { cabundle: ENCLAVE.cabundle[0] },
      "a chain of nine": { cabundle: Array.from({ length: 9 }, () => ENCLAVE.cabundle[0]) },
      "an empty certificate in the chain": { cabundle: [...ENCLAVE.cabundle, new Uint8Array(0)] },
      "an empty public key": { public_key: new Uint8Array(0) },
      "a public key beyond 1,024 bytes": { public_key: new Uint8Array(1_025) },
      "user data beyond 512 bytes": { user_data: new Uint8Array(513) },
      "user data in text": { user_data: "text" },
      "a nonce beyond 512 bytes": { nonce: new Uint8Array(513) },
      "another key": { more: 1 },
    };
    for (const [what, fields] of Object.entries(faults))
      it(`refuses ${what}`, async () => {
        expect(await nameOf(verify(testDocument(ENCLAVE, AT, fields)))).to.equal("MalformedData");
      });

    it("refuses a key that is there twice, and a payload that is no map", async () => {
      const payload = encode(payloadOf(ENCLAVE, AT));
      expect(payload[0]).to.equal(0xa9);
      const twice = concatBytes(Uint8Array.of(0xaa), payload.subarray(1), encode("digest"), encode("SHA384"));
      for (const bytes of [twice, encode([1]), encode(7), Uint8Array.of(0xff), new Uint8Array(0)])
        expect(await nameOf(verify(signedDocument(bytes, ENCLAVE.secret)))).to.equal("MalformedData");
    });

    it("takes absent fields for none, and a map of indefinite length", async () => {
      const fields = new Map(payloadOf(ENCLAVE, AT));
      for (const name of ["public_key", "user_data", "nonce"]) fields.delete(name);
      const payload = encode(fields);
      const open = concatBytes(Uint8Array.of(0xbf), payload.subarray(1), Uint8Array.of(0xff));
      for (const bytes of [payload, open]) {
        const document = await verify(signedDocument(bytes, ENCLAVE.secret));
        expect([document.publicKey, document.userData, document.nonce]).to.deep.equal([null, null, null]);
      }
    });
  });

  describe("given another COSE than ES384's", () => {
    const payload = encode(payloadOf(ENCLAVE, AT));
    const [, , , signature] = [0, 0, 0, signedDocument(payload, ENCLAVE.secret).slice(-96)];
    const messages: Readonly<Record<string, Uint8Array>> = {
      "another algorithm": signedDocument(payload, ENCLAVE.secret, hexToBytes("a1013826")),
      "a second protected header": signedDocument(payload, ENCLAVE.secret, hexToBytes("a201382204413a")),
      "an empty protected header": signedDocument(payload, ENCLAVE.secret, new Uint8Array(0)),
      "an unprotected header": encode([ES384, new Map([[4, Uint8Array.of(1)]]), payload, signature]),
      "an unprotected header by a name": encode([ES384, { kid: 1 }, payload, signature]),
      "an array for the unprotected header": encode([ES384, [], payload, signature]),
      "null for the unprotected header": encode([ES384, null, payload, signature]),
      "three elements": encode([ES384, {}, payload]),
      "five elements": encode([ES384, {}, payload, signature, 0]),
      "no payload": encode([ES384, {}, null, signature]),
      "a signature of 95 bytes": encode([ES384, {}, payload, signature.subarray(1)]),
      "a signature of 97 bytes": encode([ES384, {}, payload, concatBytes(signature, Uint8Array.of(0))]),
      "another tag": concatBytes(Uint8Array.of(0xd1), signedDocument(payload, ENCLAVE.secret)),
      "the tag twice": concatBytes(Uint8Array.of(0xd2, 0xd2), signedDocument(payload, ENCLAVE.secret)),
    };
    for (const [what, bytes] of Object.entries(messages))
      it(`refuses ${what}`, async () => {
        expect(await nameOf(verify(bytes))).to.equal("MalformedData");
      });
  });
});

describe("parsePcrs", () => {
  const [zero, one] = ["ab".repeat(48), "CD".repeat(48)];

  it("reads one set, or several", () => {
    expect(parsePcrs(`{"PCR0": "${zero}", "PCR31": "${one}"}`)).to.deep.equal([
      new Map([
        [0, zero],
        [31, one.toLowerCase()],
      ]),
    ]);
    expect(parsePcrs(`[{"PCR0": "${zero}"}, {"PCR0" : "${one}"}]`)).to.have.length(2);
  });

  const refused: Readonly<Record<string, string>> = {
    "no JSON": "PCR0",
    nothing: "",
    "an empty array": "[]",
    "an empty object": "{}",
    "a text": `"${zero}"`,
    "null in an array": "[null]",
    "an array in an array": `[[{"PCR0":"${zero}"}]]`,
    "a set without PCR0": `{"PCR1":"${zero}"}`,
    "a second set without PCR0": `[{"PCR0":"${zero}"},{"PCR8":"${zero}"}]`,
    "an unknown name": `{"PCR0":"${zero}","HashAlgorithm":"Sha384"}`,
    "a PCR32": `{"PCR0":"${zero}","PCR32":"${zero}"}`,
    "a PCR with a zero before it": `{"PCR0":"${zero}","PCR01":"${zero}"}`,
    "a name in lower case": `{"PCR0":"${zero}","pcr1":"${zero}"}`,
    "a digest that is cut": `{"PCR0":"${zero.slice(2)}"}`,
    "a digest with a prefix": `{"PCR0":"0x${zero}"}`,
    "a number": `{"PCR0":7}`,
    "a PCR that is there twice": `{"PCR0":"${zero}","PCR0":"${one}"}`,
    "a name in an escape": `{"\\u0050CR0":"${zero}"}`,
    "a PCR0 of zeros": `{"PCR0":"${"0".repeat(96)}"}`,
    __proto__: `{"PCR0":"${zero}","__proto__":"${zero}"}`,
  };
  for (const [what, json] of Object.entries(refused))
    it(`refuses ${what}`, () => {
      expect(() => parsePcrs(json))
        .to.throw()
        .with.property("name", "InvalidPcrs");
    });
});
