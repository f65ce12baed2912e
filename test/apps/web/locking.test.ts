import { expect } from "chai";

import { remember, sync, uncommitted } from "../../../client/index.ts";
import { ApprovingSigner, type SignerParts } from "../../../apps/web/src/chain/approving-signer.ts";
import { InTurn } from "../../../apps/web/src/chain/in-turn.ts";
import { TransactionDeclined, WalletUnanswered } from "../../../apps/web/src/chain/errors.ts";
import { stageText } from "../../../apps/web/src/chain/stage-text.ts";
import { Transactions } from "../../../apps/web/src/chain/transactions.ts";
import { makeAwake } from "../../../apps/web/src/device/awake.ts";
import { DeviceLocked } from "../../../apps/web/src/device/errors.ts";
import { thrown } from "../../helpers/thrown.ts";
import { createWorld, device, ownedVault, type World } from "../../helpers/world.ts";
import { connectedPage, until, WalletDouble } from "./wallet-double.ts";

describe("a page that is locked while something is sent", function () {
  this.timeout(8_000);
  let world: World;
  let wallet: WalletDouble;
  let transactions: Transactions;
  let parts: SignerParts;
  let call: { readonly to: string; readonly data: string };
  const awake = makeAwake();
  const stage = () => transactions.get().at(-1)?.stage.kind ?? null;
  const sends = (): number => wallet.count("eth_sendTransaction");

  beforeEach(async () => {
    world = await createWorld();
    wallet = new WalletDouble(world.connection.provider, world.owner.address);
    transactions = new Transactions(awake);
    const { wallets, log } = await connectedPage(wallet);
    const deployment = {
      ...{ chainId: 31_337n, block: 0, memoryVault: world.address },
      keyRegistry: await world.keyRegistry.getAddress(),
      blobLog: await world.blobLog.getAddress(),
    };
    parts = {
      config: { name: "Test", rpc: null, secondRpc: null, store: "chain", deployment },
      ...{ provider: world.provider, wallets, transactions, log, pause: 5, patience: 2_000 },
      ...{
        followed: new Set<string>(),
        told: new Set<string>(),
        looks: new InTurn(),
        now: Date.now,
        session: transactions.session,
      },
    };
    const { vault } = await ownedVault(world);
    call = {
      to: world.address,
      data: world.memoryVault.interface.encodeFunctionData("unlock", [vault.ref.vaultId]),
    };
  });

  /** A wallet that answers when the test says so. */
  const slowWallet = () => {
    let go: () => void = () => undefined;
    wallet.answers.set("eth_sendTransaction", async (params) => {
      await new Promise<void>((resolve) => (go = resolve));
      return world.connection.provider.request({ method: "eth_sendTransaction", params: [...params] });
    });
    return () => go();
  };

  it("asks nobody when it was locked before the price was known, and none after the next unlocking", async () => {
    const signer = new ApprovingSigner(parts);
    const sending = thrown(signer.sendTransaction(call));
    transactions.lock();
    expect(await sending).to.be.instanceOf(DeviceLocked);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(transactions.get()).to.deep.equal([]);
    expect(await thrown(signer.sendTransaction(call))).to.be.instanceOf(DeviceLocked);
    expect(await thrown(signer.signMessage("x"))).to.be.instanceOf(DeviceLocked);
    expect([sends(), wallet.count("personal_sign")]).to.deep.equal([0, 0]);
  });

  it("answers a question that is open with no, shows it no more, and sends nothing", async () => {
    const sending = thrown(new ApprovingSigner(parts).sendTransaction(call));
    await until(() => stage() === "asking");
    const [{ id }] = transactions.get() as never as [{ readonly id: number }];
    transactions.lock();
    transactions.answer(id, true);
    expect(await sending).to.satisfy(
      (fault: unknown) => fault instanceof DeviceLocked || fault instanceof TransactionDeclined,
    );
    expect([transactions.get().length, sends()]).to.deep.equal([0, 0]);
  });

  it("keeps what was waiting for a commit", async () => {
    const own = device(world, new ApprovingSigner(parts));
    transactions.subscribe(() => {
      for (const { id, stage: at } of transactions.get())
        if (at.kind === "asking" && answers) transactions.answer(id, true);
    });
    let answers = true;
    const { vault } = await ownedVault(world, own);
    answers = false;
    await remember(vault, { scope: "health", text: "Allergic to penicillin" });
    const committing = thrown(sync(vault));
    await until(() => stage() === "asking");
    transactions.lock();
    await committing;
    expect((await uncommitted(vault, null)).length).to.be.greaterThan(0);
    expect(awake.isBusy()).to.equal(false);
  });

  it("follows what a wallet sends after the locking from the log, in the next session", async () => {
    const answer = slowWallet();
    const sending = thrown(new ApprovingSigner(parts).sendTransaction(call));
    await until(() => stage() === "asking");
    transactions.answer(1, true);
    await until(() => sends() === 1);
    transactions.lock();
    expect(await sending).to.be.instanceOf(DeviceLocked);
    answer();
    await until(async () => (await parts.log.list(31_337n, Date.now())).length === 1);
    expect(transactions.get()).to.deep.equal([]);
    const next = new ApprovingSigner({
      ...parts,
      followed: new Set(),
      looks: new InTurn(),
      session: transactions.session,
    });
    await next.resume();
    expect(stage()).to.equal("landed");
    await until(async () => (await parts.log.list(31_337n, Date.now())).length === 0);
  });

  it("stops waiting for a wallet on somebody's word, and follows what it sends all the same", async () => {
    const answer = slowWallet();
    const sending = thrown(new ApprovingSigner(parts).sendTransaction(call));
    await until(() => stage() === "asking");
    transactions.answer(1, true);
    await until(() => sends() === 1);
    transactions.stopWaiting(1);
    const fault = await sending;
    expect(fault).to.be.instanceOf(WalletUnanswered);
    expect(stageText(transactions.get()[0]!.stage, "W")).to.equal("Not answered.");
    answer();
    await until(() => stage() === "landed");
    expect(sends()).to.equal(1);
  });

  it("counts an open question and a wallet that does not answer as no work", async () => {
    slowWallet();
    const working = awake.during(() => thrown(new ApprovingSigner(parts).sendTransaction(call)));
    expect(awake.isBusy()).to.equal(true);
    await until(() => stage() === "asking");
    expect(awake.isBusy()).to.equal(false);
    transactions.answer(1, true);
    await until(() => sends() === 1);
    expect(awake.isBusy()).to.equal(false);
    transactions.lock();
    await working;
    expect(awake.isBusy()).to.equal(false);
    const later = awake.during(() => new Promise((resolve) => setTimeout(resolve, 5)));
    expect(awake.isBusy()).to.equal(true);
    await later;
  });
});
