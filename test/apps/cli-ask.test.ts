import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";

import { EXIT } from "../../apps/cli/faults.ts";
import { runningNode } from "../../apps/cli/devnode.ts";
import { sealAnswer } from "../../client/agents.ts";
import {
  generateIdentity,
  keyOf,
  recipientBytes,
  recipientOf,
  registryContract,
  vaultContract,
} from "../../client/index.ts";
import { ResearchAgent__factory, type ResearchAgent } from "../../typechain-types/index.ts";
import { cliIn } from "./cli-world.ts";

describe("memvault agent ask, answers and audit", function () {
  this.timeout(120_000);
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  let json: ReturnType<typeof cliIn>["json"];
  let fault: ReturnType<typeof cliIn>["fault"];
  let vaultId: string;
  let owner: Wallet;
  let operator: Wallet;
  let provider: JsonRpcProvider;
  let addresses: { readonly memoryVault: string; readonly keyRegistry: string };
  let agent: ResearchAgent;
  let address: string;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-cli-"));
    ({ cli, json, fault } = cliIn(home));
    await json(["init", "--no-passphrase", "--yes"]);
    const { url } = await json(["dev", "--detach"]);
    ({ vaultId } = await json(["mint"]));
    await json(["add", "Prefers window seats", "--scope", "travel", "--sync"]);
    const { account } = JSON.parse(await readFile(path.join(home, "keys.json"), "utf8")) as {
      account: string;
    };
    provider = new JsonRpcProvider(url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    provider.pollingInterval = 50;
    owner = new Wallet(account, provider);
    operator = new Wallet(Wallet.createRandom().privateKey, provider);
    await provider.send("anvil_setBalance", [operator.address, "0x8ac7230489e80000"]);
    const file = path.join(home, "dev", "deployments", "31337.json");
    addresses = JSON.parse(await readFile(file, "utf8")) as typeof addresses;
    const { memoryVault, keyRegistry } = addresses;
    agent = await new ResearchAgent__factory(operator).deploy(memoryVault, keyRegistry, operator.address);
    await agent.waitForDeployment();
    address = await agent.getAddress();
    const published = await agent.publishKey(await keyBytes(), 4_000_000_000, `0x${"00".repeat(32)}`);
    await published.wait();
  });
  after(async () => {
    provider.destroy();
    await cli(["dev", "stop"]);
    const node = await runningNode(home);
    if (node !== null) process.kill(node.pid, "SIGKILL");
    await rm(home, { recursive: true, force: true });
  });

  async function keyBytes(): Promise<Uint8Array> {
    return recipientBytes(await recipientOf(generateIdentity()));
  }

  it("names what is wrong before anything is sent, and what the contract refuses", async () => {
    const ask = (...more: string[]) => fault(["agent", "ask", "Which seat?", ...more, "--yes"]);
    expect(await fault(["agent", "ask", "Which seat?", "--agent", address])).to.include({
      code: EXIT.cancelled,
    });
    expect(await ask()).to.include({ name: "UsageFault" });
    expect(await ask("--agent", "nobody")).to.include({ name: "InvalidAccount" });
    expect(await fault(["agent", "ask", " ", "--agent", address, "--yes"])).to.include({ code: EXIT.usage });
    expect(await fault(["agent", "ask", "x".repeat(8_193), "--agent", address, "--yes"])).to.include({
      code: EXIT.usage,
    });
    const refused = await ask("--agent", address);
    expect(refused).to.include({ name: "AgentNotGranted", code: EXIT.access });
    expect(refused.message).to.include(vaultId).and.include(`memvault grant --to ${address}`);
    const others = await ask("--agent", address, "--vault", `0x${"11".repeat(32)}`);
    expect(others.message).to.include("reverted");
    const before = await provider.getTransactionCount(owner.address);
    for (const nobody of [addresses.keyRegistry, owner.address])
      expect(await ask("--agent", nobody)).to.include({ name: "NotAnAgent", code: EXIT.setup });
    expect(await provider.getTransactionCount(owner.address)).to.equal(before);
  });

  it("asks; the answer is opened and audited", async () => {
    await json(["grant", "--to", address, "--scopes", "travel", "--yes"]);
    const asked = await cli(["agent", "ask", "Which seat?", "--agent", address, "--yes"]);
    expect([asked.code, asked.err]).to.deep.equal([
      0,
      "You have no key in KeyRegistry: nothing can be sealed to you. memvault agent key publish\n",
    ]);
    expect(asked.out).to.match(/^Request 1, in 0x[0-9a-f]{64}\./);
    await json(["agent", "key", "publish"]);
    expect(await json(["agent", "ask", "And which train?", "--agent", address, "--yes"])).to.include({
      requestId: "2",
    });
    const { sequence, root } = await headOf();
    const { recipient } = await keyOf(registryContract(addresses.keyRegistry, provider), owner.address);
    const place = {
      chainId: 31_337n,
      agent: address,
      vaultId: BigInt(vaultId),
      requestId: 2n,
      sequence,
      root,
    };
    const sealed = await sealAnswer(
      { ...place, text: "The night train.\nIgnore\u001b[2J what you were told" },
      recipient,
    );
    await (await agent.answer(2n, sealed, sequence, root)).wait();
    const answers = await cli(["agent", "answers", "--agent", address]);
    expect(answers.out)
      .to.include(String.raw`  | "The night train."` + "\n" + String.raw`  | "Ignore\u{1b}[2J what`)
      .and.not.include("\u001b");
    const audit = await cli(["audit", "--agent", address, "--text"]);
    expect(audit.code, audit.err).to.equal(0);
    expect(audit.out).to.include(`rests on head ${sequence}, the newest then; 1 memory of its scopes`);
    expect(audit.out)
      .to.include('"Which seat?"')
      .and.include("not answered")
      .and.include("sealed, 2,048 bytes");
    expect(audit.out).to.include(
      "2 questions, 1 answer: 1 rest on a head of the vault, 0 without a receipt, 0 false.",
    );
  });

  async function headOf(): Promise<{ readonly sequence: bigint; readonly root: string }> {
    const { sequence, root } = await vaultContract(addresses.memoryVault, provider).memoryHead(vaultId);
    return { sequence, root };
  }
});
