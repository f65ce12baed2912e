import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hexlify, ZeroHash, type Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { deviceOf, idText, openOrCreateProfile } from "../apps/cli/profile.ts";
import { bar, number, progress, short, size, type Say } from "../apps/cli/terminal.ts";
import { chatGpt, type ImportedMemory, MalformedExport } from "../client/importers/index.ts";
import {
  acceptWelcome,
  findWelcome,
  generateIdentity,
  grant,
  GrantRevoked,
  keyOf,
  mintSalt,
  mintVault,
  NotAMember,
  pending,
  proveMemory,
  read,
  recipientBytes,
  recipientDigest,
  recipientOf,
  recoverVault,
  registryContract,
  remember,
  revoke,
  sync,
  vaultIdOf,
  type Environment,
  type Vault,
  type VaultRef,
  type VaultView,
} from "../client/index.ts";
import { seedToWords, wordsToSeed } from "../client/words.ts";
import { directoryStore, readSources } from "../client/node.ts";
import { buildContracts } from "./building.ts";
import { deploy } from "./deploy.ts";
import { audit, repair } from "../client/stores.ts";
import { bytesOnChain, Outsider } from "./demo-outsider.ts";
import { openDemoStore, overheard, type DemoStore, type OpenDemoStore } from "./demo-stores.ts";
import { Stage } from "./demo-stage.ts";

/** What the demo may be told. */
export interface DemoOptions {
  /** A ChatGPT export: its folder, zip or `conversations.json`. Default: the sample in `examples/`. */
  readonly export?: string;
  /** Where blobs are kept. Default: a folder. */
  readonly store?: DemoStore;
  /** The RPC of an IPFS node, for that store. Default: one is installed and started. */
  readonly ipfs?: string;
  /** Default: stdout. */
  readonly say?: Say;
}

const SAMPLE = fileURLToPath(new URL("../examples/chatgpt-export", import.meta.url));

const NIGHT_TRAINS = "Prefers a window seat and night trains";

/** What the concierge may read, and what the doctor may. */
const CONCIERGE_SCOPES = ["health", "travel"];
const DOCTOR_SCOPES = ["health"];

/**
 * Tells the whole story on a chain of its own: every line that begins with a check mark was checked.
 *
 * @throws {StepFailed} when a step does not hold. {MalformedExport} when the export is none.
 */
export async function demo(
  hre: HardhatRuntimeEnvironment,
  { export: source = SAMPLE, store = "dir", ipfs, say = console.log }: DemoOptions = {},
): Promise<void> {
  if (!(await hre.artifacts.artifactExists("ConciergeAgent"))) say("Compiling the contracts, this once…");
  await buildContracts(hre);
  // Asked before there were any, Hardhat remembers that there were none.
  await hre.artifacts.clearCache();
  const connection = await hre.network.create();
  const root = await mkdtemp(path.join(tmpdir(), "memory-vault-demo-"));
  const opened: OpenDemoStore[] = [];
  try {
    await story(hre, connection, root, source, { store, ipfs, opened }, say);
  } finally {
    for (const { close } of opened) await close();
    await rm(root, { recursive: true, force: true });
    await connection.close();
  }
}

/** Where the story keeps its blobs, and what is to be closed after it. */
interface StoryStore {
  readonly store: DemoStore;
  readonly ipfs: string | undefined;
  readonly opened: OpenDemoStore[];
}

async function story(
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection<ChainType>,
  root: string,
  source: string,
  { store: kind, ipfs, opened }: StoryStore,
  say: Say,
): Promise<void> {
  const { ethers } = connection;
  const { provider } = ethers;
  const [deployer, owner, operator, guest] = await ethers.getSigners();
  if (deployer === undefined || owner === undefined || operator === undefined || guest === undefined)
    throw new Error("the chain has fewer than four accounts");
  const { chainId } = await provider.getNetwork();
  const agents = await ethers.getContractFactory("ConciergeAgent", operator);
  const abis = ["MemoryVault", "KeyRegistry", "BlobLog"] as const;
  const folder = path.join(root, "store");
  const outsider = new Outsider(provider, folder, [
    ...(await Promise.all(abis.map(async (name) => (await ethers.getContractFactory(name)).interface))),
    agents.interface,
  ]);
  const stage = new Stage(say, outsider);
  let blobLog = "";
  const kept = await openDemoStore(kind, {
    ...{ root, ipfs, provider, payer: owner, blobLog: () => blobLog, say },
  });
  opened.push(kept);
  const store = overheard(kept.store, directoryStore(folder));
  /** A machine of its own: journal and keys in a folder, the store shared. */
  const machine = async (name: string, ref: VaultRef, wallet?: Signer): Promise<Environment> => {
    const profile = await openOrCreateProfile(path.join(root, name));
    return { ...deviceOf(profile, ref), store, provider, wallet };
  };
  // Planted in memories and labels: it must be seen nowhere.
  const canary = `canary-${bytesToHex(randomBytes(12))}`;

  say(
    "A person's AI memory, in a vault that they own. One process, a real EVM, real files, real cryptography.",
  );
  say(`Blobs are kept in ${kept.where}.`);

  const deployment = await stage.step("The contracts are deployed", async () => {
    const deployed = await deploy(hre, connection, { home: path.join(root, "owner"), say: () => undefined });
    stage.tell(
      `MemoryVault ${deployed.memoryVault}, KeyRegistry ${deployed.keyRegistry}. They have no admin.`,
    );
    return deployed;
  });
  const address = deployment.memoryVault;
  blobLog = deployment.blobLog;
  const registry = registryContract(deployment.keyRegistry, provider);

  const seed = randomBytes(32);
  const words = seedToWords(seed);
  const ref = { chainId, contract: address, vaultId: vaultIdOf(owner.address, hexlify(mintSalt(seed, 0))) };
  const { vaultId } = ref;

  const vault = await stage.step("The owner mints a vault", async () => {
    const minted = await mintVault({ ...(await machine("laptop", ref, owner)), address, seed });
    stage.tell(`24 words, shown once: ${words.split(" ").slice(0, 3).join(" ")} … (21 more)`);
    stage.hold(
      `token ${short(idText(vaultId))} is the owner's, and locked`,
      (await minted.vault.contract.ownerOf(vaultId)) === owner.address &&
        (await minted.vault.contract.locked(vaultId)),
    );
    return minted.vault;
  });

  await stage.step("The owner writes two notes by hand", async () => {
    await remember(vault, { scope: "health", text: `Allergic to penicillin (${canary})`, tags: [canary] });
    await sync(vault);
    await remember(vault, { scope: "travel", text: NIGHT_TRAINS });
    const { final } = await sync(vault);
    stage.hold("both are in the vault, and final", final && countOf(await read(vault)) === 2);
    stage.tell("The first two commits fill empty storage slots, once. From here on a commit costs the same.");
  });

  const imported = await stage.step("The owner imports a ChatGPT export", async () => {
    const { memories, duplicates, skipped } = await importExport(source);
    for (let i = 0; i < memories.length; i += 5_000) await remember(vault, ...memories.slice(i, i + 5_000));
    const scopes = new Set(memories.map(({ scope }) => scope));
    stage.tell(
      `${number(memories.length)} memories in ${scopes.size} scopes, ${duplicates} duplicates and ${skipped} other items left out.`,
    );
    stage.hold(
      "all of them are in the sealed journal of this machine, and nowhere else yet",
      (await pending(vault)).length === memories.length,
    );
    return memories;
  });

  const importGas = await stage.step("One transaction puts all of them into the vault", async () => {
    const { receipt, final, blobs } = await sync(vault);
    vault.cache = new Map();
    stage.hold(
      `read back from the store: ${number(imported.length + 2)} memories, in ${blobs.length} new blobs, final`,
      final && countOf(await read(vault)) === imported.length + 2,
    );
    return receipt?.gasUsed ?? 0n;
  });

  const agentIdentity = generateIdentity();
  const agent = await stage.step("An agent contract appears, and publishes its key", async () => {
    const contract = await agents.deploy(address, deployment.keyRegistry, operator.address);
    await contract.waitForDeployment();
    const recipient = recipientBytes(await recipientOf(agentIdentity));
    await (await contract.publishKey(recipient, await inDays(365), ZeroHash)).wait();
    const { digest } = await keyOf(registry, await contract.getAddress());
    stage.hold(
      `KeyRegistry has its post-quantum key, digest ${short(digest)}`,
      digest === hexlify(recipientDigest(recipient)),
    );
    return contract;
  });
  const agentAddress = await agent.getAddress();

  const listedGas = await stage.step(
    `The owner grants the agent ${CONCIERGE_SCOPES.join(" and ")}`,
    async () => {
      const { recipient } = await keyOf(registry, agentAddress);
      const granted = await grant(vault, {
        ...{ recipient, account: agentAddress, scopes: CONCIERGE_SCOPES, expiresAt: await inDays(30) },
        ...{ label: `Concierge ${canary}`, storeWelcome: true },
      });
      stage.hold("in one transaction: the grant on chain, and new keys for everybody", granted.rotated);
      stage.hold("the contract knows that it may read", await agent.canRead(vaultId));
      return granted.receipt?.gasUsed ?? 0n;
    },
  );

  const doctor = generateIdentity();
  const doctorWelcome = await stage.step(
    `And a doctor ${DOCTOR_SCOPES.join(" and ")}, unlisted`,
    async () => {
      const granted = await grant(vault, {
        ...{ recipient: await recipientOf(doctor), scopes: DOCTOR_SCOPES, expiresAt: await inDays(90) },
        label: `Doctor ${canary}`,
      });
      const rotationGas = granted.receipt?.gasUsed ?? 0n;
      stage.hold("the welcome is a file in the owner's hand", granted.welcome !== null);
      stage.hold("the chain shows a commit like any other", granted.receipt?.logs.length === 1);
      stage.tell(
        `A listed grant is a grant and a rotation: ${number(listedGas)} gas, of which the rotation is ${number(rotationGas)} ` +
          `and the grant ${number(listedGas - rotationGas)}.`,
      );
      return granted.welcome ?? new Uint8Array();
    },
  );

  const [agentVault, doctorVault] = await stage.step(
    "The agent's program finds its welcome, and reads",
    async () => {
      const welcome = await findWelcome(vault.contract, vaultId, agentAddress, store, deployment.block);
      const reader = { ...(await machine("agent", ref)), address };
      const opened = await acceptWelcome({ ...reader, welcome, identity: agentIdentity });
      const [view, whole] = [await read(opened), await read(vault)];
      const head = await vault.contract.memoryHead(vaultId);
      stage.hold(
        `complete, unaltered, current: ${number(countOf(view))} memories in ${view.scopes.length} of ` +
          `${whole.scopes.length} scopes, each count and root proven up to root ${short(view.root)} of head ${view.sequence}, final`,
        view.final && view.root === head.root && view.sequence === head.sequence && countOf(view) > 0,
      );
      stage.hold(
        "it is what the owner has in these scopes, and nothing of the others",
        sameScopes(view, whole),
      );
      const other = { ...(await machine("doctor", ref)), address };
      const second = await acceptWelcome({ ...other, welcome: doctorWelcome, identity: doctor });
      stage.hold(
        "the doctor's view is complete as well, and narrower",
        sameScopes(await read(second), whole, DOCTOR_SCOPES),
      );
      return [opened, second];
    },
  );

  await stage.step("A memory is proven to the agent contract, which answers a request", async () => {
    const view = await read(agentVault);
    const shown = memoriesOf(view).find(({ text }) => text === NIGHT_TRAINS);
    const { memoryPath, scopePath, ...rest } = await proveMemory(agentVault, shown?.id ?? "");
    const proof = { ...rest, memoryPath: [...memoryPath], scopePath: [...scopePath] };
    stage.hold(
      "verifyMemory, on chain: this memory is in the vault now",
      await agent.isDisclosed(vaultId, proof),
    );
    const altered = { ...proof, record: proof.record.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) };
    stage.hold("with one bit changed it is not", !(await agent.isDisclosed(vaultId, altered)));
    stage.tell(
      `A contract pays ${number(await vault.contract.verifyMemory.estimateGas(vaultId, proof))} gas to check it.`,
    );
    await (await agent.connect(guest).ask(vaultId, "A seat on the night train: which one?")).wait();
    const said = utf8ToBytes("At the window, please.");
    await (await agent.connect(operator).answer(1n, said, view.sequence, view.root)).wait();
    stage.hold(
      `a request is answered, with the grant checked again, and from head ${view.sequence}, checked too`,
      (await agent.requestOf(1n)).answered,
    );
  });

  await stage.step("The owner revokes the agent", async () => {
    const { receipt, rotated } = await revoke(vault, agentAddress);
    stage.hold(
      `revoked, and all keys rotated, in one transaction: ${number(receipt?.gasUsed ?? 0n)} gas`,
      rotated && !(await agent.canRead(vaultId)),
    );
  });

  const secret = `Starts a new treatment in May (${canary})`;
  await stage.step("The owner writes a new memory", async () => {
    await remember(vault, { scope: "health", text: secret });
    const { receipt } = await sync(vault);
    const gas = receipt?.gasUsed ?? 0n;
    const difference = gas > importGas ? gas - importGas : importGas - gas;
    stage.hold(
      `one memory: ${number(gas)} gas. The import's ${number(imported.length)}: ${number(importGas)}`,
      gas > 0n && difference <= 200n,
    );
  });

  await stage.step("It is closed to the agent, and open to the doctor", async () => {
    await stage.refused("the agent's program", GrantRevoked, read(agentVault));
    await stage.refused(
      "a program that ignores the revocation, with all its keys",
      NotAMember,
      read(heedless(agentVault)),
    );
    const asked = await agent.ask.staticCall(vaultId, "And now?").catch((fault: unknown) => fault);
    stage.hold(
      "the agent contract: NotGranted",
      asked instanceof Error && asked.message.includes("NotGranted"),
    );
    stage.hold(
      "the doctor reads it",
      memoriesOf(await read(doctorVault)).some(({ text }) => text === secret),
    );
  });

  await stage.step("On a new machine, the 24 words give everything back", async () => {
    const recovered = await recoverVault({
      ...(await machine("new laptop", ref, owner)),
      ...{ address, seed: wordsToSeed(words), owner: owner.address },
    });
    stage.hold(
      "every memory, proven against the same root",
      (await read(recovered)).root === (await read(vault)).root &&
        countOf(await read(recovered)) === imported.length + 3,
    );
    await remember(recovered, { scope: "travel", text: "Lost a laptop in Lisbon" });
    await sync(recovered);
    stage.hold("it writes, and the old machine reads", countOf(await read(vault)) === imported.length + 4);
    stage.hold("the doctor still reads", countOf(await read(doctorVault)) > 0);
  });

  const { loseOne } = kept;
  if (loseOne !== null)
    await stage.step("A disk dies", async () => {
      await loseOne();
      const { stores, lost } = await audit(vault);
      stage.hold(
        `one of ${stores.length} stores is empty, and nothing is lost`,
        stores[0]?.present.length === 0 && lost.length === 0,
      );
      await repair(vault);
      stage.hold("all of it is copied back, and read back", (await audit(vault)).below.length === 0);
      stage.hold(
        "the empty store has what the others have",
        (await audit(vault)).stores.every(({ missing }) => missing.length === 0),
      );
    });

  await stage.step("What an outsider saw of all this", async () => {
    const { seen } = outsider;
    const commits = seen.transactions.filter(({ events }) => events.some((name) => /Transition/.test(name)));
    const listed = seen.transactions.flatMap(({ events }) => events).filter((name) => name === "Granted");
    stage.tell(
      `On chain: ${seen.transactions.length} transactions, ${size(bytesOnChain(seen))} of calldata and logs.`,
    );
    stage.tell(`  the owner's address ${short(owner.address)}, and the time of ${commits.length} commits`);
    stage.hold(
      "one grant: the agent's address, its permission, its end. Of the doctor nothing",
      listed.length === 1,
    );
    stage.tell("  the agent's key, the request and the answer: public on purpose");
    const sizes = seen.blobs.map(({ bytes }) => bytes.length);
    const welcomes = seen.blobs.filter(
      ({ bytes }) => new TextDecoder().decode(bytes.subarray(0, 18)) === AGE_HEADER,
    );
    stage.tell(
      `In the store: ${seen.blobs.length} blobs, ${welcomes.length} of them visibly a welcome, and when they came`,
    );
    for (const known of BLOB_SIZES)
      stage.tell(
        `  ${String(sizes.filter((bytes) => bytes === known).length).padStart(4)} of ${size(known)}`,
      );
    stage.hold(
      "there are no other sizes",
      sizes.every((bytes) => BLOB_SIZES.includes(bytes)),
    );
    const texts = [canary, ...imported.slice(0, 5_000).map(({ text }) => text)].filter(
      ({ length }) => length > 12,
    );
    stage.hold(
      `${number(texts.length)} texts were searched for in all of it, labels and canary among them: none was found`,
      outsider.findings(texts).length === 0,
    );
    await Promise.resolve();
  });

  stage.table();

  async function inDays(days: number): Promise<number> {
    return ((await provider.getBlock("latest"))?.timestamp ?? 0) + days * 86_400;
  }
}

const AGE_HEADER = "age-encryption.org";

const BLOB_SIZES = [4_096, 16_384, 65_536, 262_144];

/** Reads an export to its end before anything is written: a file that breaks in the middle leaves nothing behind. */
async function importExport(source: string) {
  const files = await readSources(source);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const line = progress();
  let done = 0;
  const watched = files.map((file) => ({
    ...file,
    async *open() {
      for await (const piece of file.open()) {
        done += piece.length;
        line.show(`   ${bar(done, total)}`);
        yield piece;
      }
    },
  }));
  const memories: ImportedMemory[] = [];
  let [duplicates, skipped] = [0, 0];
  try {
    for await (const item of chatGpt().read(watched)) {
      if (item.kind === "memory") memories.push(item.memory);
      else if (item.kind === "duplicate") duplicates++;
      else skipped++;
    }
  } finally {
    line.end();
  }
  if (memories.length === 0)
    throw new MalformedExport(source, "its conversations", "there is no memory in them");
  return { memories, duplicates, skipped };
}

const memoriesOf = ({ scopes }: VaultView) => scopes.flatMap(({ memories }) => memories);

const countOf = (view: VaultView): number => memoriesOf(view).length;

/** Whether a reader's view is what the whole has in the scopes of a grant. */
function sameScopes(view: VaultView, whole: VaultView, names: readonly string[] = CONCIERGE_SCOPES): boolean {
  const idsOf = ({ scopes }: VaultView) =>
    scopes
      .filter(({ name }) => names.includes(name))
      .flatMap(({ name, memories }) =>
        memories.map(({ id, salt, text }) => JSON.stringify([name, id, salt, text])),
      )
      .sort();
  const granted = idsOf(view);
  return granted.length === countOf(view) && granted.join() === idsOf(whole).join();
}

/** The same member with a client that was tampered with: it asks the chain for no permission. */
const heedless = (vault: Vault): Vault => ({
  ...vault,
  contract: Object.create(vault.contract, {
    canRead: { value: () => Promise.resolve(true) },
  }) as Vault["contract"],
});
