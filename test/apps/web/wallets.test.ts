import { expect } from "chai";

import {
  ConnectionDeclined,
  SignatureRejected,
  WalletBusy,
  WalletFaulty,
  WalletMissing,
  WrongChain,
} from "../../../apps/web/src/chain/errors.ts";
import { Wallets } from "../../../apps/web/src/chain/wallets.ts";
import { thrown } from "../../helpers/thrown.ts";
import { announce, connectedPage, memorySettings, refusal, until, WalletDouble } from "./wallet-double.ts";

const ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const CHAIN = { chainId: 31_337n, name: "Local", rpc: "http://127.0.0.1:8545" };

const nowhere = { request: () => Promise.reject(refusal(-32_601)) };
const double = (account = ACCOUNT) => new WalletDouble(nowhere, account);

describe("wallets of a page", () => {
  it("are found by their announcement, each once, by the page that asked", () => {
    const page = new EventTarget();
    let asked = 0;
    page.addEventListener("eip6963:requestProvider", () => asked++);
    const wallets = new Wallets(page, memorySettings());
    wallets.start();
    wallets.start();
    expect(asked).to.equal(1);
    announce(page, double());
    announce(page, double());
    announce(page, double(), { uuid: "u-2", name: "Another", rdns: "test.another" });
    expect(wallets.get().found.map(({ name }) => name)).to.deep.equal(["Test wallet", "Another"]);
  });

  it("cannot take another's place, flood the page, or have it fetch an icon", () => {
    const page = new EventTarget();
    const wallets = new Wallets(page, memorySettings());
    wallets.start();
    const honest = double();
    announce(page, honest);
    announce(page, double(), { name: "Impostor" });
    expect(wallets.get().found[0]).to.include({ name: "Test wallet", ethereum: honest });
    for (const icon of [
      "https://evil.example/x.png",
      "javascript:alert(1)",
      "data:text/html,<b>",
      7,
      undefined,
    ])
      announce(page, double(), { uuid: String(icon), icon });
    expect(
      wallets
        .get()
        .found.slice(1)
        .map((each) => each.icon),
    ).to.deep.equal([null, null, null, null, null]);
    announce(page, double(), { uuid: "long", name: `\u202eevil\n${"x".repeat(500)}` });
    expect(wallets.get().found.at(-1)!.name)
      .to.match(/^evil x+$/)
      .and.have.length.at.most(60);
    for (let i = 0; i < 200; i++) announce(page, double(), { uuid: `flood-${i}` });
    expect(wallets.get().found).to.have.length(50);
  });

  it("are none where what announces itself is none", () => {
    const page = new EventTarget();
    const wallets = new Wallets(page, memorySettings());
    wallets.start();
    for (const detail of [undefined, null, 7, {}, { info: {} }, { info: { uuid: 1, rdns: "a", name: "b" } }])
      page.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
    announce(page, null);
    announce(page, { request: "no" });
    expect(wallets.get().found).to.deep.equal([]);
  });

  it("are connected on the person's word, and again by a reload without a question", async () => {
    const { settings, wallets } = await connectedPage(double());
    expect(wallets.get().connected).to.include({ account: ACCOUNT, chainId: 31_337n });
    const [reloaded, again] = [double(), new Wallets(new EventTarget(), settings)];
    const page = new EventTarget();
    const after = new Wallets(page, settings);
    after.start();
    announce(page, reloaded);
    await until(() => after.get().connected !== null);
    expect(reloaded.count("eth_requestAccounts")).to.equal(0);
    await after.disconnect();
    again.start();
    expect(after.get().connected).to.equal(null);
    expect(settings.kept.has("wallet")).to.equal(false);
  });

  it("are not connected by themselves where two say that they are the one that was", async () => {
    const rest = () => new Promise((resolve) => setTimeout(resolve, 30));
    const { settings } = await connectedPage(double());
    for (const pause of [0, 10]) {
      const [page, honest, evil] = [new EventTarget(), double(), double()];
      const wallets = new Wallets(page, settings);
      wallets.start();
      announce(page, honest);
      // At once, or when the first one is connected already; it answers last.
      if (pause > 0) await until(() => wallets.get().connected?.wallet.ethereum === honest);
      evil.answers.set("eth_accounts", () => new Promise((done) => setTimeout(() => done([ACCOUNT]), 5)));
      announce(page, evil, { uuid: "u-2" });
      await rest();
      expect(wallets.get().connected).to.equal(null);
      expect(() => wallets.expectConnected()).to.throw(WalletMissing);
      // The person may choose, and stays with that.
      await wallets.connect(wallets.get().found[0]!);
      announce(page, double(), { uuid: "u-3" });
      honest.tell("accountsChanged");
      evil.tell("accountsChanged");
      await rest();
      expect(wallets.get().connected?.wallet.ethereum).to.equal(honest);
    }
  });

  it("do not come back by themselves over the one that the person chose meanwhile", async () => {
    const { settings } = await connectedPage(double());
    const [page, slow] = [new EventTarget(), double()];
    const wallets = new Wallets(page, settings);
    wallets.start();
    slow.answers.set("eth_accounts", () => new Promise((done) => setTimeout(() => done([OTHER]), 20)));
    announce(page, slow);
    announce(page, double(), { uuid: "u-2", rdns: "test.another" });
    await wallets.connect(wallets.get().found[1]!);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(wallets.get().connected?.wallet.rdns).to.equal("test.another");
  });

  it("that were never connected are asked nothing", async () => {
    const page = new EventTarget();
    const stranger = double();
    const wallets = new Wallets(page, memorySettings());
    wallets.start();
    announce(page, stranger);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(stranger.calls).to.deep.equal([]);
    expect(() => wallets.expectConnected()).to.throw(WalletMissing, "Connect one");
  });

  it("are followed: another account, another chain, a lock", async () => {
    const wallet = double();
    const { wallets } = await connectedPage(wallet);
    wallet.account = OTHER;
    // What the event says is not believed.
    wallet.tell("accountsChanged", ["0xgarbage"]);
    await until(() => wallets.get().connected?.account === OTHER);
    wallet.chainId = "0x1";
    wallet.tell("chainChanged", "garbage");
    await until(() => wallets.get().connected?.chainId === 1n);
    wallet.answers.set("eth_accounts", () => []);
    wallet.tell("accountsChanged", []);
    await until(() => wallets.get().connected === null);
  });

  it("that say no, are busy, or make no sense are named", async () => {
    const wallet = double();
    const { wallets } = await connectedPage(wallet);
    const [found] = wallets.get().found;
    const answering = (answer: () => unknown) => {
      wallet.answers.set("eth_requestAccounts", answer);
      return thrown(wallets.connect(found!));
    };
    const throwing = (fault: unknown) => () => {
      throw fault as Error;
    };
    expect(await answering(throwing(refusal(4001)))).to.be.instanceOf(ConnectionDeclined);
    expect(await answering(throwing({ error: { code: 4001 } }))).to.be.instanceOf(ConnectionDeclined);
    expect(await answering(throwing(refusal(-32_002)))).to.be.instanceOf(WalletBusy);
    expect(await answering(throwing(undefined))).to.be.instanceOf(WalletFaulty);
    for (const answer of [null, "x", ["0x12"], [7], {}, []])
      expect(await answering(() => answer)).to.be.instanceOf(WalletFaulty);
    wallet.answers.set("eth_chainId", () => 31_337);
    expect(await answering(() => [ACCOUNT])).to.be.instanceOf(WalletFaulty);
  });

  it("on another chain are asked to switch, and told of a chain that they do not know", async () => {
    const wallet = double();
    wallet.chainId = "0x1";
    const { wallets } = await connectedPage(wallet);
    wallet.answers.set("wallet_switchEthereumChain", ([params]) => {
      wallet.chainId = (params as { chainId: string }).chainId;
      return null;
    });
    await wallets.switchTo(CHAIN);
    expect(wallets.get().connected?.chainId).to.equal(31_337n);
    expect(wallet.count("wallet_addEthereumChain")).to.equal(0);

    wallet.chainId = "0x1";
    wallet.answers.set("wallet_switchEthereumChain", () => {
      throw refusal(4902);
    });
    wallet.answers.set("wallet_addEthereumChain", ([params]) => {
      expect(params).to.deep.include({ chainName: "Local", rpcUrls: [CHAIN.rpc] });
      wallet.chainId = (params as { chainId: string }).chainId;
      return null;
    });
    await wallets.switchTo(CHAIN);
    expect(wallets.get().connected?.chainId).to.equal(31_337n);
  });

  it("that only say that they switched are found out", async () => {
    const wallet = double();
    wallet.chainId = "0x1";
    const { wallets } = await connectedPage(wallet);
    wallet.answers.set("wallet_switchEthereumChain", () => null);
    expect(await thrown(wallets.switchTo(CHAIN)))
      .to.be.instanceOf(WrongChain)
      .and.include({ actual: 1n, expected: 31_337n });
    wallet.answers.set("wallet_switchEthereumChain", () => {
      throw refusal(4001);
    });
    expect(await thrown(wallets.switchTo(CHAIN))).to.be.instanceOf(SignatureRejected);
  });
});
