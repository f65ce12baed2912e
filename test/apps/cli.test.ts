import { cp, readdir, readFile, rm, stat, writeFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Decrypter } from "age-encryption";
import { expect } from "chai";
import { Wallet } from "ethers";

import { runningNode } from "../../apps/cli/devnode.ts";
import { EXIT } from "../../apps/cli/faults.ts";
import { Interrupted } from "../../apps/cli/world.ts";
import { startProxy } from "../helpers/proxy.ts";
import { seedTraces } from "../helpers/seed-traces.ts";
import { cliIn, wordsIn } from "./cli-world.ts";

const PLAIN = ["init", "--no-passphrase", "--yes"];

describe("memvault", function () {
  this.timeout(120_000);
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  let json: ReturnType<typeof cliIn>["json"];
  let fault: ReturnType<typeof cliIn>["fault"];
  let words: string;
  let owner: string;

  /** The texts that a profile sees. */
  const texts = async (...more: string[]): Promise<string[]> => {
    const { memories } = await json(["list", "--limit", "0", ...more]);
    return memories.map(({ text }) => text).sort();
  };

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-cli-"));
    ({ cli, json, fault } = cliIn(home));
  });
  after(async () => {
    await cli(["dev", "stop"]);
    const node = await runningNode(home);
    if (node !== null) process.kill(node.pid, "SIGKILL");
    await rm(home, { recursive: true, force: true });
  });

  describe("before anything is set up", () => {
    it("has help for every command, with examples", async () => {
      const { code, out } = await cli(["--help"]);
      expect(code).to.equal(0);
      const names = [...out.matchAll(/^ {2}([a-z][a-z-]*) (?:\[|<| {2})/gm)].map(([, name]) => name!);
      expect(names).to.include.members(
        "init dev mint add import list show search update forget conflicts receipts sync grant revoke grants accept devices words hand-over transfer take-over recover export verify status mcp".split(
          " ",
        ),
      );
      for (const name of names.filter((each) => each !== "help")) {
        const help = await cli([name, "--help"]);
        expect(help.code, name).to.equal(0);
        expect(help.out, name)
          .to.match(/Examples:\n {2}\$ /)
          .and.match(/--json/);
      }
    });

    it("wraps a paragraph of help at the terminal's width, and nowhere else", async () => {
      for (const name of ["forget", "recover", "words renew", "devices remove", "import"]) {
        const { out } = await cli([...name.split(" "), "--help"]);
        const paragraph = out.slice(0, out.indexOf("\n\nOptions:")).split("\n\n")[2]!.split("\n");
        expect(paragraph.length, name).to.be.greaterThan(1);
        paragraph.slice(0, -1).forEach((line, i) => {
          const [next = ""] = paragraph[i + 1]!.split(" ");
          expect(`${line} ${next}`.length, `${name}: ${line}`).to.be.greaterThan(80);
        });
      }
    });

    it("says what to do first, and ends with 3", async () => {
      for (const argv of [["list"], ["mint"], ["sync"], ["status"], ["grants"]]) {
        const { name, code, message } = await fault(argv);
        expect([name, code], argv[0]).to.deep.equal(["ProfileMissing", 3]);
        expect(message).to.include("memvault init");
      }
    });

    it("refuses what makes no command, and ends with 2", async () => {
      for (const argv of [
        ["nonsense"],
        ["list", "--nonsense"],
        ["show"],
        ["--profile", "../x", "list"],
        [],
      ]) {
        const { code, out } = await cli([...argv, "--json"]);
        expect(code, argv.join(" ")).to.equal(2);
        if (argv.length > 0)
          expect(JSON.parse(out), argv.join(" ")).to.have.nested.property("error.exitCode", 2);
      }
    });
  });

  describe("docs/cli.md", () => {
    it("has every command and every exit status", async () => {
      const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
      const { out } = await cli(["--help"]);
      const names = [...out.matchAll(/^ {2}([a-z][a-z-]*) (?:\[|<| {2})/gm)].map(([, name]) => name!);
      for (const name of names) if (name !== "help") expect(page).to.include(`\`${name}\``);
      const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
      expect(statuses).to.deep.equal(Object.values(EXIT));
    });

    it("names options and variables that exist", async () => {
      const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
      const helpOf = async (name: string): Promise<string> => {
        const { out } = await cli([name, "--help"]);
        const [, listed = ""] = /^Commands:\n((?: .*\n)*)/m.exec(out) ?? [];
        const below = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)].filter(([, each]) => each !== "help");
        return [
          out,
          ...(await Promise.all(below.map(async ([, each]) => (await cli([name, each!, "--help"])).out))),
        ].join();
      };
      const names = [...page.matchAll(/^\| `([a-z][a-z-]*)`/gm)].map(([, name]) => name!);
      const known = (await Promise.all(names.map(helpOf))).join("\n");
      for (const [option] of page.matchAll(/--[a-z][a-z-]+/g)) expect(known).to.include(option);
    });
  });

  describe("init", () => {
    it("makes no profile of which nobody wrote the words down", async () => {
      const unseen = await fault(["init", "--no-passphrase"]);
      expect([unseen.name, unseen.code]).to.deep.equal(["NotConfirmed", 9]);
      const wrong = await cli(["init", "--no-passphrase"], { answer: () => "wrong" });
      expect(wrong.code).to.equal(9);
      expect(await readdir(home)).to.deep.equal([]);
    });

    it("takes no empty passphrase for one", async () => {
      const empty = await cli(["init", "--yes"], { answer: () => "" });
      expect(empty.code).to.equal(2);
      expect(empty.err).to.include("--no-passphrase");
      const other = await cli(["init", "--yes"], { answer: (question) => question });
      expect(other.code).to.equal(9);
      expect((await fault(["init", "--yes"])).name).to.equal("PassphraseNeeded");
    });

    it("takes no keystore that is none", async () => {
      const file = path.join(home, "nofile.json");
      for (const content of [null, "{}"]) {
        if (content !== null) await writeFile(file, content);
        const refused = await fault([...PLAIN, "--keystore", file]);
        expect([refused.name, refused.code]).to.deep.equal(["BadAccount", 3]);
      }
      expect((await fault(["list"])).name).to.equal("ProfileMissing");
      await rm(file);
    });

    it("says at Ctrl-C that words which nobody confirmed are void", async () => {
      const stopped = await cli(["init", "--no-passphrase"], {
        answer: () => {
          throw new Interrupted();
        },
      });
      expect(stopped.code).to.equal(130);
      expect(stopped.err).to.match(/^Interrupted\. The words were not confirmed, so they are void\./m);
    });

    it("shows 24 words once, and asks for three of them", async () => {
      const asked: number[] = [];
      const { code, out } = await cli(["init", "--no-passphrase"], {
        answer: (question, said) => {
          const place = Number(/Word (\d+)/.exec(question)?.[1]);
          asked.push(place);
          return wordsIn(said)[place - 1]!;
        },
      });
      expect(code).to.equal(0);
      expect(new Set(asked).size).to.equal(3);
      words = wordsIn(out).join(" ");
      expect(words.split(" ")).to.have.length(24);
      expect(out).to.include("NOT sealed").and.include("until the mint the profile keeps their seed");
      expect((await fault(PLAIN)).name).to.equal("ProfileExists");
    });

    it("seals the keys, and opens them with the passphrase alone", async () => {
      const made = await json(["--profile", "sealed", "init", "--yes"], {
        env: { MEMVAULT_PASSPHRASE: "one" },
      });
      expect(made).to.include({ sealed: true, network: "dev" });
      expect(made.words.split(" ")).to.have.length(24);
      const status = ["--profile", "sealed", "status"];
      expect(await json(status, { env: { MEMVAULT_PASSPHRASE: "one" } })).to.include({ sealed: true });
      const wrong = await fault(status, { env: { MEMVAULT_PASSPHRASE: "two" } });
      expect([wrong.name, wrong.code]).to.deep.equal(["WrongPassphrase", 3]);
      expect((await fault(status)).name).to.equal("PassphraseNeeded");
      const env = { MEMVAULT_PASSPHRASE: "one", MEMVAULT_NEW_PASSPHRASE: "two" };
      expect(await json(["--profile", "sealed", "passphrase"], { env })).to.include({ sealed: true });
      expect(await json(status, { env: { MEMVAULT_PASSPHRASE: "two" } })).to.include({ sealed: true });
    });

    it("leaves every file to its owner alone", async () => {
      for (const name of await readdir(home, { recursive: true })) {
        const info = await stat(path.join(home, name));
        expect((info.mode & 0o777).toString(8), name).to.equal(info.isFile() ? "600" : "700");
      }
    });
  });

  describe("dev and mint", () => {
    it("say that the chain does not run", async () => {
      const { name, code, message } = await fault(["list"]);
      expect([name, code]).to.deep.equal(["DevNotRunning", 6]);
      expect(message).to.include("memvault dev");
      expect(await json(["status"])).to.have.nested.property("network.chainId", null);
    });

    it("start one, once", async () => {
      const first = await json(["dev", "--detach"]);
      expect(first).to.include({ began: "fresh", chainId: 31_337 });
      expect(first.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await json(["dev", "--detach"])).to.include({ began: "running", pid: first.pid });
    });

    it("mint the vault of the words that were shown, and keep the seed no longer", async () => {
      expect(await seedTraces(home, words.split(" "))).to.deep.equal(["keys.json"]);
      const minted = await json(["mint", "--label", "mine"]);
      owner = minted.owner;
      expect(minted.vaultId).to.match(/^0x[0-9a-f]{64}$/);
      expect(minted).to.include({ label: "mine", chainId: 31_337 }).and.not.have.property("words");
      expect(await seedTraces(home, words.split(" "))).to.deep.equal([]);
    });
  });

  describe("memories", () => {
    it("are added to the journal, and seen at once", async () => {
      const { id, committed } = await json([
        "add",
        "Prefers",
        "window seats",
        "--scope",
        "travel",
        "--tags",
        "train,seat",
      ]);
      expect(committed).to.equal(null);
      const { memories, total, truncated } = await json(["list"]);
      expect([total, truncated]).to.deep.equal([1, false]);
      expect(memories[0]).to.deep.include({
        ...{ id, scope: "travel", text: "Prefers window seats", type: "semantic", pending: true },
        ...{ tags: ["train", "seat"], revision: 1, importance: 50 },
      });
    });

    it("come from a pipe, and are committed at once on request", async () => {
      const { committed } = await json(["add", "--scope", "health", "--importance", "90", "--sync"], {
        input: "Allergic to penicillin\n",
      });
      expect(committed).to.include({ sequence: 1, final: true });
      expect(committed).to.have.nested.property("operations.put", 2);
      expect(await json(["sync"])).to.include({ transaction: null, sequence: 1 });
    });

    it("are found by the search that docs/cli.md and the help begin with", async () => {
      const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
      const helps = [await cli(["--help"]), await cli(["search", "--help"])].map(({ out }) => out);
      for (const text of [page, ...helps]) {
        const query = /memvault search (\w[^\n]+)/.exec(text)![1]!;
        const { memories } = await json(["search", ...query.split(" ")]);
        expect(
          memories.map((memory) => memory.text),
          query,
        ).to.deep.equal(["Prefers window seats"]);
      }
    });

    it("are found, shown, changed and forgotten", async () => {
      const { memories } = await json(["search", "where", "to", "sit:", "window?"]);
      const [found] = memories;
      expect(found!.text).to.equal("Prefers window seats");
      const short = found!.id.slice(0, 8);
      expect(await json(["show", short])).to.include({ id: found!.id, pending: false });
      expect((await cli(["show", short])).out)
        .to.include("Prefers window seats")
        .and.include(found!.id);
      expect(await fault(["update", short, "--text", ""])).to.include({ name: "NoText", code: 7 });
      await json(["update", short, "Prefers", "aisle seats", "--until", "2030-01-31", "--sync"]);
      expect(await json(["show", short])).to.include({
        ...{ text: "Prefers aisle seats", revision: 2, validUntil: "2030-01-31T00:00:00.000Z" },
      });
      const { id } = await json(["add", "Likes rain", "--sync"]);
      const unsure = await fault(["forget", id]);
      expect([unsure.name, unsure.code]).to.deep.equal(["NotConfirmed", 9]);
      expect((await cli(["forget", id], { answer: () => "no" })).code).to.equal(9);
      expect(await json(["forget", id, "--yes", "--sync"])).to.deep.include({ forgotten: [id], shred: null });
      expect(await texts()).to.deep.equal(["Allergic to penicillin", "Prefers aisle seats"]);
    });

    it("are shredded, which is shown at once, done with the next commit, and said in a receipt", async () => {
      expect(await json(["receipts"])).to.deep.equal({ receipts: [], dropped: false });
      const { id } = await json(["add", "Not for anybody", "--sync"]);
      expect((await cli(["forget", id, "--shred"], { answer: () => "no" })).code).to.equal(9);
      const { shred, committed } = await json(["forget", id, "--shred", "--yes"]);
      expect(committed).to.equal(null);
      expect(await texts()).to.deep.equal(["Allergic to penicillin", "Prefers aisle seats"]);
      const { sequence, rotated, operations } = await json(["sync"]);
      expect([rotated, operations]).to.deep.equal([true, { shredded: 1 }]);
      expect(await texts()).to.deep.equal(["Allergic to penicillin", "Prefers aisle seats"]);
      const { out } = await cli(["receipts"]);
      for (const said of ["1 memory of commit", "older ones destroyed here", "did not say so", "24 words"])
        expect(out).to.include(said);
      const { receipts } = await json(["receipts", "--drop"]);
      expect(receipts).to.have.length(1);
      expect(receipts[0]).to.deep.include({ id: shred, sequence, memoryIds: [id], silent: [], unknown: [] });
      expect(await json(["receipts"])).to.deep.equal({ receipts: [], dropped: false });
      // The device's own word waits for the next commit, and is in nobody's way.
      expect(await texts()).to.deep.equal(["Allergic to penicillin", "Prefers aisle seats"]);
      expect((await json(["status"])).vaults[0]).to.include({ pending: 0 });
    });

    it("make a bio, which asks no model and names no scope that is not there", async () => {
      const { out } = await cli(["bio", "--scopes", "health,travel"]);
      const today = new Date().toISOString().slice(0, 10);
      expect(out).to.equal(
        [
          ...["# Bio", "", "## health", "", "### Facts", "", `- Allergic to penicillin (${today})`],
          ...["", "## travel", "", "### Facts", "", `- Prefers aisle seats (${today})`, ""],
        ].join("\n"),
      );
      expect((await cli(["bio"])).out).to.equal(out);
      const { memories, total, truncated } = await json(["bio", "--limit", "1"]);
      expect([memories.map(({ text }) => text), total, truncated]).to.deep.equal([
        ["Allergic to penicillin"],
        ...[2, true],
      ]);
      expect((await fault(["bio", "--scopes", "nowhere"])).name).to.equal("UnknownScope");
      expect((await fault(["bio", "--limit", "0"])).name).to.equal("UsageFault");
    });

    it("are refused with what is wrong about them", async () => {
      const refusals: [string[], string, number][] = [
        [["show", "ffffffff"], "UnknownMemory", 7],
        [["list", "--scope", "nowhere"], "UnknownScope", 7],
        [["list", "--limit", "many"], "UsageFault", 2],
        [["add"], "UsageFault", 2],
        [["add", "x", "--type", "vague"], "UsageFault", 2],
        [["add", "x", "--scope", "\u0007"], "InvalidScopeName", 7],
        [["update", "ffffffff"], "UsageFault", 2],
        [["update", "ffffffff", "one", "--text", "another"], "UsageFault", 2],
        [["--vault", "0x1234", "list"], "UsageFault", 2],
      ];
      for (const [argv, name, code] of refusals) {
        const found = await fault(argv);
        expect([found.name, found.code, found.exitCode], argv.join(" ")).to.deep.equal([name, code, code]);
      }
    });

    it("reach a terminal without what it would obey", async () => {
      const { id } = await json(["add", "red \u001b[31malert\u001b]0;title\u0007\nnext"]);
      for (const argv of [["list"], ["show", id], ["bio"]])
        expect((await cli(argv)).out).to.not.match(/[\u0000-\u0008\u001b]/);
      await json(["forget", id, "--yes"]);
    });
  });

  describe("verify and status", () => {
    it("prove the whole against the chain, and one memory by the contract", async () => {
      const { memories } = await json(["list"]);
      const { id } = memories[0]!;
      const proven = await json(["verify", "--memory", id]);
      expect(proven).to.include({
        complete: true,
        unaltered: true,
        current: true,
        final: true,
        memories: 2,
        rpcs: 1,
      });
      expect(proven.memory).to.deep.equal({ id, onChain: true });
    });

    it("say what was altered, and end with 5", async () => {
      const blobs = path.join(home, "blobs");
      const names = await readdir(blobs);
      const kept = new Map(
        await Promise.all(names.map(async (name) => [name, await readFile(path.join(blobs, name))] as const)),
      );
      for (const [name, bytes] of kept)
        await writeFile(
          path.join(blobs, name),
          bytes.map((byte, i) => (i === 99 ? byte ^ 1 : byte)),
        );
      const altered = await fault(["verify"]);
      expect([altered.name, altered.code]).to.deep.equal(["BlobAltered", 5]);
      for (const name of names) await rm(path.join(blobs, name));
      expect(await fault(["verify"])).to.include({ name: "BlobMissing", code: 6 });
      for (const [name, bytes] of kept) await writeFile(path.join(blobs, name), bytes, { mode: 0o600 });
      expect(await json(["verify"])).to.include({ complete: true });
    });

    it("ask a second RPC, which must agree and be of the same chain", async () => {
      const { url } = await json(["dev", "--detach"]);
      expect(await json(["verify", "--second-rpc", url])).to.include({ complete: true, rpcs: 2 });
      expect((await cli(["verify", "--second-rpc", url])).out).to.include("Two RPCs were asked, and agree.");
      await using elsewhere = await startProxy(
        () => url,
        ({ method, forward }) =>
          method === "eth_chainId" ? Promise.resolve('{"jsonrpc":"2.0","id":1,"result":"0x1"}') : forward(),
      );
      expect(await fault(["verify", "--second-rpc", elsewhere.url])).to.include({
        ...{ name: "RpcsDisagree", code: 5, what: "the chain", first: "31337", second: "1" },
      });
    });

    it("show where everything stands", async () => {
      const status = await json(["status"]);
      expect(status).to.include({ home, sealed: false }).and.have.nested.property("network.name", "dev");
      expect(status.vaults[0]).to.deep.include({ role: "owner", label: "mine", rpcs: 1, error: null });
      expect((await cli(["status"])).out)
        .to.include("mine")
        .and.include("NOT sealed")
        .and.match(/^Account +0x\w{40}, [\d.]+ of the chain's coin$/m);
    });
  });

  describe("grants", () => {
    const reader = ["--profile", "reader"];
    let welcome: string;
    let recipient: string;

    before(async () => {
      const made = await json([...reader, ...PLAIN, "--no-words"]);
      expect(made).to.not.have.property("words");
      recipient = made.recipientFile;
      welcome = path.join(home, "for-reader.age");
    });

    it("open scopes for thirty days unless said, and nothing else", async () => {
      const granted = await json([
        ...["grant", "--to", recipient, "--scopes", "health", "--label", "clinic", "--out", welcome],
      ]);
      expect(granted).to.include({ welcome, rotated: true });
      const days = (Date.parse(granted.expiresAt) - Date.now()) / 86_400_000;
      expect(days).to.be.within(29.9, 30.1);
      const accepted = await json([...reader, "accept", welcome]);
      expect(accepted).to.deep.include({ role: "reader", scopes: [{ name: "health", count: 1 }] });
      expect(await texts(...reader)).to.deep.equal(["Allergic to penicillin"]);
      expect((await cli([...reader, "status"])).out)
        .to.match(/^Reads +health, as of commit \d+$/m)
        .and.include("memvault verify");
      expect((await fault([...reader, "list", "--scope", "travel"])).name).to.equal("UnknownScope");
      expect(await json([...reader, "verify"])).to.include({ complete: true, memories: 1 });
      const { grants } = await json(["grants"]);
      expect(grants[0]).to.deep.include({
        label: "clinic",
        scopes: ["health"],
        listed: false,
        propose: false,
      });
    });

    it("give a reader nothing to write with", async () => {
      for (const argv of [["add", "x"], ["sync"], ["grants"]]) {
        const { name, code } = await fault([...reader, ...argv]);
        expect([name, code], argv[0]).to.deep.equal(["OwnerClassOnly", 4]);
      }
    });

    it("are refused without an end, without scopes, twice, or to nobody", async () => {
      const to = ["grant", "--to", recipient];
      const refusals: [string[], string, number][] = [
        [[...to, "--scopes", "health", "--days", "99999"], "UsageFault", 2],
        [[...to, "--scopes", "health", "--days", "0"], "UsageFault", 2],
        [[...to, "--scopes", ","], "UsageFault", 2],
        [[...to, "--scopes", "health"], "AlreadyMember", 7],
        [["grant", "--scopes", "health"], "UsageFault", 2],
        [["grant", "--to", "ann", "--scopes", "health"], "InvalidAccount", 7],
        [["grant", "--to", "./nobody.txt", "--scopes", "health"], "FileFault", 7],
        [["grant", "--to", owner, "--scopes", "health"], "KeyNotPublished", 7],
        [["revoke", "nobody", "--yes"], "NotGranted", 7],
        [[...reader, "accept", recipient], "WelcomeRejected", 4],
      ];
      for (const [argv, name, code] of refusals) {
        const found = await fault(argv);
        expect([found.name, found.code], argv.join(" ")).to.deep.equal([name, code]);
      }
    });

    it("are not widened, and the refusal says which commands do that", async () => {
      const { memberId, message } = (await fault([
        "grant",
        "--to",
        recipient,
        "--scopes",
        "health,travel",
      ])) as unknown as { memberId: string; message: string };
      expect(message).to.include(`memvault revoke ${memberId.slice(0, 8)}, then memvault grant`);
    });

    it("end with a clear error, and status 4", async () => {
      expect((await fault(["revoke", "clinic"])).name).to.equal("NotConfirmed");
      expect(await json(["revoke", "clinic", "--yes"])).to.include({ rotated: true });
      expect(await json(["grants"])).to.deep.equal({ grants: [] });
      const { code, err, out } = await cli([...reader, "list"]);
      expect([code, out]).to.deep.equal([4, ""]);
      expect(err).to.match(/^The keyring of epoch \d+ has no entry for this member\. Ask the vault's owner/);
    });
  });

  describe("recover", () => {
    it("gives everything back from the words and the address", async () => {
      await json(["--profile", "new", ...PLAIN, "--no-words"]);
      const recovered = await json(["--profile", "new", "recover", "--owner", owner], { input: words });
      expect(recovered).to.include({ role: "owner", memories: 2 });
      expect(await texts("--profile", "new")).to.deep.equal(await texts());
      await json(["--profile", "new", "add", "Written after", "--scope", "travel", "--sync"]);
      expect(await texts()).to.include("Written after");
    });

    it("repeats no word in what it says of wrong ones", async () => {
      const wrong = words.replace(/^\w+/, "notaword");
      const { code, err } = await cli(["--profile", "new", "recover", "--owner", owner], { input: wrong });
      expect(code).to.equal(3);
      expect(err).to.include("word 1").and.not.include("notaword").and.not.include(words.split(" ")[1]!);
    });
  });

  describe("devices", () => {
    const phone = ["--profile", "phone"];

    it("are let in by a welcome, and listed with the keys to compare", async () => {
      const { recipientFile } = await json([...phone, ...PLAIN, "--no-words"]);
      const welcome = path.join(home, "for-phone.age");
      const asked = ["devices", "add", "--to", recipientFile, "--label", "phone", "--out", welcome];
      expect(await json(asked)).to.include({ welcome, rotated: false });
      expect(await json([...phone, "accept", welcome])).to.include({ role: "owner" });
      const { id } = await json([...phone, "add", "From the phone", "--scope", "travel", "--sync"]);
      expect(await texts()).to.include("From the phone");
      await json(["forget", id, "--yes", "--sync"]);
      const { devices } = await json(["devices"]);
      expect(devices.map(({ label, own }) => [label, own])).to.have.deep.members([
        ["first device", true],
        ["the 24 words", false],
        ["recovered device", false],
        ["phone", false],
      ]);
      const own = (await json([...phone, "devices"])).devices.find((device) => device.own);
      expect(own).to.deep.equal({ ...devices.find(({ label }) => label === "phone"), own: true });
      expect((await cli(["devices"])).out).to.include(own!.digest.slice(0, 18));
    });

    it("leave with every key changed, once whoever came after them is vouched for", async () => {
      const { name, code, message } = await fault(["devices", "remove", "recovered device", "--yes"]);
      expect([name, code]).to.deep.equal(["RecipientsUnconfirmed", 7]);
      expect(message).to.include("phone");
      expect((await fault(["devices", "remove", "phone"])).name).to.equal("NotConfirmed");
      expect((await fault(["devices", "remove", "tablet", "--yes"])).name).to.equal("NotGranted");
      expect((await fault(["devices", "remove", "first device", "--yes"])).name).to.equal("OwnDevice");
      const removed = await json(["devices", "remove", "phone", "--yes"]);
      expect(removed).to.deep.include({ rotated: true, leftOut: [] }).and.have.property("removed").length(1);
      const gone = await fault([...phone, "list"]);
      expect([gone.name, gone.code]).to.deep.equal(["NotAMember", 4]);
      expect(await texts("--profile", "new")).to.deep.equal(await texts());
      const { heads } = await json(["devices", "heads"]);
      expect(heads[0]).to.include({ fault: null, memories: (await texts()).length });
      expect((await fault(["devices", "remove", "--base", "9999", "--yes"])).name).to.equal("HeadUnknown");
    });
  });

  describe("import and export", () => {
    const sample = path.resolve("examples/chatgpt-export");

    it("tell what an import would bring", async () => {
      const dry = await json(["import", sample, "--dry-run"]);
      expect(dry).to.include({ importer: "chatgpt", dryRun: true, known: 0 });
      expect(dry.memories).to.be.greaterThan(50);
      expect(dry.skipped[0]).to.have.keys("place", "why");
      expect(Object.values(dry.scopes).reduce((a, b) => a + b)).to.equal(dry.memories);
      // It needs no profile: people look before they begin.
      expect(await json(["--profile", "nobody", "import", sample, "--dry-run"])).to.include({
        memories: dry.memories,
      });
      expect(await texts()).to.have.length(3);
    });

    it("bring an export once, however often it is run", async () => {
      const first = await json(["import", sample]);
      expect(first.committed).to.equal(null);
      // From the journal, and from the vault.
      expect(await json(["import", sample])).to.include({ memories: 0, known: first.memories });
      await json(["sync"]);
      expect(await json(["import", sample, "--sync"])).to.include({ memories: 0, known: first.memories });
      expect(await texts()).to.have.length(3 + Number(first.memories));
      const file = path.join(home, "undated.md");
      await writeFile(file, "# Career\n\n- Builds bridges out of paper\n- Teaches on Mondays\n");
      expect(await json(["import", file, "--scope", "career"])).to.include({ memories: 2 });
      expect(await json(["import", file])).to.include({ memories: 0, known: 2 });
      await json(["sync"]);
    });

    it("bring nothing back that was forgotten or changed since, unless they are told to", async () => {
      const file = path.join(home, "twice.md");
      await writeFile(file, "- Collects stamps of railways\n- Sings in a choir on Fridays\n- Owns a barge\n");
      const before = await texts();
      await json(["import", file, "--sync"]);
      const idOf = async (text: string) =>
        (await json(["list", "--limit", "50"])).memories.find((memory) => memory.text === text)!.id;
      await json(["forget", await idOf("Collects stamps of railways"), "--yes"]);
      await json(["update", await idOf("Owns a barge"), "--text", "Sold the barge"]);
      const rest = { memories: 0, known: 1, forgotten: 1, changed: 1, skipped: [] };
      expect(await json(["import", file])).to.deep.include(rest);
      await json(["sync"]);
      expect(await json(["import", file, "--dry-run"])).to.deep.include({ ...rest, dryRun: true });
      expect((await cli(["import", file])).out).to.contain("1 that you forgot, and 1 that you changed since");
      expect(await texts()).to.have.members([...before, "Sings in a choir on Fridays", "Sold the barge"]);
      expect(await json(["import", file, "--again"])).to.include({ memories: 2, known: 1 });
      expect(await json(["import", file])).to.include({ memories: 0, known: 3 });
      for (const text of ["Collects stamps of railways", "Sings in a choir on Fridays", "Owns a barge"])
        await json(["forget", await idOf(text), "--yes"]);
      await json(["forget", await idOf("Sold the barge"), "--yes", "--sync"]);
      expect(await texts()).to.have.members(before);
    });

    it("refuse what is no export", async () => {
      expect(await fault(["import", path.join(home, "nowhere")])).to.include({
        name: "MalformedExport",
        code: 7,
      });
      const odd = path.join(home, "odd.bin");
      await writeFile(odd, Buffer.from([0, 1, 2, 255, 254]));
      expect((await fault(["import", odd])).code).to.equal(7);
      expect((await fault(["import", sample, "--as", "poems"])).code).to.equal(2);
    });

    it("of several tools are named one at a time, and what is none says why", async () => {
      const [both, one] = [path.join(home, "both"), path.join(home, "one")];
      const file = (tool: string) => path.join("examples", `${tool}-export`);
      await cp(file("chatgpt"), path.join(both, "a"), { recursive: true });
      await cp(file("claude"), path.join(both, "b"), { recursive: true });
      await cp(file("chatgpt"), one, { recursive: true });
      await writeFile(path.join(one, "notes.md"), "- Plays the tuba\n");
      const several = await fault(["import", both, "--dry-run"]);
      expect([several.name, several.code]).to.deep.equal(["SeveralExports", 7]);
      expect(several.message).to.include("chatgpt, claude").and.include("one at a time");
      const { skipped } = await json(["import", one, "--dry-run"]);
      expect(skipped).to.deep.include({
        place: "notes.md",
        why: "text beside an export of chatgpt: name it by itself",
      });
      const empty = path.join(home, "empty.json");
      await writeFile(empty, "");
      const none = await fault(["import", empty]);
      expect(none).to.include({ name: "UnknownExport", code: 7 });
      expect(none.message).to.include("it is empty");
      expect((await fault(["import", path.join(home, "nowhere")])).message).to.include("does not exist");
    });

    for (const [format, ending] of [
      ["pam", "pam.json"],
      ["jsonl", "jsonl"],
    ] as const)
      it(`take every memory to another vault in ${format}`, async () => {
        const file = path.join(home, `out.${ending}`);
        const written = await json(["export", "--format", format, "--out", file]);
        expect(written).to.include({ encrypted: false, pending: 0 });
        expect((await stat(file)).mode & 0o777).to.equal(0o600);
        expect(await fault(["export", "--out", file])).to.include({ name: "FileFault", code: 7 });
        const profile = ["--profile", `from-${format}`];
        await json([...profile, ...PLAIN]);
        await json([...profile, "mint"]);
        await json([...profile, "import", file, "--sync"]);
        expect(await texts(...profile)).to.deep.equal(await texts());
        expect(await json([...profile, "grants"])).to.deep.equal({ grants: [] });
      });

    it("write Markdown to stdout, of chosen scopes", async () => {
      const { out, code } = await cli(["export", "--format", "markdown", "--scope", "health", "--out", "-"]);
      expect(code).to.equal(0);
      expect(out)
        .to.match(/^# Memories\n/)
        .and.include("- Allergic to penicillin")
        .and.not.include("## travel");
    });

    it("encrypt to a passphrase or to recipients", async () => {
      const file = path.join(home, "out.age");
      const env = { MEMVAULT_EXPORT_PASSPHRASE: "on paper" };
      expect(await json(["export", "--passphrase", "--out", file], { env })).to.include({ encrypted: true });
      const decrypter = new Decrypter();
      decrypter.addPassphrase("on paper");
      expect(await decrypter.decrypt(await readFile(file), "text")).to.include("Allergic to penicillin");
      const both = ["export", "--passphrase", "--to", "age1x", "--out", file];
      expect((await fault(both, { env })).code).to.equal(2);
      const to = path.join(home, "recipient.txt");
      expect(await json(["export", "--to", to, "--out", file, "--force"])).to.include({ encrypted: true });
    });
  });

  describe("a grant of a scope that is not there", () => {
    const unlabelled = ["--profile", "from-jsonl"];

    it("asks before it makes one, and says which", async () => {
      const asked = [...unlabelled, "grant", "--to", path.join(home, "recipient.txt")];
      const unsure = await fault([...asked, "--scopes", "health, helth"]);
      expect([unsure.name, unsure.code]).to.deep.equal(["NotConfirmed", 9]);
      expect(unsure.message).to.include('no scope "helth" yet').and.include("health");
      expect((await cli([...asked, "--scopes", "helth"], { answer: () => "no" })).code).to.equal(9);
      expect(await json([...unlabelled, "grants"])).to.deep.equal({ grants: [] });
      const { code, out } = await cli([...asked, "--scopes", "helth", "--yes"]);
      expect(code).to.equal(0);
      expect(out)
        .to.match(/^Reads +helth \(0\)$/m)
        .and.match(/^Vault +0x[0-9a-f]{64}$/m);
      expect(out).to.match(/ in (1 blob|\d\d*[02-9] blobs|[2-9] blobs)$/m);
    });
  });

  describe("the chain of this machine", () => {
    it("is there again after a kill, with all that was committed", async () => {
      const before = await json(["verify"]);
      const node = await runningNode(home);
      process.kill(node!.pid, "SIGKILL");
      while ((await runningNode(home)) !== null) await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await fault(["verify"])).name).to.equal("DevNotRunning");
      const again = await json(["dev", "--detach"]);
      expect(again).to.include({ began: "restored", url: node!.url });
      expect(await json(["verify"])).to.deep.equal(before);
      expect(await json(["add", "After the kill", "--sync"])).to.have.nested.property(
        "committed.final",
        true,
      );
    });

    it("is there again after a stop, at the same port", async () => {
      const { url } = (await runningNode(home))!;
      expect(await json(["dev", "stop"])).to.deep.equal({ stopped: true });
      expect(await json(["dev", "stop"])).to.deep.equal({ stopped: false });
      expect(await json(["add", "While no chain ran"])).to.include({ committed: null });
      expect((await fault(["add", "Not kept", "--sync"])).name).to.equal("DevNotRunning");
      expect((await fault(["list"])).name).to.equal("DevNotRunning");
      // In the foreground: somebody presses Ctrl-C at once.
      expect(await json(["dev"])).to.include({ began: "restored", stopped: true });
      expect(await json(["dev", "--detach"])).to.include({ url });
      expect(await texts())
        .to.include.members(["After the kill", "While no chain ran"])
        .and.not.include("Not kept");
    });
  });

  describe("another network", () => {
    const account = Wallet.createRandom();
    const away = ["--profile", "away"];
    let url: string;

    before(async () => {
      const node = await runningNode(home);
      url = node!.url;
    });

    it("takes the account from the environment or a keystore", async () => {
      const deployment = path.join(home, "dev", "deployments", "31337.json");
      await json([...away, ...PLAIN, "--rpc", url, "--deployment", deployment]);
      const none = await fault([...away, "mint"]);
      expect([none.name, none.code]).to.deep.equal(["WalletRequired", 8]);
      expect(none.message).to.include("--keystore FILE").and.include("MEMVAULT_PRIVATE_KEY");
      const env = { MEMVAULT_PRIVATE_KEY: account.privateKey };
      const poor = await fault([...away, "mint"], { env });
      expect([poor.name, poor.code]).to.deep.equal(["NotEnoughFunds", 8]);
      const body = {
        jsonrpc: "2.0",
        id: 1,
        method: "anvil_setBalance",
        params: [account.address, "0xde0b6b3a7640000"],
      };
      await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const keystore = path.join(home, "account.json");
      await writeFile(keystore, await account.encrypt("secret"));
      const wrong = await fault([...away, "--keystore", keystore, "mint"], {
        env: { MEMVAULT_KEYSTORE_PASSPHRASE: "no" },
      });
      expect([wrong.name, wrong.code]).to.deep.equal(["BadAccount", 3]);
      const minted = await json([...away, "--keystore", keystore, "mint"], {
        env: { MEMVAULT_KEYSTORE_PASSPHRASE: "secret" },
      });
      expect(minted.owner).to.equal(account.address);
      expect(await json([...away, "add", "From the environment", "--sync"], { env })).to.have.nested.property(
        "committed.sequence",
        1,
      );
    });

    it("that nobody answers for is said so, at once", async () => {
      const { name, code } = await fault(["--rpc", "http://127.0.0.1:9", "list"]);
      expect([name, code]).to.deep.equal(["ChainUnreachable", 6]);
    });

    it("without contracts is said so", async () => {
      const bad = await fault(["--profile", "odd", ...PLAIN, "--rpc", "nowhere"]);
      expect([bad.name, bad.code]).to.deep.equal(["UsageFault", 2]);
    });
  });

  describe("several vaults", () => {
    it("are not minted by mistake, and no words are shown before that is clear", async () => {
      expect(await fault(["mint"])).to.include({ name: "NotConfirmed", code: 9 });
      const asked: string[] = [];
      const answer = (question: string): string => (asked.push(question), "no");
      const { code, out } = await cli(["mint"], { answer });
      expect([code, wordsIn(out)]).to.deep.equal([9, []]);
      expect(asked).to.have.length(1);
      expect(asked[0]).to.include("has a vault here already: 0x").and.include("mine").and.include("--vault");
      const again = await cli(["take-over", "--yes"]);
      expect([again.code, wordsIn(again.out)]).to.deep.equal([3, []]);
      expect(again.err).to.include("nothing to take over");
    });

    it("are told apart by id or label", async () => {
      const second = await json(["mint", "--label", "work", "--yes"]);
      expect(second.words.split(" ")).to.have.length(24);
      expect(await fault(["list"])).to.include({ name: "WhichVault", code: 3 });
      expect(await texts("--vault", "work")).to.deep.equal([]);
      expect(await texts("--vault", second.vaultId.slice(0, 12))).to.deep.equal([]);
      expect(await texts("--vault", "mine")).to.include("Allergic to penicillin");
      const past = await cli(["--vault", "work", "add", "Lived in Ghent", "--until", "2020-01-01"]);
      expect([past.code, past.err]).to.deep.equal([
        0,
        "--until 2020-01-01 is past: the memory is kept as something that stopped being true.\n",
      ]);
    });
  });
});
