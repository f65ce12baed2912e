import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { openAnswer } from "../../../client/agents.ts";
import { grant, keyOf, remember, sync, type Vault } from "../../../client/index.ts";
import { takeOver, transfer } from "../../../client/manage.ts";
import { faults, grantedScene, publishedIdentity, type AgentScene } from "../../helpers/agent.ts";
import { answering, powerCut } from "../../helpers/doubles.ts";
import { device, inDays } from "../../helpers/world.ts";

/** An agent that answered from a head, after one that it must never go back to. */
async function pinnedScene() {
  const scene = await grantedScene();
  const { world, vault } = scene;
  await scene.ask("One?");
  await scene.once();
  const old = await world.provider.getBlockNumber();
  await remember(vault, { scope: "travel", text: "Aisle seat" });
  await sync(vault);
  await world.networkHelpers.mine(5);
  await scene.ask("Two?");
  await scene.once();
  return { ...scene, old, requestId: await scene.ask("Three?") };
}

/** An RPC that shows a vault's head as of a block, and of another owner where it is told to. */
const showing = ({ world }: AgentScene, head: { block?: number; owners?: number }) => {
  const { interface: abi } = world.memoryVault;
  const names = abi.getFunction("memoryHead").outputs[0]!.components!.map(({ name }) => name);
  return answering(world.provider, async (request) => {
    if (!request.data?.startsWith(abi.getFunction("memoryHead").selector)) return null;
    const { block = request.blockTag ?? "latest", owners = 0 } = head;
    const known = await world.provider.call({ ...request, blockTag: block });
    const [decoded] = abi.decodeFunctionResult("memoryHead", known) as unknown as [Iterable<bigint>];
    const fields = [...decoded];
    fields[names.indexOf("generation")]! += BigInt(owners);
    return abi.encodeFunctionResult("memoryHead", [fields] as never);
  });
};

/** Another owner takes the vault, begins it anew, and grants the agent something of its own. */
async function sold({ world, vault, address }: AgentScene): Promise<{ theirs: Vault; asker: string }> {
  await transfer(vault, { to: world.buyer.address, withoutMemories: true });
  const { vault: theirs } = await takeOver({
    ...{ ...device(world, world.buyer), ref: vault.ref, seed: randomBytes(32), empty: true },
  });
  await remember(theirs, { scope: "food", text: "No nuts" });
  await sync(theirs);
  const { recipient } = await keyOf(world.keyRegistry, address);
  const terms = { recipient, account: address, expiresAt: await inDays(world, 30) };
  await grant(theirs, { ...terms, scopes: ["food"], storeWelcome: true });
  return { theirs, asker: await publishedIdentity(world, world.buyer) };
}

async function askAs({ agent, world, vault }: AgentScene, question: string): Promise<bigint> {
  const asked = await (await agent.connect(world.buyer).ask(vault.ref.vaultId, question)).wait();
  const [event] = await agent.queryFilter(agent.filters.Requested(), asked!.blockNumber);
  return event!.args.requestId;
}

describe("an agent whose RPC shows another owner of a vault", () => {
  it("keeps what it knows until the next one's welcome opens: an earlier head is refused after the lie as before", async () => {
    const scene = await pinnedScene();
    await scene.once({ provider: showing(scene, { owners: 1 }) });
    await scene.once({ provider: showing(scene, { block: scene.old }) });
    expect(await scene.answers(scene.requestId)).to.equal(0);
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await scene.answerTo(scene.requestId)).to.equal("Three?: travel Window seat; Aisle seat");
  }).timeout(60_000);

  it("takes no lie of a new owner's for a way to an earlier head, whatever block is asked for", async () => {
    const scene = await pinnedScene();
    await scene.once({ provider: showing(scene, { block: scene.old, owners: 1 }) });
    expect(faults(scene)).to.include("RollbackDetected");
    expect(await scene.answers(scene.requestId)).to.equal(0);
  }).timeout(60_000);

  it("says that it waits for the change to be final", async () => {
    const scene = await pinnedScene();
    const { world } = scene;
    const latest = showing(scene, { owners: 1 });
    const provider = answering(world.provider, async (request) =>
      request.blockTag === undefined || request.blockTag === "latest" ? latest.call(request) : null,
    );
    expect(await scene.once({ provider })).to.deep.include({ open: 1, ended: 0 });
    expect(faults(scene)).to.include("OwnerNotFinal");
  }).timeout(60_000);

  it("reads what the next owner granted, and refuses what is shown of the last one after that", async () => {
    const scene = await grantedScene();
    await scene.ask("One?");
    await scene.once();
    const before = await scene.world.provider.getBlockNumber();
    const { asker } = await sold(scene);
    const requestId = await askAs(scene, "Two?");
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await answerFor(scene, requestId, asker)).to.equal("Two?: food No nuts");
    const later = await askAs(scene, "Three?");
    await scene.once({ provider: showing(scene, { block: before }) });
    await scene.once({ provider: showing(scene, { owners: -1 }) });
    expect(faults(scene).slice(-2)).to.deep.equal(["RollbackDetected", "RollbackDetected"]);
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await answerFor(scene, later, asker)).to.equal("Three?: food No nuts");
  }).timeout(60_000);

  it("follows the next owner, whatever write to the vault's journal it died before", async () => {
    for (let before = 1, died = true; died; before++) {
      const scene = await grantedScene();
      await scene.ask("One?");
      await scene.once();
      const { asker } = await sold(scene);
      const requestId = await askAs(scene, "Two?");
      const { store, cut } = powerCut(scene.agentWorld.vaultJournal(scene.vault.ref), before);
      await scene.once({ vaultJournal: () => store });
      died = cut();
      await scene.once();
      expect(await answerFor(scene, requestId, asker), `before write ${before}`).to.equal(
        "Two?: food No nuts",
      );
    }
  }).timeout(120_000);
});

async function answerFor(scene: AgentScene, requestId: bigint, asker: string): Promise<string | null> {
  const { agent, address } = scene;
  const [event] = await agent.queryFilter(agent.filters.Answered(requestId));
  if (event === undefined) return null;
  const { data, sequence, root, vaultId } = event.args;
  const at = { chainId: 31_337n, agent: address, requestId, vaultId, sequence, root };
  return openAnswer(Buffer.from(data.slice(2), "hex"), asker, at);
}
