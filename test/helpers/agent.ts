import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet, type Signer } from "ethers";

import { DEFAULTS, runAgent, systemSleep } from "../../apps/agent/index.ts";
import type { AgentPlace, AgentWorld, LogEntry, Ran, RunnerOptions } from "../../apps/agent/index.ts";
import { openAnswer, type AgentHandler } from "../../client/agents.ts";
import {
  generateIdentity,
  grant,
  keyOf,
  memoryJournalStore,
  publishKey,
  recipientOf,
  registryContract,
  remember,
  sync,
  type JournalStore,
  type Vault,
  type VaultRef,
} from "../../client/index.ts";
import { ResearchAgent__factory, type ResearchAgent } from "../../typechain-types/index.ts";
import { createWorld, inDays, ownedVault, type World } from "./world.ts";

/** An agent contract, its runner's world, and a vault that may be granted to it. */
export interface AgentScene {
  readonly world: World;
  readonly vault: Vault;
  readonly agent: ResearchAgent;
  readonly address: string;
  readonly operator: Wallet;
  readonly place: AgentPlace;
  /** The owner's identity, whose recipient is published: answers are for it. */
  readonly asker: string;
  /** What the runner logged. */
  readonly log: LogEntry[];
  /** The runner's own world; parts are replaced to misbehave. */
  readonly agentWorld: AgentWorld;
  /** Runs until what is there was handled. */
  readonly once: (changes?: Partial<AgentWorld>, options?: Partial<RunnerOptions>) => Promise<Ran>;
  /** Runs until `stop`. */
  readonly run: (
    stop: AbortSignal,
    changes?: Partial<AgentWorld>,
    options?: Partial<RunnerOptions>,
  ) => Promise<Ran>;
  /** Grants scopes to the agent, with its published key. */
  readonly granted: (scopes?: readonly string[], propose?: boolean) => Promise<void>;
  /** Asks in the owner's name; the request's id. */
  readonly ask: (question: string) => Promise<bigint>;
  /** The answer's text, as the owner opens it, or `null`. */
  readonly answerTo: (requestId: bigint) => Promise<string | null>;
  /** How many answers the chain has for a request. */
  readonly answers: (requestId: bigint) => Promise<number>;
}

/** A handler that answers with all it may read. */
export const tellAll: AgentHandler = ({ text }, { scopes }) => ({
  kind: "answer",
  text: `${text ?? ""}: ${scopes
    .map(({ name, memories }) => `${name} ${memories.map((memory) => memory.text).join("; ")}`)
    .join(", ")}`,
});

/** A fixture's chain goes on from the second in which it was made, which a runner's clock has left behind. */
async function catchUp({ networkHelpers: { time } }: World): Promise<void> {
  const now = Math.floor(Date.now() / 1_000);
  if (now > (await time.latest())) await time.increaseTo(now);
}

/** Deploys an agent of the example's kind, with a vault of two scopes beside it. */
export async function agentScene(handle: AgentHandler = tellAll): Promise<AgentScene> {
  const world = await createWorld();
  await catchUp(world);
  const { owner, provider, address: memoryVault, keyRegistry } = world;
  const operator = new Wallet(Wallet.createRandom().privateKey, provider);
  await (await owner.sendTransaction({ to: operator.address, value: 10n ** 18n })).wait();
  const registry = await keyRegistry.getAddress();
  const agent = await new ResearchAgent__factory(owner).deploy(memoryVault, registry, operator.address);
  const address = await agent.getAddress();
  const { vault } = await ownedVault(world);
  await remember(vault, { scope: "travel", text: "Window seat" }, { scope: "health", text: "Sleeps at ten" });
  await sync(vault);
  const asker = await publishedIdentity(world, owner);
  const place = { memoryVault, keyRegistry: registry, block: 0 };
  const log: LogEntry[] = [];
  const journals = new Map<string, JournalStore>();
  const journalOf = ({ vaultId }: VaultRef): JournalStore => {
    const known = journals.get(String(vaultId)) ?? memoryJournalStore();
    journals.set(String(vaultId), known);
    return known;
  };
  const agentWorld: AgentWorld = {
    ...{ agent: address, provider, operator, store: world.store, handle },
    broadcast: async (raw) => {
      await provider.broadcastTransaction(raw);
    },
    ...{ journalStore: memoryJournalStore(), vaultJournal: journalOf, journalKey: randomBytes(32) },
    log: (entry) => {
      log.push(entry);
    },
    ...{ now: Date.now, sleep: systemSleep },
  };
  const run: AgentScene["run"] = (stop, changes = {}, options = {}) =>
    runAgent({ ...agentWorld, ...changes }, place, { ...DEFAULTS, poll: 20, ...options }, stop);
  const answered = (requestId: bigint) => agent.queryFilter(agent.filters.Answered(requestId));
  return {
    ...{ world, vault, agent, address, operator, place, asker, log, agentWorld, run },
    once: (changes, options) => run(new AbortController().signal, changes, { once: true, ...options }),
    granted: async (scopes = ["travel"], propose = false) => {
      const { recipient } = await keyOf(registryContract(registry, provider), address);
      const expiresAt = await inDays(world, 30);
      await grant(vault, { recipient, account: address, scopes, expiresAt, propose, storeWelcome: true });
    },
    ask: async (question) => {
      const receipt = await (await agent.ask(vault.ref.vaultId, question)).wait();
      const [event] = await agent.queryFilter(agent.filters.Requested(), receipt!.blockNumber);
      return event!.args.requestId;
    },
    answerTo: async (requestId) => {
      const [event] = await answered(requestId);
      if (event === undefined) return null;
      const { data, sequence, root, vaultId } = event.args;
      const at = { chainId: 31_337n, agent: address, requestId, vaultId, sequence, root };
      return openAnswer(Buffer.from(data.slice(2), "hex"), asker, at);
    },
    answers: async (requestId) => (await answered(requestId)).length,
  };
}

/** Draws an identity for an account and publishes its recipient. */
export async function publishedIdentity({ keyRegistry, provider }: World, account: Signer): Promise<string> {
  const identity = generateIdentity();
  const registry = registryContract(await keyRegistry.getAddress(), account.connect(provider));
  const block = await provider.getBlock("latest");
  await publishKey(registry, await recipientOf(identity), (block?.timestamp ?? 0) + 365 * 86_400);
  return identity;
}

/** The lines of the log for one event. */
export const events = ({ log }: AgentScene, name: string): LogEntry[] =>
  log.filter(({ event }) => event === name);

/** The faults that were logged, in order. */
export const faults = ({ log }: AgentScene): unknown[] =>
  log.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));

/** A scene whose agent has a key and a grant. */
export async function grantedScene(
  handle?: AgentHandler,
  scopes?: readonly string[],
  propose = false,
): Promise<AgentScene> {
  const scene = await agentScene(handle);
  await scene.once();
  await scene.granted(scopes, propose);
  return scene;
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it never came to hold");
}
