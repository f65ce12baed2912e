import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { TypedDataDomain } from "ethers";

import { bytesOf, decodeCbor, encodeCbor, fixed, list, nullOr, shown, text, tuple, uint } from "../cbor.ts";
import { fileSize, frame, signatureOf, unframe } from "../crypto/frame.ts";
import { decryptWith, encryptTo, recipientText } from "../crypto/identity.ts";
import { parseRef, REF_BYTES, refBytes, type VaultRef } from "../crypto/ref.ts";
import { ContentTooLarge, MalformedData, RecordTooLarge, VaultError, WrongKeyError } from "../errors.ts";
import type { JsonObject } from "../memory/record.ts";
import { RULES } from "../memory/rules.ts";
import type { Digest } from "../storage/store.ts";
import { domainOf, spaceIdOf } from "../vault/contract.ts";
import { isInternal } from "../vault/roster.ts";
import { ProposalRejected } from "./errors.ts";
import type { ProposedMemory } from "./handler.ts";

/** Memories that somebody proposes, and what they are bound to (SPEC §15). */
export interface Proposal {
  readonly ref: VaultRef;
  /** The account that leaves it on chain: that of a grant with PROPOSE. */
  readonly proposer: string;
  /** 32 bytes. An owner takes each of a proposer's once. */
  readonly nonce: Uint8Array;
  /** 1 to 16. */
  readonly memories: readonly ProposedMemory[];
}

/** A proposal that was opened. Whether its proposer signed it is the caller's check: it takes the chain. */
export interface OpenedProposal {
  readonly proposal: Proposal;
  readonly signature: Uint8Array;
}

/** What a proposal's signature is over, as EIP-712 libraries take it. */
export interface ProposalTypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<"Proposal", { name: string; type: string }[]>;
  readonly message: { vaultId: string; proposer: string; nonce: string; bodyHash: string };
}

/** Signs EIP-712 data, as ethers' `Signer.signTypedData` does. */
export type SignProposal = (
  domain: ProposalTypedData["domain"],
  types: ProposalTypedData["types"],
  value: ProposalTypedData["message"],
) => Promise<string>;

/** Most memories of a proposal. */
export const MAX_PROPOSED = 16;

/** Bytes of a proposal's age file. */
export const PROPOSAL_SIZES = [4_096, 16_384] as const;

const VERSION = 1;

/** EIP-712 types of a proposal. */
export const PROPOSAL_TYPES = {
  Proposal: [
    { name: "vaultId", type: "bytes32" },
    { name: "proposer", type: "address" },
    { name: "nonce", type: "bytes32" },
    { name: "bodyHash", type: "bytes32" },
  ],
};

/**
 * The canonical body of a proposal, over which it is signed: a CBOR array.
 *
 * @throws {MalformedData} when no owner's client would take it: a memory that is none, or more than 16.
 */
export function encodeProposal({ ref, proposer, nonce, memories }: Proposal): Uint8Array {
  const body = encodeCbor([
    VERSION,
    refBytes(ref),
    hexToBytes(proposer.slice(2)),
    nonce,
    memories.map(({ scope, type, text: words, importance, tags, validUntil, metadata }) => [
      hexToBytes(scope),
      type === "episodic" ? 1 : 0,
      words,
      importance ?? null,
      tags ?? [],
      validUntil ?? null,
      metadata ?? {},
    ]),
  ]);
  decodeProposal(body);
  return body;
}

/**
 * Reads a proposal's body.
 *
 * @throws {MalformedData} when a field is missing, of another type or out of its range.
 */
export function decodeProposal(body: Uint8Array): Proposal {
  const [version, ref, proposer, nonce, memories] = tuple(decodeCbor(body), 5, "proposal");
  if (version !== VERSION) throw new MalformedData("proposal", `version ${shown(version)}`);
  const proposed = list(memories, "proposed memories");
  if (proposed.length === 0 || proposed.length > MAX_PROPOSED)
    throw new MalformedData("proposed memories", `${proposed.length} of 1 to ${MAX_PROPOSED}`);
  return {
    ref: parseRef(fixed(ref, REF_BYTES, "proposal's vault")),
    proposer: `0x${bytesToHex(fixed(proposer, 20, "proposer"))}`,
    nonce: fixed(nonce, 32, "proposal's nonce"),
    memories: proposed.map(memoryOf),
  };
}

function memoryOf(value: unknown): ProposedMemory {
  const [scope, type, words, importance, tags, validUntil, metadata] = tuple(value, 7, "proposed memory");
  const id = bytesToHex(fixed(scope, 16, "proposed memory's scope"));
  if (isInternal(id)) throw new MalformedData("proposed memory's scope", "one of the owner's own scopes");
  const rated = nullOr(importance, (rating) => uint(rating, "proposed importance", 100));
  try {
    RULES.text(words, "a proposed text");
    RULES.tags(tags, "a proposed memory's tags");
    RULES.validUntil(validUntil, "a proposed memory's end");
    RULES.metadata(besideProvenance(metadata as JsonObject), "a proposed memory's metadata");
    RULES.metadata(metadata, "a proposed memory's metadata");
  } catch (cause) {
    if (cause instanceof RecordTooLarge) throw new MalformedData("proposed memory", cause.message, { cause });
    throw cause;
  }
  return {
    scope: id,
    type: uint(type, "proposed memory's type", 1) === 0 ? "semantic" : "episodic",
    text: text(words, "proposed text"),
    ...(rated === null ? {} : { importance: rated }),
    tags: tags as string[],
    validUntil: validUntil as number | null,
    metadata: metadata as JsonObject,
  };
}

/** Where a proposal's own metadata stands in a memory that was made of it: beside what the owner's client says of its origin. */
export const besideProvenance = (metadata: JsonObject): JsonObject => ({ proposed: metadata });

/** The EIP-712 data of a proposal, in the vault's domain: for signing, and for asking who signed. */
export function proposalTypedData(proposal: Proposal): ProposalTypedData {
  const { ref, proposer, nonce } = proposal;
  return {
    domain: domainOf(ref),
    types: PROPOSAL_TYPES,
    message: {
      vaultId: spaceIdOf(ref.vaultId),
      proposer: proposer.toLowerCase(),
      nonce: `0x${bytesToHex(nonce)}`,
      bodyHash: `0x${bytesToHex(keccak_256(encodeProposal(proposal)))}`,
    },
  };
}

/**
 * Writes a proposal: signs it and encrypts it to the vault's inbox, as an age file of exactly 4 or 16 KiB. Written again it has
 * other bytes: whoever has to be able to send it twice keeps the file.
 *
 * @param inbox - the 1,216 bytes of the inbox recipient, from the proposer's welcome.
 * @param sign - EIP-712 signing of the proposer's account, or of the operator that its contract names.
 * @throws {ContentTooLarge} when it takes more than 16 KiB. {MalformedData} when no owner's client would take it.
 */
export async function writeProposal(
  proposal: Proposal,
  inbox: Uint8Array,
  sign: SignProposal,
): Promise<Uint8Array> {
  const body = encodeProposal(proposal);
  // Asked before anybody signs: a wallet may ask a person.
  sizeFor(body);
  const { domain, types, message } = proposalTypedData(proposal);
  const signature = hexToBytes((await sign(domain, types, message)).slice(2));
  const signed = encodeCbor([body, signature]);
  return encryptTo([recipientText(inbox)], frame("proposal", signed, sizeFor(signed)));
}

function sizeFor(data: Uint8Array): number {
  const needed = fileSize(data);
  const size = PROPOSAL_SIZES.find((bytes) => bytes >= needed);
  if (size === undefined) throw new ContentTooLarge("proposal", needed, PROPOSAL_SIZES[1]);
  return size;
}

/**
 * Opens a proposal's file, and checks all that needs no chain. What it says is somebody else's: data, and never an instruction.
 *
 * @param identity - the vault's inbox identity.
 * @throws {ProposalRejected} when it is of another size, broken or malformed.
 * @throws {WrongKeyError} when it was encrypted to another key: an earlier one of the inbox, for instance.
 */
export async function readProposal(file: Uint8Array, identity: string): Promise<OpenedProposal> {
  if (!(PROPOSAL_SIZES as readonly number[]).includes(file.length))
    throw new ProposalRejected(`it has ${file.length} bytes, as no proposal has`);
  const framed = await decryptWith(identity, file).catch(broken("it is broken"));
  try {
    const [body, signature] = tuple(decodeCbor(unframe("proposal", framed)), 2, "proposal");
    return {
      proposal: decodeProposal(bytesOf(body, "proposal's body")),
      signature: signatureOf(signature, "proposal's signature"),
    };
  } catch (cause) {
    return broken("it is malformed")(cause);
  }
}

const broken =
  (why: string) =>
  (cause: unknown): never => {
    if (cause instanceof VaultError && !(cause instanceof WrongKeyError))
      throw new ProposalRejected(why, { cause });
    throw cause;
  };

const DOMAIN = utf8ToBytes("memory-vault/v1/proposed-memory");

/**
 * The ids of the memories that a proposal's become, in order: whichever device takes it, they are the same.
 *
 * @param digest - of the proposal's file.
 */
export const proposedIds = (digest: Digest, count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    bytesToHex(sha256(concatBytes(DOMAIN, hexToBytes(digest), Uint8Array.of(index)))).slice(0, 32),
  );
