import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc, { type Arbitrary } from "fast-check";

import { decodeRequest, encodeRequest } from "../../../client/agents/access-request.ts";
import { decodeAnswer, encodeAnswer } from "../../../client/agents/answer.ts";
import { decodeProposal, encodeProposal } from "../../../client/agents/proposal.ts";
import { decodeBundle, encodeBundle } from "../../../client/attestation.ts";
import { decodeCbor, encodeCbor } from "../../../client/cbor.ts";
import { parseRef, refBytes } from "../../../client/crypto/ref.ts";
import { decodeWelcome, encodeWelcome } from "../../../client/crypto/welcome-body.ts";
import { welcomeFile, welcomeText } from "../../../client/crypto/welcome-text.ts";
import { MalformedData, VaultError } from "../../../client/errors.ts";
import { decodeRecord, encodeRecord } from "../../../client/memory/codec.ts";
import { decodeOperation, encodeOperation } from "../../../client/memory/operations.ts";
import {
  decodeHead,
  decodeItems,
  decodeSection,
  encodeHead,
  encodeItems,
  encodeSection,
  pad,
  unpad,
} from "../../../client/vault/blob.ts";
import { decodeVaultOperation, encodeVaultOperation } from "../../../client/vault/operations.ts";
import {
  decodeRoster,
  decodeSecrets,
  encodeBatch,
  encodeInbox,
  encodeMember,
  encodeRekey,
  encodeScopeName,
  encodeSecret,
  encodeShred,
} from "../../../client/vault/roster.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import {
  answer,
  bundle,
  accessRequest,
  bytes,
  head,
  hex,
  member,
  memory,
  metadata,
  newestShred,
  operation,
  proposal,
  ref,
  rekeyed,
  runs,
  section,
  someBytes,
  vaultOperation,
  welcome,
  words,
} from "./arbitraries.ts";

/** A format: what it holds, and the way to bytes and back. */
interface Format<T> {
  readonly values: Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

const format = <T>(
  values: Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
) => ({ values, encode, decode }) as Format<unknown>;

/** A record's salt stands in its bytes 20 to 35, whatever its kind; what is decoded does not name it. */
const salted =
  (record: Uint8Array) =>
  (length: number): Uint8Array =>
    record.slice(20, 20 + length);

/** A decoder of records with their salt, so that writing what was read gives the same bytes. */
const withSalt =
  <T>(read: (record: Uint8Array) => T) =>
  (record: Uint8Array) => ({ value: read(record), random: salted(record) });

/** The only value of a map, and its key. */
function only<T>(map: ReadonlyMap<string, T>): readonly [string, T] {
  const [entry] = map;
  // A turned bit may have made another kind of record of it.
  if (entry === undefined || map.size !== 1) throw new MalformedData("record", "of another kind");
  return entry;
}

/** What is there. */
function found<T>(value: T | null): T {
  if (value === null) throw new MalformedData("record", "of another kind");
  return value;
}

const INBOX = encodeInbox("AGE-SECRET-KEY-PQ-1", seeded("inbox"));

/** A kind of record: the salt is compared through what it gives. */
const recordFormat = <T>(
  values: Arbitrary<T>,
  encode: (value: T, random: (length: number) => Uint8Array) => Uint8Array,
  decode: (record: Uint8Array) => T,
): Format<unknown> => {
  const read = withSalt(decode);
  return {
    values: fc.tuple(values, bytes(16)),
    encode: (pair) => {
      const [value, salt] = pair as [T, Uint8Array];
      return encode(value, () => salt);
    },
    decode: (record) => {
      const { value, random } = read(record);
      return [value, random(16)];
    },
  };
};

const FORMATS: Readonly<Record<string, Format<unknown>>> = {
  CBOR: format(metadata, encodeCbor, (encoded) => decodeCbor(encoded) as never),
  "a memory's record": format(memory, encodeRecord, decodeRecord),
  "a memory's operation": format(operation, encodeOperation, decodeOperation),
  "an operation in the journal": format(vaultOperation, encodeVaultOperation, decodeVaultOperation),
  "a head": format(head, encodeHead, decodeHead),
  "a section": format(section, encodeSection, decodeSection),
  "a chunk": format(fc.array(someBytes(60), { maxLength: 6 }), encodeItems, decodeItems),
  "the body of a welcome": format(welcome, encodeWelcome, decodeWelcome),
  "an answer": format(answer, encodeAnswer, decodeAnswer),
  "the body of a proposal": format(proposal, encodeProposal, decodeProposal),
  "an attested bundle": format(bundle, encodeBundle, decodeBundle),
  "a request as text": format(
    accessRequest,
    (signed) => new TextEncoder().encode(encodeRequest(signed)),
    (encoded) => decodeRequest(new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoded)),
  ),
  "a member's record": recordFormat(
    member,
    encodeMember,
    (record) => only(decodeRoster([record]).members)[1],
  ),
  "a scope's name": recordFormat(
    fc.tuple(hex(16), words()),
    ([id, name], random) => encodeScopeName(id, name, random),
    (record) => only(decodeRoster([record]).scopeNames) as [string, string],
  ),
  "the newest shred": recordFormat(newestShred, encodeShred, (record) =>
    found(decodeRoster([record]).newestShred),
  ),
  "the newest rekey": recordFormat(rekeyed, encodeRekey, (record) => found(decodeRoster([record]).rekeyed)),
  "a member's secret": recordFormat(
    fc.tuple(hex(16), bytes(32)),
    ([id, secret], random) => encodeSecret(id, secret, random),
    (record) => only(decodeSecrets([record, INBOX]).members) as [string, Uint8Array],
  ),
  "a batch": recordFormat(
    fc.tuple(hex(16), fc.maxSafeNat().map(BigInt)),
    ([id, sequence], random) => encodeBatch(id, sequence, random),
    (record) => only(decodeSecrets([record, INBOX]).batches) as [string, bigint],
  ),
};

/** What a decoder makes of bytes: a value, or a fault that has a name. Anything else is thrown on. */
function attempt<T>(decode: (bytes: Uint8Array) => T, encoded: Uint8Array): { value: T } | VaultError {
  try {
    return { value: decode(encoded) };
  } catch (fault) {
    if (fault instanceof VaultError) return fault;
    throw fault;
  }
}

for (const [name, { values, encode, decode }] of Object.entries(FORMATS)) {
  describe(`${name}: for any content`, () => {
    it("comes back as it was, from the only bytes that are it", () => {
      fc.assert(
        fc.property(values, (value) => {
          const encoded = encode(value);
          expect(decode(encoded)).to.deep.equal(value);
          expect(encode(decode(encoded))).to.deep.equal(encoded);
        }),
        runs(60),
      );
    });

    it("is refused by a named error when it is cut or something follows", () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, place) => {
          const encoded = encode(value);
          const cut = encoded.subarray(0, place % encoded.length);
          expect(attempt(decode, cut)).to.be.instanceOf(VaultError);
          expect(attempt(decode, concatBytes(encoded, Uint8Array.of(place & 255)))).to.be.instanceOf(
            VaultError,
          );
        }),
        runs(60),
      );
    });

    it("is refused by a named error, or is another value, for any bit that is turned", () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, place) => {
          const encoded = encode(value);
          // Of a long encoding the bits around one place; each has a chance.
          const bits = encoded.length * 8;
          for (let i = 0; i < Math.min(bits, 64); i++) {
            const altered = flipped(encoded, (place + i) % bits);
            const read = attempt(decode, altered);
            if (read instanceof VaultError) continue;
            expect(equalBytes(encode(read.value), altered), bytesToHex(altered)).to.equal(true);
          }
        }),
        runs(40),
      );
    });
  });
}

describe("a frame: for any content", () => {
  it("comes back as it was, and is refused for any bit that is turned in its length or its zeros", () => {
    fc.assert(
      fc.property(someBytes(3_000), fc.nat(), (data, place) => {
        const framed = pad(data);
        expect(unpad(framed)).to.deep.equal(data);
        const bits = framed.length * 8;
        const altered = flipped(framed, place % bits);
        const read = attempt(unpad, altered);
        const inside = place % bits >= 32 && place % bits < 32 + data.length * 8;
        if (inside) expect(read).to.deep.equal({ value: altered.slice(4, 4 + data.length) });
        // Another length with zeros alone behind it is another frame, which a decoder after it refuses: a longer one, or one that
        // leaves zeros of the data out.
        else if (!(read instanceof VaultError)) {
          const left = data.subarray(read.value.length);
          expect(read.value.length).not.to.equal(data.length);
          expect(left.every((byte) => byte === 0)).to.equal(true);
        }
        expect(attempt(unpad, framed.subarray(0, place % framed.length))).to.be.instanceOf(VaultError);
      }),
      runs(100),
    );
  });
});

describe("a welcome as text: for any file", () => {
  it("comes back as it was, however it is wrapped, and is refused or another file when a letter is", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    fc.assert(
      fc.property(
        someBytes(200),
        fc.nat(),
        fc.constantFrom("0", "1", "8", "9", "!", "é"),
        (file, place, wrong) => {
          const text = welcomeText(file);
          expect(text).to.match(/^MEMVAULT:[A-Z2-7]*$/);
          const wrapped = text.toLowerCase().replace(/(.{20})/g, "$1\r\n\t");
          expect(welcomeFile(wrapped)).to.deep.equal(file);
          if (text.length === 9) return;
          const at = 9 + (place % (text.length - 9));
          const broken = text.slice(0, at) + wrong + text.slice(at + 1);
          expect(attempt(() => welcomeFile(broken), file)).to.be.instanceOf(VaultError);
          const other = text.slice(0, at) + (letters[place % 32] ?? "") + text.slice(at + 1);
          const read = attempt(() => welcomeFile(other), file);
          if (!(read instanceof VaultError)) expect(welcomeText(read.value)).to.equal(other);
        },
      ),
      runs(200),
    );
  });
});

describe("a vault's reference: for any vault", () => {
  it("comes back as it was, from 84 bytes", () => {
    fc.assert(
      fc.property(ref, (vault) => {
        expect(refBytes(vault)).to.have.length(84);
        expect(parseRef(refBytes(vault))).to.deep.equal(vault);
      }),
      runs(100),
    );
  });
});
