import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { getAddress } from "ethers";

import { notesNamed, readNote, removeNote, writeNote, type Journal } from "../../client/agents.ts";
import { bytesOf, decodeCbor, encodeCbor, flag, list, nullOr, text, tuple, uint } from "../../client/cbor.ts";
import { MalformedData } from "../../client/index.ts";
import type { AgentWorld } from "./world.ts";

/** How far the requests of final blocks were taken into the journal. */
export interface Cursor {
  /** The block, and the log in it, that come next. */
  readonly block: number;
  readonly index: number;
  /** Blocks that were final, newest last, with their hashes: a chain that has others there is another one. */
  readonly seen: readonly (readonly [number: number, hash: string])[];
}

/** An identity of the agent. */
export interface KeptKey {
  readonly identity: string;
  /** 0x-prefixed. */
  readonly digest: string;
  /** What it is, or is to be, published with: unix seconds. */
  readonly expiresAt: number;
  /** Whether its publication is final. */
  readonly published: boolean;
}

/** A sealed proposal that waits for its transaction. */
export interface PreparedProposal {
  readonly blob: Uint8Array;
  /** 0x-prefixed. */
  readonly digest: string;
  readonly done: boolean;
}

/** What is to be sent for a request: drawn once, and the same after a restart. */
export interface Prepared {
  /** The answer's bytes, or `null` for none. */
  readonly data: Uint8Array | null;
  readonly answered: boolean;
  readonly sequence: bigint;
  /** 0x-prefixed. */
  readonly root: string;
  /** By which grant it was read. */
  readonly grant: string;
  readonly proposals: readonly PreparedProposal[];
}

/** A request that was taken and is not done with. */
export interface OpenRequest {
  readonly requestId: bigint;
  readonly vaultId: bigint;
  /** Checksummed. */
  readonly requester: string;
  readonly deadline: number;
  readonly block: number;
  readonly data: Uint8Array;
  /** How often the handler was begun. */
  readonly tries: number;
  readonly prepared: Prepared | null;
}

/** Whether two are one request, however far each came: after a chain went back another question may have its number. */
export const isSameRequest = (a: OpenRequest, b: OpenRequest): boolean =>
  a.requestId === b.requestId &&
  a.vaultId === b.vaultId &&
  a.requester === b.requester &&
  a.deadline === b.deadline &&
  a.block === b.block &&
  equalBytes(a.data, b.data);

/** What a transaction is for. */
export type Purpose =
  | { readonly kind: "key"; readonly digest: string }
  | { readonly kind: "answer"; readonly requestId: bigint }
  | { readonly kind: "proposal"; readonly requestId: bigint; readonly digest: string };

/** One form of a transaction: those of one nonce exclude each other. */
export interface Signed {
  readonly raw: string;
  readonly hash: string;
  /** Whether it does nothing but spend the nonce. */
  readonly empty: boolean;
}

/** A transaction that was signed: what may have been sent. */
export interface SentTransaction {
  readonly nonce: number;
  readonly purpose: Purpose;
  readonly data: string;
  readonly gasLimit: bigint;
  /** Newest last. */
  readonly forms: readonly Signed[];
  /** Wei per gas of the newest form; `priorityFee` is `null` on a chain without. */
  readonly fee: bigint;
  readonly priorityFee: bigint | null;
  /** Unix milliseconds. */
  readonly sentAt: number;
  /** The newest block when it was first signed. */
  readonly block: number;
}

const CURSOR = "agent-cursor";
const KEYS = "agent-keys";
const REQUEST = "agent-request-";
const TRANSACTION = "agent-transaction-";

/** The sealed journal of one agent's runner. Whose it is stands in each file's context: vault 0 of the agent's address. */
export const journalOf = (world: AgentWorld, chainId: bigint): Journal => ({
  store: world.journalStore,
  key: world.journalKey,
  ref: { chainId, contract: world.agent.toLowerCase(), vaultId: 0n },
  random: world.random ?? randomBytes,
});

export async function readCursor(journal: Journal): Promise<Cursor | null> {
  const bytes = await readNote(journal, CURSOR);
  if (bytes === null) return null;
  const [block, index, seen] = tuple(decodeCbor(bytes), 3, "cursor");
  return {
    block: uint(block, "cursor's block"),
    index: uint(index, "cursor's log"),
    seen: list(seen, "cursor's blocks").map((each) => {
      const [number, hash] = tuple(each, 2, "cursor's block");
      return [uint(number, "block"), text(hash, "hash")] as const;
    }),
  };
}

export const writeCursor = (journal: Journal, { block, index, seen }: Cursor): Promise<void> =>
  writeNote(journal, CURSOR, encodeCbor([block, index, seen]));

export async function readKeys(journal: Journal): Promise<KeptKey[]> {
  const bytes = await readNote(journal, KEYS);
  if (bytes === null) return [];
  return list(decodeCbor(bytes), "keys").map((each) => {
    const [identity, digest, expiresAt, published] = tuple(each, 4, "key");
    return {
      identity: text(identity, "identity"),
      digest: text(digest, "digest"),
      expiresAt: uint(expiresAt, "expiry"),
      published: flag(published, "published"),
    };
  });
}

export const writeKeys = (journal: Journal, keys: readonly KeptKey[]): Promise<void> =>
  writeNote(
    journal,
    KEYS,
    encodeCbor(
      keys.map(({ identity, digest, expiresAt, published }) => [identity, digest, expiresAt, published]),
    ),
  );

export const writeRequest = (journal: Journal, request: OpenRequest): Promise<void> =>
  writeNote(journal, `${REQUEST}${request.requestId}`, encodeRequest(request));

export const removeRequest = (journal: Journal, requestId: bigint): Promise<void> =>
  removeNote(journal, `${REQUEST}${requestId}`);

/** All requests that are open, the earliest first. */
export async function readRequests(journal: Journal): Promise<OpenRequest[]> {
  const requests = await readAll(journal, REQUEST, decodeRequest);
  return requests.sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
}

export const writeTransaction = (journal: Journal, sent: SentTransaction): Promise<void> =>
  writeNote(journal, nameOf(sent), encodeTransaction(sent));

export const removeTransaction = (journal: Journal, sent: SentTransaction): Promise<void> =>
  removeNote(journal, nameOf(sent));

/** All transactions that are not final, in the order of their nonces. */
export const readTransactions = (journal: Journal): Promise<SentTransaction[]> =>
  readAll(journal, TRANSACTION, decodeTransaction);

const nameOf = ({ nonce }: SentTransaction): string => TRANSACTION + String(nonce).padStart(16, "0");

async function readAll<T>(journal: Journal, prefix: string, decode: (bytes: Uint8Array) => T): Promise<T[]> {
  const found: T[] = [];
  for (const name of await notesNamed(journal, prefix)) {
    const bytes = await readNote(journal, name);
    if (bytes !== null) found.push(decode(bytes));
  }
  return found;
}

function encodeRequest(request: OpenRequest): Uint8Array {
  const { requestId, vaultId, requester, deadline, block, data, tries, prepared } = request;
  const kept =
    prepared === null
      ? null
      : [
          ...[prepared.data, prepared.answered, String(prepared.sequence), prepared.root, prepared.grant],
          prepared.proposals.map(({ blob, digest, done }) => [blob, digest, done]),
        ];
  return encodeCbor([
    ...[String(requestId), String(vaultId), hexToBytes(requester.slice(2)), deadline, block, data, tries],
    kept,
  ]);
}

function decodeRequest(bytes: Uint8Array): OpenRequest {
  const fields = tuple(decodeCbor(bytes), 8, "request");
  const [requestId, vaultId, requester, deadline, block, data, tries, prepared] = fields;
  return {
    requestId: whole(requestId),
    vaultId: whole(vaultId),
    requester: getAddress(`0x${bytesToHex(bytesOf(requester, "requester"))}`),
    deadline: uint(deadline, "deadline"),
    block: uint(block, "block"),
    data: bytesOf(data, "question"),
    tries: uint(tries, "tries"),
    prepared: nullOr(prepared, decodePrepared),
  };
}

function decodePrepared(value: unknown): Prepared {
  const [data, answered, sequence, root, grant, proposals] = tuple(value, 6, "reply");
  return {
    data: nullOr(data, (bytes) => bytesOf(bytes, "answer")),
    answered: flag(answered, "answered"),
    sequence: whole(sequence),
    root: text(root, "root"),
    grant: text(grant, "grant"),
    proposals: list(proposals, "proposals").map((each) => {
      const [blob, digest, done] = tuple(each, 3, "proposal");
      return { blob: bytesOf(blob, "proposal"), digest: text(digest, "digest"), done: flag(done, "done") };
    }),
  };
}

function encodeTransaction(sent: SentTransaction): Uint8Array {
  const { nonce, purpose, data, gasLimit, forms, fee, priorityFee, sentAt, block } = sent;
  const requestId = purpose.kind === "key" ? null : String(purpose.requestId);
  const digest = purpose.kind === "answer" ? null : purpose.digest;
  return encodeCbor([
    ...[nonce, [purpose.kind, requestId, digest], data, String(gasLimit)],
    forms.map(({ raw, hash, empty }) => [raw, hash, empty]),
    ...[String(fee), priorityFee === null ? null : String(priorityFee), sentAt, block],
  ]);
}

function decodeTransaction(bytes: Uint8Array): SentTransaction {
  const fields = tuple(decodeCbor(bytes), 9, "transaction");
  const [nonce, purpose, data, gasLimit, forms, fee, priorityFee, sentAt, block] = fields;
  return {
    nonce: uint(nonce, "nonce"),
    purpose: decodePurpose(purpose),
    data: text(data, "calldata"),
    gasLimit: whole(gasLimit),
    forms: list(forms, "forms").map((each) => {
      const [raw, hash, empty] = tuple(each, 3, "form");
      return { raw: text(raw, "transaction"), hash: text(hash, "hash"), empty: flag(empty, "empty") };
    }),
    fee: whole(fee),
    priorityFee: nullOr(priorityFee, whole),
    sentAt: uint(sentAt, "time"),
    block: uint(block, "block"),
  };
}

function decodePurpose(value: unknown): Purpose {
  const [kind, requestId, digest] = tuple(value, 3, "purpose");
  if (kind === "key") return { kind, digest: text(digest, "digest") };
  if (kind === "answer") return { kind, requestId: whole(requestId) };
  if (kind === "proposal") return { kind, requestId: whole(requestId), digest: text(digest, "digest") };
  throw new MalformedData("transaction", "another purpose");
}

function whole(value: unknown): bigint {
  const digits = text(value, "number");
  if (!/^\d{1,78}$/.test(digits)) throw new MalformedData("number", "not in digits");
  return BigInt(digits);
}
