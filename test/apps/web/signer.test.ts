import "fake-indexeddb/auto";

import { randomBytes } from "node:crypto";

import { expect } from "chai";
import { isError, makeError, toBeHex, ZeroAddress, ZeroHash, type TransactionResponse } from "ethers";

import {
  InsufficientFunds,
  remember,
  sync,
  uncommitted,
  vaultAt,
  grant,
  VaultError,
} from "../../../client/index.ts";
import { chainStore } from "../../../client/stores.ts";
import { ApprovingSigner, type SignerParts } from "../../../apps/web/src/chain/approving-signer.ts";
import { describeCalls, vaultsIn } from "../../../apps/web/src/chain/describe.ts";
import {
  AccountChanged,
  AnotherTransaction,
  AnswerMissing,
  EarlierUnsettled,
  NoteNotKept,
  SentNotesBroken,
  ChainFaulty,
  ChainUnreachable,
  SignatureRejected,
  TransactionDeclined,
  TransactionReplaced,
  TransactionUncertain,
  TransactionUnknown,
  WalletBusy,
  WalletFaulty,
  WalletMissing,
  WrongChain,
} from "../../../apps/web/src/chain/errors.ts";
import { InTurn } from "../../../apps/web/src/chain/in-turn.ts";
import { DeviceLocked } from "../../../apps/web/src/device/errors.ts";
import { SentLog } from "../../../apps/web/src/chain/sent-log.ts";
import { browserSettings, type SettingName } from "../../../apps/web/src/chain/settings.ts";
import { stageText } from "../../../apps/web/src/chain/stage-text.ts";
import { Transactions } from "../../../apps/web/src/chain/transactions.ts";
import { faultText } from "../../../apps/web/src/ui/fault-text.ts";
import { thrown } from "../../helpers/thrown.ts";
import { createWorld, device, inDays, newReader, ownedVault, type World } from "../../helpers/world.ts";
import { connectedPage, memorySettings, refusal, until, WalletDouble } from "./wallet-double.ts";

/** What an object has, as the object's own. */
function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? (value.bind(target) as unknown) : value;
}

describe("the web app's wallet", function () {
  this.timeout(8_000);
  let world: World;
  let wallet: WalletDouble;

  beforeEach(async () => {
    world = await createWorld();
    wallet = new WalletDouble(world.connection.provider, world.owner.address);
  });

  const deploymentOf = async () => ({
    ...{ chainId: 31_337n, block: 0, memoryVault: world.address },
    keyRegistry: await world.keyRegistry.getAddress(),
    blobLog: await world.blobLog.getAddress(),
  });

  /** A page whose person answers about costs as told. */
  const open = async (
    answers: boolean | null = true,
    {
      settings = memorySettings(),
      ...change
    }: Partial<SignerParts> & { settings?: ReturnType<typeof memorySettings> } = {},
  ) => {
    const { wallets, log, page } = await connectedPage(wallet, settings);
    const transactions = new Transactions();
    const stages: string[] = [];
    transactions.subscribe(() => {
      for (const { id, stage } of transactions.get()) {
        const text = `${id} ${stage.kind}`;
        if (stages.at(-1) !== text) stages.push(text);
        if (stage.kind === "asking" && answers !== null) transactions.answer(id, answers);
      }
    });
    const parts: SignerParts = {
      config: { name: "Test", rpc: null, secondRpc: null, store: "chain", deployment: await deploymentOf() },
      ...{ provider: world.provider, wallets, transactions, log, pause: 5, patience: 2_000 },
      ...{ followed: new Set<string>(), told: new Set<string>(), looks: new InTurn() },
      ...{ now: Date.now, session: transactions.session, ...change },
    };
    return { signer: new ApprovingSigner(parts), parts, transactions, stages, settings, page, log };
  };

  const lockCall = async () => {
    const { vault } = await ownedVault(world);
    return {
      to: world.address,
      data: world.memoryVault.interface.encodeFunctionData("unlock", [vault.ref.vaultId]),
    };
  };
  const sends = () => wallet.count("eth_sendTransaction");

  it("says what a transaction does and costs before it is sent, and how far it is after", async () => {
    const call = await lockCall();
    const { signer, transactions, stages } = await open();
    const sent = await signer.sendTransaction(call);
    const receipt = await sent.wait();
    await until(() => stages.at(-1) === "1 landed");
    const [{ cost, stage }] = transactions.get() as never as [ReturnType<Transactions["get"]>[number]];
    expect(cost.what).to.deep.equal(["Unlocks the vault: it can be transferred."]);
    expect(cost).to.include({ account: world.owner.address, wallet: "Test wallet", network: "Test" });
    expect(Number(receipt!.gasUsed)).to.be.at.most(Number(cost.gasLimit));
    expect(Number(cost.gas)).to.be.closeTo(
      Number(receipt!.gasUsed),
      Math.ceil(Number(receipt!.gasUsed) / 10),
    );
    expect(receipt!.fee <= cost.most && cost.likely <= cost.most).to.equal(true);
    expect(stage).to.include({ kind: "landed", hash: sent.hash, final: true });
    expect(stages).to.deep.equal(["1 asking", "1 wallet", "1 sent", "1 landed"]);
    const [{ params }] = wallet.calls.filter(({ method }) => method === "eth_sendTransaction") as never as [
      { params: [{ gas: string; maxFeePerGas: string }] },
    ];
    // What the wallet is asked for is bounded by what was shown.
    expect(BigInt(params[0].gas) * BigInt(params[0].maxFeePerGas)).to.equal(cost.most);
  });

  it("says what matters of a grant, which vault it is about, and what opens all vaults", async () => {
    const deployment = await deploymentOf();
    const { interface: abi } = world.memoryVault;
    const { address } = world.stranger;
    const said = (data: string) => describeCalls(deployment, world.address, data).join(" ");
    const grantOf = (permissions: number, welcome: string) =>
      abi.encodeFunctionData("grant", [7n, address, 2_000_000_000n, permissions, welcome]);
    expect(said(grantOf(1, ZeroHash))).to.match(/: it may read\.$/);
    expect(said(grantOf(3, ZeroHash))).to.match(/: it may read and propose memories to you\.$/);
    expect(said(grantOf(1, `0x${"12".repeat(32)}`))).to.include("welcome");
    expect(said(abi.encodeFunctionData("setApprovalForAll", [address, true]))).to.include("ALL your vaults");
    expect(said(abi.encodeFunctionData("setApprovalForAll", [address, false]))).to.match(/^Ends/);
    expect(vaultsIn(deployment, world.address, grantOf(1, ZeroHash))).to.deep.equal([toBeHex(7, 32)]);
    expect(vaultsIn(deployment, world.address, "0x1234")).to.deep.equal([]);
    expect(vaultsIn(deployment, address, grantOf(1, ZeroHash))).to.deep.equal([]);
  });

  it("serves the whole client: mint, commit, grant; each is asked about in its own words", async () => {
    const { signer, transactions } = await open();
    const said: string[] = [];
    transactions.subscribe(() => {
      for (const { cost, stage } of transactions.get()) if (stage.kind === "wallet") said.push(...cost.what);
    });
    const { vault } = await ownedVault(world, device(world, signer));
    await remember(vault, { scope: "health", text: "Allergic to penicillin" });
    await sync(vault);
    const { recipient } = await newReader();
    await grant(vault, {
      ...{ scopes: ["health"], account: world.stranger.address, recipient, label: "reader" },
      expiresAt: await inDays(world, 3),
    });
    expect(new Set(said)).to.include("Makes a new vault that belongs to your wallet.");
    expect([...new Set(said)].join(" "))
      .to.include("Writes the vault's next commit.")
      .and.match(/Lists a grant to 0x\w{40} until /);
  });

  it("sends nothing that the person declined, and what waits is kept", async () => {
    const { vault, environment } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Allergic to penicillin" });
    const { signer, transactions } = await open(false);
    const declining = vaultAt(vault.ref, {
      ...environment,
      wallet: signer,
    });
    expect(await thrown(sync(declining))).to.be.instanceOf(TransactionDeclined);
    expect(sends()).to.equal(0);
    expect(transactions.get()).to.deep.equal([]);
    expect(await uncommitted(vault, null)).to.have.length(1);
    expect((await sync(vault)).sequence).to.equal(1n);
  });

  it("sends nothing that was rejected in the wallet, and takes the next press", async () => {
    const call = await lockCall();
    const { signer, transactions } = await open();
    for (const [fault, kind, stage] of [
      [refusal(4001), SignatureRejected, undefined],
      [{ code: -32_603, data: { originalError: { code: 4001 } } }, SignatureRejected, undefined],
      [refusal(-32_002), WalletBusy, "failed"],
      [refusal(4100), WalletMissing, "failed"],
      // It may have sent it before.
      [new TypeError("its own bug"), WalletFaulty, "uncertain"],
    ] as const) {
      wallet.answers.set("eth_sendTransaction", () => {
        throw fault as Error;
      });
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(kind);
      // What the person declined is told where they pressed, once.
      const shown = transactions.get().map(({ stage: { kind } }) => kind);
      expect(shown).to.deep.equal(stage === undefined ? [] : [stage]);
    }
    wallet.answers.delete("eth_sendTransaction");
    expect((await (await signer.sendTransaction(call)).wait())!.status).to.equal(1);
  });

  it("refuses by name on another chain, from another account, and without a wallet", async () => {
    const call = await lockCall();
    const { signer, parts, transactions } = await open(null);
    wallet.chainId = "0x1";
    expect(await thrown(signer.sendTransaction(call)))
      .to.be.instanceOf(WrongChain)
      .and.include({ actual: 1n });
    wallet.chainId = "0x7a69";
    for (const [move, kind] of [
      [() => (wallet.chainId = "0x1"), WrongChain],
      [() => (wallet.account = world.stranger.address), AccountChanged],
      [() => wallet.answers.set("eth_accounts", () => []), WalletMissing],
    ] as const) {
      wallet = Object.assign(wallet, { chainId: "0x7a69", account: world.owner.address });
      const sending = thrown(signer.sendTransaction(call));
      await until(() => transactions.get().some(({ stage }) => stage.kind === "asking"));
      // It moves while the person reads.
      move();
      transactions.answer(transactions.get().find(({ stage }) => stage.kind === "asking")!.id, true);
      expect(await sending).to.be.instanceOf(kind);
    }
    expect(sends()).to.equal(0);
    await parts.wallets.disconnect();
    expect(await thrown(signer.getAddress())).to.be.instanceOf(WalletMissing);
  });

  it("asks nobody about what the contract refuses, or what the account cannot pay", async () => {
    const { signer, transactions } = await open(null);
    const { vault } = await ownedVault(world);
    const burn = {
      to: world.address,
      data: world.memoryVault.interface.encodeFunctionData("burn", [vault.ref.vaultId]),
    };
    expect(String(await thrown(signer.sendTransaction(burn)))).to.include("VaultLocked");
    await world.networkHelpers.setBalance(world.stranger.address, 1n);
    wallet.account = world.stranger.address;
    const poor = await thrown(signer.sendTransaction({ to: ZeroAddress, data: "0x" }));
    expect(poor instanceof InsufficientFunds || isError(poor, "INSUFFICIENT_FUNDS")).to.equal(true);
    expect(transactions.get()).to.deep.equal([]);
  });

  it("says no more of a chain that answers with an error than who it is: its address may hold a key", async () => {
    const call = await lockCall();
    const rpc = "https://rpc.example/v2/SECRETKEY";
    for (const [fault, kind] of [
      [
        makeError("server response 403", "SERVER_ERROR", { request: rpc, info: { requestUrl: rpc } }),
        ChainUnreachable,
      ],
      [new TypeError(`NetworkError when fetching ${rpc}`), ChainUnreachable],
      [
        makeError("could not coalesce error", "UNKNOWN_ERROR", { error: { code: -32_005, message: rpc } }),
        ChainFaulty,
      ],
    ] as const) {
      const provider = new Proxy(world.provider, {
        get: (target, name) => (name === "estimateGas" ? () => Promise.reject(fault) : bound(target, name)),
      });
      const { parts, transactions } = await open(true, { provider });
      const there = new ApprovingSigner({ ...parts, config: { ...parts.config, rpc } });
      const refused = await thrown(there.sendTransaction(call));
      expect(refused instanceof kind, String(refused)).to.equal(true);
      expect(faultText(refused).message).to.include("rpc.example").and.not.include("SECRETKEY");
      // Nobody else's fault says it either.
      expect(faultText(fault).message).to.not.include("SECRETKEY");
      expect(transactions.get()).to.deep.equal([]);
    }
  });

  it("sends one after the other", async () => {
    const first = await lockCall();
    const second = {
      ...first,
      data: first.data.replace(/^0x.{8}/, world.memoryVault.interface.getFunction("lock").selector),
    };
    const { signer, stages } = await open();
    await world.connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const one = signer.sendTransaction(first);
    const two = signer.sendTransaction(second);
    await until(() => stages.includes("1 sent"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(sends()).to.equal(1);
    await world.networkHelpers.mine();
    await (await one).wait();
    await world.connection.provider.request({ method: "evm_setAutomine", params: [true] });
    await (await two).wait();
    expect(stages.indexOf("1 landed")).to.be.below(stages.indexOf("2 asking"));
    expect(sends()).to.equal(2);
  });

  const raw = (request: Readonly<Record<string, unknown>>) =>
    world.connection.provider.request({
      method: "eth_sendTransaction",
      params: [request],
    }) as Promise<string>;
  const automine = (on: boolean) =>
    world.connection.provider.request({ method: "evm_setAutomine", params: [on] });

  /** Sends a call, and another of the same nonce before it is in a block. */
  const replacedBy = async (change: Readonly<Record<string, unknown>>) => {
    const call = await lockCall();
    const page = await open();
    await automine(false);
    const sent: TransactionResponse = await page.signer.sendTransaction(call);
    const nonce = `0x${sent.nonce.toString(16)}`;
    const gas = "0x30d40";
    await raw({ from: world.owner.address, ...call, ...{ gas, nonce, gasPrice: "0x174876e800" }, ...change });
    await world.networkHelpers.mine();
    await automine(true);
    return { ...page, sent };
  };

  it("takes a higher price for the same, and names what was cancelled or replaced", async () => {
    const repriced = await replacedBy({});
    expect((await repriced.sent.wait())!.status).to.equal(1);
    expect(repriced.transactions.get().at(-1)!.stage.kind).to.equal("landed");
    const owner = world.owner.address;
    const cancelled = await replacedBy({ to: owner, data: "0x" });
    const fault = await thrown(cancelled.sent.wait());
    expect(fault).to.be.instanceOf(TransactionReplaced).and.include({ cancelled: true });
    expect(isError(fault, "TRANSACTION_REPLACED")).to.equal(true);
    const replaced = await replacedBy({ to: world.stranger.address, data: "0x" });
    expect(await thrown(replaced.sent.wait()))
      .to.be.instanceOf(TransactionReplaced)
      .and.include({ cancelled: false });
    // It is over: the next one is sent.
    expect(await replaced.log.list(31_337n, Date.now())).to.deep.equal([]);
  });

  it("looks again by itself where the connection is lost after sending", async () => {
    const call = await lockCall();
    let down = false;
    const provider = new Proxy(world.provider, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => {
          if (down && name !== "on")
            return Promise.reject(Object.assign(new Error("gone"), { code: "NETWORK_ERROR" }));
          return (value as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
    const { signer, transactions } = await open(true, { provider });
    await automine(false);
    wallet.answers.set("eth_sendTransaction", async ([request]) => {
      const hash = await raw(request as Readonly<Record<string, unknown>>);
      down = true;
      return hash;
    });
    const sending = signer.sendTransaction(call);
    await until(() => {
      const stage = transactions.get().at(-1)?.stage;
      return stage?.kind === "sent" && stage.lost;
    });
    await world.networkHelpers.mine();
    down = false;
    expect((await (await sending).wait())!.status).to.equal(1);
    expect(transactions.get().at(-1)!.stage.kind).to.equal("landed");
    await automine(true);
  });

  it("waits after a reload for what was sent before, and sends nothing beside it", async () => {
    const call = await lockCall();
    const before = await open();
    await automine(false);
    const sent = await before.signer.sendTransaction(call);
    expect(await before.log.list(31_337n, Date.now())).to.have.length(1);

    // The page is gone; another begins with what the browser kept.
    const after = await open(true, { settings: before.settings });
    const again = after.signer.sendTransaction({ ...call, data: call.data });
    await until(() => after.stages.includes("1 sent"));
    expect(after.transactions.get()[0]!.cost.what).to.deep.equal([
      "Unlocks the vault: it can be transferred.",
    ]);
    expect(sends()).to.equal(1);
    await world.networkHelpers.mine();
    await automine(true);
    await until(() => after.stages.includes("1 landed"));
    // The same once more: the contract says what it makes of that.
    await again.then((response) => response.wait()).catch(() => null);
    expect((await world.provider.getTransactionReceipt(sent.hash))!.status).to.equal(1);
    await until(async () => (await after.log.list(31_337n, Date.now())).length === 0);
  });

  it("says what nobody can know of one that waits too long, and sends nothing beside that either", async () => {
    const call = await lockCall();
    const { signer, transactions } = await open(true, { patience: 50 });
    await automine(false);
    const sent = await signer.sendTransaction(call);
    expect(await thrown(sent.wait())).to.be.instanceOf(TransactionUncertain);
    const { stage } = transactions.get().at(-1)!;
    expect(stageText(stage, "it")).to.equal("Sent, and nobody knows yet whether it landed.");
    expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(TransactionUncertain);
    expect(sends()).to.equal(1);
    await automine(true);
  });

  it("finds out a wallet that sends something else, nothing, or the same as before", async () => {
    const call = await lockCall();
    const { signer } = await open();
    for (const answer of [null, 7, "0x", "0x12", {}]) {
      wallet.answers.set("eth_sendTransaction", () => answer);
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(WalletFaulty);
    }
    wallet.answers.set("eth_sendTransaction", () =>
      raw({ from: world.owner.address, to: world.stranger.address, value: "0x1" }),
    );
    expect(await thrown(signer.sendTransaction(call)))
      .to.be.instanceOf(AnotherTransaction)
      .and.be.instanceOf(VaultError);
  });

  it("signs on the person's word, and hands out no garbage", async () => {
    const { signer } = await open();
    const domain = { name: "x", version: "1", chainId: 31_337n, verifyingContract: world.address };
    const types = { Note: [{ name: "text", type: "string" }] };
    expect(await signer.signTypedData(domain, types, { text: "yes" })).to.match(/^0x[0-9a-f]{130}$/);
    expect(await signer.signMessage("hello")).to.match(/^0x[0-9a-f]{130}$/);
    for (const method of ["eth_signTypedData_v4", "personal_sign"]) {
      wallet.answers.set(method, () => {
        throw refusal(4001);
      });
    }
    expect(await thrown(signer.signTypedData(domain, types, { text: "no" }))).to.be.instanceOf(
      SignatureRejected,
    );
    wallet.answers.set("personal_sign", () => "garbage");
    expect(await thrown(signer.signMessage("hello"))).to.be.instanceOf(WalletFaulty);
  });

  it("publishes several blobs on one word about the price of all", async () => {
    const { parts, stages } = await open();
    const publisher = new ApprovingSigner(parts, false);
    let asked = 0n;
    const store = chainStore({
      ...{ blobLog: (await deploymentOf()).blobLog, provider: world.provider },
      signer: () => Promise.resolve(publisher),
      approve: (cost) => Promise.resolve(void (asked = cost.total)),
    });
    await store.putAll?.([new Uint8Array(4_096).fill(1), new Uint8Array(4_096).fill(2)]);
    expect(asked > 0n).to.equal(true);
    expect(sends()).to.equal(2);
    expect(stages.some((stage) => stage.endsWith("asking"))).to.equal(false);
  });

  it("publishes from no other account than the one that was shown", async () => {
    const { parts } = await open();
    const publisher = new ApprovingSigner(parts, false);
    let shown = "";
    const store = chainStore({
      ...{ blobLog: (await deploymentOf()).blobLog, provider: world.provider },
      signer: () => Promise.resolve(publisher),
      approve: (_, payer) => {
        shown = payer;
        // The wallet moves while the person reads.
        wallet.account = world.stranger.address;
        return Promise.resolve();
      },
    });
    expect(await thrown(store.put(new Uint8Array(4_096).fill(1))))
      .to.be.instanceOf(AccountChanged)
      .and.include({ expected: world.owner.address, actual: world.stranger.address });
    expect(shown).to.equal(world.owner.address);
    expect(sends()).to.equal(0);
  });

  describe("notes of what was sent", () => {
    const NOW = 1_800_000_000_000;
    const note = (id: number, change: object = {}) => ({
      ...{ id: String(id).padStart(32, "0"), hash: `0x${"ab".repeat(32)}`, account: ZeroAddress, nonce: 0 },
      ...{ chainId: "1", to: ZeroAddress, data: "0x", startBlock: 0, sentAt: NOW - id, ...change },
    });
    const idsOf = async (log: SentLog) => (await log.list(1n, NOW)).map(({ id }) => Number(id));

    it("are kept, of several tabs at once", async () => {
      const settings = browserSettings("notes-of-a-test");
      const tabs = [
        new SentLog(settings, randomBytes),
        new SentLog(browserSettings("notes-of-a-test"), randomBytes),
      ];
      await Promise.all([9, 8, 7, 6].map((id, i) => tabs[i % 2]!.keep(note(id))));
      await Promise.all([tabs[0]!.remove(note(8).id), tabs[1]!.keep(note(5, { chainId: "2" }))]);
      expect(await idsOf(tabs[0]!)).to.deep.equal([9, 7, 6]);
      expect(await tabs[0]!.removeBroken(NOW)).to.equal(0);
    });

    it("are believed in one form only, and removed in any other", async () => {
      for (const change of [
        ...[
          { sentAt: NOW + 86_400_001 },
          { sentAt: NOW - 31 * 86_400_000 },
          { sentAt: "1" },
          { sentAt: 0.5 },
        ],
        ...[
          { hash: "0x12" },
          { hash: `0x${"AB".repeat(32)}` },
          { account: "0x12" },
          { to: null },
          { nonce: -1 },
        ],
        ...[{ chainId: 1 }, { chainId: "01" }, { data: "0x1" }, { data: `0x${"00".repeat(200_000)}` }],
        ...[{ what: ["planted words"] }, { id: "x" }, { id: note(2).id }, { startBlock: null }],
      ]) {
        const settings = memorySettings();
        const log = new SentLog(settings, randomBytes);
        await settings.set(`sent-${note(1).id}`, JSON.stringify(note(1, change)));
        expect(await idsOf(log), JSON.stringify(change).slice(0, 80)).to.deep.equal([]);
        expect(await log.removeBroken(NOW)).to.equal(1);
        expect(settings.kept.size).to.equal(0);
      }
      const settings = memorySettings();
      const log = new SentLog(settings, randomBytes);
      for (const text of ["{", "", "null", "[]", "7"]) await settings.set(`sent-${text}`, text);
      for (let id = 0; id < 60; id++) await log.keep(note(id));
      expect(await idsOf(log)).to.have.length(50);
      expect(await log.removeBroken(NOW)).to.equal(15);
    });

    it("that are broken are told of once, and nothing is sent before that", async () => {
      const call = await lockCall();
      const { signer, settings, transactions } = await open();
      await settings.set("sent-x", "{");
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(SentNotesBroken);
      expect(sends()).to.equal(0);
      expect(transactions.get()).to.deep.equal([]);
      expect((await (await signer.sendTransaction(call)).wait())!.status).to.equal(1);
    });

    it("that cannot be kept have nothing sent; what was sent is followed all the same", async () => {
      const call = await lockCall();
      let room = 0;
      const settings = memorySettings();
      const { set } = settings;
      const full = (name: SettingName, text: string) =>
        !name.startsWith("sent-") || room-- > 0
          ? set(name, text)
          : Promise.reject(new DOMException("full", "QuotaExceededError"));
      const { signer, transactions } = await open(true, { settings: { ...settings, set: full } });
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(NoteNotKept);
      expect(sends()).to.equal(0);
      // Room for the note that it is asked for, and none for its hash.
      room = 1;
      expect((await (await signer.sendTransaction(call)).wait())!.status).to.equal(1);
      expect(transactions.get().at(-1)!.stage.kind).to.equal("landed");
      expect(settings.kept.size).to.equal(1);
    });

    it("are not left of what the wallet was never asked, when the page is locked meanwhile", async () => {
      const call = await lockCall();
      for (const moment of ["before", "after"]) {
        const settings = memorySettings();
        const { set } = settings;
        const locking = async (name: SettingName, text: string): Promise<void> => {
          await set(name, text);
          if (name.startsWith("sent-")) page.transactions.lock();
        };
        const provider = new Proxy(world.provider, {
          get: (target, name) => {
            if (name === "getTransactionCount") page.transactions.lock();
            return bound(target, name);
          },
        });
        const page = await open(
          true,
          moment === "after" ? { settings: { ...settings, set: locking } } : { settings, provider },
        );
        expect(await thrown(page.signer.sendTransaction(call)), moment).to.be.instanceOf(DeviceLocked);
        await until(async () => (await page.log.list(31_337n, Date.now())).length === 0);
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(await page.log.list(31_337n, Date.now()), moment).to.deep.equal([]);
        expect(page.parts.followed.size, moment).to.equal(0);
        expect(sends()).to.equal(0);
      }
    });

    it("say after a page died while the wallet was asked what became of it", async () => {
      const call = await lockCall();
      const before = await open();
      wallet.answers.set("eth_sendTransaction", () => new Promise(() => undefined));
      void before.signer.sendTransaction(call);
      await until(() => sends() === 1);
      wallet.answers.delete("eth_sendTransaction");

      // It was not sent: the person is told, and then it can be.
      const told = await open(true, { settings: before.settings });
      expect(await thrown(told.signer.resume()))
        .to.be.instanceOf(AnswerMissing)
        .with.property("message")
        .that.includes("Unlocks the vault");
      expect(before.settings.kept.size).to.equal(2);

      // It was sent: another page finds it by its nonce.
      await automine(false);
      await raw({ from: world.owner.address, ...call });
      const after = await open(true, { settings: before.settings });
      const resumed = after.signer.resume();
      await until(() => after.stages.includes("1 sent"));
      await world.networkHelpers.mine();
      await automine(true);
      await resumed;
      expect(after.transactions.get().at(-1)!.stage.kind).to.equal("landed");
      await told.signer.resume();
      expect(await after.log.list(31_337n, Date.now())).to.deep.equal([]);
    });

    /** A page that another one follows, with what that one had sent and is in no block. */
    const reloaded = async (change: Partial<SignerParts> = {}) => {
      const call = await lockCall();
      const before = await open();
      await automine(false);
      const sent = await before.signer.sendTransaction(call);
      const after = await open(true, { settings: before.settings, ...change });
      return { call, sent, ...after };
    };

    /** A page that another one follows, whose wallet was asked and did not answer. */
    const unanswered = async (change: Partial<SignerParts> = {}) => {
      const call = await lockCall();
      const before = await open();
      wallet.answers.set("eth_sendTransaction", () => new Promise(() => undefined));
      void before.signer.sendTransaction(call);
      await until(() => sends() === 1);
      wallet.answers.delete("eth_sendTransaction");
      const after = await open(true, { settings: before.settings, ...change });
      return { call, ...after };
    };

    const rest = () => new Promise((resolve) => setTimeout(resolve, 300));

    it("that this page follows already are waited for on a press, too: nothing is sent beside them", async () => {
      const { call, signer, stages, log } = await reloaded();
      // As the page does when it opens.
      const opened = signer.resume();
      await until(() => stages.includes("1 sent"));
      const pressed = signer.sendTransaction(call).catch(() => null);
      await rest();
      expect(sends()).to.equal(1);
      expect(stages.some((stage) => stage.endsWith("asking"))).to.equal(false);
      await world.networkHelpers.mine();
      await automine(true);
      await opened;
      await pressed;
      expect(stages.indexOf("1 landed")).to.be.greaterThan(-1);
      expect(stages.findIndex((stage) => stage.endsWith("asking"))).to.be.greaterThan(
        stages.indexOf("1 landed"),
      );
      await until(async () => (await log.list(31_337n, Date.now())).length === 0);
    });

    it("have a press say that it waits, and stop on somebody's word; the next one waits again", async () => {
      const { call, signer, transactions, stages } = await reloaded({ patience: 60_000 });
      for (let press = 0; press < 2; press++) {
        const pressed = thrown(signer.sendTransaction(call));
        await until(() => transactions.get().some(({ stage }) => stage.kind === "behind"));
        const behind = transactions.get().find(({ stage }) => stage.kind === "behind")!;
        expect(stageText(behind.stage, "W")).to.match(/^Nothing is sent yet: what was sent before/);
        transactions.stopWaiting(behind.id);
        expect(await pressed).to.be.instanceOf(EarlierUnsettled);
        expect(transactions.get().some(({ stage }) => stage.kind === "behind")).to.equal(false);
      }
      expect(sends()).to.equal(1);
      await world.networkHelpers.mine();
      await automine(true);
      await until(() => stages.includes("1 landed"));
    });

    it("without an answer are not let go while something is in their place, however late it came", async () => {
      const late = Date.now() + 11 * 60_000;
      const { call, signer, log } = await unanswered({ patience: 600_000, now: () => late });
      await automine(false);
      await raw({ from: world.owner.address, ...call });
      for (let press = 0; press < 3; press++)
        expect(await thrown(signer.sendTransaction(call)))
          .to.be.instanceOf(TransactionUncertain)
          .and.include({ hash: null });
      expect(await log.list(31_337n, late)).to.have.length(1);
      expect(sends()).to.equal(1);
      await world.networkHelpers.mine();
      await automine(true);
      await signer.settled();
      expect(await log.list(31_337n, late)).to.deep.equal([]);
    });

    it("without an answer say so again when another call took their place: the wallet may send them in the next", async () => {
      const { signer, log, transactions } = await unanswered();
      await raw({ from: world.owner.address, to: world.stranger.address, value: "0x1" });
      expect(await thrown(signer.resume())).to.be.instanceOf(AnswerMissing);
      expect(await thrown(signer.settled())).to.be.instanceOf(AnswerMissing);
      expect(transactions.get()).to.deep.equal([]);
      expect(await log.list(31_337n, Date.now())).to.have.length(1);
      await signer.settled();
      expect(await log.list(31_337n, Date.now())).to.deep.equal([]);
    });

    it("are let go on the second press only: looks that nobody asked for tell, and forget nothing", async () => {
      const { call, signer, log } = await unanswered();
      for (let look = 0; look < 3; look++)
        expect(await thrown(signer.resume())).to.be.instanceOf(AnswerMissing);
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(AnswerMissing);
      expect(await thrown(signer.resume())).to.be.instanceOf(AnswerMissing);
      expect(await log.list(31_337n, Date.now())).to.have.length(1);
      expect(sends()).to.equal(1);
      expect((await (await signer.sendTransaction(call)).wait())!.status).to.equal(1);
      expect(sends()).to.equal(2);
    });

    it("that no node knows any more are told of before anything is sent again", async () => {
      const { call, sent, signer, log } = await reloaded({ patience: 50 });
      await world.connection.provider.request({ method: "hardhat_dropTransaction", params: [sent.hash] });
      await automine(true);
      expect(await thrown(signer.resume())).to.be.instanceOf(TransactionUnknown);
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(TransactionUnknown);
      expect(await log.list(31_337n, Date.now())).to.have.length(1);
      expect((await (await signer.sendTransaction(call)).wait())!.status).to.equal(1);
      expect(sends()).to.equal(2);
    });

    it("are sound after the clock was set back", async () => {
      const early = Date.now() - 3_600_000;
      const { call, signer, stages } = await reloaded({ now: () => early, patience: 300 });
      expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(TransactionUncertain);
      expect(stages).to.include("1 sent");
      expect(sends()).to.equal(1);
      await world.networkHelpers.mine();
      await automine(true);
    });

    it("that are broken are removed on a press only", async () => {
      const { signer, settings } = await open();
      await settings.set("sent-x", "{");
      for (let look = 0; look < 2; look++)
        expect(await thrown(signer.resume())).to.be.instanceOf(SentNotesBroken);
      expect(await thrown(signer.settled())).to.be.instanceOf(SentNotesBroken);
      await signer.settled();
    });
  });
});
