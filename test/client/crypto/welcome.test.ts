import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { TypedDataEncoder, Wallet } from "ethers";

import { decodeCbor, encodeCbor } from "../../../client/cbor.ts";
import {
  decryptWith,
  encryptTo,
  generateIdentity,
  recipientBytes,
  recipientDigest,
  recipientOf,
} from "../../../client/crypto/identity.ts";
import { SCOPE_ONE, SCOPE_ZERO } from "../../../client/crypto/keys.ts";
import { decodeWelcome, encodeWelcome } from "../../../client/crypto/welcome-body.ts";
import {
  readWelcome,
  recoverWelcomeSigner,
  welcomeTypedData,
  writeWelcome,
  type Welcome,
} from "../../../client/crypto/welcome.ts";
import { ContentTooLarge, MalformedData, WelcomeRejected } from "../../../client/errors.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";

const random = seeded("welcome");
const wallet = new Wallet(`0x${"11".repeat(32)}`);
const address = wallet.address.toLowerCase();
const identity = generateIdentity(random);
let recipient: string;
let welcome: Welcome;

const write = (what: Welcome, options?: { padTo: number }, to = recipient) =>
  writeWelcome(
    what,
    to,
    (domain, types, value) => wallet.signTypedData(domain, types, value),
    wallet.address,
    options,
  );

/** A file that holds whatever bytes, framed as a welcome's plaintext is. */
const framed = (data: Uint8Array, after: number[] = []) =>
  encryptTo(
    [recipient],
    concatBytes(Uint8Array.of(0, 0, data.length >> 8, data.length & 255), data, Uint8Array.from(after)),
  );

async function rejected(file: Uint8Array, why: string): Promise<void> {
  const fault = await thrown(readWelcome(file, identity));
  expect(fault).to.be.instanceOf(WelcomeRejected).with.property("why", why);
}

before(async () => {
  recipient = await recipientOf(identity);
  welcome = {
    ref: { chainId: 11_155_111n, contract: `0x${"c0".repeat(20)}`, vaultId: 2n ** 256n - 3n },
    visibilityKey: random(32),
    memberId: random(16),
    class: "reader",
    epoch: 3,
    secret: random(32),
    locator: random(32),
    scopes: [
      { id: random(16), name: "travel" },
      { id: random(16), name: "Gesundheit 🩺" },
    ],
    grantee: `0x${"9a".repeat(20)}`,
    listed: true,
    expiresAt: 1_900_000_000,
    permissions: 3,
    admission: "fresh",
    inboxRecipient: random(1_216),
    recipientDigest: recipientDigest(recipientBytes(recipient)),
  };
});

describe("a welcome", () => {
  it("arrives as it was written", async () => {
    const owner: Welcome = {
      ...welcome,
      ...{ class: "owner", scopes: [], grantee: null, listed: false, expiresAt: null, permissions: 0 },
      ...{ admission: "joined", inboxRecipient: null, epoch: 0 },
    };
    for (const sent of [welcome, owner]) {
      const file = await write(sent);
      const opened = await readWelcome(file, identity);
      expect(opened.welcome).to.deep.equal(sent);
      expect(opened.signer).to.equal(address);
      expect(opened.digest).to.deep.equal(sha256(file));
      expect(recoverWelcomeSigner(opened.welcome, opened.signature)).to.equal(address);
    }
  });

  it("has exactly the size that was asked for", async () => {
    for (const padTo of [4_096, 16_384, 4_096 - 80, 16_384 - 80]) {
      const file = await write(welcome, { padTo });
      expect(file).to.have.length(padTo);
      expect((await readWelcome(file, identity)).welcome).to.deep.equal(welcome);
    }
    const size = (await write(welcome)).length;
    expect(await write(welcome, { padTo: size })).to.have.length(size);
    const fault = await thrown(write(welcome, { padTo: size - 1 }));
    expect(fault).to.be.instanceOf(ContentTooLarge).with.property("size", size);
  });

  it("fits 16 KiB with as many scopes as there can be, under names as long as they can be", async () => {
    const scopes = Array.from({ length: 62 }, () => ({ id: random(16), name: "x".repeat(128) }));
    expect(await write({ ...welcome, scopes }, { padTo: 16_384 - 80 })).to.have.length(16_304);
  });

  it("is signed in the vault's domain", () => {
    const { domain, types, message } = welcomeTypedData(welcome);
    expect(TypedDataEncoder.from(types).encodeType("Welcome")).to.equal(
      "Welcome(bytes32 vaultId,bytes32 recipientDigest,bytes32 bodyHash)",
    );
    expect(domain).to.deep.equal({
      ...{ name: "AgentMemoryState", version: "1" },
      ...{ chainId: 11_155_111n, verifyingContract: `0x${"c0".repeat(20)}` },
    });
    expect(message.vaultId).to.equal(`0x${"f".repeat(63)}d`);
  });

  it("is not written for another than it names, nor as no reader would accept it", async () => {
    const other = await recipientOf(generateIdentity(random));
    expect(await thrown(write(welcome, undefined, other))).to.be.instanceOf(WelcomeRejected);
    expect(await thrown(write({ ...welcome, epoch: -1 }))).to.be.instanceOf(WelcomeRejected);
    expect(await thrown(write({ ...welcome, secret: random(31) }))).to.be.instanceOf(WelcomeRejected);
  });
});

describe("readWelcome", () => {
  it("rejects one for another device", async () => {
    const [thief, file] = [generateIdentity(random), await write(welcome)];
    const fault = await thrown(readWelcome(file, thief));
    expect(fault).to.be.instanceOf(WelcomeRejected).with.property("why", "it is for another device");
  });

  it("rejects one that its reader encrypted to somebody else", async () => {
    const friend = generateIdentity(random);
    const passedOn = await encryptTo(
      [await recipientOf(friend)],
      await decryptWith(identity, await write(welcome)),
    );
    const fault = await thrown(readWelcome(passedOn, friend));
    expect(fault).to.be.instanceOf(WelcomeRejected).with.property("why", "it names another recipient");
  });

  it("rejects one that is broken", async () => {
    const file = await write(welcome, { padTo: 4_096 });
    await rejected(flipped(file, 4_000 * 8), "it is broken");
    await rejected(file.subarray(0, 4_000), "it is broken");
    await rejected(random(4_096), "it is broken");
  });

  it("rejects what is not three fields and zeros", async () => {
    const body = encodeWelcome(welcome);
    const [signer, signature] = [hexToBytes(address.slice(2)), random(65)];
    await readWelcome(await framed(encodeCbor([body, signer, signature]), [0, 0]), identity);
    await rejected(await framed(encodeCbor([body, signer, signature]), [0, 1]), "it is malformed");
    const data = encodeCbor([body, signer, signature]);
    const longer = concatBytes(Uint8Array.of(0, 0, (data.length + 1) >> 8, (data.length + 1) & 255), data);
    await rejected(await encryptTo([recipient], longer), "it is malformed");
    await rejected(await encryptTo([recipient], Uint8Array.of(0, 0, 1, 0, 0)), "it is malformed");
    await rejected(await encryptTo([recipient], Uint8Array.of(0)), "it is malformed");
    for (const fields of [
      [body, signer],
      [body, signer, new Uint8Array()],
      [body, signer, random(4_097)],
      [body, signer.subarray(1), signature],
      [body, address, signature],
      [decodeCbor(body), signer, signature],
    ]) {
      await rejected(await framed(encodeCbor(fields)), "it is malformed");
    }
    await rejected(await framed(encodeCbor([random(40), signer, signature])), "its body is malformed");
  });

  it("keeps a signature of any length that a smart account may make", async () => {
    const signature = random(300);
    const data = encodeCbor([encodeWelcome(welcome), hexToBytes(address.slice(2)), signature]);
    const opened = await readWelcome(await framed(data), identity);
    expect(opened.signature).to.deep.equal(signature);
    expect(recoverWelcomeSigner(opened.welcome, opened.signature)).to.equal(null);
  });
});

describe("the body of a welcome", () => {
  const name = (length: number) => [[random(16), "n".repeat(length)]];
  const replacements: [field: number, name: string, ...values: unknown[]][] = [
    [0, "version", 0, 2, null],
    [1, "vault", random(83), random(85), null],
    [2, "visibility key", random(31), "text"],
    [3, "member id", random(17), null],
    [4, "class", 2, -1, "owner"],
    [5, "epoch", -1, 2 ** 32, 0.5, null],
    [6, "secret", random(33), null],
    [7, "locator", random(0), null],
    [8, "scopes", null, [random(16)], [[random(15), "x"]], [[random(16), 1]], name(0), name(129)],
    [8, "the owner's scopes", [[SCOPE_ZERO, "secrets"]], [[SCOPE_ONE, "roster"]]],
    [8, "no scope, for a reader", []],
    [8, "too many scopes", Array.from({ length: 63 }, (_, i) => [random(16), `${i}`])],
    [9, "grantee", random(19), `0x${"9a".repeat(20)}`, null],
    [10, "listed", 1, null],
    [11, "expiry", -1, 1.5, "never"],
    [12, "permissions", 256, -1, null],
    [13, "admission", 2, "fresh"],
    [14, "inbox", random(1_215), "age1pq1"],
    [15, "recipient digest", random(31), null],
  ];

  for (const [field, name, ...values] of replacements) {
    it(`is refused with another ${name}`, () => {
      const fields = decodeCbor(encodeWelcome(welcome)) as unknown[];
      for (const value of values) {
        expect(() => decodeWelcome(encodeCbor(fields.with(field, value)))).to.throw(MalformedData);
      }
    });
  }

  it("is refused with a field more or less, and with one scope twice", () => {
    const fields = decodeCbor(encodeWelcome(welcome)) as unknown[];
    expect(() => decodeWelcome(encodeCbor(fields.slice(0, 15)))).to.throw(MalformedData);
    expect(() => decodeWelcome(encodeCbor([...fields, null]))).to.throw(MalformedData);
    const [scope] = fields[8] as unknown[];
    expect(() => decodeWelcome(encodeCbor(fields.with(8, [scope, scope])))).to.throw(MalformedData, "twice");
  });
});

describe("recoverWelcomeSigner", () => {
  it("gives another account once anything of the welcome is another", async () => {
    const { domain, types, message } = welcomeTypedData(welcome);
    const signature = hexToBytes((await wallet.signTypedData(domain, types, message)).slice(2));
    expect(recoverWelcomeSigner(welcome, signature)).to.equal(address);
    const { ref } = welcome;
    const changes: Partial<Welcome>[] = [
      { ref: { ...ref, chainId: 1n } },
      { ref: { ...ref, contract: `0x${"c1".repeat(20)}` } },
      { ref: { ...ref, vaultId: 1n } },
      { visibilityKey: random(32) },
      { memberId: random(16) },
      { class: "owner" },
      { epoch: 4 },
      { secret: random(32) },
      { locator: random(32) },
      { scopes: welcome.scopes.slice(1) },
      { grantee: null },
      { listed: false },
      { expiresAt: null },
      { permissions: 1 },
      { admission: "joined" },
      { inboxRecipient: null },
      { recipientDigest: random(32) },
    ];
    expect(changes.map((change) => Object.keys(change)[0])).to.include.members(Object.keys(welcome));
    for (const change of changes) {
      expect(recoverWelcomeSigner({ ...welcome, ...change }, signature)).not.to.equal(address);
    }
  });

  it("takes canonical signatures of 65 bytes only", async () => {
    const { domain, types, message } = welcomeTypedData(welcome);
    const good = hexToBytes((await wallet.signTypedData(domain, types, message)).slice(2));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = order - BigInt(`0x${bytesToHex(good.subarray(32, 64))}`);
    const malleated = concatBytes(
      good.subarray(0, 32),
      hexToBytes(high.toString(16)),
      Uint8Array.of(55 - good[64]!),
    );
    expect(malleated)
      .to.have.length(65)
      .and.to.satisfy((s: Uint8Array) => s[64] === 27 || s[64] === 28);
    const bare = concatBytes(good.subarray(0, 64), Uint8Array.of(good[64]! - 27));
    for (const bad of [
      malleated,
      bare,
      good.subarray(0, 64),
      concatBytes(good, Uint8Array.of(0)),
      new Uint8Array(65),
    ]) {
      expect(recoverWelcomeSigner(welcome, bad)).to.equal(null);
    }
  });
});
