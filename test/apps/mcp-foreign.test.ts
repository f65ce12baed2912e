import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect } from "chai";
import { HDNodeWallet, JsonRpcProvider, Network } from "ethers";

import {
  acceptWelcome,
  collectWelcome,
  generateIdentity,
  grant,
  mintVault,
  pending,
  read,
  recipientOf,
  sync,
  type Vault,
} from "../../client/index.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { MemoryVault__factory } from "../../typechain-types/index.ts";
import { rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import type { ChildVault } from "./mcp-stdio.child.ts";

const CHILD = new URL("./mcp-stdio.child.ts", import.meta.url).pathname;
const TSX = createRequire(import.meta.url).resolve("tsx");
const SERVER = [process.execPath, "--import", TSX, CHILD] as const;
const CHAIN_ID = 900_031;
const MNEMONIC = "test test test test test test test test test test test junk";
const JOURNAL_KEY = new Uint8Array(32).fill(7);

/** Of this environment what a child needs; npm's own settings, for one, would reach whatever npx it starts. */
const environment = (): Record<string, string> => {
  const { PATH = "", HOME = "", SystemRoot = "" } = process.env;
  return { PATH, HOME, SystemRoot, NO_COLOR: "1" };
};

describe("MCP server with foreign clients, over stdio", function () {
  this.timeout(120_000);
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let home: string;
  let vault: Vault;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID, slotsInAnEpoch: 1 });
    const network = Network.from(CHAIN_ID);
    provider = new JsonRpcProvider(anvil.url, network, { staticNetwork: network, cacheTimeout: -1 });
    const wallet = HDNodeWallet.fromPhrase(MNEMONIC).connect(provider);
    const contract = await new MemoryVault__factory(wallet).deploy();
    await contract.waitForDeployment();
    home = await mkdtemp(path.join(tmpdir(), "mcp-"));
    const minted = await mintVault({
      ...{ provider, wallet, address: await contract.getAddress(), seed: new Uint8Array(32).fill(9) },
      ...{ store: directoryStore(path.join(home, "blobs")), journalKey: JOURNAL_KEY },
      journalStore: fileJournalStore(path.join(home, "journal")),
    });
    vault = minted.vault;
    await describeVault(home, wallet.privateKey);
  });

  after(async () => {
    provider.destroy();
    await anvil.stop();
    await rm(home, { recursive: true });
  });

  async function describeVault(folder: string, privateKey: string | null): Promise<void> {
    const config: ChildVault = {
      ...{ url: anvil.url, chainId: CHAIN_ID, contract: vault.ref.contract, privateKey },
      vaultId: `0x${vault.ref.vaultId.toString(16)}`,
      journalKey: Buffer.from(JOURNAL_KEY).toString("hex"),
      blobs: path.join(home, "blobs"),
    };
    await writeFile(path.join(folder, "vault.json"), JSON.stringify(config));
  }

  /** Runs the official inspector's command line against the server. */
  const inspector = (...args: string[]) => inspect(...SERVER, home, ...args);

  async function inspect(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const bin = createRequire(import.meta.url).resolve("@modelcontextprotocol/inspector/package.json");
    const cli = path.join(path.dirname(bin), "clients/launcher/build/index.js");
    const child = spawn(process.execPath, [cli, "--cli", ...args], {
      // Its own settings go there.
      env: { ...environment(), HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return finished(child);
  }

  async function finished(child: ChildProcess) {
    let [out, err] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    return { code, out, err };
  }

  const texts = async () =>
    (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text));

  for (const era of ["legacy", "modern"]) {
    it(`satisfies the official inspector's strict look at its tools, in its ${era} protocol`, async () => {
      const { code, out, err } = await inspector("--method", "tools/list", "--strict", "--protocol-era", era);
      expect(code, err).to.equal(0);
      const { tools } = JSON.parse(out) as { tools: { name: string }[] };
      expect(tools.map(({ name }) => name)).to.include.members(["search_memory", "add_memory", "fetch"]);
    });
  }

  it("takes a memory from the inspector, commits it at exit, and gives it to the next client", async () => {
    const call = ["--method", "tools/call", "--tool-name"];
    const args = JSON.stringify({ content: "Inspected by a stranger.", type: "semantic", scope: "career" });
    const added = await inspector(...call, "add_memory", "--tool-args-json", args);
    expect(added.code, added.err).to.equal(0);
    expect(await texts()).to.deep.equal(["Inspected by a stranger."]);
    const found = await inspector(...call, "search_memory", "--tool-arg", "query=stranger");
    expect(found.code, found.err).to.equal(0);
    // The commit is not final yet, so its operation is still in the journal: it must not count twice.
    expect(await pending(vault)).to.have.length(1);
    const { structuredContent } = JSON.parse(found.out) as { structuredContent: { memories: object[] } };
    expect(structuredContent).to.include({ total: 1 });
    expect(structuredContent.memories[0]).to.include({ text: "Inspected by a stranger.", pending: false });
    const failed = await inspector(...call, "get_memory", "--tool-arg", "id=none");
    expect(failed.code).to.equal(5);
    expect(failed.out + failed.err)
      .to.include("UnknownMemory")
      .and.not.to.match(/at .*\.ts:\d+/);
  });

  it("serves a client of the SDK's first version, and keeps stdout for the protocol", async () => {
    const transport = new StdioClientTransport({
      ...{ command: SERVER[0], args: [...SERVER.slice(1), home], env: environment(), stderr: "pipe" },
    });
    let err = "";
    transport.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const faults: unknown[] = [];
    const client = new Client({ name: "first-version", version: "1" });
    client.onerror = (fault) => void faults.push(fault);
    await client.connect(transport);
    const content = "Remembers Kestrel-Ozymandias.";
    const added = await client.callTool({ name: "add_memory", arguments: { content, type: "semantic" } });
    expect(added.structuredContent).to.include({ duplicate: false, pending: true });
    const { id } = added.structuredContent as { id: string };
    const got = await client.callTool({ name: "get_memory", arguments: { id } });
    expect(got.structuredContent).to.deep.include({ text: content, source: { tool: "first-version" } });
    expect((await client.getPrompt({ name: "context", arguments: {} })).messages).to.have.length(2);
    await client.close();
    expect(faults).to.deep.equal([]);
    expect(err).to.include("noise");
    expect(err).not.to.include("Kestrel");
    const lines = err
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).to.include.members([
      "serving",
      "call",
    ]);
    expect(await texts()).to.include(content);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`commits what waits when ${signal} comes`, async () => {
      const content = `Before ${signal}.`;
      const child = spawn(SERVER[0], [...SERVER.slice(1), home], { env: environment() });
      const end = finished(child);
      const ask = (id: number, method: string, params: object) =>
        child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      ask(1, "initialize", {
        ...{ protocolVersion: "2025-06-18", capabilities: {} },
        clientInfo: { name: "by hand", version: "1" },
      });
      await once(child.stdout, "data");
      ask(2, "tools/call", { name: "add_memory", arguments: { content, type: "episodic" } });
      await once(child.stdout, "data");
      child.kill(signal);
      const { code, err } = await end;
      expect(code, err).to.equal(0);
      expect(await texts()).to.include(content);
    });
  }

  /** A reader's folder, as the child takes it. */
  async function readersFolder(): Promise<string> {
    const identity = generateIdentity();
    const { timestamp } = (await provider.getBlock("latest"))!;
    const { memberId } = await grant(vault, {
      ...{ recipient: await recipientOf(identity), scopes: ["career"], expiresAt: timestamp + 86_400 },
    });
    await rpc(anvil.url, "anvil_mine", ["0x8"]);
    await sync(vault);
    const folder = await mkdtemp(path.join(home, "reader-"));
    await acceptWelcome({
      ...{ provider, address: vault.ref.contract, identity, store: vault.store, journalKey: JOURNAL_KEY },
      ...{ journalStore: fileJournalStore(path.join(folder, "journal")) },
      welcome: (await collectWelcome(vault, memberId))!,
    });
    await describeVault(folder, null);
    return folder;
  }

  it("serves a reader of the vault, without a wallet", async () => {
    const folder = await readersFolder();
    const client = new Client({ name: "first-version", version: "1" });
    await client.connect(
      new StdioClientTransport({
        ...{ command: SERVER[0], args: [...SERVER.slice(1), folder], env: environment(), stderr: "ignore" },
      }),
    );
    expect((await client.listTools()).tools.map(({ name }) => name)).not.to.include("add_memory");
    const { structuredContent } = await client.callTool({ name: "list_memories", arguments: {} });
    expect(structuredContent).to.include({ total: 1, truncated: false });
    await client.close();
  });

  describe("and over HTTP", () => {
    const token = randomBytes(32).toString("base64url");

    /** Starts a server that listens, and waits until it says where. */
    async function listening(folder: string) {
      const child = spawn(SERVER[0], [...SERVER.slice(1), folder, token], { env: environment() });
      const end = finished(child);
      const url = await new Promise<string>((resolve, reject) => {
        let said = "";
        child.stderr.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          const found = /"url":"([^"]+)"/.exec(said)?.[1];
          if (found !== undefined) resolve(found);
        });
        child.once("close", () => reject(new Error(`the server ended: ${said}`)));
      });
      const stop = (signal: "SIGTERM" | "SIGINT" = "SIGTERM") => {
        child.kill(signal);
        return end;
      };
      return {
        ...{ url, stop },
        async [Symbol.asyncDispose]() {
          await stop();
        },
      };
    }

    const inspectedAt = (url: string, ...args: string[]) =>
      inspect(
        "--server-url",
        url,
        "--transport",
        "http",
        "--header",
        `Authorization: Bearer ${token}`,
        ...args,
      );

    /** A client of the SDK's first version. */
    async function firstVersion(url: string): Promise<Client> {
      const client = new Client({ name: "first-version", version: "1" });
      const headers = { authorization: `Bearer ${token}` };
      const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
      await client.connect(transport);
      return client;
    }

    it("satisfies the official inspector's strict look, in both protocols", async () => {
      await using server = await listening(home);
      for (const era of ["legacy", "modern"]) {
        const look = ["--method", "tools/list", "--strict", "--protocol-era", era];
        const { code, out, err } = await inspectedAt(server.url, ...look);
        expect(code, err).to.equal(0);
        const { tools } = JSON.parse(out) as { tools: { name: string }[] };
        expect(tools.map(({ name }) => name)).to.include.members(["search_memory", "add_memory", "fetch"]);
      }
    });

    it("gives one client what another added, before and after it is committed", async () => {
      const content = "Shared over Quillfeather.";
      await using server = await listening(home);
      const call = ["--method", "tools/call", "--tool-name"];
      const args = JSON.stringify({ content, type: "semantic", scope: "career" });
      const added = await inspectedAt(server.url, ...call, "add_memory", "--tool-args-json", args);
      expect(added.code, added.err).to.equal(0);
      const other = await firstVersion(server.url);
      const found = await other.callTool({ name: "search_memory", arguments: { query: "quillfeather" } });
      expect(found.structuredContent).to.include({ total: 1 });
      const [memory] = (found.structuredContent as { memories: object[] }).memories;
      expect(memory).to.include({ text: content, pending: true });
      const failed = await inspectedAt(server.url, ...call, "get_memory", "--tool-arg", "id=none");
      expect(failed.code).to.equal(5);
      await other.close();
      const { code, err } = await server.stop();
      expect(code, err).to.equal(0);
      expect(err)
        .not.to.match(/quillfeather/i)
        .and.not.to.include(token);
      expect(await texts()).to.include(content);
    });

    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      it(`commits what waits when ${signal} comes`, async () => {
        const content = `Over HTTP, before ${signal}.`;
        await using server = await listening(home);
        const client = await firstVersion(server.url);
        await client.callTool({ name: "add_memory", arguments: { content, type: "episodic" } });
        const { code, err } = await server.stop(signal);
        expect(code, err).to.equal(0);
        expect(await texts()).to.include(content);
      });
    }

    it("serves a reader of the vault, without a wallet", async () => {
      await using server = await listening(await readersFolder());
      const client = await firstVersion(server.url);
      expect((await client.listTools()).tools.map(({ name }) => name)).not.to.include("add_memory");
      const { structuredContent } = await client.callTool({ name: "list_memories", arguments: {} });
      expect(structuredContent).to.include({ truncated: false });
      await client.close();
    });
  });
});
