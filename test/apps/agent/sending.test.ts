import { expect } from "chai";
import { keccak256, toBeHex, Transaction, type Provider } from "ethers";

import { events, faults, grantedScene, until, type AgentScene } from "../../helpers/agent.ts";
import { between, powerCut } from "../../helpers/doubles.ts";

/** Hears what is sent, and passes it on or not. */
function sending(scene: AgentScene, forward: (nth: number) => boolean) {
  const raws: string[] = [];
  const broadcast = async (raw: string): Promise<void> => {
    raws.push(raw);
    if (forward(raws.length)) await scene.agentWorld.broadcast(raw);
  };
  return { raws, broadcast };
}

describe("an agent's runner sends each answer once", () => {
  it("whatever write to its journal it dies before", async () => {
    let died = true;
    let steps = 0;
    for (let before = 1; died; before++) {
      const scene = await grantedScene();
      const requestId = await scene.ask("Which seat?");
      const { store, cut } = powerCut(scene.agentWorld.journalStore, before);
      await scene.once({ journalStore: store }).catch(() => null);
      died = cut();
      steps = before;
      await scene.once();
      await scene.once();
      expect(await scene.answers(requestId), `before write ${before}`).to.equal(1);
      expect(await scene.answerTo(requestId)).to.equal("Which seat?: travel Window seat");
      expect(await scene.agentWorld.journalStore.list()).to.deep.equal(["agent-cursor", "agent-keys"]);
    }
    // Of the key nothing is written any more: request, cursor, try, reply, transaction, and their ends.
    expect(steps).to.be.greaterThan(7);
  }).timeout(120_000);

  it("and each proposal, whatever write it dies before", async () => {
    let died = true;
    for (let before = 1; died; before++) {
      const scene = await grantedScene(
        (_, { scopes }) => ({ kind: "proposal", proposals: [{ scope: scopes[0]!.id, text: "x" }] }),
        ["travel"],
        true,
      );
      await scene.ask("?");
      const { store, cut } = powerCut(scene.agentWorld.journalStore, before);
      await scene.once({ journalStore: store }).catch(() => null);
      died = cut();
      await scene.once();
      const { memoryVault } = scene.world;
      expect(
        await memoryVault.queryFilter(memoryVault.filters.Proposed()),
        `before ${before}`,
      ).to.have.length(1);
    }
  }).timeout(120_000);

  it("by the same bytes again, where the chain never got them", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, (nth) => nth > 3);
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { broadcast });
    await until(() => raws.length === 2);
    stop.abort();
    await ran;
    expect(await scene.answers(requestId)).to.equal(0);
    await scene.once({ broadcast });
    expect(new Set(raws).size).to.equal(1);
    expect(await scene.answers(requestId)).to.equal(1);
  });

  it("by another transaction, where something else took its nonce", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, () => false);
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { broadcast });
    await until(() => raws.length > 0);
    stop.abort();
    await ran;
    const { operator, world } = scene;
    await (await operator.sendTransaction({ to: world.stranger.address })).wait();
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(events(scene, "displaced")).to.have.length(1);
    expect(await scene.answers(requestId)).to.equal(1);
  });

  it("not at all, where an answer landed by a transaction that it does not know", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, () => false);
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { broadcast });
    await until(() => raws.length > 0);
    stop.abort();
    await ran;
    const zero = `0x${"00".repeat(32)}`;
    await (await scene.agent.connect(scene.operator).answer(requestId, "0x", 0, zero)).wait();
    expect(await scene.once()).to.deep.include({ answered: 1, open: 0 });
    expect(await scene.answers(requestId)).to.equal(1);
  });

  it("with a higher fee and the same nonce, where no block takes it", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { ethers } = scene.world;
    const { raws, broadcast } = sending(scene, () => true);
    await ethers.provider.send("evm_setAutomine", [false]);
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { broadcast }, { stuckAfter: 50 });
    await until(() => events(scene, "stuck").length >= 2);
    await ethers.provider.send("evm_mine", []);
    await ethers.provider.send("evm_setAutomine", [true]);
    await until(() => events(scene, "done").length === 1);
    stop.abort();
    await ran;
    const forms = raws.map((raw) => Transaction.from(raw));
    expect(new Set(forms.map(({ nonce, data }) => `${nonce} ${data}`)).size).to.equal(1);
    const fees = [...new Set(forms.map(({ maxFeePerGas }) => maxFeePerGas!))];
    expect(fees.length).to.be.greaterThan(2);
    expect(fees).to.deep.equal(fees.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const [i, fee] of fees.slice(1).entries()) expect(fee * 100n >= fees[i]! * 125n).to.equal(true);
    expect(await scene.answers(requestId)).to.equal(1);
  });

  it("by an empty transaction in its place, once its deadline is past", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, () => false);
    const stop = new AbortController();
    let skew = 0;
    const ran = scene.run(stop.signal, { broadcast, now: () => Date.now() + skew }, { stuckAfter: 1_000 });
    await until(() => raws.length > 0);
    const first = raws.length;
    skew = 86_460_000;
    await until(() => events(scene, "stuck").length > 0);
    stop.abort();
    await ran;
    const [empty] = raws
      .slice(first)
      .map((raw) => Transaction.from(raw))
      .filter(({ data }) => data === "0x");
    expect(empty).to.include({ to: scene.operator.address, nonce: Transaction.from(raws[0]).nonce });
    await scene.agentWorld.broadcast(empty!.serialized);
    await scene.world.networkHelpers.time.increase(86_400);
    expect(await scene.once()).to.deep.include({ ended: 1, open: 0 });
    expect(faults(scene)).to.deep.equal(["RequestEnded: late"]);
    expect(await scene.answers(requestId)).to.equal(0);
  });

  it("again, where a reorganisation dropped it", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { ethers, networkHelpers } = scene.world;
    await networkHelpers.mine(3);
    const finality = { confirmations: 3 };
    const before = await networkHelpers.takeSnapshot();
    const sent = sending(scene, () => true);
    expect(await scene.once({ finality, broadcast: sent.broadcast })).to.deep.include({
      answered: 0,
      open: 1,
    });
    expect(await scene.answers(requestId)).to.equal(1);
    await before.restore();
    expect(await scene.answers(requestId)).to.equal(0);
    await ethers.provider.send("evm_mine", []);
    await scene.once({ finality, broadcast: sent.broadcast });
    expect(await scene.answers(requestId)).to.equal(1);
    await networkHelpers.mine(3);
    expect(await scene.once({ finality })).to.deep.include({ answered: 1, open: 0 });
    expect(new Set(sent.raws.map((raw) => keccak256(raw))).size).to.equal(1);
  });

  it("to requests of final blocks alone", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const finality = { confirmations: 4 };
    await scene.once({ finality });
    await scene.world.networkHelpers.mine(2);
    await scene.once({ finality });
    expect(events(scene, "requested")).to.have.length(0);
    await scene.world.networkHelpers.mine(1);
    await scene.once({ finality });
    expect(await scene.answers(requestId)).to.equal(1);
  });

  it("to what a number stands for now, where the chain itself went back", async () => {
    const scene = await grantedScene();
    const before = await scene.world.networkHelpers.takeSnapshot();
    const first = await scene.ask("One?");
    await scene.once();
    await before.restore();
    const second = await scene.ask("Two?");
    expect(second).to.equal(first);
    await scene.world.networkHelpers.mine(2);
    await scene.once();
    expect(events(scene, "chain went back")).to.have.length(1);
    expect(await scene.answerTo(second)).to.equal("Two?: travel Window seat");
  });

  it("and never what it made ready for the question that had the number before", async () => {
    for (const sameDeadline of [false, true]) {
      const scene = await grantedScene();
      const { networkHelpers } = scene.world;
      const before = await networkHelpers.takeSnapshot();
      const first = await scene.ask("One?");
      const asked = await networkHelpers.time.latest();
      await networkHelpers.setBalance(scene.operator.address, 0n);
      const stop = new AbortController();
      const ran = scene.run(stop.signal);
      await until(() => faults(scene).includes("InsufficientFunds"));
      await before.restore();
      await networkHelpers.setBalance(scene.operator.address, 0n);
      if (sameDeadline) await networkHelpers.time.setNextBlockTimestamp(asked);
      expect(await scene.ask("Two?")).to.equal(first);
      await networkHelpers.mine(2);
      await until(() => events(scene, "requested").length === 2);
      await networkHelpers.setBalance(scene.operator.address, 10n ** 18n);
      await until(async () => (await scene.answers(first)) > 0);
      stop.abort();
      await ran;
      expect(await scene.answerTo(first)).to.equal("Two?: travel Window seat");
      expect(faults(scene)).to.include("RequestEnded: unknown");
    }
  }).timeout(60_000);

  it("with nonces that are its own, however many it answers at once", async () => {
    const scene = await grantedScene();
    const ids: bigint[] = [];
    for (let i = 0; i < 12; i++) ids.push(await scene.ask(`Question ${i}`));
    expect(await scene.once({}, { concurrency: 8 })).to.deep.include({ answered: 12, ended: 0 });
    for (const [i, id] of ids.entries())
      expect(await scene.answerTo(id)).to.match(new RegExp(`^Question ${i}:`));
    expect(events(scene, "displaced")).to.deep.equal([]);
  });

  it("and says so where its operator cannot pay", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { networkHelpers } = scene.world;
    await networkHelpers.setBalance(scene.operator.address, 0n);
    expect(await scene.once()).to.deep.include({ open: 1, answered: 0 });
    expect(faults(scene)).to.deep.equal(["InsufficientFunds"]);
    await networkHelpers.setBalance(scene.operator.address, 10n ** 18n);
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await scene.answers(requestId)).to.equal(1);
  });

  const GWEI = 10n ** 9n;

  /** An RPC that has everybody pay 4,000 gwei, on top of a base fee of its own. */
  const dear = ({ world }: AgentScene, base?: bigint): Provider =>
    between(world.connection.provider, async ({ method, forward }) => {
      const answer = await forward();
      if (method === "eth_maxPriorityFeePerGas" || method === "eth_gasPrice") return toBeHex(4_000n * GWEI);
      if (method !== "eth_getBlockByNumber" || base === undefined) return answer;
      return { ...(answer as object), baseFeePerGas: toBeHex(base) };
    });

  it("at the price that the cheaper of two RPCs asks for", async () => {
    for (const dearFirst of [true, false]) {
      const scene = await grantedScene();
      await scene.ask("Which seat?");
      const { raws, broadcast } = sending(scene, () => true);
      const [one, other] = [dear(scene), scene.world.provider];
      const asked = dearFirst
        ? { provider: one, secondProvider: other }
        : { provider: other, secondProvider: one };
      expect(await scene.once({ ...asked, broadcast })).to.deep.include({ answered: 1 });
      const { maxPriorityFeePerGas, maxFeePerGas } = Transaction.from(raws[0]);
      expect(maxPriorityFeePerGas! <= 2n * GWEI && maxFeePerGas! < 10n * GWEI).to.equal(true);
    }
  });

  it("with 50 gwei at most on top of the base fee, whatever one RPC asks for, however often it is stuck", async () => {
    const scene = await grantedScene();
    await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, () => false);
    const stop = new AbortController();
    const parts = { provider: dear(scene, 5_000n * GWEI), broadcast };
    await scene.world.networkHelpers.setBalance(scene.operator.address, 10n ** 21n);
    const ran = scene.run(stop.signal, parts, { stuckAfter: 20 });
    await until(() => events(scene, "fee at its limit").length > 3);
    stop.abort();
    await ran;
    for (const raw of raws) {
      const { maxPriorityFeePerGas, maxFeePerGas } = Transaction.from(raw);
      expect(maxPriorityFeePerGas! <= 50n * GWEI).to.equal(true);
      expect(maxFeePerGas! <= 20_050n * GWEI).to.equal(true);
    }
  });

  it("for no more than its operator said, and says so", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { raws, broadcast } = sending(scene, () => true);
    const provider = dear(scene, 100n * GWEI);
    const options = { maxFee: 30n * GWEI };
    expect(await scene.once({ provider, broadcast }, options)).to.deep.include({ open: 1, ended: 0 });
    expect(faults(scene)).to.deep.equal(["FeeTooHigh"]);
    expect(raws).to.deep.equal([]);
    expect(await scene.once({ provider: dear(scene), broadcast }, options)).to.deep.include({ answered: 1 });
    expect(Transaction.from(raws[0]).maxFeePerGas).to.equal(30n * GWEI);
    expect(await scene.answers(requestId)).to.equal(1);
  });
});
