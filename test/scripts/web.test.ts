import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { auditReceipts, checkRequest, inbox } from "../../client/agents.ts";
import { grants, memoryJournalStore, read, recoverVault, sync, type Vault } from "../../client/index.ts";
import { devices } from "../../client/manage.ts";
import { ipfsStore } from "../../client/stores.ts";
import { wordsToSeed } from "../../client/words.ts";
import { buildApp } from "../../scripts/web/build.ts";
import { SCOPES } from "../../scripts/web/life.ts";
import { startWebWorld, type WebWorld } from "../../scripts/web/world.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The command as a process of its own, once it serves. */
async function served(...args: string[]) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /Memory Vault: (http:\S+)/.exec(said)?.[1];
      // The last line of what it says: from here on signals are heard.
      if (found !== undefined && said.includes("Ctrl-C")) resolve(found.replace("localhost", "127.0.0.1"));
    });
    child.once("close", (code) => reject(new Error(`ended with ${String(code)}: ${said}`)));
  });
  return { child, url, node: nodeBelow(child.pid ?? 0) };
}

/** The node that a process started, or one that it started: pages are not told where it listens. */
function nodeBelow(top: number): number {
  const listed = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="]).toString();
  const all = [...listed.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)];
  const below = (parent: number): number[] =>
    all.flatMap(([, pid, above, args = ""]) =>
      Number(above) !== parent ? [] : args.includes("--no-cors") ? [Number(pid)] : below(Number(pid)),
    );
  const [node] = below(top);
  if (node === undefined) throw new Error(`no node is below ${String(top)}`);
  return node;
}

const WEB = ["--import", "tsx", "scripts/web.ts", "--empty"];

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Waits until nobody answers there, and the node is gone. */
async function gone(url: string, node: number): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 100) {
    if (!runs(node) && !(await answers(url))) return;
    await sleep(100);
  }
  throw new Error(`${url} still answers, or process ${String(node)} runs`);
}

describe("npm run web", () => {
  let folder: string;
  let world: WebWorld;
  let vault: Vault;

  before(async function () {
    this.timeout(120_000);
    folder = await mkdtemp(path.join(tmpdir(), "memory-vault-web-"));
    await buildApp(folder);
    world = await startWebWorld({ folder, sample: true, wallet: true });
    const { chain, deployment, sample } = world;
    vault = await recoverVault({
      ...{ provider: chain.provider, wallet: await chain.provider.getSigner(1) },
      ...{ store: ipfsStore({ api: world.blobs.url }), address: deployment.memoryVault },
      ...{ journalStore: memoryJournalStore(), journalKey: randomBytes(32) },
      ...{ seed: wordsToSeed(sample!.words), owner: sample!.owner },
    });
    await sync(vault);
  });

  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  it("has a vault of some four hundred memories, of both types, from several tools", async () => {
    const { scopes } = await read(vault);
    const memories = scopes.flatMap((scope) => scope.memories);
    expect(scopes.map(({ name }) => name).sort()).to.deep.equal([...SCOPES].sort());
    expect(memories.length).to.be.within(350, 450);
    for (const type of ["semantic", "episodic"] as const)
      expect(memories.filter((memory) => memory.type === type).length).to.be.above(100);
    const tools = new Set(memories.map(({ source }) => source.tool));
    expect([...tools].sort()).to.deep.equal(["chatgpt", "claude", "memsync", null].sort());
    expect(memories.filter(({ conflictsWith }) => conflictsWith !== null)).to.have.length(1);
    expect(memories.filter(({ tags }) => tags.length > 0).length).to.be.above(200);
  });

  it("was written to for eighteen months", async () => {
    const { provider, deployment } = world.chain;
    const logs = await provider.getLogs({ address: deployment.memoryVault, fromBlock: deployment.block });
    const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
    const blocks = await Promise.all(
      numbers.map(async (number) => (await provider.getBlock(number))!.timestamp),
    );
    expect(blocks.length).to.be.above(15);
    expect((Math.max(...blocks) - Math.min(...blocks)) / 86_400).to.be.within(500, 560);
    const newest = await provider.getBlock("latest");
    expect(Math.abs(newest!.timestamp - Date.now() / 1_000)).to.be.below(60);
  });

  it("has devices, grants, an agent with receipts, a proposal and a request", async () => {
    const labels = (await devices(vault)).map(({ label }) => label);
    expect(labels).to.include.members(["Phone", "Tablet in the kitchen"]);
    const standing = await grants(vault);
    expect(standing.map(({ label }) => label).sort()).to.deep.equal(["Concierge", "Doctor Amrani"]);
    const { totals, sound } = await auditReceipts(vault, standing.find(({ grantee }) => grantee)!.grantee!);
    expect([sound, totals.rests]).to.deep.equal([true, 2]);
    expect((await inbox(vault)).entries.map(({ fault }) => fault)).to.deep.equal([null]);
    const checked = await checkRequest(vault, world.deployment.keyRegistry, world.sample!.request);
    expect(checked.request.scopes).to.deep.equal(["learning", "interests"]);
  });

  it("serves the page under its policy, the network and the wallet", async () => {
    const page = await fetch(`http://127.0.0.1:${new URL(world.url).port}/`);
    const policy = page.headers.get("content-security-policy");
    expect(policy).to.contain("default-src 'none'").and.contain("frame-ancestors 'none'");
    expect(await page.text()).to.match(/Content-Security-Policy[^]*sample-wallet\.js[^]*assets\/index-/);
    const built = await readFile(path.join(folder, "index.html"), "utf8");
    expect(built).not.to.contain("sample-wallet");
  });

  it("ends all that it started when it is told to", async function () {
    this.timeout(60_000);
    const { child, url, node } = await served(...WEB);
    child.kill("SIGTERM");
    await gone(url, node);
  });

  it("ends all that it started when who started it is gone", async function () {
    this.timeout(60_000);
    const parent = `const { spawn } = require("node:child_process");
      spawn(process.execPath, ${JSON.stringify(WEB)}, { stdio: "inherit" });`;
    const { child, url, node } = await served("-e", parent);
    child.kill("SIGKILL");
    await gone(url, node);
  });
});
