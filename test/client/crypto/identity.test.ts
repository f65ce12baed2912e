import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import { expect } from "chai";

import {
  decryptWith,
  encryptTo,
  generateIdentity,
  identityText,
  recipientBytes,
  recipientDigest,
  recipientOf,
  recipientText,
} from "../../../client/crypto/identity.ts";
import {
  AlteredError,
  ClassicRecipient,
  MalformedData,
  VaultError,
  WrongKeyError,
} from "../../../client/errors.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";

const random = seeded("identity");
const plaintext = random(5_000);

/** A file as the library makes it for any mixture of recipients. */
async function mixed(...recipients: string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(plaintext);
}

describe("identity", () => {
  const identity = generateIdentity(random);
  let recipient: string;
  before(async () => {
    recipient = await recipientOf(identity);
  });

  it("is one that age itself could have made", async () => {
    expect(identity).to.match(/^AGE-SECRET-KEY-PQ-1[0-9A-Z]{58}$/);
    expect((await generateHybridIdentity()).length).to.equal(identity.length);
    expect(recipient)
      .to.equal(await identityToRecipient(identity))
      .and.to.match(/^age1pq1/);
    expect(generateIdentity()).not.to.equal(generateIdentity());
    expect(() => identityText(random(31))).to.throw(RangeError);
  });

  it("has a recipient of 1,216 bytes", () => {
    const bytes = recipientBytes(recipient);
    expect(bytes).to.have.length(1_216);
    expect(recipientText(bytes)).to.equal(recipient);
    expect(recipientDigest(bytes)).to.have.length(32);
    expect(() => recipientDigest(bytes.subarray(1))).to.throw(RangeError);
  });

  it("opens what was encrypted to it, with one recipient or several", async () => {
    const other = await recipientOf(generateIdentity(random));
    for (const recipients of [[recipient], [other, recipient]]) {
      expect(await decryptWith(identity, await encryptTo(recipients, plaintext))).to.deep.equal(plaintext);
    }
    expect(await decryptWith(identity, await encryptTo([recipient], new Uint8Array()))).to.have.length(0);
  });

  it("reads and writes what age's library writes and reads", async () => {
    expect(await decryptWith(identity, await mixed(recipient))).to.deep.equal(plaintext);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(await encryptTo([recipient], plaintext))).to.deep.equal(plaintext);
  });

  it("refuses to encrypt to a classic recipient, or to nobody", async () => {
    const classic = await identityToRecipient(await generateX25519Identity());
    for (const recipients of [[classic], [recipient, classic]]) {
      expect(await thrown(encryptTo(recipients, plaintext))).to.be.instanceOf(ClassicRecipient);
    }
    expect(await thrown(encryptTo([], plaintext))).to.be.instanceOf(RangeError);
    expect(() => recipientBytes("age1tagpq1xyz")).to.throw(ClassicRecipient);
    expect(() => recipientBytes(recipient.toUpperCase())).to.throw(ClassicRecipient);
  });

  it("refuses a mistyped recipient", () => {
    const wrong = recipient.slice(0, 99) + (recipient[99] === "q" ? "p" : "q") + recipient.slice(100);
    expect(() => recipientBytes(wrong)).to.throw(MalformedData);
    expect(() => recipientBytes(recipient.slice(0, -1))).to.throw(MalformedData);
  });

  it("refuses a file that a classic recipient or a passphrase opens as well", async () => {
    const classic = await identityToRecipient(await generateX25519Identity());
    for (const order of [
      [recipient, classic],
      [classic, recipient],
    ]) {
      const fault = await thrown(decryptWith(identity, await mixed(...order)));
      expect(fault).to.be.instanceOf(ClassicRecipient).with.property("recipient", "X25519");
    }
    const encrypter = new Encrypter();
    encrypter.setPassphrase("correct horse");
    encrypter.setScryptWorkFactor(2);
    const fault = await thrown(decryptWith(identity, await encrypter.encrypt(plaintext)));
    expect(fault).to.be.instanceOf(ClassicRecipient).with.property("recipient", "scrypt");
  });

  it("does not open what is for others", async () => {
    const file = await encryptTo([await recipientOf(generateIdentity(random))], plaintext);
    expect(await thrown(decryptWith(identity, file))).to.be.instanceOf(WrongKeyError);
  });

  it("notices a file that was changed or cut", async () => {
    const file = await encryptTo([recipient], plaintext);
    for (const at of [file.length - 1, file.length - 17, 1_700, 1_630]) {
      expect(await thrown(decryptWith(identity, flipped(file, at * 8))), `byte ${at}`).to.be.instanceOf(
        AlteredError,
      );
    }
    for (let at = 0; at < 1_627; at += 25) {
      expect(await thrown(decryptWith(identity, flipped(file, at * 8))), `byte ${at}`).to.be.instanceOf(
        VaultError,
      );
    }
    for (const length of [1_627, 1_643, 1_659, file.length - 1]) {
      const fault = await thrown(decryptWith(identity, file.subarray(0, length)));
      expect(fault, `${length} bytes`).to.be.instanceOf(AlteredError);
    }
    for (const junk of [new Uint8Array(), random(200), file.subarray(0, 300), file.subarray(1)]) {
      expect(await thrown(decryptWith(identity, junk))).to.be.instanceOf(MalformedData);
    }
  });

  it("is never repeated in a message", async () => {
    const classic = await generateX25519Identity();
    for (const wrong of [
      classic,
      identity.slice(0, -1),
      identity.toLowerCase(),
      `${identity.slice(0, -1)}!`,
    ]) {
      const fault = (await thrown(recipientOf(wrong))) as MalformedData;
      expect(fault).to.be.instanceOf(MalformedData);
      expect(fault.message + String(fault.cause)).not.to.include(wrong.slice(20));
    }
  });
});
