import { readFile } from "node:fs/promises";

import { expect } from "chai";
import { hexlify, type Signer } from "ethers";

import { grant, keyOf, remember, sync, type Environment } from "../../client/index.ts";
import {
  ConciergeAgent__factory,
  type ConciergeAgent,
  type MemoryVault,
} from "../../typechain-types/index.ts";
import { createWorld, device, inDays, ownedVault } from "../helpers/world.ts";
import { fenced } from "./markdown.ts";
import { sampleModule, type Sample } from "./sample.ts";

const PAGE = await readFile(new URL("../../docs/agents.md", import.meta.url), "utf8");

/** Between the second and the third block the owner acts. */
const prelude = ([publish, open, answer]: readonly string[]): string => `
import {
  acceptWelcome, findWelcome, generateIdentity, read, recipientBytes, recipientDigest, recipientOf, type Environment,
} from "../client/index.ts";
import { hexlify, toUtf8Bytes, ZeroHash, type Signer } from "ethers";
import type { ConciergeAgent, MemoryVault } from "../typechain-types/index.ts";
export async function sample(
  agent: ConciergeAgent, vaults: MemoryVault, vaultId: bigint, device: Environment, operator: Signer, guest: Signer,
  expiresAt: number, fromBlock: number, owner: () => Promise<void>, say: (value: unknown) => void,
): Promise<void> {
${publish!}
await owner();
${open!}
${answer!}
}`;

interface SampleModule {
  readonly sample: (
    ...args: [
      ...[ConciergeAgent, MemoryVault, bigint, Environment, Signer, Signer, number, number],
      ...[() => Promise<void>, (value: unknown) => void],
    ]
  ) => Promise<void>;
}

describe("docs/agents.md", () => {
  const blocks = fenced(PAGE, "ts");
  let module: Sample<SampleModule>;
  before(async () => {
    module = await sampleModule("agents", prelude(blocks));
  });
  after(() => module.remove());

  it("compiles under the project's own options", () => {
    expect(blocks).to.have.length(3);
    expect(module.diagnostics()).to.deep.equal([]);
  });

  it("runs, and says what it should", async () => {
    const world = await createWorld();
    const { memoryVault, keyRegistry, owner, relayer: operator, stranger: guest } = world;
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "travel", text: "Window seat" },
      { scope: "health", text: "Sleeps at ten" },
    );
    await sync(vault);
    const contracts = [world.address, await keyRegistry.getAddress()] as const;
    const agent = await new ConciergeAgent__factory(owner).deploy(...contracts, operator.address);
    const account = await agent.getAddress();
    const expiresAt = await inDays(world, 30);
    const said: unknown[] = [];
    const { sample } = await module.load();
    const grantIt = async (): Promise<void> => {
      const { recipient, digest } = await keyOf(keyRegistry, account);
      expect(said).to.deep.equal([hexlify(digest)]);
      await grant(vault, { recipient, account, scopes: ["travel"], expiresAt, storeWelcome: true });
    };
    await sample(
      ...([agent, memoryVault, vault.ref.vaultId, device(world), operator, guest] as const),
      ...([expiresAt, 0, grantIt, (value: unknown) => said.push(value)] as const),
    );
    expect(said.at(-1)).to.deep.equal(["travel: 1"]);
    expect((await agent.requestOf(1n)).answered).to.equal(true);
  });
});
