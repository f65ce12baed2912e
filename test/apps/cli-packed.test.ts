import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect } from "chai";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSX = fileURLToPath(import.meta.resolve("tsx"));
const LONG = process.env.MEMVAULT_LONG === "1";

/** How the command line is begun: from a checkout, or from an installed package. */
interface Installed {
  readonly command: string;
  readonly args: readonly string[];
}

/** Little of this environment: npm's own settings would reach whatever a child starts. */
const environment = (home: string): Record<string, string> => {
  const { PATH = "", SystemRoot = "" } = process.env;
  return { PATH, SystemRoot, HOME: home, NO_COLOR: "1", MEMVAULT_PASSPHRASE: "on paper" };
};

interface Printed {
  readonly [field: string]: unknown;
  readonly recipientFile: string;
  readonly welcome: string;
  readonly memories: readonly { readonly text: string }[];
}

/** The command line as a process of its own, in a HOME of its own. */
function memvaultIn(home: string, { command, args }: Installed) {
  const env = environment(home);
  const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const child = promisify(execFile)(command, [...args, ...argv], { env, cwd: home, maxBuffer: 2 ** 24 });
    // Nobody sits there: what is piped in has ended.
    child.child.stdin?.end();
    return child.then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (fault: unknown) => {
        const { code, stdout, stderr } = fault as { code: number; stdout: string; stderr: string };
        return { code, out: stdout, err: stderr };
      },
    );
  };
  const json = async (...argv: string[]): Promise<Printed> => {
    const { code, out, err } = await run(...argv, "--json");
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${out}${err}`);
    return JSON.parse(out) as Printed;
  };
  /** An AI tool: an MCP client that starts the server by itself. */
  const tool = async (name: string, profile: string) => {
    const client = new Client({ name, version: "1.0.0" });
    await client.connect(
      new StdioClientTransport({
        command,
        args: [...args, "--profile", profile, "mcp"],
        env,
        cwd: home,
        stderr: "ignore",
      }),
    );
    const call = async (tool: string, given: Record<string, unknown>) => {
      const answer = await client.callTool({ name: tool, arguments: given });
      const [block] = answer.content as { text: string }[];
      return { failed: answer.isError === true, text: block!.text };
    };
    return { client, call };
  };
  return { run, json, tool };
}

/** From nothing to a memory that one tool wrote and another reads, and no longer. */
async function newcomersPath(home: string, installed: Installed): Promise<void> {
  const { run, json, tool } = memvaultIn(home, installed);
  expect((await run("--version")).out).to.match(/^\d+\.\d+\.\d+\n$/);
  expect(await json("init", "--yes")).to.include({ sealed: true });
  expect(await json("dev", "--detach")).to.include({ began: "fresh" });
  try {
    await json("mint");
    // As docs/cli.md has it.
    await json("add", "Prefers window seats", "--scope", "travel");
    expect((await json("list")).memories).to.have.length(1);
    const found = await json("search", "window", "seat");
    expect(found.memories.map(({ text }) => text)).to.deep.equal(["Prefers window seats"]);
    expect((await run("search", "window", "seat")).out)
      .to.include("Prefers window seats")
      .and.not.include("\u001b");

    const writer = await tool("tool-a", "default");
    const added = await writer.call("add_memory", {
      content: "Allergic to penicillin",
      scope: "health",
      type: "semantic",
    });
    expect(added.failed, added.text).to.equal(false);
    // Hanging up commits what waits.
    await writer.client.close();
    await json("sync");

    const { recipientFile } = await json("--profile", "b", "init", "--no-words");
    const { welcome } = await json("grant", "--to", recipientFile, "--scopes", "health", "--label", "tool b");
    await json("--profile", "b", "accept", welcome);
    const reader = await tool("tool-b", "b");
    expect((await reader.call("search_memory", { query: "allergic" })).text).to.include("penicillin");
    expect((await reader.call("list_memories", {})).text).to.not.include("window");
    expect((await reader.client.listTools()).tools.map(({ name }) => name)).to.not.include("add_memory");

    expect((await json("verify")).complete).to.equal(true);
    await json("revoke", "tool b", "--yes");
    const ended = await reader.call("search_memory", { query: "allergic" });
    expect(ended.failed).to.equal(true);
    expect(ended.text).to.include("Access to this vault has ended");
    await reader.client.close();
    const closed = await run("--profile", "b", "list");
    expect([closed.code, closed.out]).to.deep.equal([4, ""]);
    expect(closed.err).to.include("Ask the vault's owner for a new grant");
  } finally {
    expect(await json("dev", "stop")).to.deep.equal({ stopped: true });
  }
}

describe("memvault as a process", function () {
  this.timeout(300_000);
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-home-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("takes a newcomer from nothing to two AI tools, from a checkout", async () => {
    const bin = path.join(ROOT, "apps/cli/bin.ts");
    await newcomersPath(home, { command: process.execPath, args: ["--import", TSX, bin] });
  });

  it("takes a newcomer from nothing to two AI tools, from a packed tarball in an empty HOME, in under five minutes", async function () {
    if (!LONG) this.skip();
    const began = Date.now();
    const folder = path.join(home, "package");
    await mkdir(folder);
    // This environment, for whatever npm needs to reach its registry; but what a surrounding `npx -c` or `npm run` set
    // besides would be taken for npm's own.
    const reach = /^npm_config_(userconfig|globalconfig|registry|cafile)$/i;
    const inherited = Object.entries(process.env).filter(
      ([name]) => reach.test(name) || !/^(npm_|MEMVAULT_)/i.test(name),
    );
    const env = { ...Object.fromEntries(inherited), HOME: home };
    const npm = (args: string[], cwd: string) =>
      promisify(execFile)("npm", args, { env, cwd, maxBuffer: 2 ** 24, timeout: 180_000 });
    await npm(["pack", "--pack-destination", folder], ROOT);
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    await npm(["init", "-y"], folder);
    await npm(["install", "--no-audit", "--no-fund", `./${tarball!}`], folder);
    const installed = await readdir(path.join(folder, "node_modules"));
    expect(installed).to.include("memory-vault").and.not.include("hardhat");
    await newcomersPath(home, { command: path.join(folder, "node_modules/.bin/memvault"), args: [] });
    // The example of a handler is copied, and loads in plain Node beside the package.
    const copied = path.join(folder, "my-agent");
    await cp(path.join(folder, "node_modules/memory-vault/examples/research-agent"), copied, {
      recursive: true,
    });
    const handler = pathToFileURL(path.join(copied, "handler.mjs")).href;
    const asked = `(await import("${handler}")).handle({ text: "Who?" }, { scopes: [], sequence: 1n })`;
    const script = `console.log((await ${asked}).text)`;
    const said = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
    expect(said.stdout).to.equal("Nothing in the granted scopes (head 1) fits.\n");
    expect(Date.now() - began).to.be.lessThan(5 * 60_000);
  });
});
