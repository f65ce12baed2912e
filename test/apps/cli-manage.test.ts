import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

  describe("conflicts", () => {
    const found = async (...more: string[]) =>
      (await json([...more, "conflicts"])) as unknown as {
        readonly conflicts: readonly {
          readonly forgotten: boolean;
          readonly versions: readonly { readonly id: string; readonly text: string }[];
        }[];
        readonly lost: readonly { readonly memoryId: string; readonly text: string }[];
      };

    /** A memory that the owner and its phone change at once, the phone last. */
    async function changedTwice(): Promise<string> {
      const { id } = await json(["add", "Drinks tea", "--scope", "travel", "--sync"]);
      await json([...phone, "update", id, "--text", "Drinks coffee", "--importance", "80"]);
      await json(["update", id, "--text", "Drinks water", "--sync"]);
      const synced = await json([...phone, "sync"]);
      expect(synced).to.have.nested.property("operations.conflict", 1);
      return id;
    }

    it("are listed, version beside version, and resolved by the one that is kept", async () => {
      expect(await found()).to.deep.equal({ conflicts: [], lost: [], dropped: false });
      const id = await changedTwice();
      const { conflicts } = await found();
      expect(conflicts).to.have.length(1);
      expect(conflicts[0]!.versions.map(({ text }) => text)).to.deep.equal(["Drinks water", "Drinks coffee"]);
      expect(conflicts[0]).to.include({ forgotten: false });
      expect((await cli(["conflicts"])).out).to.match(/ 1 .*Drinks water\n.* 2 .*Drinks coffee\n/);
      const { id: single } = (await json(["list"])).memories.find(({ text }) => text.includes("window"))!;
      const refusals: [string[], string, number][] = [
        [[id], "UsageFault", 2],
        [[id, "--keep", "3"], "UsageFault", 2],
        [["ffffffff", "--keep", "1"], "UnknownMemory", 7],
        [[single, "--keep", "1"], "NoConflict", 7],
        [[id, "--keep", "1"], "NotConfirmed", 9],
      ];
      for (const [argv, name, code] of refusals) {
        const refused = await fault(["conflicts", "resolve", ...argv]);
        expect([refused.name, refused.code], argv.join(" ")).to.deep.equal([name, code]);
      }
      const copy = conflicts[0]!.versions[1]!.id;
      const kept = await json(["conflicts", "resolve", copy, "--keep", "2", "--yes", "--sync"]);
      expect(kept).to.include({ id, text: "Drinks coffee", forgotten: 1 });
      for (const each of [[], phone]) {
        expect((await found(...each)).conflicts).to.deep.equal([]);
        expect(await json([...each, "show", id])).to.include({
          text: "Drinks coffee",
          importance: 80,
          revision: 3,
        });
      }
      await json(["forget", id, "--yes", "--sync"]);
    });

    it("are left by a forget that the changes met, and lost texts are shown until they are let go", async () => {
      const id = await changedTwice();
      await json(["forget", id, "--yes", "--sync"]);
      const { conflicts } = await found(...phone);
      expect(conflicts.map(({ forgotten, versions }) => [forgotten, versions.length])).to.deep.equal([
        [true, 1],
      ]);
      const left = conflicts[0]!.versions[0]!.id;
      const argv = ["conflicts", "resolve", left, "--text", "Drinks both", "--yes", "--sync"];
      const { id: stays } = await json([...phone, ...argv]);
      expect(stays).to.not.be.oneOf([id, left]);
      expect(await json(["show", stays])).to.include({
        scope: "travel",
        importance: 80,
        conflictsWith: null,
      });
      expect((await found()).conflicts).to.deep.equal([]);
      expect(await texts()).to.deep.equal(["Drinks both", "Prefers window seats"]);
      await json([...phone, "update", stays, "--text", "Drinks neither"]);
      await json(["forget", stays, "--yes", "--sync"]);
      await json([...phone, "sync"]);
      const { lost } = await found(...phone);
      expect(lost.map(({ memoryId, text }) => [memoryId, text])).to.deep.equal([[stays, "Drinks neither"]]);
      expect((await json([...phone, "conflicts", "--drop"]))["lost"]).to.have.length(1);
      expect((await found(...phone)).lost).to.deep.equal([]);
      expect(await texts(...phone)).to.deep.equal(["Prefers window seats"]);
    });
  });

  describe("words renew", () => {
    /** What vouches for all whom a renewal asks about. */
    async function vouching(): Promise<string> {
      const { name, code, members } = (await fault(["words", "renew", "--yes"])) as Awaited<
        ReturnType<typeof fault>
      > & { readonly members: readonly { readonly fingerprint: string }[] };
      expect([name, code]).to.deep.equal(["RecipientsUnconfirmed", 7]);
      expect(members).to.have.length(2);
      return members.map(({ fingerprint }) => fingerprint.slice(0, 32)).join();
    }

    it("changes nothing before everybody is vouched for, and the words are written down", async () => {
      const before = await json(["verify"]);
      const vouch = await vouching();
      // So few digits somebody could meet with another record.
      const short = vouch
        .split(",")
        .map((each) => each.slice(0, 31))
        .join();
      expect((await fault(["words", "renew", "--vouch", short])).name).to.equal("RecipientsUnconfirmed");
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
      expect(resumed).to.include({ resumed: true, rotated: true, words });
      expect(await readFile(path.join(home, "keys.json"), "utf8")).to.include('"seed": null');
      expect(resumed["welcomes"]).to.have.length(2);
      const profile = ["--profile", "again"];
      await json([...profile, ...PLAIN, "--no-words"]);
      expect(await json([...profile, "--vault", vaultId, "recover"], { input: words })).to.include({
        vaultId,
      });
    });
  });

  describe("hand-over, transfer and take-over", () => {
    const buyer = ["--profile", "buyer"];
    let account: string;
    let theirs: string;

    before(async () => {
      ({ words: theirs } = await json([...buyer, ...PLAIN]));
      ({
        account: { address: account },
      } = (await json([...buyer, "status"])) as unknown as { account: { address: string } });
    });

    it("leave nobody a vault whose memories stay closed, unless that is meant", async () => {
      const closed = await fault(["transfer", "--to", account, "--yes"]);
      expect([closed.name, closed.code]).to.deep.equal(["NotHandedOver", 7]);
      const to = path.join(home, "profiles", "buyer", "recipient.txt");
      const refusals: [string[], string, number][] = [
        [["hand-over"], "UsageFault", 2],
        [["hand-over", "--to", "ann"], "InvalidAccount", 7],
        [["hand-over", "--to", account], "KeyNotPublished", 7],
        [["hand-over", "--to", to], "NotConfirmed", 9],
        [["transfer"], "UsageFault", 2],
        [["transfer", "--to", account], "NotConfirmed", 9],
        [["transfer", "--to", "ann", "--yes"], "InvalidAccount", 7],
        [[...buyer, "take-over"], "NoSuchVault", 3],
        [[...buyer, "--vault", vaultId, "take-over"], "NotConfirmed", 9],
        [[...buyer, "--vault", vaultId, "take-over", "--yes"], "NotHandedOver", 7],
        [[...buyer, "--vault", vaultId, "take-over", "--empty", "--yes"], "OwnerRequired", 4],
      ];
      for (const [argv, name, code] of refusals) {
        const found = await fault(argv);
        expect([found.name, found.code], argv.join(" ")).to.deep.equal([name, code]);
      }
      expect(await texts()).to.deep.equal(["Prefers window seats"]);
    });

    it("are taken back by the words, where the deal fails", async () => {
      const to = path.join(home, "profiles", "buyer", "recipient.txt");
      const welcome = path.join(home, "for-nobody.age");
      await json(["hand-over", "--to", to, "--label", "Ann", "--out", welcome, "--yes"]);
      const wordless = await fault(["devices", "remove", "Ann", "--yes"]);
      expect([wordless.name, wordless.code]).to.deep.equal(["WordsNeeded", 7]);
      const sheet = path.join(home, "sheet.txt");
      await writeFile(sheet, words);
      const back = await json(["devices", "remove", "Ann", "--words", sheet, "--yes"]);
      expect(back).to.include({ rotated: true }).and.have.property("removed").length(1);
      await json(["add", "Goes on", "--scope", "travel", "--sync"]);
      const [{ id } = { id: "" }] = (await json(["search", "goes", "on"])).memories;
      await json(["forget", id, "--yes", "--sync"]);
      expect((await fault([...buyer, "accept", welcome, "--hand-over"])).name).to.equal("WelcomeRejected");
    });

    it("give a buyer all that lives, checked before the token moves, and close it to everybody else", async () => {
      const to = path.join(home, "profiles", "buyer", "recipient.txt");
      const welcome = path.join(home, "for-buyer.age");
      const given = await json(["hand-over", "--to", to, "--label", "Ann", "--out", welcome, "--yes"]);
      expect(given).to.deep.include({ welcome, rotated: true, operations: { handedOver: 1 } });
      expect((await fault(["hand-over", "--to", to, "--yes"])).name).to.equal("HandedOver");
      expect((await fault(["add", "Too late", "--sync"])).name).to.equal("HandedOver");
      const seen = await json([...buyer, "accept", welcome, "--hand-over", "--label", "bought"]);
      expect(seen).to.deep.include({ vaultId, final: true, scopes: [{ name: "travel", count: 1 }] });
      expect((await fault([...buyer, "take-over", "--yes"])).name).to.equal("OwnerRequired");
      expect(await json(["transfer", "--to", account, "--yes"])).to.include({ vaultId, to: account });
      const taken = await json([...buyer, "take-over", "--yes"]);
      expect(taken).to.include({ vaultId, final: true, memories: 1, moved: false, words: theirs });
      expect(await texts(...buyer)).to.deep.equal(["Prefers window seats"]);
      await json([...buyer, "add", "Of the buyer", "--sync"]);
      expect((await json([...buyer, "status"])).vaults[0]).to.include({ label: "bought", role: "owner" });
      const keys = await readFile(path.join(home, "profiles", "buyer", "keys.json"), "utf8");
      expect(keys).to.include('"seed": null');
      const gone = await fault(["list"]);
      expect([gone.name, gone.code]).to.deep.equal(["VaultChangedHands", 4]);
      const profile = ["--profile", "buyers-new"];
      await json([...profile, ...PLAIN, "--no-words"]);
      const recovered = await json([...profile, "--vault", vaultId, "recover"], { input: theirs });
      expect(recovered).to.include({ memories: 2 });
    });

    it("give a vault without its memories, which begins empty", async () => {
      const { owner: seller, vaultId: other } = await json([...phone, "mint", "--label", "bare", "--yes"]);
      expect(seller).to.match(/^0x/);
      await json([...phone, "--vault", "bare", "add", "Stays closed", "--sync"]);
      await json([...phone, "--vault", "bare", "transfer", "--to", account, "--without-memories", "--yes"]);
      const argv = [...buyer, "--vault", other, "take-over", "--empty", "--yes"];
      const taken = await json(argv);
      expect(taken).to.include({ vaultId: other, final: true, memories: 0 });
      expect(await texts(...buyer, "--vault", other)).to.deep.equal([]);
    });
  });
});
