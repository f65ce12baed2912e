import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect } from "chai";

import { decryptWith, generateIdentity, recipientOf } from "../../../client/crypto/identity.ts";
import { ClassicRecipient, MalformedData } from "../../../client/errors.ts";
import {
  encryptExport,
  exportJsonLines,
  exportMarkdown,
  exportPam,
} from "../../../client/exporters/index.ts";
import { rejection } from "../storage/helpers.ts";
import { SCOPES } from "./memories.ts";

const PASSPHRASE = "correct horse battery staple";
const PAM = exportPam(SCOPES, { owner: { id: "me" }, now: 1_770_000_000_000 });
const EXPORTS = { pam: PAM, jsonl: exportJsonLines(SCOPES), markdown: exportMarkdown(SCOPES) };

const opened = (file: Uint8Array, add: (decrypter: Decrypter) => void) => {
  const decrypter = new Decrypter();
  add(decrypter);
  return decrypter.decrypt(file, "text");
};

function has(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("encryptExport", () => {
  describe("given Debian's age", () => {
    let folder: string;
    before(function () {
      folder = mkdtempSync(join(tmpdir(), "age-"));
      if (has("age")) return;
      console.log("      (skipped: age is not installed; on Debian, `apt-get install age` brings it)");
      this.skip();
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const keygen = (name: string) => {
      execFileSync("age-keygen", ["-o", join(folder, name)], { stdio: "ignore" });
      return execFileSync("age-keygen", ["-y", join(folder, name)], { encoding: "utf8" }).trim();
    };
    const decrypt = (name: string, file: Uint8Array) => {
      writeFileSync(join(folder, "export.age"), file);
      const args = ["--decrypt", "-i", join(folder, name), join(folder, "export.age")];
      return execFileSync("age", args, { encoding: "utf8", maxBuffer: 2 ** 26, stdio: "pipe" });
    };

    it("is opened with the identity of each of several recipients", async () => {
      const recipients = [keygen("a.txt"), keygen("b.txt")];
      for (const [name, content] of Object.entries(EXPORTS)) {
        const file = await encryptExport(content, { recipients });
        expect(decrypt("a.txt", file), name).to.equal(content);
        expect(decrypt("b.txt", file), name).to.equal(content);
      }
    });

    it("is opened with no other identity, and not when a byte was changed", async () => {
      const file = await encryptExport(PAM, { recipients: [keygen("c.txt")] });
      keygen("d.txt");
      expect(() => decrypt("d.txt", file)).to.throw("no identity matched");
      file[file.length - 1]! ^= 1;
      expect(() => decrypt("c.txt", file)).to.throw("failed to decrypt");
    });

    it("is opened with its passphrase, typed on a terminal", async function () {
      // age asks a terminal and nothing else; script makes one.
      if (!has("script")) {
        console.log("      (skipped: script, which makes a terminal, is not installed)");
        this.skip();
      }
      const [from, to] = [join(folder, "passphrase.age"), join(folder, "plain")];
      writeFileSync(from, await encryptExport(PAM, { passphrase: PASSPHRASE }));
      const type = (passphrase: string) =>
        execFileSync("script", ["-qec", `age --decrypt -o '${to}' '${from}'`, "/dev/null"], {
          input: `${passphrase}\n`,
          stdio: ["pipe", "ignore", "ignore"],
        });
      expect(() => type("a wrong one")).to.throw();
      type(PASSPHRASE);
      expect(readFileSync(to, "utf8")).to.equal(PAM);
    });
  });

  it("encrypts to a post-quantum recipient, and to several", async () => {
    const identities = [generateIdentity(), generateIdentity()];
    const file = await encryptExport(PAM, { recipients: await Promise.all(identities.map(recipientOf)) });
    for (const identity of identities) {
      expect(new TextDecoder().decode(await decryptWith(identity, file))).to.equal(PAM);
    }
  });

  it("makes a passphrase file that no identity opens, at age's own cost", async () => {
    const file = await encryptExport("x", { passphrase: PASSPHRASE });
    expect(new TextDecoder().decode(file.subarray(0, 80))).to.match(
      /^age-encryption.org\/v1\n-> scrypt \S+ 18\n/,
    );
    expect(await opened(file, (decrypter) => decrypter.addPassphrase(PASSPHRASE))).to.equal("x");
    await rejection(decryptWith(generateIdentity(), file), ClassicRecipient);
  });

  it("shows nothing of the content, and is another file each time", async () => {
    const recipients = [await recipientOf(generateIdentity())];
    const [one, two] = [await encryptExport(PAM, { recipients }), await encryptExport(PAM, { recipients })];
    expect(Buffer.from(one).includes("memory")).to.equal(false);
    expect(one).to.not.deep.equal(two);
  });

  it("takes bytes as they are", async () => {
    const identity = await generateX25519Identity();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const file = await encryptExport(bytes, { recipients: [await identityToRecipient(identity)] });
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(file)).to.deep.equal(bytes);
  });

  describe("given nobody to open it", () => {
    const classic = async () => identityToRecipient(await generateX25519Identity());

    it("refuses an empty list and an empty passphrase", async () => {
      await rejection(encryptExport("x", { recipients: [] }), RangeError);
      await rejection(encryptExport("x", { passphrase: "" }), RangeError);
    });

    it("refuses classic recipients beside post-quantum ones", async () => {
      const recipients = [await classic(), await recipientOf(generateIdentity())];
      await rejection(encryptExport("x", { recipients }), RangeError);
    });

    it("refuses mistyped recipients, and those of plugins", async () => {
      const recipient = await classic();
      for (const bad of [
        "",
        "age1",
        recipient.slice(0, -1),
        recipient.toUpperCase(),
        `${recipient} `,
        recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q")),
        "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
        "ssh-ed25519 AAAA",
      ]) {
        await rejection(encryptExport("x", { recipients: [recipient, bad] }), MalformedData);
      }
    });

    it("does not repeat an identity that was given by mistake", async () => {
      for (const identity of [generateIdentity(), await generateX25519Identity()]) {
        const error = await rejection(encryptExport("x", { recipients: [identity] }), MalformedData);
        expect(`${error.message} ${String(error.cause)} ${error.stack!}`).to.not.contain(identity);
      }
    });
  });
});
