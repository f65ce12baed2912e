import { fileURLToPath } from "node:url";

import { randomBytes } from "@noble/hashes/utils.js";
import { hexlify, type Signer } from "ethers";

import { makeProposal, makeRequest, publicAnswer, storeProposal } from "../../client/agents.ts";
import { chatGpt, type ImportedMemory } from "../../client/importers/index.ts";
import {
  acceptWelcome,
  generateIdentity,
  grant,
  memoryJournalStore,
  mintVault,
  PERMISSION,
  read,
  recipientBytes,
  recipientDigest,
  recipientOf,
  reinforce,
  remember,
  revoke,
  sync,
  update,
  type BlobStore,
  type Environment,
  type GrantRequest,
  type Memory,
  type MemoryInput,
  type Vault,
} from "../../client/index.ts";
import { addDevice, shred } from "../../client/manage.ts";
import { readSources } from "../../client/node.ts";
import { seedToWords } from "../../client/words.ts";
import type { ConciergeAgent } from "../../typechain-types/index.ts";
import { deployAgent } from "./agent.ts";
import type { LocalChain } from "./chain.ts";
import { DAY, life, SCOPES } from "./life.ts";

/** A vault to look at. */
export interface Sample {
  /** The 24 words. They are public: nothing that matters belongs into this vault. */
  readonly words: string;
  readonly owner: string;
  readonly label: string;
  /** An agent's request for access, to paste. */
  readonly request: string;
  readonly vaultId: bigint;
}

/** What fills a vault. */
interface Filling {
  readonly chain: LocalChain;
  readonly store: BlobStore;
  readonly owner: Signer;
  /** Runs the agents. */
  readonly operator: Signer;
}

const EXPORT = fileURLToPath(new URL("../../examples/chatgpt-export", import.meta.url));

/** For how long the vault has been there. */
export const LIFETIME = 540 * DAY;

/** Fills a vault with some eighteen months of a life, through the client alone, and leaves the chain's clock at the present. */
export async function fillSample(filling: Filling, present: number): Promise<Sample> {
  const { chain, owner } = filling;
  const begin = present - LIFETIME;
  const at = (day: number): Promise<void> => chain.setTime(begin + day * DAY);
  const seed = randomBytes(32);
  const laptop = await firstDevice(filling, seed);
  const written = life(begin + 2 * DAY, present - 9 * DAY);
  const write = async (from: number, to: number): Promise<void> => {
    const [first, end] = [begin + from * DAY, begin + to * DAY];
    const told = written.filter(({ createdAt = 0 }) => createdAt >= first && createdAt < end);
    await at(to);
    if (told.length > 0) await remember(laptop, ...told);
    await sync(laptop);
  };
  await remember(laptop, ...(await imported()));
  await sync(laptop);
  await write(0, 35);
  const phone = await anotherDevice(filling, laptop, "Phone");
  await anotherDevice(filling, laptop, "Tablet in the kitchen");
  for (const day of [80, 120, 165]) await write(day - (day === 80 ? 45 : day === 120 ? 40 : 45), day);
  const coach = await grantTo(laptop, present, { scopes: ["health"], label: "Running coach", days: 90 });
  await write(165, 230);
  await revoke(laptop, coach.memberId);
  await write(230, 300);
  const agent = await askedAgent(filling, laptop, present);
  await write(300, 360);
  await grantTo(laptop, present, { scopes: ["health", "identity"], label: "Doctor Amrani", days: 60 });
  await exchange(
    filling,
    laptop,
    agent.contract,
    "A table for two on Friday: what should we avoid?",
    PEPPERS,
  );
  await write(360, 420);
  await exchange(filling, laptop, agent.contract, "Which seat on the night train to Vienna?", SEAT);
  await write(420, 470);
  await shredOne(laptop);
  await write(470, 531);
  await exchange(filling, laptop, agent.contract, "Is ten kilometres along the canal too far for her?", null);
  await disagree(laptop, phone);
  await at(538);
  await proposeOne(filling, agent);
  await chain.setTime(present);
  const request = await requestOfStranger(filling, laptop, present);
  return {
    words: seedToWords(seed),
    owner: await owner.getAddress(),
    label: "My memories",
    request,
    vaultId: laptop.ref.vaultId,
  };
}

const PEPPERS = "Peppers. And something without them is as welcome as anything else.";
const SEAT = "At the window, on the left: she writes with that hand.";

const deviceParts = ({ chain, store }: Filling): Environment => ({
  ...{ provider: chain.provider, store, now: chain.now },
  ...{ journalStore: memoryJournalStore(), journalKey: randomBytes(32) },
});

async function firstDevice(filling: Filling, seed: Uint8Array): Promise<Vault> {
  const { chain, owner } = filling;
  const address = chain.deployment.memoryVault;
  const { vault } = await mintVault({ ...deviceParts(filling), wallet: owner, address, seed });
  return vault;
}

async function anotherDevice(filling: Filling, vault: Vault, label: string): Promise<Vault> {
  const identity = generateIdentity();
  const { welcome } = await addDevice(vault, { recipient: await recipientOf(identity), label });
  const device = await accept({ ...filling, wallet: filling.owner }, identity, welcome);
  await sync(device);
  return device;
}

async function accept(
  filling: Filling & { readonly wallet?: Signer },
  identity: string,
  welcome: Uint8Array | null,
): Promise<Vault> {
  if (welcome === null) throw new TypeError("on a local chain a commit is final at once");
  const { wallet } = filling;
  const address = filling.chain.deployment.memoryVault;
  return acceptWelcome({ ...deviceParts(filling), ...(wallet && { wallet }), address, identity, welcome });
}

/** What the scopes of the sample have of an export. */
async function imported(): Promise<ImportedMemory[]> {
  const memories: ImportedMemory[] = [];
  for await (const item of chatGpt().read(await readSources(EXPORT)))
    if (item.kind === "memory" && (SCOPES as readonly string[]).includes(item.memory.scope))
      memories.push(item.memory);
  return memories;
}

/** Grants somebody a scope who is not listed on chain; `days` from the present. */
async function grantTo(
  vault: Vault,
  present: number,
  { days, ...terms }: Pick<GrantRequest, "scopes" | "label"> & { readonly days: number },
) {
  const recipient = await recipientOf(generateIdentity());
  return grant(vault, { ...terms, recipient, expiresAt: secondsOf(present + days * DAY) });
}

const secondsOf = (time: number): number => Math.floor(time / 1_000);

/** An agent contract, and the program behind it. */
interface Agent {
  readonly contract: ConciergeAgent;
  readonly reader: Vault;
}

/** An agent contract that is granted something, and may propose. */
async function askedAgent(filling: Filling, vault: Vault, present: number): Promise<Agent> {
  const { identity, recipient, contract } = await newAgent(filling, present);
  const { welcome } = await grant(vault, {
    ...{ recipient, account: await contract.getAddress(), scopes: ["travel", "health", "interests"] },
    ...{ expiresAt: secondsOf(present + 120 * DAY), propose: true, label: "Concierge", storeWelcome: true },
  });
  return { contract, reader: await accept(filling, identity, welcome) };
}

async function newAgent({ chain, operator }: Filling, present: number) {
  const { memoryVault, keyRegistry } = chain.deployment;
  const contract = await deployAgent(operator, memoryVault, keyRegistry);
  const identity = generateIdentity();
  const recipient = await recipientOf(identity);
  const expiresAt = secondsOf(present + 400 * DAY);
  const published = await contract.publishKey(recipientBytes(recipient), expiresAt, NO_ATTESTATION);
  await published.wait();
  return { contract, identity, recipient };
}

const NO_ATTESTATION = `0x${"00".repeat(32)}`;

/** A question to the agent, and what it says to it; `null`: nothing yet. */
async function exchange(
  { operator }: Filling,
  vault: Vault,
  agent: ConciergeAgent,
  question: string,
  answer: string | null,
): Promise<void> {
  const before = await agent.queryFilter(agent.filters.Requested());
  await (await agent.connect(operator).ask(vault.ref.vaultId, question)).wait();
  if (answer === null) return;
  const { sequence, root } = await vault.contract.memoryHead(vault.ref.vaultId);
  const requestId = BigInt(before.length + 1);
  const sent = await agent.connect(operator).answer(requestId, publicAnswer(answer), sequence, root);
  await sent.wait();
}

const memoriesOf = async (vault: Vault): Promise<Memory[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories);

async function named(vault: Vault, text: string): Promise<Memory> {
  const found = (await memoriesOf(vault)).find((memory) => memory.text === text);
  if (found === undefined) throw new TypeError(`the sample has a memory "${text}"`);
  return found;
}

async function shredOne(vault: Vault): Promise<void> {
  const told: MemoryInput = { scope: "health", text: "Had a test whose outcome is nobody's business" };
  await remember(vault, told);
  await sync(vault);
  await shred(vault, await named(vault, told.text));
  await sync(vault);
}

/** Two devices change the same memory at once: both versions stay. */
async function disagree(laptop: Vault, phone: Vault): Promise<void> {
  await sync(phone);
  const seen = await named(laptop, "Runs twice a week; the left knee complains beyond ten kilometres");
  await update(laptop, seen, { text: "Runs twice a week; the left knee complains beyond twelve kilometres" });
  await update(phone, seen, {
    text: "Runs three times a week; the left knee complains beyond ten kilometres",
  });
  await reinforce(laptop, await named(laptop, "Allergic to penicillin"));
  await sync(laptop);
  await sync(phone);
  await sync(laptop);
}

async function proposeOne({ operator }: Filling, { contract, reader }: Agent): Promise<void> {
  const { scopes } = await read(reader);
  const scope = scopes.find(({ name }) => name === "travel")?.id ?? "";
  const text = "Liked the compartment for two on the train to Vienna; would book it again";
  const memories = [{ scope, type: "episodic" as const, text, tags: ["trains"] }];
  const made = await makeProposal(reader, { memories, signer: operator });
  const digest = await storeProposal(reader, made);
  await (await contract.connect(operator).propose(reader.ref.vaultId, digest)).wait();
}

/** What an agent says that was granted nothing. */
async function requestOfStranger(filling: Filling, vault: Vault, present: number): Promise<string> {
  const { contract, recipient } = await newAgent(filling, present);
  return makeRequest(
    {
      ...{ ref: vault.ref, account: await contract.getAddress() },
      recipientDigest: hexlify(recipientDigest(recipientBytes(recipient))),
      ...{ scopes: ["learning", "interests"], permissions: PERMISSION.read },
      expiresAt: secondsOf(present + 90 * DAY),
      purpose: "To find books and courses that suit you",
    },
    filling.operator,
    randomBytes,
  );
}
