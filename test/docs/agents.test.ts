import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";
import { hexlify, type Signer } from "ethers";

import { auditReceipts, type AgentHandler, type AgentQuestion } from "../../client/agents.ts";
import {
  generateIdentity,
  grant,
  keyOf,
  publishKey,
  read,
  recipientOf,
  registryContract,
  remember,
  sync,
  type Environment,
} from "../../client/index.ts";
import type { KeyRegistry, MemoryVault, ResearchAgent } from "../../typechain-types/index.ts";
import { ResearchAgent__factory } from "../../typechain-types/index.ts";
import { cliIn } from "../apps/cli-world.ts";
import { createWorld, device, inDays, ownedVault } from "../helpers/world.ts";
import { codeIn, fenced } from "./markdown.ts";
import { sampleModule, type Sample } from "./sample.ts";

const PAGE = await readFile(new URL("../../docs/agents.md", import.meta.url), "utf8");
const EXAMPLE = await readFile(new URL("../../examples/research-agent/README.md", import.meta.url), "utf8");

/** Between the first and the second block of the operator's the owner acts. */
const prelude = ([publish, open, answer]: readonly string[]): string => `
import {
  acceptWelcome, findWelcome, generateIdentity, keyOf, read, recipientBytes, recipientDigest, recipientOf, type Environment,
} from "../client/index.ts";
import { openAnswer, sealAnswer } from "../client/agents.ts";
import { hexlify, ZeroHash, type Signer } from "ethers";
import type { KeyRegistry, MemoryVault, ResearchAgent } from "../typechain-types/index.ts";
export async function sample(
  agent: ResearchAgent, vaults: MemoryVault, registry: KeyRegistry, vaultId: bigint, device: Environment,
  operator: Signer, owner: Signer, ownersIdentity: string,
  expiresAt: number, fromBlock: number, grantIt: () => Promise<void>, say: (value: unknown) => void,
): Promise<void> {
const { chainId } = await device.provider.getNetwork();
${publish!}
await grantIt();
${open!}
${answer!}
}`;

interface SampleModule {
  readonly sample: (
    ...args: [
      ...[
        ResearchAgent,
        MemoryVault,
        KeyRegistry,
        bigint,
        Environment,
        Signer,
        Signer,
        string,
        number,
        number,
      ],
      ...[() => Promise<void>, (value: unknown) => void],
    ]
  ) => Promise<void>;
}

describe("docs/agents.md", () => {
  const blocks = fenced(PAGE, "ts");
  let module: Sample<SampleModule>;
  let folder: string;
  let handler: string;
  before(async () => {
    module = await sampleModule("agents", prelude(blocks));
    folder = await mkdtemp(path.join(tmpdir(), "memvault-handler-"));
    handler = path.join(folder, "handler.mjs");
    await writeFile(handler, fenced(PAGE, "js").join("\n"));
  });
  after(async () => {
    await module.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("compiles under the project's own options", () => {
    expect(blocks).to.have.length(3);
    expect(module.diagnostics()).to.deep.equal([]);
  });

  it("has a handler that plain Node loads as it stands", async () => {
    const script = `console.log(typeof (await import(${JSON.stringify(pathToFileURL(handler).href)})).handle)`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    expect(stdout).to.equal("function\n");
  });

  it("has a handler that answers from what it is given", async () => {
    const { handle } = (await import(pathToFileURL(handler).href)) as { readonly handle: AgentHandler };
    const { vault } = await ownedVault(await createWorld());
    await remember(
      vault,
      { scope: "travel", text: "Window seat" },
      { scope: "travel", text: "Sleeps at ten" },
    );
    await sync(vault);
    const { scopes, sequence, root } = await read(vault);
    const context = { scopes, sequence, root, signal: new AbortController().signal };
    const asked = (text: string | null) => handle({ text } as AgentQuestion, context);
    expect(asked("Which SEAT?")).to.deep.equal({ kind: "answer", text: "Window seat" });
    expect(asked(null)).to.deep.equal({ kind: "decline" });
  });

  it("runs, and says what it should", async () => {
    const world = await createWorld();
    const { memoryVault, keyRegistry, owner, relayer: operator, provider } = world;
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "travel", text: "Window seat" },
      { scope: "health", text: "Sleeps at ten" },
    );
    await sync(vault);
    const contracts = [world.address, await keyRegistry.getAddress()] as const;
    const agent = await new ResearchAgent__factory(owner).deploy(...contracts, operator.address);
    const account = await agent.getAddress();
    const expiresAt = await inDays(world, 30);
    const ownersIdentity = generateIdentity();
    const registry = registryContract(contracts[1], owner.connect(provider));
    await publishKey(registry, await recipientOf(ownersIdentity), expiresAt);
    const said: unknown[] = [];
    const { sample } = await module.load();
    const grantIt = async (): Promise<void> => {
      const { recipient, digest } = await keyOf(keyRegistry, account);
      expect(said).to.deep.equal([hexlify(digest)]);
      await grant(vault, { recipient, account, scopes: ["travel"], expiresAt, storeWelcome: true });
    };
    await sample(
      ...([agent, memoryVault, keyRegistry, vault.ref.vaultId, device(world), operator, owner] as const),
      ...([ownersIdentity, expiresAt, 0, grantIt, (value: unknown) => said.push(value)] as const),
    );
    expect(said.slice(1)).to.deep.equal([["travel: 1"], "At the window, please."]);
    expect((await agent.requestOf(1n)).answered).to.equal(true);
    const { sound, totals } = await auditReceipts(vault, account);
    expect([sound, totals.rests]).to.deep.equal([true, 1]);
  });

  describe("names commands and options that there are", () => {
    let home: string;
    before(async () => {
      home = await mkdtemp(path.join(tmpdir(), "memvault-docs-"));
    });
    after(() => rm(home, { recursive: true, force: true }));

    const lines = [PAGE, EXAMPLE].flatMap((page) => [
      ...fenced(page, "sh").flatMap((block) => block.trim().split("\n")),
      ...codeIn(page.replaceAll(/^```[^]*?^```$/gm, "")),
    ]);
    const commands = [...new Set(lines.filter((line) => /^memvault( |$)/.test(line)))];

    it("has some of each part", () => {
      for (const part of ["agent run", "agent request", "requests", "inbox", "audit", "revoke", "grant"])
        expect(
          commands.some((line) => line.includes(part)),
          part,
        ).to.equal(true);
    });

    for (const line of commands)
      it(line, async () => {
        const options = line.match(/--[a-z-]+/g) ?? [];
        const words = line
          .replace(/ --(vault|profile) \S+/, "")
          .split(" ")
          .slice(1);
        const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
        const command = end === -1 ? words : words.slice(0, end);
        const { code, out } = await cliIn(home).cli([...command, "--help"]);
        expect(code, out).to.equal(0);
        expect(out).to.include(`memvault ${command.join(" ")}`);
        for (const option of options) expect(out, option).to.match(new RegExp(`${option}\\b`));
      });
  });
});
