import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { runningNode } from "../../apps/cli/devnode.ts";
import { startProxy } from "../helpers/proxy.ts";
import { cliIn, wordsIn } from "./cli-world.ts";

const PLAIN = ["init", "--no-passphrase", "--yes"];

describe("memvault, for who else has the vault", function () {
  this.timeout(120_000);
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  let json: ReturnType<typeof cliIn>["json"];
  let fault: ReturnType<typeof cliIn>["fault"];
  let words: string;
  let owner: string;
  let vaultId: string;

  const phone = ["--profile", "phone"];
  const reader = ["--profile", "reader"];

  /** The texts that a profile sees. */
  const texts = async (...more: string[]): Promise<string[]> =>
    (await json([...more, "list"])).memories.map(({ text }) => text).sort();

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-cli-"));
    ({ cli, json, fault } = cliIn(home));
    ({ words } = await json(PLAIN));
    await json(["dev", "--detach"]);
    ({ owner, vaultId } = await json(["mint", "--label", "mine"]));
    await json(["add", "Prefers window seats", "--scope", "travel", "--sync"]);
    const [forPhone, forReader] = ["for-phone.age", "for-reader.age"].map((name) => path.join(home, name));
    const keys = await Promise.all([phone, reader].map((each) => json([...each, ...PLAIN, "--no-words"])));
    const [ofPhone, ofReader] = keys.map(({ recipientFile }) => recipientFile);
    await json(["devices", "add", "--to", ofPhone!, "--label", "phone", "--out", forPhone!]);
    await json(["grant", "--to", ofReader!, "--scopes", "travel", "--label", "clinic", "--out", forReader!]);
    await json([...phone, "accept", forPhone!, "--label", "carried"]);
    await json([...phone, "sync"]);
    await json([...reader, "accept", forReader!]);
  });
  after(async () => {
    await cli(["dev", "stop"]);
    const node = await runningNode(home);
    if (node !== null) process.kill(node.pid, "SIGKILL");
    await rm(home, { recursive: true, force: true });
  });

  describe("words renew", () => {
    /** What vouches for all whom a renewal asks about. */
    async function vouching(): Promise<string> {
      const { name, code, members } = (await fault(["words", "renew", "--yes"])) as Awaited<
        ReturnType<typeof fault>
      > & { readonly members: readonly { readonly fingerprint: string }[] };
      expect([name, code]).to.deep.equal(["RecipientsUnconfirmed", 7]);
      expect(members).to.have.length(2);
      return members.map(({ fingerprint }) => fingerprint.slice(0, 16)).join();
    }

    it("changes nothing before everybody is vouched for, and the words are written down", async () => {
      const before = await json(["verify"]);
      const vouch = await vouching();
      const argv = ["words", "renew", "--vouch", vouch];
      expect((await cli(argv, { answer: () => "no" })).code).to.equal(9);
      const unread = await cli(argv, {
        answer: (question) => (/Type yes/.test(question) ? "yes" : "wrong"),
      });
      expect(unread.code).to.equal(9);
      expect(wordsIn(unread.out)).to.have.length(24);
      expect((await fault(argv)).name).to.equal("NotConfirmed");
      expect(await json(["verify"])).to.deep.equal(before);
      expect((await fault(["words"])).code).to.equal(2);
      expect((await fault([...reader, "words", "renew", "--yes"])).name).to.equal("OwnerClassOnly");
    });

    it("shows 24 new words, closes the vault to the old ones, and leaves a welcome for each who stays", async () => {
      const asked: string[] = [];
      const renewed = await cli(["words", "renew", "--vouch", await vouching(), "--out", home], {
        answer: (question, said) => {
          asked.push(question);
          const place = Number(/Word (\d+)/.exec(question)?.[1]);
          return Number.isNaN(place) ? "yes" : wordsIn(said)[place - 1]!;
        },
      });
      expect(renewed.code).to.equal(0);
      expect(asked).to.have.length(4);
      expect(renewed.out).to.include(vaultId);
      const before = words;
      words = wordsIn(renewed.out).join(" ");
      expect(words.split(" ")).to.have.length(24).and.not.deep.equal(before.split(" "));
      await json(["--profile", "old", ...PLAIN, "--no-words"]);
      const closed = await fault(["--profile", "old", "recover", "--owner", owner], { input: before });
      expect([closed.name, closed.code]).to.deep.equal(["BlobMissing", 6]);
      const files = [...renewed.out.matchAll(/^ {2}(?:phone|clinic) {2}(.+\.age)$/gm)].map(
        ([, file]) => file!,
      );
      expect(files).to.have.length(2);
      for (const each of [phone, reader]) {
        expect((await fault([...each, "list"])).name).to.equal("BlobMissing");
        const answers = await Promise.all(files.map((file) => cli([...each, "accept", file, "--json"])));
        expect(answers.map(({ code }) => code)).to.have.members([0, 4]);
        expect(await texts(...each)).to.deep.equal(["Prefers window seats"]);
      }
      expect((await json([...phone, "status"])).vaults[0]).to.include({ label: "carried", role: "owner" });
      expect(await json(["words", "welcomes"])).to.deep.equal({ welcomes: [] });
    });

    it("lets the new words recover, with the vault's id", async () => {
      const profile = ["--profile", "recovered"];
      await json([...profile, ...PLAIN, "--no-words"]);
      const nameless = await fault([...profile, "recover"], { input: words });
      expect([nameless.name, nameless.code]).to.deep.equal(["UsageFault", 2]);
      expect((await fault([...profile, "--vault", "0x1234", "recover"], { input: words })).code).to.equal(2);
      const recovered = await json([...profile, "--vault", vaultId, "recover"], { input: words });
      expect(recovered).to.include({ vaultId, memories: 1 });
      const { devices } = await json(["devices"]);
      expect(devices.map(({ label }) => label)).to.include("recovered device");
      await json(["devices", "remove", "recovered device", "--yes"]);
    });

    it("goes on with what was interrupted, by the words that were shown", async () => {
      const { url } = (await runningNode(home))!;
      let sent = 0;
      await using broken = await startProxy(
        () => url,
        ({ method, forward }) =>
          method.includes("eth_sendRawTransaction") && ++sent > 1 ? Promise.resolve(null) : forward(),
      );
      const keys = JSON.parse(await readFile(path.join(home, "keys.json"), "utf8")) as { account: string };
      const env = { MEMVAULT_PRIVATE_KEY: keys.account };
      // Nobody came in since the present words did: there is nobody to vouch for.
      const cut = await cli(["words", "renew", "--yes", "--rpc", broken.url], { env });
      expect(cut.code).to.not.equal(0);
      words = wordsIn(cut.out).join(" ");
      expect((await fault(["sync"])).name).to.equal("RekeyPending");
      const resumed = await json(["words", "renew", "--yes"]);
      expect(resumed).to.include({ resumed: true, rotated: true }).and.not.have.property("words");
      expect(resumed["welcomes"]).to.have.length(2);
      const profile = ["--profile", "again"];
      await json([...profile, ...PLAIN, "--no-words"]);
      expect(await json([...profile, "--vault", vaultId, "recover"], { input: words })).to.include({
        vaultId,
      });
    });
  });
});
