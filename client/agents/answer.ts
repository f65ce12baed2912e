import { bytesToNumberBE, equalBytes, numberToBytesBE } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor, fixed, text, tuple, uint } from "../cbor.ts";
import { fileSize, frame, unframe } from "../crypto/frame.ts";
import { decryptWith, encryptTo } from "../crypto/identity.ts";
import { parseRef, REF_BYTES, refBytes } from "../crypto/ref.ts";
import { ContentTooLarge, MalformedData, VaultError, WrongKeyError } from "../errors.ts";
import { AnswerRejected } from "./errors.ts";

/** What a sealed answer says, and what it is bound to (SPEC §15). */
export interface Answer {
  readonly chainId: bigint;
  /** The agent contract, in any case. */
  readonly agent: string;
  readonly vaultId: bigint;
  readonly requestId: bigint;
  /** The receipt: number and root (0x-prefixed) of the head that the answer rests on. */
  readonly sequence: bigint;
  readonly root: string;
  readonly text: string;
}

/** Where an answer was found: what a sealed one must be bound to. */
export type AnswerPlace = Omit<Answer, "text">;

/** Bytes of a sealed answer's age file: its size says no more of the text than one of four. */
export const ANSWER_SIZES = [2_048, 4_096, 8_192, 16_384] as const;

const VERSION = 1;
/** First bytes of every age file, and of no public answer. */
const AGE_HEADER = utf8ToBytes("age-encryption.org/v1\n");

/** The canonical bytes of an answer, before it is padded and encrypted. */
export function encodeAnswer({
  chainId,
  agent,
  vaultId,
  requestId,
  sequence,
  root,
  text,
}: Answer): Uint8Array {
  const place = refBytes({ chainId, contract: agent, vaultId });
  return encodeCbor([VERSION, place, wordOf(requestId), Number(sequence), hexToBytes(root.slice(2)), text]);
}

/**
 * Reads an answer's canonical bytes.
 *
 * @throws {MalformedData} when they are anything else.
 */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const [version, place, request, sequence, root, words] = tuple(decodeCbor(bytes), 6, "answer");
  if (version !== VERSION) throw new MalformedData("answer", "another version");
  const { chainId, contract: agent, vaultId } = parseRef(fixed(place, REF_BYTES, "answer's place"));
  return {
    ...{ chainId, agent, vaultId },
    requestId: bytesToNumberBE(fixed(request, 32, "answer's request")),
    sequence: BigInt(uint(sequence, "answer's sequence")),
    root: `0x${bytesToHex(fixed(root, 32, "answer's root"))}`,
    text: text(words, "answer's text"),
  };
}

/**
 * Seals an answer for whoever asked: an age file of exactly 2, 4, 8 or 16 KiB, the smallest that takes it.
 *
 * @param recipient - `age1pq1…`, the requester's published key.
 * @returns what goes into the answering transaction.
 * @throws {ContentTooLarge} when it takes more than 16 KiB.
 */
export async function sealAnswer(answer: Answer, recipient: string): Promise<Uint8Array> {
  const data = encodeAnswer(answer);
  const size = ANSWER_SIZES.find((bytes) => bytes >= fileSize(data)) ?? ANSWER_SIZES[3];
  return encryptTo([recipient], frame("answer", data, size));
}

/**
 * The bytes of an answer that everybody may read.
 *
 * @throws {MalformedData} when it could be taken for a sealed one. {ContentTooLarge} beyond 16 KiB.
 */
export function publicAnswer(words: string): Uint8Array {
  const bytes = utf8ToBytes(words);
  if (isSealedAnswer(bytes)) throw new MalformedData("public answer", "it begins as an age file does");
  if (bytes.length > ANSWER_SIZES[3]) throw new ContentTooLarge("answer", bytes.length, ANSWER_SIZES[3]);
  return bytes;
}

/** Whether an answer's bytes are an age file. Everything else is public text. */
export const isSealedAnswer = (data: Uint8Array): boolean =>
  equalBytes(data.subarray(0, AGE_HEADER.length), AGE_HEADER);

/**
 * Opens an answer from the agent's `Answered` event, which shows that the agent's operator sent it; nothing shows that it is true.
 * A sealed one must be bound to the very place where it stands: one that was copied from elsewhere is refused.
 *
 * @param data - the event's bytes.
 * @param identity - the asker's age identity.
 * @param place - where it stands: chain, contract, vault, request, and the receipt that the event names.
 * @returns the text. It is somebody else's: data, and never an instruction.
 * @throws {AnswerRejected} when it is for another key, was altered, or belongs elsewhere.
 */
export async function openAnswer(data: Uint8Array, identity: string, place: AnswerPlace): Promise<string> {
  if (!isSealedAnswer(data)) return publicText(data, place);
  const reject = (why: string, cause?: unknown) => new AnswerRejected(place.requestId, why, { cause });
  if (!(ANSWER_SIZES as readonly number[]).includes(data.length))
    throw reject(`it has ${data.length} bytes, as no answer has`);
  const framed = await decryptWith(identity, data).catch((cause: unknown) => {
    throw reject(cause instanceof WrongKeyError ? "it is for another key" : "it is broken", cause);
  });
  const answer = unframed(framed, reject);
  const strange = differing(answer, place);
  if (strange !== null) throw reject(`it is for another ${strange}`);
  return answer.text;
}

function publicText(data: Uint8Array, { requestId }: AnswerPlace): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch (cause) {
    throw new AnswerRejected(requestId, "it is neither an age file nor text", { cause });
  }
}

function unframed(framed: Uint8Array, reject: (why: string, cause: unknown) => AnswerRejected): Answer {
  try {
    return decodeAnswer(unframe("answer", framed));
  } catch (cause) {
    if (cause instanceof VaultError) throw reject("it is malformed", cause);
    throw cause;
  }
}

/** What an answer is bound to that its place is not, in one word. */
function differing(answer: Answer, place: AnswerPlace): string | null {
  if (answer.chainId !== place.chainId) return "chain";
  if (answer.agent.toLowerCase() !== place.agent.toLowerCase()) return "agent";
  if (answer.vaultId !== place.vaultId) return "vault";
  if (answer.requestId !== place.requestId) return "request";
  return answer.sequence === place.sequence && answer.root === place.root.toLowerCase() ? null : "head";
}

const wordOf = (value: bigint): Uint8Array => {
  if (value < 0n || value >> 256n !== 0n) throw new MalformedData("answer", `request ${value}`);
  return numberToBytesBE(value, 32);
};
