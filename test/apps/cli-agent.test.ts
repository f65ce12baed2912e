import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";

import { EXIT } from "../../apps/cli/faults.ts";
import { saveDeployment } from "../../apps/cli/profile.ts";
import { deploySuite } from "../../client/suite.ts";
import { ResearchAgent__factory, type ResearchAgent } from "../../typechain-types/index.ts";
import { startAnvil, rpc, type Anvil } from "../helpers/anvil.ts";
import { agentRun } from "./cli-agent-run.ts";
import { cliIn } from "./cli-world.ts";

describe("memvault agent", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let home: string;
  let agent: ResearchAgent;
  let address: string;
  let addresses: { readonly keyRegistry: string };
  const [owner, operator] = [Wallet.createRandom(), Wallet.createRandom()];

  before(async () => {
    anvil = await startAnvil();
    home = await mkdtemp(path.join(tmpdir(), "memvault-cli-agent-"));
    provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    for (const { address: account } of [owner, operator])
      await rpc(anvil.url, "anvil_setBalance", [account, "0xde0b6b3a7640000"]);
    const deployer = await provider.getSigner(0);
    const deployment = await deploySuite(deployer, 31_337n);
    await saveDeployment(home, deployment);
    addresses = deployment;
    const { memoryVault, keyRegistry } = deployment;
    agent = await new ResearchAgent__factory(deployer).deploy(memoryVault, keyRegistry, operator.address);
    address = await agent.getAddress();
    const { json } = cliIn(home);
    for (const profile of ["default", "operator"])
      await json(["--profile", profile, "init", "--no-passphrase", "--yes", "--rpc", anvil.url]);
  });
  after(async () => {
    provider.destroy();
    await anvil.stop();
    await rm(home, { recursive: true, force: true });
  });

  const as = (
    wallet: { readonly privateKey: string },
    profile = "default",
    env: Readonly<Record<string, string>> = {},
  ) => {
    const { cli, json, fault } = cliIn(home);
    const given = { env: { MEMVAULT_PRIVATE_KEY: wallet.privateKey, ...env } };
    const whole = (argv: readonly string[]) => ["--profile", profile, "--rpc", anvil.url, ...argv];
    return {
      cli: (...argv: string[]) => cli(whole(argv), given),
      json: (...argv: string[]) => json(whole(argv), given),
      fault: (...argv: string[]) => fault(whole(argv), given),
    };
  };

  it("publishes, shows and withdraws the key of whoever asks", async () => {
    const { json, fault } = as(owner);
    expect(await fault("agent", "key")).to.include({ name: "KeyNotPublished", code: 7 });
    const { digest } = await json("status");
    const published = await json("agent", "key", "publish", "--days", "7");
    expect(published).to.include({ account: owner.address, digest });
    expect(Date.parse(published.expiresAt) - Date.now()).to.be.within(6.9 * 86_400_000, 7.1 * 86_400_000);
    expect(await json("agent", "key")).to.deep.equal(published);
    expect(await json("agent", "key", "retire")).to.include({ retired: true });
    expect(await fault("agent", "key", "retire")).to.include({ name: "KeyNotPublished" });
    await json("agent", "key", "publish");
  });

  it("publishes and withdraws an agent's key, for its operator alone", async () => {
    const { json, fault } = as(operator, "operator");
    const first = await json("agent", "key", "publish", "--agent", address);
    const second = await json("agent", "key", "publish", "--agent", address);
    expect(second["digest"]).not.to.equal(first["digest"]);
    expect(await as(owner).json("agent", "key", "--agent", address)).to.deep.equal(second);
    for (const what of ["publish", "retire"])
      expect(await as(owner).fault("agent", "key", what, "--agent", address)).to.include({
        ...{ name: "OperatorRequired", code: 4 },
      });
    await json("agent", "key", "retire", "--agent", address);
    expect(await fault("agent", "key", "--agent", address)).to.include({ name: "KeyNotPublished" });
    await json("agent", "key", "publish", "--agent", address);
  });

  it("reads what an agent answered, and shows what nobody here can open as that", async () => {
    const { json, cli } = as(owner);
    const handler = path.join(home, "handler.mjs");
    await writeFile(
      handler,
      `export const handle = ({ text }) => ({ kind: text.startsWith("tell") ? "public" : "answer", text: "\\u001b[31mred: " + text });\n`,
    );
    const { vaultId } = await json("mint", "--yes");
    await json("add", "Window seat", "--scope", "travel", "--sync");
    await json("grant", "--to", address, "--scopes", "travel", "--yes");
    const asking = agent.connect(owner.connect(provider));
    for (const question of ["a seat", "tell all"]) await (await asking.ask(vaultId, question)).wait();
    expect((await cli("agent", "answers", "--agent", address)).out).to.match(
      /^Request 1 has no answer yet\. It may be answered until \d{4}-.*\nRequest 2 has no answer yet\./,
    );
    expect(await agentRun(home, anvil.url, operator.privateKey, address, handler)).to.equal(0);
    const { answers } = await json("agent", "answers", "--agent", address);
    // Which of the two lands first is the runner's affair.
    const texts = (answers as { requestId: string; text: string; sealed: boolean; sequence: number }[])
      .toSorted((one, other) => Number(one.requestId) - Number(other.requestId))
      .map(({ text, sealed, sequence }) => [text, sealed, sequence]);
    expect(texts).to.deep.equal([
      ["\u001b[31mred: a seat", true, 2],
      ["\u001b[31mred: tell all", false, 2],
    ]);
    const shown = (await cli("agent", "answers", "--agent", address)).out;
    expect(shown).to.match(
      /sealed to you\nRests on +commit 2\n +holds 1 character that cannot be seen\n.*red: a seat"\n/,
    );
    expect(shown).not.to.include("\u001b");
    // The same account with another profile's key.
    const elsewhere = await as(owner, "operator").json("agent", "answers", "--agent", address);
    const sealed = (elsewhere["answers"] as { sealed: boolean; fault: { name: string } | null }[]).find(
      (answer) => answer.sealed,
    );
    expect(sealed!.fault!.name).to.equal("AnswerRejected");
    expect(await as(operator).json("agent", "answers", "--agent", address)).to.deep.include({
      ...{ answers: [], open: [] },
    });
    expect((await as(operator).cli("agent", "answers", "--agent", address)).out).to.equal(
      `${operator.address} asked it nothing.\n`,
    );
    for (const nobody of [owner.address, addresses.keyRegistry])
      expect(await as(owner).fault("agent", "answers", "--agent", nobody)).to.include({ name: "NotAnAgent" });
  });

  it("shows a handler what was granted, where the profile owns the vault", async () => {
    const { json } = as(owner);
    await json("add", "Sleeps at ten", "--scope", "health", "--sync");
    const handler = path.join(home, "scopes.mjs");
    const names = "scopes.map(({ name }) => name).join()";
    await writeFile(
      handler,
      `export const handle = (_, { scopes }) => ({ kind: "public", text: ${names} });\n`,
    );
    await as(operator).json("agent", "key", "publish", "--agent", address);
    await json("revoke", address, "--yes");
    await json("grant", "--to", address, "--scopes", "travel", "--yes");
    const { vaultId } = await json("verify");
    await (await agent.connect(owner.connect(provider)).ask(vaultId, "what?")).wait();
    expect(await agentRun(home, anvil.url, operator.privateKey, address, handler, "default")).to.equal(0);
    const { answers } = await json("agent", "answers", "--agent", address);
    expect((answers as { text: string }[]).at(-1)!.text).to.equal("travel");
  });

  it("ends with 6 where a request failed, and prints what its handler throws where that is asked for alone", async () => {
    const handler = path.join(home, "failing.mjs");
    await writeFile(
      handler,
      `export const handle = ({ text }) => { throw new Error("canary\\u001b[2J " + text); };\n`,
    );
    const { vaultId } = await as(owner).json("verify");
    await (await agent.connect(owner.connect(provider)).ask(vaultId, "why?")).wait();
    const once = async (env: Readonly<Record<string, string>> = {}) => {
      const heard: string[] = [];
      const place = [home, anvil.url, operator.privateKey, address, handler, "default"] as const;
      const code = await agentRun(...place, env, (text) => heard.push(text));
      return { code, err: heard.join("") };
    };
    const quiet = await once();
    expect(quiet.code, quiet.err).to.equal(EXIT.unavailable);
    expect(quiet.err).to.include("HandlerFailed").and.not.include("canary");
    const told = await once({ MEMVAULT_DEBUG: "1" });
    expect(told.code).to.equal(EXIT.unavailable);
    expect(told.err)
      .to.match(/Error: canary.*why\?\n.*failing\.mjs:1/)
      .and.not.include("\u001b");
    expect([(await once()).code, (await once()).code]).to.deep.equal([EXIT.unavailable, EXIT.ok]);
    await rpc(anvil.url, "evm_increaseTime", [86_401]);
    await rpc(anvil.url, "evm_mine", []);
    expect((await as(owner).cli("agent", "answers", "--agent", address)).out).to.include(
      "was not answered; its time ended",
    );
  });

  it("names what it cannot run with", async () => {
    const { fault } = as(operator, "operator");
    const handler = path.join(home, "none.mjs");
    const run = ["agent", "run", "--agent", address, "--once"];
    expect(await fault(...run)).to.include({ name: "UsageFault", code: 2 });
    expect(await fault("agent", "run", "--agent", "0x12", "--handler", handler)).to.include({
      ...{ name: "InvalidAccount" },
    });
    expect(await fault(...run, "--handler", handler)).to.include({ name: "HandlerMissing", code: 3 });
    for (const [text, why] of [
      ["export const handled = 1;", "exports no function named handle"],
      ["export const handle = 1;", "exports no function named handle"],
      ["\nthrow new Error('canary\\u001b[2J');", "does not load: canary [2J (line 2)"],
      ["import 'no-such-package';", "does not load: Cannot find package 'no-such-package'"],
      ["export const handle = (", "does not load: "],
    ] as const) {
      const file = path.join(home, `broken-${why.length}-${text.length}.mjs`);
      await writeFile(file, text);
      const missing = await fault(...run, "--handler", file);
      expect(missing).to.include({ name: "HandlerMissing", code: 3 });
      expect(missing.message).to.include(why);
    }
    const good = path.join(home, "good.mjs");
    await writeFile(good, "export const handle = () => ({ kind: 'decline' });");
    expect(await as(owner).fault(...run, "--handler", good)).to.include({
      name: "OperatorRequired",
      code: 4,
    });
    expect(await fault("agent", "run", "--agent", owner.address, "--handler", good)).to.include({
      name: "NotAnAgent",
      code: 3,
    });
    expect(await fault(...run, "--handler", good, "--concurrency", "0")).to.include({
      name: "UsageFault",
      code: 2,
    });
  });
});
