import { expect } from "chai";
import { Contract, hexlify, Log, toUtf8Bytes, ZeroAddress, ZeroHash, type Provider } from "ethers";

import {
  grant,
  HeadUnknown,
  InvalidAccount,
  read,
  remember,
  revoke,
  RpcsDisagree,
  sync,
  VaultChangedHands,
  type Vault,
} from "../../../client/index.ts";
import { agentContract, auditReceipts, type AuditedAnswer } from "../../../client/agents.ts";
import type { GrantStep } from "../../../client/agents/ledger.ts";
import { judge, periodsOf } from "../../../client/agents/verdict.ts";
import { change } from "../../../client/manage.ts";
import { artifactOf, deployDouble } from "../../contracts/doubles/double.ts";
import { limited } from "../../helpers/doubles.ts";
import { thrown } from "../../helpers/thrown.ts";
import {
  accept,
  createWorld,
  device,
  inDays,
  newReader,
  ownedVault,
  type World,
} from "../../helpers/world.ts";

describe("Receipts: what an agent's answers rested on is held against the vault's own log", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault of two scopes, and an agent contract that logs what it likes. */
  async function staged() {
    const owned = await ownedVault(world, device(world, world.owner));
    const { vault } = owned;
    const [travel] = await remember(
      vault,
      { scope: "travel", text: "Night trains" },
      { scope: "health", text: "Runs at six" },
    );
    await sync(vault);
    const address = await deployDouble(world.connection, "BoastfulAgent");
    const agent = new Contract(address, (await artifactOf("BoastfulAgent")).abi, world.relayer);
    const { vaultId } = vault.ref;
    const { recipient } = await newReader();
    const granted = async (days = 30) =>
      grant(vault, { recipient, account: address, scopes: ["travel"], expiresAt: await inDays(world, days) });
    const call = async (name: string, ...args: unknown[]) => {
      const sent = (await agent.getFunction(name).send(...args)) as { wait(): Promise<unknown> };
      await sent.wait();
    };
    const ask = (id: number, question = "Which seat?") => call("ask", id, vaultId, toUtf8Bytes(question));
    const answer = (id: number, sequence: bigint, root: string, text = "At the window") =>
      call("answer", id, vaultId, sequence, root, toUtf8Bytes(text));
    const write = async (text: string) => {
      await remember(vault, { scope: "travel", text });
      await sync(vault);
    };
    return { ...owned, vaultId, address, travel: travel!, granted, call, ask, answer, write };
  }

  const answers = async (vault: Vault, address: string): Promise<(AuditedAnswer | null)[]> =>
    (await auditReceipts(vault, address)).exchanges.map(({ answer }) => answer);

  it("rests on a head of the vault: who asked and when, how far behind, and how many memories were granted there", async () => {
    const { vault, address, granted, ask, answer, write } = await staged();
    await granted();
    const { sequence, root } = await read(vault);
    await ask(1);
    await write("Window seat");
    await write("By the sea");
    await answer(1, sequence, root);
    const newest = await read(vault);
    await ask(2);
    await answer(2, newest.sequence, newest.root);
    await ask(3);
    const { exchanges, totals, sound, complete, malformed, periods } = await auditReceipts(vault, address);
    expect(totals).to.deep.equal({ none: 0, rests: 2, noSuchHead: 0, beforeGrant: 0, afterGrant: 0 });
    expect([sound, complete, malformed]).to.deep.equal([true, true, 0]);
    const [old, present, open] = exchanges;
    expect(old!.answer).to.include({
      verdict: "rests",
      behind: 2n,
      memories: 1,
      sequence,
      root,
      final: true,
    });
    expect(present!.answer).to.include({ verdict: "rests", behind: 0n, memories: 3 });
    expect(open).to.deep.include({ requestId: 3n, answer: null });
    expect(old!.question).to.include({ requester: world.relayer.address, final: true });
    const block = await world.provider.getBlock(old!.question!.block);
    expect(old!.question!.time).to.equal(block!.timestamp);
    expect(block!.transactions).to.deep.equal([old!.question!.transaction]);
    expect(hexlify(old!.answer!.data)).to.equal(hexlify(toUtf8Bytes("At the window")));
    expect(periods).to.have.length(1);
    expect(periods[0]).to.include({ sequence: 2n, ended: null });
  });

  it("says none where there is none", async () => {
    const { vault, address, granted, answer } = await staged();
    await granted();
    await answer(1, 0n, ZeroHash);
    const { totals, sound, exchanges } = await auditReceipts(vault, address);
    expect([totals.none, sound]).to.deep.equal([1, true]);
    expect(exchanges[0]!.question).to.equal(null);
    expect(exchanges[0]!.answer).to.include({ behind: null, memories: null });
  });

  it("is false: another root, a head that never was, and half a receipt", async () => {
    const { vault, address, granted, answer, write } = await staged();
    await granted();
    const { sequence, root } = await read(vault);
    await write("Window seat");
    const next = await read(vault);
    await answer(1, sequence, next.root);
    await answer(2, 2n ** 64n - 1n, root);
    await answer(3, 0n, root);
    await answer(4, sequence, ZeroHash);
    const { totals, sound } = await auditReceipts(vault, address);
    expect(totals.noSuchHead).to.equal(4);
    expect(sound).to.equal(false);
  });

  it("is false though the head came later, in the same block or after it", () => {
    const place = (block: number, log: number) => ({ block, log, transaction: log, hash: ZeroHash });
    const commits = [
      { ...place(1, 0), sequence: 1n, stateRoot: "one" },
      { ...place(2, 5), sequence: 2n, stateRoot: "two" },
    ];
    const heads = new Map([
      [1n, { root: "first" }],
      [2n, { root: "second" }],
    ]);
    const timeOf = ({ block }: { readonly block: number }) => block;
    const steps = [{ ...place(1, 1), kind: "granted" as const, expiresAt: 9, mayRead: true }];
    const evidence = { commits, heads, periods: periodsOf(steps, commits, timeOf), timeOf };
    const answered = (block: number, log: number) =>
      judge(
        {
          ...{ ...place(block, log), kind: "answer", requestId: 1n },
          ...{ sequence: 2n, root: "second", data: new Uint8Array() },
        },
        evidence,
      );
    expect(answered(2, 4)).to.deep.equal({ verdict: "noSuchHead", behind: null });
    expect(answered(2, 6)).to.deep.equal({ verdict: "rests", behind: 0n });
    expect(answered(8, 0).verdict).to.equal("rests");
    expect(answered(9, 0).verdict).to.equal("afterGrant");
  });

  it("begins and ends a grant with every step of the vault's log", () => {
    const at = (block: number) => ({ block, log: 0, transaction: 0, hash: ZeroHash });
    const granted = (block: number, expiresAt: number, mayRead = true) =>
      ({ ...at(block), kind: "granted", expiresAt, mayRead }) as const;
    const ended = (steps: readonly GrantStep[]) =>
      periodsOf(steps, [], ({ block }) => block).map(({ from, until, expiresAt }) => [
        ...[from.block, until?.block ?? null, expiresAt],
      ]);
    expect(ended([granted(1, 50), granted(5, 20)])).to.deep.equal([[1, null, 20]]);
    expect(ended([granted(1, 50), { ...at(7), kind: "moved" }])).to.deep.equal([[1, 7, 50]]);
    expect(ended([granted(1, 50), granted(6, 50, false)])).to.deep.equal([[1, 6, 50]]);
    expect(ended([granted(1, 3), granted(4, 9)])).to.deep.equal([
      [1, 4, 3],
      [4, null, 9],
    ]);
    expect(ended([{ ...at(1), kind: "revoked" }, granted(2, 9, false), { ...at(3), kind: "moved" }])).to.be
      .empty;
  });

  it("tells a head and an answer of before the grant from those of after it", async () => {
    const { vault, address, granted, answer } = await staged();
    const before = await read(vault);
    await answer(1, before.sequence, before.root);
    await granted();
    const during = await read(vault);
    await answer(2, before.sequence, before.root);
    await answer(3, during.sequence, during.root);
    await revoke(vault, address);
    const after = await read(vault);
    await answer(4, during.sequence, during.root);
    await answer(5, 0n, ZeroHash);
    await granted(1);
    await answer(6, after.sequence, after.root);
    const again = await read(vault);
    await answer(7, again.sequence, again.root);
    await world.networkHelpers.time.increase(2 * 86_400);
    await answer(8, again.sequence, again.root);
    const { exchanges, totals, periods } = await auditReceipts(vault, address);
    expect(exchanges.map(({ answer: given }) => given!.verdict)).to.deep.equal([
      ...["beforeGrant", "beforeGrant", "rests", "afterGrant", "afterGrant"],
      ...["beforeGrant", "rests", "afterGrant"],
    ]);
    expect(totals).to.include({ rests: 2, beforeGrant: 3, afterGrant: 3 });
    expect(periods.map(({ ended }) => ended !== null)).to.deep.equal([true, false]);
  });

  it("goes on with a grant that was changed, and not with a vault that changed hands", async () => {
    const { vault, address, granted, answer } = await staged();
    const { memberId } = await granted(3);
    const first = await read(vault);
    await change(vault, memberId, { expiresAt: await inDays(world, 30) });
    await world.networkHelpers.time.increase(4 * 86_400);
    await answer(1, first.sequence, first.root);
    expect((await answers(vault, address))[0]).to.include({ verdict: "rests", behind: 1n });
    const { memoryVault, owner } = world;
    await (await memoryVault.connect(owner).unlock(vault.ref.vaultId)).wait();
    await (
      await memoryVault.connect(owner).transferFrom(owner.address, owner.address, vault.ref.vaultId)
    ).wait();
    expect(await thrown(auditReceipts(vault, address))).to.be.instanceOf(VaultChangedHands);
  });

  it("counts what other agents and other vaults have to do with nothing", async () => {
    const { vault, address, granted, answer, call } = await staged();
    const elsewhere = await staged();
    await granted();
    await elsewhere.granted();
    const { sequence, root } = await read(vault);
    await call("answer", 1, elsewhere.vaultId, sequence, root, "0x");
    await elsewhere.answer(1, sequence, root);
    await answer(2, sequence, root);
    const { exchanges } = await auditReceipts(vault, address);
    expect(exchanges.map(({ requestId }) => requestId)).to.deep.equal([2n]);
  });

  it("takes what a contract logs for no more than that: twice, unasked, in no form", async () => {
    const { vault, address, vaultId, granted, ask, answer, call } = await staged();
    await granted();
    const { sequence, root } = await read(vault);
    await ask(1);
    await answer(1, sequence, root);
    await answer(1, sequence, root, "On second thought");
    await answer(9, sequence, root);
    await call("mumble", 1, vaultId);
    const { exchanges, malformed, totals } = await auditReceipts(vault, address);
    expect(exchanges.map(({ question, answer: given }) => [question !== null, given !== null])).to.deep.equal(
      [
        ...[
          [true, true],
          [true, true],
          [false, true],
        ],
      ],
    );
    expect([malformed, totals.rests]).to.deep.equal([1, 3]);
  });

  it("lets no number of questions push an answer out", async () => {
    const { vault, address, granted, ask, answer } = await staged();
    await granted();
    const { root } = await read(vault);
    await answer(1, 999n, root);
    await ask(2);
    const flooded = flooding(vault, agentTopic("Requested"));
    const audit = await auditReceipts(flooded, address);
    expect(audit).to.deep.include({ sound: false, complete: true, questionsComplete: false });
    expect(audit.totals.noSuchHead).to.equal(1);
    expect(audit.exchanges.length).to.equal(10_001);
  });

  it("is not sound where answers were left out for their number", async () => {
    const { vault, address, granted, answer } = await staged();
    await granted();
    const { root } = await read(vault);
    await answer(1, 999n, root);
    await answer(2, 0n, ZeroHash);
    const { sound, complete, totals, exchanges } = await auditReceipts(
      flooding(vault, agentTopic("Answered"), 10_000),
      address,
    );
    expect([totals.noSuchHead, totals.none, exchanges.length]).to.deep.equal([0, 10_000, 10_000]);
    expect([sound, complete]).to.deep.equal([false, false]);
  });

  it("asks a node that refuses for less, and is not sound where it refuses one block of answers", async () => {
    const { vault, address, granted, answer, call } = await staged();
    await granted();
    const { root } = await read(vault);
    await answer(1, 999n, root);
    for (let id = 2; id < 6; id++) await answer(id, 0n, ZeroHash);
    const onNode = (most: number): Vault => {
      const provider = limited(world.provider, most);
      return { ...vault, provider, contract: vault.contract.connect(provider) };
    };
    const all = await auditReceipts(onNode(2), address);
    expect([all.totals.noSuchHead, all.totals.none, all.complete]).to.deep.equal([1, 4, true]);
    await world.provider.send("evm_setAutomine", [false]);
    const burst = [6, 7, 8].map((id) => call("answer", id, vault.ref.vaultId, 0n, ZeroHash, "0x"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await world.provider.send("evm_setAutomine", [true]);
    await world.networkHelpers.mine(1);
    await Promise.all(burst);
    const { sound, complete } = await auditReceipts(onNode(2), address);
    expect([sound, complete]).to.deep.equal([false, false]);
  });

  it("is not sound where an event is in no form", async () => {
    const { vault, address, vaultId, granted, call } = await staged();
    await granted();
    expect((await auditReceipts(vault, address)).sound).to.equal(true);
    await call("mumble", 1, vaultId);
    expect(await auditReceipts(vault, address)).to.include({ sound: false, malformed: 1 });
  });

  it("accuses nobody of a head that was committed while it looked", async () => {
    const { vault, address, granted, answer, write } = await staged();
    await granted();
    let meanwhile: (() => Promise<void>) | null = async () => {
      await write("Window seat");
      const { sequence, root } = await read(vault);
      await answer(1, sequence, root);
    };
    const busy = seenAs(vault, async () => {
      const act = meanwhile;
      meanwhile = null;
      await act?.();
    });
    expect((await auditReceipts(busy, address)).totals).to.include({ noSuchHead: 0 });
    const { totals, sound } = await auditReceipts(vault, address);
    expect([meanwhile, totals.rests, sound]).to.deep.equal([null, 1, true]);
  });

  it("knows no number of memories where this device cannot open the head, or is a reader's", async () => {
    const { vault, address, granted, answer } = await staged();
    await granted();
    const { identity, recipient } = await newReader();
    const { welcome } = await grant(vault, {
      ...{ recipient, scopes: ["travel"], expiresAt: await inDays(world, 30) },
    });
    const reader = await accept(world, identity, welcome!);
    const { sequence, root } = await read(vault);
    await answer(1, sequence, root);
    expect((await answers(vault, address))[0]!.memories).to.equal(1);
    expect((await answers(reader, address))[0]).to.include({ verdict: "rests", memories: null });
    const empty = {
      ...vault,
      cache: new Map(),
      opened: null,
      store: { ...vault.store, get: () => Promise.resolve(null) },
    };
    expect((await answers(empty, address))[0]).to.include({ verdict: "rests", memories: null });
  });

  it("refuses no address, a log that lacks a head, and RPCs that show different logs", async () => {
    const { vault, address, granted, answer } = await staged();
    await granted();
    const { sequence, root } = await read(vault);
    await answer(1, sequence - 1n, root);
    expect(await thrown(auditReceipts(vault, "the concierge"))).to.be.instanceOf(InvalidAccount);
    const pruned = without(vault, vault.contract.interface.getEvent("TransitionCommitted").topicHash);
    expect(await thrown(auditReceipts(pruned, address))).to.be.instanceOf(HeadUnknown);
    const hiding = without(vault, vault.contract.interface.getEvent("Granted").topicHash);
    const second = { provider: hiding.provider, contract: hiding.contract };
    expect(await thrown(auditReceipts({ ...vault, second, patience: 0 }, address))).to.be.instanceOf(
      RpcsDisagree,
    );
  });

  type Logs = Awaited<ReturnType<Provider["getLogs"]>>;

  /** The vault as a node shows it that changes the logs, or takes its time to show a block. */
  function seenAs(
    vault: Vault,
    beforeBlock: () => Promise<void>,
    logs: (shown: Logs) => Logs = (shown) => shown,
  ): Vault {
    const provider = new Proxy<Provider>(vault.provider, {
      get: (target, name) => {
        if (name === "getLogs")
          return async (filter: Parameters<Provider["getLogs"]>[0]) => logs(await target.getLogs(filter));
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "getBlock") return value.bind(target) as unknown;
        return async (...args: Parameters<Provider["getBlock"]>) => {
          await beforeBlock();
          return target.getBlock(...args);
        };
      },
    });
    return { ...vault, provider, contract: vault.contract.connect(provider) };
  }

  const nothing = (): Promise<void> => Promise.resolve();

  /** A node that leaves out logs of a kind. */
  const without = (vault: Vault, topic: string): Vault =>
    seenAs(vault, nothing, (shown) => shown.filter(({ topics }) => topics[0] !== topic));

  const agentTopic = (name: "Requested" | "Answered"): string =>
    agentContract(ZeroAddress, world.provider).interface.getEvent(name).topicHash;

  /** A contract whose newest event of a kind came more often than anybody looks at. */
  const flooding = (vault: Vault, topic: string, times = 10_001): Vault =>
    seenAs(vault, nothing, (shown) => {
      const newest = shown.findLast(({ topics }) => topics[0] === topic);
      if (newest === undefined) return shown;
      const { transactionHash, blockHash, blockNumber, removed, address, data, topics, transactionIndex } =
        newest;
      const place = { transactionHash, blockHash, blockNumber, removed, transactionIndex };
      const again = Array.from(
        { length: times - 1 },
        (_, i) => new Log({ ...place, address, data, topics, index: i + 1 }, vault.provider),
      );
      return [...shown, ...again];
    });
});
