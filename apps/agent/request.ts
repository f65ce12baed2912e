import { numberToBytesBE } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import {
  makeProposal,
  publicAnswer,
  refBytes,
  sealAnswer,
  storeProposal,
  type AgentReply,
  type MemoryAgent,
} from "../../client/agents.ts";
import {
  keyOf,
  KeyNotPublished,
  type registryContract,
  type vaultContract,
  type VaultRef,
} from "../../client/index.ts";
import { GrantChanged, HeadMoved, isHandlers, isPermanent, ProposalRefused, RequestEnded } from "./faults.ts";
import { readGranted } from "./granted.ts";
import { ask } from "./handling.ts";
import type { OpenRequest, Prepared, PreparedProposal } from "./journal.ts";
import { requestFields, type Log } from "./log.ts";
import type { OpenedVaults } from "./opened.ts";
import type { Sender } from "./sender.ts";
import { deadlineOf } from "./watch.ts";
import type { AgentWorld } from "./world.ts";

/** Seconds before its deadline after which a request is not begun any more: a transaction takes a block or two. */
export const MARGIN = 15;

/** How often the handler is asked for one request. */
export const MAX_TRIES = 3;

/** What a request is answered with. */
export interface RequestParts {
  readonly world: AgentWorld;
  readonly log: Log;
  readonly agent: MemoryAgent;
  readonly address: string;
  readonly chainId: bigint;
  readonly vaults: ReturnType<typeof vaultContract>;
  readonly secondVaults: ReturnType<typeof vaultContract> | undefined;
  readonly registry: ReturnType<typeof registryContract>;
  readonly secondRegistry: ReturnType<typeof registryContract> | undefined;
  readonly opened: OpenedVaults;
  readonly sender: Sender;
  readonly patience: number;
  /** Unix seconds: the later of the chain's clock and this machine's. */
  readonly time: () => Promise<number>;
  /** Whether a request is the one that its number stands for. */
  readonly isOpen: (request: OpenRequest) => boolean;
  /** Keeps a request as it is now, if it is open. */
  readonly keep: (request: OpenRequest) => Promise<void>;
  /** Requests whose answer nobody could seal, for want of a key: their handler is not asked again before there is one. */
  readonly keyless: Set<bigint>;
  readonly stop: AbortSignal;
}

/** How a request stands: with nothing left to do, with nothing to be done from the start, or with transactions to wait for. */
export type Progress = "done" | "declined" | "waits";

/**
 * Does for a request what is left to do: asks the handler if it was not asked, and sends what it said.
 *
 * @throws {RequestEnded} when it takes no answer any more. All that reading, handling and sending throws.
 */
export async function work(parts: RequestParts, request: OpenRequest): Promise<Progress> {
  const { requestId } = request;
  if (parts.sender.isUnderWay({ kind: "answer", requestId })) return "waits";
  if (request.prepared === null || needsAnswer(request.prepared)) await requireOpen(parts, request);
  const prepared = request.prepared ?? (await prepare(parts, request).catch(uncounted(parts, request)));
  if (prepared === null) return "declined";
  if (needsAnswer(prepared)) await answer(parts, request, prepared);
  for (const proposal of prepared.proposals)
    if (!proposal.done) await propose(parts, request, proposal).catch(refusedBeside(prepared, proposal));
  return isDone(prepared) ? "done" : "waits";
}

const needsAnswer = ({ data, answered }: Prepared): boolean => data !== null && !answered;

/** Whether everything that was prepared landed. */
export const isDone = (prepared: Prepared): boolean =>
  !needsAnswer(prepared) && prepared.proposals.every(({ done }) => done);

/** What is not the handler's fault, and time may mend, is no try. */
const uncounted =
  ({ keep }: RequestParts, request: OpenRequest) =>
  async (fault: unknown): Promise<never> => {
    if (!isHandlers(fault) && !isPermanent(fault)) await keep(request);
    throw fault;
  };

/** An answer that is owed, or on its way, is not given up for the proposal beside it. */
const refusedBeside =
  ({ data }: Prepared, { digest }: PreparedProposal) =>
  (fault: unknown): never => {
    throw data !== null && isPermanent(fault) ? new ProposalRefused(digest, { cause: fault }) : fault;
  };

/** What the chain says of a request now, whatever its event said: its number may have come to stand for another. */
async function requireOpen(
  { agent, vaults, address, time, isOpen }: RequestParts,
  request: OpenRequest,
): Promise<void> {
  const { requestId, vaultId, requester, deadline } = request;
  const [known, now] = await Promise.all([agent.requestOf(requestId), time()]);
  const asked = known.vaultId === vaultId && known.requester.toLowerCase() === requester.toLowerCase();
  const same = asked && deadlineOf(known.deadline) === deadline;
  if (!same || !isOpen(request)) throw new RequestEnded(requestId, "unknown");
  if (known.answered) throw new RequestEnded(requestId, "answered");
  if (now + MARGIN > deadline) throw new RequestEnded(requestId, "late");
  const [mayRead, { generation }] = await Promise.all([
    vaults.canRead(vaultId, address),
    vaults.grantOf(vaultId, address),
  ]);
  if (!mayRead) throw new RequestEnded(requestId, "not granted");
  if (generation !== known.generation) throw new RequestEnded(requestId, "another owner's");
}

/** Reads what was granted, asks the handler, and keeps what it said as it will be sent; `null` when it says nothing. */
async function prepare(parts: RequestParts, request: OpenRequest): Promise<Prepared | null> {
  const { world, log, keep } = parts;
  const { requestId, vaultId, requester, deadline, data } = request;
  if (parts.keyless.has(requestId)) await keyOf(parts.registry, requester, parts.secondRegistry);
  if (request.tries >= MAX_TRIES) throw new RequestEnded(requestId, "tried too often");
  // Kept before anything is read: what the runner dies of is a try as well.
  const begun = { ...request, tries: request.tries + 1 };
  await keep(begun);
  const { scopes, sequence, root, grant } = await readGranted(parts, request);
  log({ level: "info", event: "read", ...requestFields(request), sequence: Number(sequence) });
  const question = { requestId, vaultId, requester, deadline, data: data.slice(), text: textOf(data) };
  const context = { scopes, sequence, root };
  const reply = await ask(world.handle, question, context, parts.patience, parts.stop);
  log({ level: "info", event: "handled", ...requestFields(request), kind: reply.kind });
  if (reply.kind === "decline") return null;
  const prepared: Prepared = {
    data: await bytesOf(parts, request, reply, { sequence, root }),
    ...{ answered: false, sequence, root, grant },
    proposals: await proposalsOf(parts, request, reply),
  };
  await keep({ ...begun, prepared });
  return prepared;
}

/** @throws {KeyNotPublished} when the answer is for an account that published no key. {ContentTooLarge} when it is too long. */
async function bytesOf(
  { registry, secondRegistry, chainId, address, keyless }: RequestParts,
  { requestId, vaultId, requester }: OpenRequest,
  reply: AgentReply,
  head: Pick<Prepared, "sequence" | "root">,
): Promise<Uint8Array | null> {
  if (reply.kind === "public") return publicAnswer(reply.text);
  if (reply.kind !== "answer") return null;
  const { recipient } = await keyOf(registry, requester, secondRegistry).catch((fault: unknown) => {
    if (fault instanceof KeyNotPublished) keyless.add(requestId);
    throw fault;
  });
  const place = { chainId, agent: address, vaultId, requestId, ...head };
  return sealAnswer({ ...place, text: reply.text }, recipient);
}

/** The grant is looked at once more: what it took to answer may have been long, and nothing goes out that was read by another one. */
async function answer(parts: RequestParts, request: OpenRequest, prepared: Prepared): Promise<void> {
  const { sender, agent, vaults, log } = parts;
  const { requestId, vaultId } = request;
  const { sequence, root, data, grant } = prepared;
  await requireOpen(parts, request);
  if ((await readGranted(parts, request)).grant !== grant) throw new GrantChanged(vaultId);
  const head = await vaults.memoryHead(vaultId);
  if (head.sequence < sequence || (head.sequence === sequence && head.root !== root))
    throw new HeadMoved(sequence);
  const call = agent.interface.encodeFunctionData("answer", [
    requestId,
    hexlify(data ?? "0x"),
    sequence,
    root,
  ]);
  await sender.send({ kind: "answer", requestId }, call);
  log({ level: "info", event: "answer sent", ...requestFields(request), sequence: Number(sequence) });
}

/**
 * Makes what a reply proposes ready to be left. Its nonce is that of the request: should it ever be made again, the owner takes one.
 * An answer goes out without its proposals where the grant does not let the agent propose.
 *
 * @throws {MayNotPropose|ScopeNotGranted} when the grant does not allow it.
 */
async function proposalsOf(
  { world, opened, chainId, address, vaults, log }: RequestParts,
  request: OpenRequest,
  reply: AgentReply,
): Promise<PreparedProposal[]> {
  const { requestId, vaultId } = request;
  const memories = reply.kind === "decline" ? [] : (reply.proposals ?? []);
  if (memories.length === 0) return [];
  if (reply.kind !== "proposal" && !(await vaults.canPropose(vaultId, address))) {
    log({ level: "warn", event: "proposal left out", ...requestFields(request) });
    return [];
  }
  const nonce = proposalNonce({ chainId, contract: address, vaultId }, requestId);
  const made = await opened.use(vaultId, (vault) =>
    makeProposal(vault, { memories, signer: world.operator, nonce }),
  );
  return [{ blob: made.file, digest: `0x${made.digest}`, done: false }];
}

/** The same for a request whenever it is asked for: sha256 of a purpose, the agent's place, and the request's number. */
const proposalNonce = (place: VaultRef, requestId: bigint): Uint8Array =>
  sha256(concatBytes(utf8ToBytes(NONCE_PURPOSE), refBytes(place), numberToBytesBE(requestId, 32)));

const NONCE_PURPOSE = "memory-vault/v1/proposal-nonce";

/** The blob is in the store before the event names it. */
async function propose(
  { sender, agent, vaults, opened, address, time, log }: RequestParts,
  request: OpenRequest,
  { blob, digest }: PreparedProposal,
): Promise<void> {
  const { requestId, vaultId, deadline } = request;
  const purpose = { kind: "proposal", requestId, digest } as const;
  if (sender.isUnderWay(purpose)) return;
  if (!(await vaults.canPropose(vaultId, address))) throw new RequestEnded(requestId, "not granted");
  if ((await time()) > deadline) throw new RequestEnded(requestId, "late");
  await opened.use(vaultId, (vault) => storeProposal(vault, { file: blob }));
  await sender.send(purpose, agent.interface.encodeFunctionData("propose", [vaultId, digest]));
  log({ level: "info", event: "proposal sent", ...requestFields(request) });
}

function textOf(data: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}
