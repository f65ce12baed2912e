import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { runningNode } from "../../apps/cli/devnode.ts";
import { EXIT, UsageFault } from "../../apps/cli/faults.ts";
import { storeText } from "../../apps/cli/stores.ts";
import { IpfsServer } from "../helpers/ipfs-server.ts";
import { cliIn } from "./cli-world.ts";

const PLAIN = ["init", "--no-passphrase", "--yes"];

describe("memvault's stores", function () {
  this.timeout(120_000);
  const node = new IpfsServer();
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  let json: ReturnType<typeof cliIn>["json"];
  let fault: ReturnType<typeof cliIn>["fault"];

  before(async () => {
    await node.start();
    home = await mkdtemp(path.join(tmpdir(), "memvault-stores-"));
    ({ cli, json, fault } = cliIn(home));
    await json(["dev", "--detach"]);
  });
  after(async () => {
    await cli(["dev", "stop"]);
    const running = await runningNode(home);
    if (running !== null) process.kill(running.pid, "SIGKILL");
    await node.stop();
    await rm(home, { recursive: true, force: true });
  });

  const texts = async (...more: string[]): Promise<string[]> => {
    const { memories } = await json(["list", "--limit", "0", ...more]);
    return memories.map(({ text }) => text).sort();
  };
  const folder = (name: string) => path.join(home, name);
  const auditOf = async (...more: string[]) =>
    (await json(["audit", ...more])) as unknown as {
      readonly sound: boolean;
      readonly blobs: number;
      readonly lost: readonly string[];
      readonly stores: readonly { readonly missing: readonly string[]; readonly name: string }[];
    };

  it("are named by one text, which means the same wherever it is read", () => {
    const here = (name: string) => path.resolve(name);
    for (const [text, whole] of [
      ["./blobs", `dir:${here("blobs")}`],
      ["a/b", `dir:${here("a/b")}`],
      ["/blobs", "dir:/blobs"],
      ["dir:blobs", `dir:${here("blobs")}`],
      ["dir:/a+b", "dir:/a+b"],
      ["chain", "chain"],
      [
        "ipfs:http://127.0.0.1:5001,https://gateway.example/x",
        "ipfs:http://127.0.0.1:5001,https://gateway.example/x",
      ],
      ["gateways:https://gateway.example", "gateways:https://gateway.example"],
      [
        "mirror:2/dir:a+b+ipfs:http://127.0.0.1:5001+chain",
        `mirror:2/dir:${here("a+b")}+ipfs:http://127.0.0.1:5001+chain`,
      ],
    ] as const) {
      expect(storeText(text)).to.equal(whole);
      expect(storeText(whole)).to.equal(whole);
    }
    for (const text of [
      ...["", "dir:", "ipfs:", "ipfs:localhost", "ipfs:file:///x", "gateways:", "ipfs:http://me:secret@host"],
      ...[
        "mirror:",
        "mirror:3/dir:a+chain",
        "mirror:0/chain",
        "mirror:mirror:chain+dir:a",
        "ipfs:http://a,x",
      ],
    ])
      expect(() => storeText(text), text)
        .to.throw(Error)
        .with.property("message")
        .that.does.not.include("secret");
  });

  it("are no folder of the name that was mistyped", () => {
    for (const text of [
      "ipfs",
      "chian",
      "mirror",
      "gateways",
      "ipfs.io:5001",
      "https://x.example/y",
      "mirror:chian+chain",
    ])
      expect(() => storeText(text), text).to.throw(UsageFault, "names no store");
    expect(() => storeText("blobs")).to.throw(UsageFault, "dir:blobs, or ./blobs");
  });

  it("are changed by one line, with everything in them and no word to the chain", async () => {
    await json(PLAIN);
    await json(["mint"]);
    await json(["add", "Allergic to penicillin", "--scope", "health", "--sync"]);
    const before = await json(["status"]);
    const moved = await json(["move", `ipfs:${node.url}`]);
    expect(moved)
      .to.include({ store: `ipfs:${node.url}`, copied: true })
      .and.have.property("blobs")
      .above(0);
    expect(await texts()).to.deep.equal(["Allergic to penicillin"]);
    expect((await auditOf()).sound).to.equal(true);
    await rm(folder("blobs"), { recursive: true });
    await json(["add", "By train", "--scope", "travel", "--sync"]);
    expect(await texts()).to.have.length(2);
    expect(node.pinned.size).to.be.greaterThan(1);
    const { account } = (await json(["status"])) as unknown as { account: { address: string } };
    expect(account.address).to.equal((before as unknown as { account: { address: string } }).account.address);
  });

  it("are audited and repaired, and told apart: missing, out of reach, lost", async () => {
    await json(["move", `mirror:2/dir:${folder("one")}+dir:${folder("two")}+ipfs:${node.url}`]);
    const sound = await auditOf();
    expect(sound.stores.map(({ missing }) => missing.length)).to.deep.equal([0, 0, 0]);
    await rm(folder("one"), { recursive: true });
    const whole = await cli(["audit", "--json"]);
    expect(whole.code).to.equal(EXIT.unavailable);
    const found = JSON.parse(whole.out) as typeof sound;
    expect(found.stores[0]!.missing).to.have.length(found.blobs);
    expect([found.sound, found.lost.length]).to.deep.equal([false, 0]);
    const said = await cli(["audit"]);
    expect(said.out)
      .to.match(/one: 0 present, \d+ missing/)
      .and.include("memvault repair");
    const repaired = await cli(["repair"]);
    expect(repaired.code, repaired.err).to.equal(0);
    expect(repaired.out).to.match(/one: \d+ blobs copied and read back/);
    expect((await auditOf()).sound).to.equal(true);
    const [name] = await readdir(folder("two"));
    await writeFile(path.join(folder("two"), name!), "altered");
    const altered = await cli(["audit"]);
    expect(altered.out).to.include("1 altered");
    expect(altered.code).to.equal(EXIT.integrity);
    node.fault = (_, response) => {
      response.writeHead(500).end();
      return true;
    };
    expect((await cli(["audit"])).out).to.match(/IPFS node .*out of reach/);
    node.fault = () => false;
    await json(["repair"]);
    expect((await auditOf()).sound).to.equal(true);
  });

  it("are repaired or not, and the status says which", async () => {
    expect((await cli(["repair"])).out).to.include("There was nothing to repair.");
    node.fault = (_, response) => {
      response.writeHead(500).end();
      return true;
    };
    await rm(folder("one"), { recursive: true });
    const part = await cli(["repair"]);
    expect(part.code).to.equal(EXIT.unavailable);
    expect(part.out)
      .to.match(/one: \d+ blobs copied and read back/)
      .and.match(/IPFS node .*: out of reach/)
      .and.include("Not all is mended")
      .and.not.include("could not be made");
    const silent = await cli(["audit"]);
    expect(silent.out).to.include("look again when it answers").and.not.include("memvault repair");
    const passed = await cli(["add", "Goes on", "--scope", "travel", "--sync"]);
    expect(passed.code, passed.err).to.equal(EXIT.ok);
    expect(passed.err)
      .to.match(/^IPFS node .* was passed over: /m)
      .and.not.include("try again");
    node.fault = () => false;
    await rm(folder("two"), { recursive: true });
    const whole = await cli(["repair"]);
    expect(whole.code, whole.err).to.equal(EXIT.ok);
    expect(whole.out)
      .to.match(/All is there\.\n$/)
      .and.not.include("could not be made");
  });

  it("get back from a backup what is lost, by the command that the audit names", async () => {
    const [lame, backup] = ["lame", "backup"].map(folder);
    await json(["list", "--store", `mirror:2/dir:${folder("one")}+dir:${lame!}`]);
    await json(["repair", "--store", `mirror:2/dir:${folder("one")}+dir:${lame!}`]);
    await cp(lame!, backup!, { recursive: true });
    // The head's own blob stays, so that it opens; what it names goes.
    const { blobs } = await auditOf("--store", `dir:${lame!}`);
    expect(blobs).to.be.greaterThan(1);
    for (const name of await readdir(lame!)) {
      const file = path.join(lame!, name);
      const bytes = await readFile(file);
      await rm(file);
      if ((await cli(["audit", "--store", `dir:${lame!}`])).out.includes("LOST")) break;
      await writeFile(file, bytes);
    }
    const audited = await cli(["audit", "--store", `dir:${lame!}`]);
    expect(audited.code).to.equal(EXIT.integrity);
    expect(audited.out).to.include("LOST").and.not.include("memvault repair copies");
    const named = /--store (mirror:\S+)/.exec(audited.out)?.[1] ?? "";
    const none = await cli(["repair", "--store", `dir:${lame!}`]);
    expect(none.code).to.equal(EXIT.integrity);
    expect(none.out).to.include("1 copy could not be made.");
    const mended = await cli(["repair", "--store", named.replace("BACKUP", backup!)]);
    expect(mended.code, mended.out + mended.err).to.equal(EXIT.ok);
    expect((await cli(["audit", "--store", `dir:${lame!}`])).code).to.equal(EXIT.ok);
  });

  it("are not what an agent's receipts are about: nothing was granted to a stranger", async () => {
    const agent = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
    const said = await cli(["audit", "--agent", agent]);
    expect([said.code, said.err]).to.deep.equal([0, ""]);
    expect(said.out).to.include(`Agent ${agent}, held against head`).and.include("never granted");
    expect(await json(["audit", "--agent", agent])).to.deep.include({
      sound: true,
      exchanges: [],
      grants: [],
    });
    expect(await fault(["audit", "--agent", "nobody"])).to.include({ name: "InvalidAccount" });
    expect(await fault(["audit", "--text"])).to.include({ code: EXIT.usage });
  });

  it("give up what the vault does not need, once that is confirmed, and nothing else", async () => {
    for (const text of ["One", "Two", "Three"]) await json(["add", text, "--scope", "travel", "--sync"]);
    const all = await texts();
    expect(await fault(["gc"])).to.include({ code: EXIT.cancelled });
    const before = (await readdir(folder("two"))).length;
    const { blobs } = (await json(["gc", "--yes"])) as unknown as { blobs: number };
    expect(blobs).to.be.greaterThan(0);
    expect(await readdir(folder("two"))).to.have.length(before - blobs);
    expect(await texts()).to.deep.equal(all);
    expect((await auditOf()).sound).to.equal(true);
  });

  it("on chain ask before they spend, and take no for an answer", async () => {
    const all = await texts();
    expect(await fault(["move", "chain"])).to.include({ code: EXIT.cancelled, name: "NotConfirmed" });
    const asked: string[] = [];
    const answer = (question: string): string => {
      asked.push(question);
      return "yes";
    };
    const moved = await cli(["move", "chain"], { answer });
    expect(moved.code, moved.err).to.equal(0);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.match(
      /^Publishing \d+ blobs \(\S+ KiB\) on chain, for ever, takes [\d,]+ gas: up to 0\.\d+ ETH\./,
    );
    expect(await texts()).to.deep.equal(all);
    await json(["add", "Kept where anybody sees it", "--scope", "travel", "--sync", "--yes"]);
    expect(await texts()).to.have.length(all.length + 1);
    await json(["add", "Paid for twice", "--scope", "travel"]);
    const synced = await cli(["sync", "--yes"]);
    expect(synced.out).to.match(/^Blobs +up to [\d,]{7,} gas besides, in transactions of their own$/m);
    await json(["forget", (await json(["search", "paid", "twice"])).memories[0]!.id, "--yes", "--sync"]);
    expect(await fault(["add", "Nobody is asked", "--sync"])).to.include({ code: EXIT.cancelled });
  });

  it("keep no token in the profile, and pin with a second pinner if the environment says so", async () => {
    await json(["move", `ipfs:${node.url}`]);
    node.log.length = 0;
    const env = {
      MEMVAULT_IPFS_TOKEN: `other.example token-of-another, ${new URL(node.url).host} token-of-the-node`,
      MEMVAULT_PINNING: node.url,
      MEMVAULT_PINNING_TOKEN: "token-of-the-pinner",
    };
    await json(["add", "Twice pinned", "--scope", "travel", "--sync"], { env });
    expect(node.requests.size).to.be.greaterThan(0);
    const of = (call: string) => node.log.find((asked) => asked.call === call)?.headers.authorization;
    expect([of("add"), of("pins")]).to.deep.equal(["Bearer token-of-the-node", "Bearer token-of-the-pinner"]);
    expect(await readFile(path.join(home, "config.json"), "utf8")).to.not.include("token-of");
    const { message } = await fault(["move", "ipfs:http://me:secret@host"]);
    expect(message).to.not.include("secret");
    for (const [store, MEMVAULT_IPFS_TOKEN] of [
      [node.url, "token-for-whom"],
      ["http://node.example:5001", "node.example:5001 token-in-the-clear"],
    ] as const) {
      const refused = await fault(["list", "--store", `ipfs:${store}`], { env: { MEMVAULT_IPFS_TOKEN } });
      expect(refused).to.include({ name: "UsageFault", code: EXIT.usage });
      expect(refused.message).to.not.include("token-");
    }
    node.log.length = 0;
    await json(["list"], { env: { MEMVAULT_IPFS_TOKEN: "other.example token-of-another" } });
    expect(node.log.filter(({ headers }) => headers.authorization !== undefined)).to.deep.equal([]);
  });

  it("that the owner moved to are told to a reader by the message, in one command", async () => {
    const reader = ["--profile", "reader"];
    const { recipientFile } = await json([...reader, ...PLAIN, "--no-words"]);
    const welcome = folder("welcome.age");
    await json(["grant", "--to", recipientFile, "--scopes", "travel", "--out", welcome]);
    await json([...reader, "accept", welcome, "--store", `ipfs:${node.url}`]);
    const lost = await fault([...reader, "list"]);
    expect(lost.name).to.equal("BlobMissing");
    expect(lost.message).to.include("memvault move STORE --no-copy");
    await json([...reader, "move", `ipfs:${node.url}`, "--no-copy"]);
    expect((await json([...reader, "list"])).memories).to.not.deep.equal([]);
  });

  it("that only read cannot be written to, which is usage and no failure of theirs", async () => {
    const refused = await fault(["move", `gateways:${node.url}`]);
    expect(refused).to.include({ name: "StoreReadOnly", code: EXIT.usage });
  });

  it("can be another for one command", async () => {
    expect(await fault(["list", "--store", `dir:${folder("empty")}`])).to.include({ name: "BlobMissing" });
    expect(await texts("--store", `mirror:dir:${folder("empty")}+ipfs:${node.url}`)).to.deep.equal(
      await texts(),
    );
  });
});
