import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import {
  Contract,
  ContractFactory,
  getBytes,
  hexlify,
  Interface,
  Wallet,
  ZeroHash,
  type ContractRunner,
  type JsonRpcProvider,
} from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { deviceOf, idText, openOrCreateProfile } from "../apps/cli/profile.ts";
import { chainAt } from "../apps/cli/rpc.ts";
import { number, short, type Say } from "../apps/cli/terminal.ts";
import {
  acceptProposal,
  acceptRequest,
  agentContract,
  AnswerRejected,
  auditReceipts,
  inbox,
  isSealedAnswer,
  keepRequest,
  openAnswer,
} from "../client/agents.ts";
import type { Deployment } from "../client/deployments.ts";
import {
  generateIdentity,
  grant,
  grants,
  keyOf,
  mintSalt,
  mintVault,
  publishKey,
  read,
  recipientOf,
  registryContract,
  remember,
  revoke,
  sync,
  vaultIdOf,
  type Memory,
  type Vault,
} from "../client/index.ts";
import { directoryStore } from "../client/node.ts";
import { deploySuite } from "../client/suite.ts";
import { startAnvil } from "../test/helpers/anvil.ts";
import { Outsider } from "./demo-outsider.ts";
import { Machine, type Running } from "./demo-processes.ts";
import { Stage } from "./demo-stage.ts";

const HANDLER = fileURLToPath(new URL("../examples/research-agent/handler.mjs", import.meta.url));

/** What the assistant asks to read; the third scope is none of its business. */
const SCOPES = ["health", "travel"];

/** What the owner asks. It fits memories of all three scopes. */
const QUESTION = "Which train seat and which medicine suit me, and what is my salary?";
const QUESTION_TOO_LATE = "And which hotel?";

/** What the assistant says that it asks for. */
const PURPOSE = "To look things up for you";

const SEAT = "Takes night trains, a window seat";
const MEDICINE = "Allergic to penicillin, takes no such medicine";

/**
 * Tells the story of an agent: its contract on a chain that is a process of its own, its program as another, and the owner of a
 * vault in this one. Every line that begins with a check mark was checked.
 *
 * @throws {StepFailed} when a step does not hold. {ProcessFailed} when a process does not do what it should.
 */
export async function demoAgent(hre: HardhatRuntimeEnvironment, say: Say = console.log): Promise<void> {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const root = await mkdtemp(path.join(tmpdir(), "memory-vault-demo-"));
  const anvil = await startAnvil();
  const operator = Wallet.createRandom();
  const machine = new Machine(path.join(root, "operator"), {
    MEMVAULT_PASSPHRASE: bytesToHex(randomBytes(8)),
    MEMVAULT_PRIVATE_KEY: operator.privateKey,
  });
  const provider = await chainAt(anvil.url);
  try {
    say(
      "An agent contract, the program behind it, and the owner of a vault. Chain and program are processes of their own.",
    );
    await story(
      await begin(hre, { root, machine, provider, url: anvil.url, operator: operator.address, say }),
    );
  } finally {
    await machine.close();
    provider.destroy();
    await anvil.stop();
    await rm(root, { recursive: true, force: true });
  }
}

/** What the story begins with. */
interface Parts {
  readonly root: string;
  /** The operator's: its program has a home of its own, and shares the folder of blobs. */
  readonly machine: Machine;
  readonly provider: JsonRpcProvider;
  readonly url: string;
  readonly operator: string;
  readonly say: Say;
}

/** What every step works with. */
interface Scene extends Parts {
  readonly stage: Stage;
  readonly outsider: Outsider;
  readonly blobs: string;
  readonly owner: Wallet;
  readonly deployment: Deployment;
  /** The agent contract, as its owner's wallet sees it. */
  readonly agent: Contract;
  readonly address: string;
  /** Planted in the scope that is not granted: the agent must not know it. */
  readonly canary: string;
}

async function begin(hre: HardhatRuntimeEnvironment, parts: Parts): Promise<Scene> {
  const { root, provider, operator, say } = parts;
  const blobs = path.join(root, "blobs");
  const names = ["MemoryVault", "KeyRegistry", "BlobLog", "ResearchAgent"];
  const artifacts = await Promise.all(names.map((name) => hre.artifacts.readArtifact(name)));
  const outsider = new Outsider(
    provider,
    blobs,
    artifacts.map(({ abi }) => new Interface(abi)),
  );
  const stage = new Stage(say, outsider);
  const owner = new Wallet(Wallet.createRandom().privateKey, provider);
  const deployer = await provider.getSigner(0);
  const { deployment, agent } = await stage.step(
    "The contracts are deployed, on a chain that is a process of its own",
    async () => {
      for (const to of [owner.address, operator])
        await (await deployer.sendTransaction({ to, value: 10n ** 18n })).wait();
      const suite = await deploySuite(deployer, (await provider.getNetwork()).chainId);
      const { abi, bytecode } = await hre.artifacts.readArtifact("ResearchAgent");
      const deployed = await new ContractFactory(abi, bytecode, owner).deploy(
        suite.memoryVault,
        suite.keyRegistry,
        operator,
      );
      await deployed.waitForDeployment();
      stage.tell(
        `ResearchAgent ${await deployed.getAddress()}: its operator is ${short(operator)}, and only a vault's owner asks it.`,
      );
      return { deployment: suite, agent: new Contract(await deployed.getAddress(), abi, owner) };
    },
  );
  const canary = `canary-${bytesToHex(randomBytes(12))}`;
  return {
    ...parts,
    stage,
    outsider,
    blobs,
    owner,
    deployment,
    agent,
    address: await agent.getAddress(),
    canary,
  };
}

async function story(scene: Scene): Promise<void> {
  const { stage, machine } = scene;
  const { vault, identity } = await theVault(scene);
  let runner = await theRunner(scene);
  await theRequest(scene, vault);
  await theQuestion(scene, vault, identity);
  runner = await theCrashes(scene, vault, runner);
  const answer = await theAnswer(scene, vault, identity);
  await theReceipt(scene, vault);
  const proposed = await theProposal(scene, vault);
  await theRevoke(scene, vault, runner);
  await stage.step("The runner stops when it is told to", async () => {
    stage.hold("by SIGTERM, gracefully: it ends with 0", (await runner.stop()) === 0);
    await runner.logged("stopped");
  });
  const texts = [scene.canary, SEAT, MEDICINE, ...answer.split("\n"), ...proposed].filter(
    ({ length }) => length > 12,
  );
  await stage.step("What its log says, and what an outsider saw", async () => {
    const said = [...texts, QUESTION, QUESTION_TOO_LATE, PURPOSE].filter((text) =>
      machine.written.includes(text),
    );
    stage.hold(
      `${number(machine.written.trim().split("\n").length)} lines of three runs: no question, no answer, no memory, no proposal`,
      machine.written.length > 0 && said.length === 0,
    );
    stage.hold(
      "chain and store: neither, but for the questions, which are public on purpose",
      scene.outsider.findings(texts).length === 0 && scene.outsider.findings([QUESTION]).length === 1,
    );
    await Promise.resolve();
  });
  stage.table();
}

/** A vault with three scopes; the answer to "what is my salary" is in the one that is not granted. */
async function theVault({ stage, root, blobs, provider, owner, deployment, canary }: Scene) {
  const seed = randomBytes(32);
  const { chainId, memoryVault: contract } = deployment;
  const vaultId = vaultIdOf(owner.address, hexlify(mintSalt(seed, 0)));
  const profile = await openOrCreateProfile(path.join(root, "owner"));
  const device = {
    ...deviceOf(profile, { chainId, contract, vaultId }),
    store: directoryStore(blobs),
    provider,
  };
  const vault = await stage.step("The owner mints a vault, and writes to three scopes", async () => {
    const { vault: minted } = await mintVault({ ...device, wallet: owner, address: contract, seed });
    await remember(
      minted,
      ...[
        { scope: "travel", text: SEAT },
        { scope: "health", text: MEDICINE },
        { scope: "finance", text: `Has a salary of 91,234 (${canary})`, tags: [canary] },
      ],
    );
    const { final } = await sync(minted);
    stage.hold(
      "travel, health and finance are in it, and final",
      final && (await read(minted)).scopes.length === 3,
    );
    return minted;
  });
  return { vault, identity: profile.keys.identity };
}

/** The first run has a handler that never comes to an end, so that it is killed at work. */
async function theRunner({
  stage,
  root,
  machine,
  url,
  blobs,
  deployment,
  address,
  provider,
}: Scene): Promise<Running> {
  const file = path.join(root, "deployment.json");
  await writeFile(file, JSON.stringify({ ...deployment, chainId: String(deployment.chainId) }));
  const slow = path.join(root, "slow.mjs");
  await writeFile(
    slow,
    `export const handle = () => new Promise((resolve) => setTimeout(resolve, 50_000, { kind: "decline" }));\n`,
  );
  return stage.step("The operator starts the program behind the contract", async () => {
    await machine.json("init", "--no-words", "--rpc", url, "--deployment", file, "--store", `dir:${blobs}`);
    const runner = machine.start("agent", "run", "--agent", address, "--handler", slow);
    await runner.logged("key published");
    const { digest } = await keyOf(registryContract(deployment.keyRegistry, provider), address);
    stage.hold(
      `process ${runner.pid} drew a key, and published it in the contract's name: ${short(digest)}`,
      digest !== ZeroHash,
    );
    return runner;
  });
}

async function theRequest(
  { stage, machine, address, deployment, canary }: Scene,
  vault: Vault,
): Promise<void> {
  const { keyRegistry } = deployment;
  await stage.step(
    `It asks for access to ${SCOPES.join(" and ")}, and the owner grants exactly that`,
    async () => {
      const { line } = await machine.json(
        ...[
          "agent",
          "request",
          "--vault",
          idText(vault.ref.vaultId),
          "--agent",
          address,
          "--scopes",
          SCOPES.join(","),
        ],
        ...["--purpose", PURPOSE, "--days", "30", "--propose"],
      );
      const { id, request, signedBy, operator } = await keepRequest(vault, keyRegistry, String(line));
      stage.tell(
        `one line of ${number(String(line).length)} characters: "${request.purpose}", ${request.scopes.join(", ")}, 30 days`,
      );
      stage.hold(
        "signed by the operator that the contract names",
        signedBy.as === "operator" && signedBy.signer === operator,
      );
      const label = `my assistant ${canary}`;
      await acceptRequest(vault, keyRegistry, id, label, (terms) =>
        grant(vault, { ...terms, storeWelcome: true }),
      );
      const granted = (await grants(vault)).find(({ grantee }) => grantee === address.toLowerCase());
      stage.hold(
        "granted: these two scopes, to this key, until that date, under the owner's own label",
        granted?.label === label &&
          granted.scopeNames.toSorted().join() === SCOPES.join() &&
          granted.expiresAt === request.expiresAt,
      );
      stage.hold(
        "the contract knows that it may read",
        await agentContract(address, vault.provider).canRead(vault.ref.vaultId),
      );
    },
  );
}

async function theQuestion(
  { stage, owner, agent, deployment, provider }: Scene,
  vault: Vault,
  identity: string,
): Promise<void> {
  await stage.step("The owner publishes a key for answers, and asks on chain", async () => {
    const recipient = await recipientOf(identity);
    const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
    await publishKey(registryContract(deployment.keyRegistry, owner), recipient, now + 86_400);
    await ask(agent, vault, QUESTION);
    stage.tell(`"${QUESTION}": the question is public, the answer will not be.`);
    stage.hold("the request stands, and is open", !(await isAnswered(agent, 1n)));
  });
}

async function theCrashes(
  { stage, machine, agent, address }: Scene,
  vault: Vault,
  first: Running,
): Promise<Running> {
  const begin = (): Running => machine.start("agent", "run", "--agent", address, "--handler", HANDLER);
  return stage.step("The program is killed twice while it is at work, and answers once", async () => {
    await first.logged("read", { requestId: "1" });
    await first.kill();
    stage.hold(
      `process ${first.pid}, which had read what it was granted: SIGKILL. Nothing is answered`,
      !(await isAnswered(agent, 1n)),
    );
    const second = begin();
    await second.logged("handled", { requestId: "1" });
    await second.kill();
    stage.tell(`process ${second.pid}, which had its answer, and may have sent it: SIGKILL.`);
    const third = begin();
    await third.logged("done", { requestId: "1" });
    stage.hold(
      `process ${third.pid} goes on where they stopped: one answer, and one proposal`,
      (await answersOf(agent, 1n)).length === 1 && (await proposalsOf(vault, address)) === 1,
    );
    return third;
  });
}

async function theAnswer(
  { stage, agent, address, canary }: Scene,
  vault: Vault,
  identity: string,
): Promise<string> {
  return stage.step("The owner opens the answer", async () => {
    const [answered] = await answersOf(agent, 1n);
    if (answered === undefined) throw new TypeError("there is an answer");
    const { data, sequence, root } = answered;
    const { chainId, vaultId } = vault.ref;
    const place = { chainId, agent: address, vaultId, requestId: 1n, sequence, root };
    stage.hold(`sealed: ${number(data.length)} bytes, whatever is in them`, isSealedAnswer(data));
    await stage.refused("anybody else", AnswerRejected, openAnswer(data, generateIdentity(), place));
    const text = await openAnswer(data, identity, place);
    for (const line of text.split("\n")) stage.tell(`  ${line}`);
    stage.hold("it has what both granted scopes say", text.includes(SEAT) && text.includes(MEDICINE));
    stage.hold(
      "and nothing of the third, which the question was about as well",
      !/salary of|91,234/.test(text) && !text.includes(canary),
    );
    return text;
  });
}

async function theReceipt({ stage, address }: Scene, vault: Vault): Promise<void> {
  await stage.step("The owner audits what the answer rests on", async () => {
    const { exchanges, totals, sound, sequence } = await auditReceipts(vault, address);
    const answer = exchanges[0]?.answer;
    const granted = (await read(vault)).scopes.filter(({ name }) => SCOPES.includes(name));
    stage.hold(
      `head ${String(answer?.sequence)} of ${sequence}, root ${short(answer?.root ?? "")}: in the vault's own log, under its grant`,
      sound && totals.rests === 1 && answer?.verdict === "rests",
    );
    stage.hold(
      `it was the newest, and had ${String(answer?.memories)} memories in the granted scopes: as many as the owner knows`,
      answer?.behind === 0n && answer.memories === granted.flatMap(({ memories }) => memories).length,
    );
  });
}

async function theProposal({ stage, address }: Scene, vault: Vault): Promise<string[]> {
  return stage.step("Its proposal is in the owner's inbox, and is accepted", async () => {
    const { entries } = await inbox(vault);
    const [entry] = entries;
    const text = entry?.memories?.[0]?.text ?? "";
    stage.hold(
      `one, sealed and signed: "${text}"`,
      entries.length === 1 && entry?.fault === null && text.includes(QUESTION),
    );
    stage.hold(
      "nothing of it is in the vault yet",
      !(await memoriesOf(vault)).some((memory) => memory.text === text),
    );
    await acceptProposal(vault, entry?.id ?? "");
    await sync(vault);
    const memory = (await memoriesOf(vault)).find((each) => each.text === text);
    const from = memory?.metadata["proposal"] as { readonly transaction?: string } | undefined;
    stage.hold(
      `now it is, with where it is from: agent ${short(memory?.source.agent ?? "")}, transaction ${short(from?.transaction ?? "")}`,
      memory?.type === "episodic" &&
        memory.source.agent === address.toLowerCase() &&
        from?.transaction === entry?.transaction,
    );
    stage.hold("and the inbox is empty", (await inbox(vault)).entries.length === 0);
    return [text];
  });
}

async function theRevoke({ stage, agent, address }: Scene, vault: Vault, runner: Running): Promise<void> {
  await stage.step("The owner revokes the agent, while a question is open", async () => {
    // Asleep, so that the question is open when the grant ends.
    runner.signal("SIGSTOP");
    await ask(agent, vault, QUESTION_TOO_LATE);
    const { rotated } = await revoke(vault, address);
    runner.signal("SIGCONT");
    stage.hold(
      "revoked, and every key changed",
      rotated && !(await agentContract(address, vault.provider).canRead(vault.ref.vaultId)),
    );
    await runner.logged("ended", { requestId: "2" });
    stage.hold("the program finds its grant ended, and answers nothing", !(await isAnswered(agent, 2n)));
    const refused: unknown = await agent
      .getFunction("ask")
      .staticCall(vault.ref.vaultId, "And now?")
      .catch((fault: unknown) => fault);
    stage.hold(
      "the contract takes no question: NotGranted",
      refused instanceof Error && refused.message.includes("NotGranted"),
    );
    const { totals, sound } = await auditReceipts(vault, address);
    stage.hold("the audit has one answer, and nothing false", sound && totals.rests === 1);
  });
}

async function ask(agent: Contract, { ref }: Vault, question: string): Promise<void> {
  const sent = await agent.getFunction("ask").send(ref.vaultId, question);
  await sent.wait();
}

function runnerOf({ runner }: Contract): ContractRunner {
  if (runner === null) throw new TypeError("the contract has a wallet");
  return runner;
}

const isAnswered = async (agent: Contract, requestId: bigint): Promise<boolean> =>
  (await agentContract(await agent.getAddress(), runnerOf(agent)).requestOf(requestId)).answered;

/** Every answer that the chain has to a request. */
async function answersOf(agent: Contract, requestId: bigint) {
  const contract = agentContract(await agent.getAddress(), runnerOf(agent));
  const events = await contract.queryFilter(contract.filters.Answered(requestId), 0);
  return events.map(({ args: { data, sequence, root } }) => ({ data: getBytes(data), sequence, root }));
}

/** How many proposals of an account the vault's log has. */
async function proposalsOf({ contract, ref }: Vault, account: string): Promise<number> {
  return (await contract.queryFilter(contract.filters.Proposed(ref.vaultId, account), 0)).length;
}

const memoriesOf = async (vault: Vault): Promise<Memory[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories);
