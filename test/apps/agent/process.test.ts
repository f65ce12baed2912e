import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { JsonRpcProvider, NonceManager, Wallet, type Signer } from "ethers";

import { createProfile, saveDeployment } from "../../../apps/cli/profile.ts";
import { agentContract, openAnswer } from "../../../client/agents.ts";
import {
  generateIdentity,
  grant,
  keyOf,
  memoryJournalStore,
  mintVault,
  publishKey,
  recipientOf,
  registryContract,
  remember,
  sync,
  type Vault,
} from "../../../client/index.ts";
import { directoryStore } from "../../../client/node.ts";
import { deploySuite } from "../../../client/suite.ts";
import { ResearchAgent__factory, type ResearchAgent } from "../../../typechain-types/index.ts";
import { until } from "../../helpers/agent.ts";
import { rpc, startAnvil, type Anvil } from "../../helpers/anvil.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const LONG = process.env["MEMVAULT_LONG"] === "1";

/** Says everything that it may read, after a while, and lets a fault go astray that quotes it. */
const HANDLER = `
export async function handle({ text }, { scopes }) {
  const memories = scopes.flatMap((scope) => scope.memories.map((memory) => memory.text));
  if (text.includes("astray")) void Promise.reject(new Error(memories.join()));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { kind: "answer", text: text + ": " + memories.join() };
}
`;

interface Line {
  readonly event: string;
  readonly requestId?: string;
}

/** A runner as a process, and what it says. */
interface Child {
  readonly process: ChildProcess;
  readonly lines: Line[];
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

describe("memvault agent run, as a process", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let home: string;
  let owner: Signer;
  let vault: Vault;
  let agent: ResearchAgent;
  let address: string;
  let asker: string;
  let handler: string;
  const operator = Wallet.createRandom();
  const children = new Set<ChildProcess>();

  before(async () => {
    anvil = await startAnvil();
    home = await mkdtemp(path.join(tmpdir(), "memvault-agent-"));
    provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    provider.pollingInterval = 50;
    owner = new NonceManager(await provider.getSigner(0));
    const deployment = await deploySuite(owner, 31_337n);
    await createProfile(home, "");
    await saveDeployment(home, deployment);
    await rpc(anvil.url, "anvil_setBalance", [operator.address, "0xde0b6b3a7640000"]);
    const { memoryVault, keyRegistry } = deployment;
    agent = await new ResearchAgent__factory(owner).deploy(memoryVault, keyRegistry, operator.address);
    address = await agent.getAddress();
    const device = {
      ...{ provider, wallet: owner, store: directoryStore(path.join(home, "blobs")) },
      ...{ journalStore: memoryJournalStore(), journalKey: randomBytes(32) },
    };
    ({ vault } = await mintVault({ ...device, address: memoryVault, seed: randomBytes(32) }));
    await remember(vault, { scope: "travel", text: "canary window seat" });
    await sync(vault);
    handler = path.join(home, "handler.mjs");
    await writeFile(handler, HANDLER);
    asker = generateIdentity();
    const registry = registryContract(keyRegistry, owner);
    const expiresAt = Math.floor(Date.now() / 1_000) + 86_400;
    await publishKey(registry, await recipientOf(asker), expiresAt);
    expect(await start("--once").ended).to.equal(0);
    const { recipient } = await keyOf(registry, address);
    await grant(vault, { recipient, account: address, scopes: ["travel"], expiresAt, storeWelcome: true });
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    provider.destroy();
    await anvil.stop();
    await rm(home, { recursive: true, force: true });
  });

  const start = (...args: string[]): Child => {
    const argv = ["agent", "run", "--agent", address, "--handler", handler, "--rpc", anvil.url, ...args];
    const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps/cli/bin.ts"), ...argv], {
      ...{ cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
      env: { ...process.env, MEMVAULT_HOME: home, MEMVAULT_PRIVATE_KEY: operator.privateKey },
    });
    children.add(child);
    let said = "";
    const lines: Line[] = [];
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) if (part.startsWith("{")) lines.push(JSON.parse(part) as Line);
    });
    const ended = once(child, "close").then(([code]) => {
      children.delete(child);
      return code as number | null;
    });
    return { process: child, lines, said: () => said, ended };
  };
  const ask = async (question: string): Promise<bigint> => {
    const receipt = await (await agent.ask(vault.ref.vaultId, question)).wait();
    const [event] = await agent.queryFilter(agent.filters.Requested(), receipt!.blockNumber);
    return event!.args.requestId;
  };
  const answersTo = async (requestId: bigint): Promise<string[]> => {
    const contract = agentContract(address, provider);
    return Promise.all(
      (await contract.queryFilter(contract.filters.Answered(requestId))).map(({ args }) => {
        const { data, vaultId, sequence, root } = args;
        const place = { chainId: 31_337n, agent: address, requestId, vaultId, sequence, root };
        return openAnswer(Buffer.from(data.slice(2), "hex"), asker, place);
      }),
    );
  };
  const answered = ["Q: canary window seat"];

  /** Kills the runner with the first line of an event for this request, and lets the next run finish. */
  const killedAt = async (event: string): Promise<void> => {
    const child = start();
    await until(() => child.lines.some((line) => line.event === "started"));
    const requestId = await ask("Q");
    await until(() =>
      child.lines.some((line) => line.event === event && line.requestId === String(requestId)),
    );
    child.process.kill("SIGKILL");
    await child.ended;
    const next = start("--once");
    expect(await next.ended, next.said()).to.equal(0);
    expect(await answersTo(requestId), event).to.deep.equal(answered);
  };

  for (const event of LONG ? ["requested", "read", "handled", "answer sent", "landed", "done"] : ["handled"])
    it(`killed when it says "${event}", answers once when it runs again`, () => killedAt(event)).timeout(
      60_000,
    );

  it("killed with its transaction in no block, sends the same again", async () => {
    await rpc(anvil.url, "evm_setAutomine", [false]);
    const mining = setInterval(() => void rpc(anvil.url, "evm_mine").catch(() => null), 700);
    try {
      for (let i = 0; i < (LONG ? 5 : 1); i++) await killedAt("answer sent");
    } finally {
      clearInterval(mining);
      await rpc(anvil.url, "evm_setAutomine", [true]);
    }
  }).timeout(120_000);

  (LONG ? it : it.skip)("killed where its chain took blocks back, answers once", async () => {
    const child = start();
    await until(() => child.lines.some((line) => line.event === "started"));
    const requestId = await ask("Q");
    await until(() => child.lines.some((line) => line.event === "answer sent"));
    child.process.kill("SIGKILL");
    await child.ended;
    expect(await answersTo(requestId)).to.have.length(1);
    await rpc(anvil.url, "anvil_reorg", [1, []]);
    expect(await answersTo(requestId)).to.deep.equal([]);
    expect(await start("--once").ended).to.equal(0);
    expect(await answersTo(requestId)).to.deep.equal(answered);
  }).timeout(60_000);

  it("has one runner at a time, says nothing of what it reads, and ends with 0 when it is told to", async () => {
    const first = start();
    await until(() => first.lines.some((line) => line.event === "started"));
    const second = start();
    expect(await second.ended).to.equal(6);
    expect(second.said()).to.include("in use by process");
    const requestId = await ask("canary astray");
    await until(() => first.lines.some((line) => line.event === "handled"));
    first.process.kill("SIGINT");
    expect(await first.ended, first.said()).to.equal(0);
    expect(first.lines.map(({ event }) => event)).to.include.members([
      "stray fault",
      "answer sent",
      "stopped",
    ]);
    expect(first.said()).not.to.match(/canary|AGE-SECRET|127\.0\.0\.1/);
    expect(await start("--once").ended).to.equal(0);
    expect(await answersTo(requestId)).to.have.length(1);
  }).timeout(60_000);
});
