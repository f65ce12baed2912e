import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { decode } from "cborg";

import { decodeCbor } from "../../client/cbor.ts";
import { scopeKey } from "../../client/crypto/keys.ts";
import { chunkContext, headContext, open, sectionContext } from "../../client/crypto/seal.ts";
import { decodeRecord } from "../../client/memory/codec.ts";
import { decodeHead, decodeItems, decodeSection, unpad } from "../../client/vault/blob.ts";
import { openHead } from "../../client/vault/head.ts";
import { isInternal } from "../../client/vault/roster.ts";
import { beside, type Beside } from "./clock.ts";
import { memory, required, write, type Written } from "./vault.ts";

/** What it takes to open a vault with nothing cached, and to prove it whole. */
export interface Opening extends Beside {
  readonly memories: number;
  readonly blobs: number;
  readonly bytes: number;
  /** The floor again, by the bare libraries: nothing is checked, and no memory is made of what was decoded. */
  readonly bare: number;
}

/** Opens a vault of some memories, and does the same without leaves and trees. */
export async function measureOpen(memories: number, scopes: number, rounds: number): Promise<Opening> {
  const written = await write(Array.from({ length: memories }, (_, i) => memory(i, scopes)));
  const blobs = blobsOf(written);
  const fetched = await fetchedBy(written);
  if (blobs.length !== fetched.size || !blobs.every(({ digest }) => fetched.has(digest)))
    throw new Error("the floor reads other blobs than it takes to open the vault");
  const least = () => readAll(written, blobs, CLIENT);
  const { ours, floor } = await beside(rounds, () => openWhole(written), least);
  const { ours: bare } = await beside(rounds, () => readAll(written, blobs, LIBRARIES), least);
  const sizes = await Promise.all(blobs.map(async ({ digest }) => (await written.store.get(digest))?.length));
  const bytes = sizes.reduce<number>((sum, size = 0) => sum + size, 0);
  return { memories, blobs: blobs.length, bytes, ours, floor, bare };
}

/** As `read` does it: every record of every scope against the root, then the memories. */
async function openWhole({ head, keys, store }: Written): Promise<void> {
  const { scopes } = await openHead(head, keys, store);
  for (const { id, live } of scopes.values())
    if (!isInternal(id)) for (const record of live.values()) decodeRecord(record);
}

/** Digests of all blobs that it takes. */
async function fetchedBy(written: Written): Promise<ReadonlySet<string>> {
  const digests = new Set<string>();
  const get = (digest: string): Promise<Uint8Array | null> => {
    digests.add(digest);
    return written.store.get(digest);
  };
  await openWhole({ ...written, store: { ...written.store, get } });
  return digests;
}

/** What opens sealed bytes. */
interface Opener {
  readonly key: Uint8Array;
  readonly context: Uint8Array;
}

/** A blob in the store, and what is in it: a head with sections, or records of a scope. */
interface Blob extends Opener {
  readonly digest: string;
  /** A head's sections, each in its place. */
  readonly sections: readonly (Opener & { readonly id: string })[];
  /** The scope of a chunk. */
  readonly id: string;
}

/** How bytes are opened and decoded. */
interface Decoders {
  readonly open: (opener: Opener, bytes: Uint8Array) => Uint8Array;
  readonly head: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly section: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly items: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly memory: (record: Uint8Array) => unknown;
  readonly internal: (record: Uint8Array) => unknown;
}

/** The client's own decoders, which refuse what has not the one form that a record may have. */
const CLIENT: Decoders = {
  open: ({ key, context }, bytes) => required(open(key, context, bytes)),
  head: (bytes) => decodeHead(unpad(bytes)).sections,
  section: (bytes) => {
    const { content } = decodeSection(bytes);
    return content.kind === "inline" ? content.items : [];
  },
  items: (bytes) => decodeItems(unpad(bytes)),
  memory: decodeRecord,
  internal: decodeCbor,
};

/** The libraries below them, with nothing around. */
const LIBRARIES: Decoders = {
  open: ({ key, context }, bytes) =>
    chacha20poly1305(
      hkdf(sha256, key, bytes.subarray(0, 32), context, 64).subarray(0, 32),
      new Uint8Array(12),
      context,
    ).decrypt(bytes.subarray(64)),
  head: (bytes) => (decode(framed(bytes)) as Uint8Array[][])[5] ?? [],
  section: (bytes) => {
    const content = (decode(bytes) as ([number, Uint8Array[]] | null)[])[1];
    return content?.[0] === 0 ? content[1] : [];
  },
  items: (bytes) => decode(framed(bytes)) as Uint8Array[],
  memory: decode,
  internal: decode,
};

const framed = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(4, 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));

/** Reads, hashes, opens and decodes what `openWhole` does, knowing beforehand where everything is. */
async function readAll({ store }: Written, blobs: readonly Blob[], decoders: Decoders): Promise<void> {
  const decodeAll = (id: string, records: readonly Uint8Array[]): void => {
    // The client decodes the internal scopes when it plans a commit, not to read.
    if (!isInternal(id)) for (const record of records) decoders.memory(record);
  };
  for (const blob of blobs) {
    const sealed = required(await store.get(blob.digest));
    if (bytesToHex(sha256(sealed)) !== blob.digest) throw new Error("the store altered a blob");
    const plain = decoders.open(blob, sealed);
    if (blob.sections.length === 0) {
      decodeAll(blob.id, decoders.items(plain));
      continue;
    }
    const sections = decoders.head(plain);
    for (const [i, section] of blob.sections.entries())
      decodeAll(section.id, decoders.section(decoders.open(section, required(sections[i]))));
  }
}

/** The blobs of a vault that was written in one commit. */
function blobsOf({ head, keys: { ref, visibilityKey }, opened }: Written): Blob[] {
  const { data, scopes, sequence } = { ...opened, sequence: head.sequence };
  const epochKey = required(opened.epochKey);
  const openers = [...scopes.keys()].map((id) => ({
    ...{ id, key: scopeKey(epochKey, hexToBytes(id)) },
    context: sectionContext(ref, sequence, data.epoch, hexToBytes(id)),
  }));
  const sections = data.sections.map((section) =>
    required(openers.find(({ key, context }) => open(key, context, section) !== null)),
  );
  const chunks = openers.flatMap(({ id, key }) => {
    const context = chunkContext(ref, data.epoch, hexToBytes(id));
    const digests = required(scopes.get(id)).segments.flatMap((segment) => segment.blobs);
    return digests.map((digest) => ({ id, key, context, digest: bytesToHex(digest), sections: [] }));
  });
  const own = { key: visibilityKey, context: headContext(ref, sequence), digest: bytesToHex(opened.digest) };
  return [{ ...own, id: "", sections }, ...chunks];
}
