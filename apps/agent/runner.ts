import { getAddress, isError } from "ethers";

import {
  finalBlock,
  finalityOf,
  agentContract,
  wasProposed,
  type Journal,
  type MemoryAgent,
} from "../../client/agents.ts";
import { ContractRefusal, registryContract, vaultContract } from "../../client/index.ts";
import {
  BacklogFull,
  GrantChanged,
  HeadMoved,
  isHandlers,
  isPermanent,
  NotAnAgent,
  OperatorRequired,
  ProposalRefused,
  RequestEnded,
  TransactionLost,
} from "./faults.ts";
import {
  isSameRequest,
  journalOf,
  readRequests,
  removeRequest,
  writeRequest,
  type OpenRequest,
  type Prepared,
  type Purpose,
  type SentTransaction,
} from "./journal.ts";
import { agentKeys, isStaleKey, type AgentKeys } from "./key.ts";
import { faultFields, requestFields } from "./log.ts";
import { openedVaults } from "./opened.ts";
import { isDone, MAX_TRIES, work, type RequestParts } from "./request.ts";
import { serial, type Serial } from "./serial.ts";
import { senderOf, type Outcome, type Sender } from "./sender.ts";
import { Turns } from "./turns.ts";
import { watchOf, type Watch } from "./watch.ts";
import type { AgentWorld, RunnerOptions } from "./world.ts";

/** Where the contracts are that an agent belongs to, and the first block to look at. */
export interface AgentPlace {
  readonly memoryVault: string;
  readonly keyRegistry: string;
  readonly block: number;
}

/** What a runner did, when it ended. */
export interface Ran {
  /** Requests whose answer or proposals are final. */
  readonly answered: number;
  /** Requests that ended otherwise. */
  readonly ended: number;
  /** Requests that are open: the next run goes on with them. */
  readonly open: number;
  /** Requests that a fault kept from their answer, whether they ended by it or are open. */
  readonly failed: number;
  /** Requests whose handler was left behind, still running. */
  readonly left: number;
}

/**
 * Runs the off-chain half of an agent contract until it is told to stop: keeps its key published, takes requests of final blocks,
 * reads what was granted, asks the handler, and sends what it says (SPEC §15). All of it is in the journal first: killed at
 * any time, the next run goes on and answers nothing twice.
 *
 * @param place - the contracts that the agent must belong to.
 * @param stop - no new work after this; what is under way has the options' grace.
 * @throws {NotAnAgent} when no such agent stands there. {OperatorRequired} when the account is not its operator.
 * @throws what the chain failed with, where a run that is to end by itself cannot reach it.
 */
export async function runAgent(
  world: AgentWorld,
  place: AgentPlace,
  options: RunnerOptions,
  stop: AbortSignal,
): Promise<Ran> {
  const runner = await prepareRunner(world, place, options, stop);
  world.log({ level: "info", event: "started", agent: world.agent, open: runner.open.size });
  const failed: unknown[] = [];
  let idle = 0;
  while (!stop.aborted) {
    const done = await pass(runner).then(
      (nothingLeft) => {
        failed.length = 0;
        return nothingLeft;
      },
      (fault: unknown) => {
        failed.push(fault);
        world.log({ level: "warn", event: "not reached", ...faultFields(fault) });
        return false;
      },
    );
    idle = done ? idle + 1 : 0;
    if (options.once && failed.length >= ONCE_FAILURES) throw failed.at(-1);
    if (options.once && idle >= IDLE_PASSES) break;
    await pause(runner, Math.min(options.poll * 2 ** Math.min(failed.length, 4), MAX_PAUSE));
  }
  await drain(runner);
  const ran = {
    ...runner.counts,
    open: runner.open.size,
    failed: runner.counts.failed + runner.failing.size,
    left: runner.turns.atWork,
  };
  world.log({ level: "info", event: "stopped", ...ran });
  return ran;
}

/**
 * Publishes a new key for an agent, whatever the registry shows: for an operator that withdrew one and wants another. No runner of the
 * same journal may be at work.
 *
 * @throws {NotAnAgent|OperatorRequired} as {@link runAgent} does. {ContractRefusal|InsufficientFunds} when it cannot be sent.
 */
export async function publishAgentKey(
  world: AgentWorld,
  place: AgentPlace,
  options: RunnerOptions,
): Promise<void> {
  const stop = new AbortController().signal;
  const { sender, keys, chainId } = await prepareRunner(world, place, options, stop);
  const follow = async (): Promise<void> => sender.follow(await finalOf(world, chainId));
  await follow();
  await keys.upkeep(true);
  while (sender.unmined > 0) {
    await world.sleep(options.poll, stop);
    await follow();
  }
  // What was mined while the chain was looked at may be final by now.
  await follow();
}

/** What was mined while the chain was looked at is seen the next time, and final then on a chain that is. */
const IDLE_PASSES = 2;
/** A chain that does not answer is asked so often by a run that is to end. */
const ONCE_FAILURES = 5;
const MAX_PAUSE = 60_000;
/** Seconds between two looks at the agent's key. */
const KEY_EVERY = 60;

/** Waits, and no longer than until something was done or the runner is to stop. */
async function pause({ world, stop, changed }: Runner, ms: number): Promise<void> {
  const woken = new AbortController();
  const wake = (): void => woken.abort();
  stop.addEventListener("abort", wake, { once: true });
  void changed().then(wake);
  await world.sleep(ms, woken.signal);
  stop.removeEventListener("abort", wake);
}

interface Runner {
  readonly world: AgentWorld;
  readonly options: RunnerOptions;
  readonly stop: AbortSignal;
  readonly provider: AgentWorld["provider"];
  readonly chainId: bigint;
  readonly journal: Journal;
  readonly keys: AgentKeys;
  readonly sender: Sender;
  readonly watch: Watch;
  readonly turns: Turns;
  readonly open: Map<bigint, OpenRequest>;
  readonly parts: RequestParts;
  readonly handlers: AbortController;
  /** Open requests that a fault keeps from their answer. */
  readonly failing: Set<bigint>;
  readonly counts: { answered: number; ended: number; failed: number };
  /** Resolves when a request was done with. */
  readonly changed: () => Promise<void>;
  readonly ring: () => void;
  readonly agent: MemoryAgent;
  readonly time: () => Promise<number>;
  /** What of a reply is done is noted one thing after the other: neither forgets the other. */
  readonly noting: Serial;
  keyDue: number;
}

async function prepareRunner(
  world: AgentWorld,
  place: AgentPlace,
  options: RunnerOptions,
  stop: AbortSignal,
): Promise<Runner> {
  const { provider } = world;
  const { chainId } = await provider.getNetwork();
  const agent = agentContract(world.agent, provider);
  await requireAgent(world, agent, place);
  const journal = journalOf(world, chainId);
  const open = new Map((await readRequests(journal)).map((each) => [each.requestId, each]));
  const time = (): Promise<number> => timeOf(world);
  const registry = registryContract(place.keyRegistry, provider);
  const runner: { current: Runner | null } = { current: null };
  const begun = (): Runner => {
    if (runner.current === null) throw new TypeError("the runner has not begun");
    return runner.current;
  };
  const sender = await senderOf({
    ...{ ...world, agent, address: world.agent, chainId, journal, stuckAfter: options.stuckAfter },
    maxFee: options.maxFee,
    isNeeded: (purpose) => isNeeded(begun(), purpose),
    isStale: (sent, block) => isStaleKey({ agent, provider }, sent, block),
    settled: (sent, outcome, hash, late) => settled(begun(), sent, outcome, hash, late),
  });
  const keys = await agentKeys({
    ...{ ...world, agent, address: world.agent, chainId, registry, journal, sender: () => sender, time },
    lifetime: options.keyLifetime,
  });
  const opened = openedVaults({
    ...{ world, chainId, contract: place.memoryVault, firstBlock: place.block, identities: keys.identities },
  });
  const watch = await watchOf({
    ...{ ...world, agent, address: world.agent, journal, open },
    ...{ firstBlock: place.block, fromBlock: options.fromBlock, makeRoom: () => makeRoom(begun()) },
    giveUp: (request) => end(begun(), request, "ended", new RequestEnded(request.requestId, "unknown")),
  });
  const handlers = new AbortController();
  const { secondProvider } = world;
  const parts: RequestParts = {
    ...{ world, log: world.log, agent, address: world.agent, chainId, registry, opened, sender, time },
    vaults: vaultContract(place.memoryVault, provider),
    secondVaults: secondProvider && vaultContract(place.memoryVault, secondProvider),
    secondRegistry: secondProvider && registryContract(place.keyRegistry, secondProvider),
    ...{ patience: options.patience, stop: handlers.signal, keyless: new Set() },
    isOpen: (request) => currentOf({ open }, request) !== undefined,
    keep: async (request) => {
      if (currentOf({ open }, request) === undefined) throw new RequestEnded(request.requestId, "unknown");
      await writeRequest(journal, request);
      open.set(request.requestId, request);
    },
  };
  let tell: () => void = () => undefined;
  const bell = { wait: Promise.resolve() };
  const arm = (): void => {
    bell.wait = new Promise((resolve) => (tell = resolve));
  };
  arm();
  runner.current = {
    ...{ world, options, stop, provider, chainId, journal, keys, sender, watch, open, parts, handlers, time },
    ...{
      agent,
      turns: new Turns(),
      failing: new Set<bigint>(),
      counts: { answered: 0, ended: 0, failed: 0 },
      noting: serial(),
      keyDue: 0,
    },
    changed: () => bell.wait,
    ring: () => {
      tell();
      arm();
    },
  };
  return runner.current;
}

/** Whether what a transaction is for may still come to stand: the chain knows, also of a request that is not followed any more. */
async function isNeeded({ agent, open, time }: Runner, purpose: Purpose): Promise<boolean> {
  if (purpose.kind !== "answer") return true;
  // Its number stands for another question since: it was read for one that is gone.
  if (open.get(purpose.requestId)?.prepared === null) return false;
  const { answered, deadline } = await agent.requestOf(purpose.requestId);
  return !answered && deadline > BigInt(await time());
}

/** @throws {NotAnAgent} as {@link operatorAt} does. {OperatorRequired} as it says. */
async function requireAgent(
  { agent: address, operator }: AgentWorld,
  agent: MemoryAgent,
  place: AgentPlace,
): Promise<void> {
  const named = await operatorAt(address, agent, place);
  if (getAddress(named) !== getAddress(operator.address))
    throw new OperatorRequired(address, named, operator.address);
}

/**
 * The operator of an agent contract of a deployment.
 *
 * @throws {NotAnAgent} when nothing of the kind stands there, or it belongs to other contracts.
 */
export async function operatorAt(
  address: string,
  agent: MemoryAgent,
  place: Pick<AgentPlace, "memoryVault" | "keyRegistry">,
): Promise<string> {
  const [named, vaults, keys] = await Promise.all([agent.operator(), agent.vaults(), agent.keys()]).catch(
    (cause: unknown) => {
      if (!isError(cause, "BAD_DATA") && !isError(cause, "CALL_EXCEPTION")) throw cause;
      throw new NotAnAgent(address, "no agent contract stands there", { cause });
    },
  );
  if (getAddress(vaults) !== getAddress(place.memoryVault))
    throw new NotAnAgent(address, `its vaults are those of ${vaults}`);
  if (getAddress(keys) !== getAddress(place.keyRegistry))
    throw new NotAnAgent(address, `its keys are in ${keys}`);
  return named;
}

/** Unix seconds: the later of the chain's clock and this machine's. */
async function timeOf({ provider, now }: AgentWorld): Promise<number> {
  const { timestamp } = (await provider.getBlock("latest")) ?? { timestamp: 0 };
  return Math.max(timestamp, Math.floor(now() / 1_000));
}

/** Looks at the chain once, and begins what there is to do. @returns whether there is nothing left that can be done now. */
async function pass(runner: Runner): Promise<boolean> {
  const { sender, watch, open, turns, world } = runner;
  try {
    const finalNumber = await finalOf(world, runner.chainId);
    await sender.follow(finalNumber);
    await lookAtKey(runner);
    const all = finalNumber === null || (await watch.take(finalNumber));
    fill(runner);
    const ready = turns.next(open.values(), world.now()) !== undefined;
    return all && !ready && turns.atWork === 0 && sender.unmined === 0;
  } finally {
    fill(runner);
  }
}

/** The newest block that is final for every RPC. */
async function finalOf({ provider, secondProvider, finality }: AgentWorld, chainId: bigint) {
  const rule = finality ?? finalityOf(chainId);
  const asked = secondProvider === undefined ? [provider] : [provider, secondProvider];
  const numbers = await Promise.all(asked.map((each) => finalBlock(each, rule)));
  return numbers.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)));
}

/** That no key can be published is no reason not to answer. */
async function lookAtKey(runner: Runner): Promise<void> {
  const { world, keys } = runner;
  if (world.now() < runner.keyDue) return;
  runner.keyDue = world.now() + KEY_EVERY * 1_000;
  await keys.upkeep().catch((fault: unknown) => {
    runner.keyDue = 0;
    world.log({ level: "warn", event: "key not published", ...faultFields(fault) });
  });
}

/** Begins as much work as there are hands for. */
function fill(runner: Runner): void {
  const { turns, open, options, stop, world } = runner;
  while (!stop.aborted && turns.atWork < options.concurrency) {
    const request = turns.next(open.values(), world.now());
    if (request === undefined) return;
    turns.begin(request);
    void workOn(runner, request);
  }
}

async function workOn(runner: Runner, request: OpenRequest): Promise<void> {
  const { turns, parts, ring, world } = runner;
  try {
    const progress = await work(parts, request);
    if (progress !== "waits") await end(runner, request, progress);
    // What it waits for may be settled already.
    else if (isAwaited(runner, request)) turns.hold(request);
  } catch (fault) {
    // Nothing else waits for this, and the journal still has the request.
    await failed(runner, request, fault).catch((second: unknown) => {
      turns.delay(request, world.now());
      world.log({ level: "error", event: "not kept", ...requestFields(request), ...faultFields(second) });
    });
  } finally {
    turns.end(request);
    fill(runner);
    ring();
  }
}

/** How far a request came, or `undefined` where it is not open, or its number stands for another one. */
function currentOf({ open }: Pick<Runner, "open">, request: OpenRequest): OpenRequest | undefined {
  const known = open.get(request.requestId);
  return known !== undefined && isSameRequest(known, request) ? known : undefined;
}

const isAwaited = ({ sender, open }: Runner, { requestId }: OpenRequest): boolean =>
  sender.isUnderWay({ kind: "answer", requestId }) ||
  (open.get(requestId)?.prepared?.proposals ?? []).some(({ digest }) =>
    sender.isUnderWay({ kind: "proposal", requestId, digest }),
  );

/** Ends a request whose fault no time mends; has any other wait. */
async function failed(runner: Runner, begun: OpenRequest, fault: unknown): Promise<void> {
  const { turns, parts, world, handlers } = runner;
  const request = currentOf(runner, begun);
  if (request === undefined) return;
  const tried = isHandlers(fault) && request.tries >= MAX_TRIES;
  if (handlers.signal.aborted && isHandlers(fault))
    // It was not given its time.
    return parts.keep({ ...request, tries: request.tries - 1 });
  if (fault instanceof ProposalRefused) return withoutProposal(runner, request, fault);
  // What takes no answer any more wants none.
  if (!(fault instanceof RequestEnded)) runner.failing.add(request.requestId);
  if (isPermanent(fault) || tried) return end(runner, request, "ended", fault);
  const anew = ANEW.some((kind) => fault instanceof kind) || isUnknownHead(fault);
  // That the vault or its grant moved on is no try of the handler's.
  const tries = isHandlers(fault) ? request.tries : 0;
  if (anew) await parts.keep({ ...request, tries, prepared: null });
  const wait = turns.delay(request, world.now());
  world.log({ level: "warn", event: "retry", ...requestFields(request), ...faultFields(fault), wait });
}

/** Goes on with what else a reply had. */
async function withoutProposal(
  runner: Runner,
  request: OpenRequest,
  { digest, cause }: ProposalRefused,
): Promise<void> {
  const { world, turns } = runner;
  const { requestId } = request;
  world.log({ level: "warn", event: "proposal left out", ...requestFields(request), ...faultFields(cause) });
  await note(runner, request, { kind: "proposal", requestId, digest });
  if (isAwaited(runner, request)) turns.hold(request);
}

/** Faults after which what was made ready is of no use. */
const ANEW = [GrantChanged, HeadMoved, TransactionLost] as const;

const isUnknownHead = (fault: unknown): boolean =>
  fault instanceof ContractRefusal && fault.error === "UnknownHead";

/** Gives up the request that failed most often, so that what nobody can answer leaves room for what somebody can. */
async function makeRoom(runner: Runner): Promise<boolean> {
  const { open, turns } = runner;
  const idle = [...open.values()].filter((request) => request.prepared === null && !turns.isBusy(request));
  const failures = idle.map((request) => turns.failuresOf(request));
  const worst = idle[failures.indexOf(Math.max(...failures))];
  if (worst === undefined || turns.failuresOf(worst) < HOPELESS) return false;
  await end(runner, worst, "ended", new BacklogFull());
  return true;
}

/** Failures after which a request may have to make room. */
const HOPELESS = 5;

async function end(
  runner: Runner,
  request: OpenRequest,
  event: "done" | "declined" | "ended",
  fault?: unknown,
): Promise<void> {
  const { journal, open, turns, counts, failing, world, parts } = runner;
  if (currentOf(runner, request) === undefined) return;
  await removeRequest(journal, request.requestId);
  open.delete(request.requestId);
  parts.keyless.delete(request.requestId);
  turns.forget(request, open.values());
  counts[event === "done" ? "answered" : "ended"] += 1;
  if (failing.delete(request.requestId) && event === "ended") counts.failed += 1;
  const level = event === "ended" ? "warn" : "info";
  const why = fault === undefined ? {} : faultFields(fault);
  world.log({ level, event, ...requestFields(request), ...why });
}

/** What became of a transaction, as it is final: in the journal of its request before the transaction leaves it. */
async function settled(
  runner: Runner,
  sent: SentTransaction,
  outcome: Outcome,
  hash: string | null,
  late: boolean,
): Promise<void> {
  const { world, keys, open, turns } = runner;
  const { purpose, nonce } = sent;
  const level = outcome === "landed" ? "info" : "warn";
  const request = purpose.kind === "key" ? undefined : open.get(purpose.requestId);
  const named = request === undefined ? {} : requestFields(request);
  world.log({ level, event: outcome, kind: purpose.kind, nonce, transaction: hash ?? "", ...named });
  runner.keyDue = 0;
  if (purpose.kind === "key") {
    if (outcome === "landed") await keys.published(purpose.digest, late);
    return;
  }
  if (request === undefined) return;
  // It was for another question of this number: this one waited for it.
  if (request.prepared === null) {
    turns.release(request);
    return;
  }
  const landed = outcome === "landed" || (outcome === "displaced" && (await stands(runner, sent, request)));
  // A proposal that the contract refused is refused again.
  if (landed || (outcome === "reverted" && purpose.kind === "proposal"))
    return note(runner, request, purpose);
  if (outcome === "reverted") return failed(runner, request, new TransactionLost(nonce));
  turns.release(request);
}

/** Notes that one thing of a reply is done, and ends the request with the last. */
const note = (runner: Runner, { requestId }: OpenRequest, purpose: Purpose): Promise<void> =>
  runner.noting(async () => {
    const { open, parts, turns } = runner;
    const known = open.get(requestId);
    if (known?.prepared == null) return;
    const noted = withDone(known, known.prepared, purpose);
    await parts.keep(noted);
    if (isDone(noted.prepared)) await end(runner, noted, "done");
    else turns.release(noted);
  });

/** Whether what a transaction was for stands on chain, by whichever it landed. */
async function stands(
  { agent, parts, world }: Runner,
  { block, purpose }: SentTransaction,
  { requestId, vaultId }: OpenRequest,
): Promise<boolean> {
  if (purpose.kind !== "proposal") return (await agent.requestOf(requestId)).answered;
  return parts.opened.use(vaultId, (vault) =>
    wasProposed(vault, world.agent, purpose.digest.slice(2), block),
  );
}

function withDone(
  request: OpenRequest,
  prepared: Prepared,
  purpose: Purpose,
): OpenRequest & { readonly prepared: Prepared } {
  if (purpose.kind === "answer") return { ...request, prepared: { ...prepared, answered: true } };
  const proposals = prepared.proposals.map((each) =>
    purpose.kind === "proposal" && each.digest === purpose.digest ? { ...each, done: true } : each,
  );
  return { ...request, prepared: { ...prepared, proposals } };
}

/** Waits for what is under way, and no longer than the grace. */
async function drain({ turns, options, world, handlers, changed }: Runner): Promise<void> {
  const over = new AbortController();
  const late = world.sleep(options.grace, over.signal).then(() => handlers.abort());
  while (turns.atWork > 0 && !handlers.signal.aborted) await Promise.race([changed(), late]);
  over.abort();
  // What listens to its signal ends now, and what does not is left behind.
  if (turns.atWork > 0) await world.sleep(LAST, new AbortController().signal);
}

/** Milliseconds that a handler has after its signal. */
const LAST = 500;
