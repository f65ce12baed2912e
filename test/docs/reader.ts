import { createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";

import { AbiCoder, getBytes, hexlify, id as hashText, keccak256 } from "ethers";

/**
 * A second reader, written from SPEC.md and from nothing else: no line of it comes from the client, and its cryptography
 * is Node's. If the client can write what this cannot read, the page is wrong.
 */

/** What SPEC §6 takes as input. */
export interface ReaderInput {
  readonly ref: { readonly chainId: bigint; readonly contract: string; readonly vaultId: bigint };
  readonly visibilityKey: Uint8Array;
  readonly class: "owner" | "reader";
  readonly secret: Uint8Array;
  readonly epoch: number;
  /** Scope ids of a reader, hex. */
  readonly scopes: readonly string[];
  /** `memoryHead`'s answer. */
  readonly head: { readonly sequence: bigint; readonly root: string; readonly pointer: string };
  /** How a member finds a newer welcome than its own, and opens it: by its locator and with its age identity. */
  readonly newer?: {
    readonly locator: Uint8Array;
    readonly decrypt: (file: Uint8Array) => Promise<Uint8Array>;
  };
  /** The bytes of a blob by their sha256, hex. */
  readonly fetch: (digest: string) => Promise<Uint8Array | null>;
}

/** The live records of each scope, by scope id in hex. */
export type Scopes = ReadonlyMap<string, readonly Uint8Array[]>;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const big = (value: bigint, size: number): Uint8Array => unhex(value.toString(16).padStart(2 * size, "0"));
const u32 = (value: number): Uint8Array => big(BigInt(value), 4);
const u64 = (value: bigint): Uint8Array => big(value, 8);

/** SPEC, notation: HKDF(ikm, salt, info, n). */
export const derive = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length = 32): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", ikm, salt, info, length));

/** SPEC, notation: ref. */
export const refOf = ({ chainId, contract, vaultId }: ReaderInput["ref"]): Uint8Array =>
  join(big(chainId, 32), unhex(contract.slice(2).toLowerCase()), big(vaultId, 32));

const NOTHING = new Uint8Array(0);
const info = (purpose: string, ...fields: Uint8Array[]): Uint8Array =>
  join(utf8(`memory-vault/v1/${purpose}`), ...fields);

function decrypt(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("chacha20-poly1305", key, new Uint8Array(12), { authTagLength: 16 });
  decipher.setAAD(aad, { plaintextLength: sealed.length - 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return join(decipher.update(sealed.subarray(0, -16)), decipher.final());
}

/** SPEC §3. */
export function open(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  const okm = derive(key, sealed.subarray(0, 32), context, 64);
  return same(okm.subarray(32), sealed.subarray(32, 64))
    ? decrypt(okm.subarray(0, 32), context, sealed.subarray(64))
    : null;
}

/** SPEC §3: what bytes are. */
export const contextOf = (purpose: string, ref: Uint8Array, ...fields: Uint8Array[]): Uint8Array =>
  join(utf8(`memory-vault/v1/seal/${purpose}`), Uint8Array.of(0), ref, ...fields);

/** SPEC §4: frame. */
export function unframe(framed: Uint8Array): Uint8Array {
  if (![4_096, 16_384, 65_536, 262_144].includes(framed.length + 80)) throw new Error("size");
  const end = 4 + Buffer.from(framed).readUInt32BE();
  if (end > framed.length || framed.subarray(end).some((byte) => byte !== 0)) throw new Error("padding");
  return framed.subarray(4, end);
}

/** The subset of CBOR that SPEC allows, read in the plainest way. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > buffer.length) throw new Error("cut");
    return buffer.subarray(at, (at += length));
  };
  const argument = (low: number): number => {
    if (low < 24) return low;
    const size = 1 << (low - 24);
    return Number(BigInt(`0x${take(size).toString("hex")}`));
  };
  const item = (): unknown => {
    const first = take(1)[0]!;
    const [major, low] = [first >> 5, first & 31];
    if (major === 7) return simple(low);
    const value = argument(low);
    if (major === 0) return value;
    if (major === 1) return -1 - value;
    if (major === 2) return new Uint8Array(take(value));
    if (major === 3) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(value));
    if (major === 4) return Array.from({ length: value }, item);
    if (major === 5) return Object.fromEntries(Array.from({ length: value }, () => [item(), item()]));
    throw new Error("tag");
  };
  const simple = (low: number): unknown => {
    if (low === 20 || low === 21) return low === 21;
    if (low === 22) return null;
    if (low === 25) return halfFloat(take(2).readUInt16BE());
    if (low === 26) return take(4).readFloatBE();
    if (low === 27) return take(8).readDoubleBE();
    throw new Error("simple value");
  };
  const value = item();
  if (at !== buffer.length) throw new Error("left over");
  return value;
}

function halfFloat(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1_023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1_024 + fraction) * 2 ** (exponent - 25);
  return bits >> 15 === 1 ? -size : size;
}

type Section = [
  1,
  null | [number, unknown],
  [Uint8Array, number, number, Uint8Array][],
  number,
  Uint8Array,
  Uint8Array[],
  Uint8Array[],
];
type Head = [1, number, Uint8Array, Uint8Array, [Uint8Array, Uint8Array][], Uint8Array[]];

const ZERO = "00".repeat(16);
const ONE = `${"00".repeat(15)}01`;

/** SPEC §8: the body of a welcome, from what its age file holds. */
export function welcomeBody(framed: Uint8Array): unknown[] {
  const end = 4 + Buffer.from(framed).readUInt32BE();
  const [body] = decodeCbor(framed.subarray(4, end)) as [Uint8Array];
  return decodeCbor(body) as unknown[];
}

/** SPEC §6, steps 3 to 10; who signed a newer welcome is left to whoever asks a chain. */
export async function readVault(input: ReaderInput): Promise<Scopes> {
  const ref = refOf(input.ref);
  const { sequence } = input.head;
  const root = getBytes(input.head.root);
  const pad = createHmac("sha256", derive(input.visibilityKey, NOTHING, info("pointer")))
    .update(join(ref, u64(sequence), root))
    .digest();
  const digest = getBytes(input.head.pointer).map((byte, i) => byte ^ pad[i]!);

  const blob = async (name: Uint8Array): Promise<Uint8Array> => {
    const bytes = await input.fetch(hex(name));
    if (bytes === null || !same(sha256(bytes), name)) throw new Error("blob");
    return bytes;
  };
  const headBlob = async (name: Uint8Array, at: bigint): Promise<Head> => {
    const framed = open(input.visibilityKey, contextOf("head", ref, u64(at)), await blob(name));
    if (framed === null) throw new Error("visibility key");
    return decodeCbor(unframe(framed)) as Head;
  };
  const sectionIn = (head: Head, at: bigint, epoch: number, scope: string, key: Uint8Array): Section => {
    const context = contextOf("section", ref, u64(at), u32(epoch), unhex(scope));
    const plain = head[5].map((sealed) => open(key, context, sealed)).find((found) => found !== null);
    if (plain === undefined) throw new Error(`no section for ${scope}`);
    return decodeCbor(plain) as Section;
  };
  const items = async (
    content: Section[1],
    epoch: number,
    scope: string,
    key: Uint8Array,
  ): Promise<Uint8Array[]> => {
    if (content === null) return [];
    const [kind, body] = content;
    if (kind === 0) return body as Uint8Array[];
    const listed = async (purpose: string, name: Uint8Array): Promise<Uint8Array[]> => {
      const framed = open(key, contextOf(purpose, ref, u32(epoch), unhex(scope)), await blob(name));
      if (framed === null) throw new Error("chunk");
      return decodeCbor(unframe(framed)) as Uint8Array[];
    };
    const digests = kind === 1 ? (body as Uint8Array[]) : await listed("index", body as Uint8Array);
    return (await Promise.all(digests.map((name) => listed("chunk", name)))).flat();
  };

  const head = await headBlob(digest, sequence);
  const [, epoch, salt, inHead, pages] = head;
  const pageOf = async (name: Uint8Array): Promise<Uint8Array> => {
    const framed = open(input.visibilityKey, contextOf("page", ref, u32(epoch)), await blob(name));
    if (framed === null) throw new Error("page");
    return unframe(framed);
  };
  const entryOf = async (key: Uint8Array, purpose: Uint8Array): Promise<Uint8Array | null> => {
    const okm = derive(key, salt, purpose, 64);
    const page = pages.findLast(([firstTag]) => hex(firstTag) <= hex(okm.subarray(0, 32)));
    const entries = page === undefined ? inHead : await pageOf(page[1]);
    for (let at = 0; at < entries.length; at += 80) {
      const entry = entries.subarray(at, at + 80);
      if (same(entry.subarray(0, 32), okm.subarray(0, 32)))
        return decrypt(okm.subarray(32), purpose, entry.subarray(32));
    }
    return null;
  };
  const newer = async (): Promise<Pick<ReaderInput, "secret" | "epoch" | "scopes"> | null> => {
    const name = input.newer && (await entryOf(input.newer.locator, info("keyring-locator")));
    if (!input.newer || !name) return null;
    const framed = open(input.visibilityKey, contextOf("welcome", ref), await blob(name));
    if (framed === null) throw new Error("visibility key");
    const body = welcomeBody(await input.newer.decrypt(unframe(framed)));
    const [granted, at, fresh] = [
      body[8] as [Uint8Array, string][],
      body[5] as number,
      body[6] as Uint8Array,
    ];
    return { secret: fresh, epoch: at, scopes: granted.map(([id]) => hex(id)) };
  };
  const standing = { ...input, ...(await newer()) };
  if (BigInt(epoch) > sequence || epoch < standing.epoch) throw new Error("epoch");
  let { secret } = standing;
  for (let e = standing.epoch; e < epoch; e++) secret = derive(secret, NOTHING, info("member-ratchet"));

  const lookUp = async (scope: string): Promise<Uint8Array> => {
    const key = await entryOf(secret, info("keyring-entry", unhex(scope)));
    if (key === null) throw new Error("not a member");
    return key;
  };
  const keys = new Map<string, Uint8Array>();
  if (input.class === "reader") for (const scope of standing.scopes) keys.set(scope, await lookUp(scope));
  else {
    const epochKey = await lookUp(ZERO);
    const keyOf = (scope: string) => derive(epochKey, NOTHING, info("scope-key", unhex(scope)));
    const named = sectionIn(head, sequence, epoch, ZERO, keyOf(ZERO))[6];
    for (const scope of [ZERO, ONE, ...named.map(hex)]) keys.set(scope, keyOf(scope));
  }

  const scopes = new Map<string, readonly Uint8Array[]>();
  for (const [scope, key] of keys) {
    const [, content, list, count, scopeSalt, path] = sectionIn(head, sequence, epoch, scope, key);
    const live = new Map<string, Uint8Array>();
    const apply = (all: readonly Uint8Array[]): void => {
      for (const item of all) {
        if (item.length === 16) live.delete(hex(item));
        else live.set(hex(item.subarray(3, 19)), item);
      }
    };
    for (const [name, at, listedEpoch, listedKey] of list) {
      const listed = sectionIn(await headBlob(name, BigInt(at)), BigInt(at), listedEpoch, scope, listedKey);
      apply(await items(listed[1], listedEpoch, scope, listedKey));
    }
    apply(await items(content, epoch, scope, key));
    if (live.size !== count) throw new Error("count");
    const leaf = scopeLeaf(scope, treeRoot([...live.values()].map(memoryLeaf)), count, scopeSalt);
    if (!same(climb(leaf, path), root)) throw new Error("root");
    scopes.set(scope, [...live.values()]);
  }
  return scopes;
}

const H = (bytes: Uint8Array): Uint8Array => getBytes(keccak256(bytes));
const abi = (types: string[], values: unknown[]): Uint8Array =>
  getBytes(AbiCoder.defaultAbiCoder().encode(types, values));

/** SPEC §5: leaves. */
export const memoryLeaf = (record: Uint8Array): Uint8Array =>
  H(H(abi(["bytes32", "bytes32"], [hashText("memory-vault/v1/memory-leaf"), sha256(record)])));

const scopeLeaf = (scope: string, scopeRoot: Uint8Array, count: number, salt: Uint8Array): Uint8Array =>
  H(
    H(
      abi(
        ["bytes32", "bytes16", "bytes32", "uint64", "bytes32"],
        [hashText("memory-vault/v1/scope-leaf"), hexlify(unhex(scope)), scopeRoot, count, salt],
      ),
    ),
  );

const pair = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  H(Buffer.compare(a, b) < 0 ? join(a, b) : join(b, a));

const climb = (leaf: Uint8Array, path: readonly Uint8Array[]): Uint8Array => path.reduce(pair, leaf);

/** SPEC §5: trees. */
function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  const nodes = new Array<Uint8Array>(2 * leaves.length - 1);
  [...leaves].sort((a, b) => Buffer.compare(a, b)).forEach((leaf, i) => (nodes[nodes.length - 1 - i] = leaf));
  for (let i = leaves.length - 2; i >= 0; i--) nodes[i] = pair(nodes[2 * i + 1]!, nodes[2 * i + 2]!);
  return nodes[0]!;
}
