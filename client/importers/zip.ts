import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";

/** Bytes that can be read from any place: a file on disk, a `Blob`. */
export interface RandomAccess {
  /** What errors call it. */
  readonly path: string;
  readonly size: number;
  /** Reads a range that lies inside. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens a zip file as the files in it. Nothing is unpacked: each file is inflated while it is read, by the platform, and checked against the size and
 * the checksum that the archive's list promises.
 *
 * @param archive - The zip file.
 * @returns Its regular files, in the order of its list.
 * @throws MalformedExport if it is no zip file, or one that asks for more than an export needs: paths that leave the folder, entries that overlap or
 * inflate beyond measure, encryption, more than 4 GiB.
 */
export async function openZip(archive: RandomAccess): Promise<SourceFile[]> {
  const entries = parseList(archive, await readList(archive));
  checkEntries(archive, entries);
  return entries
    .filter(({ isFile }) => isFile)
    .map((entry) => ({ path: entry.name, size: entry.size, open: () => inflate(archive, entry) }));
}

interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly encrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const MAX_ENTRIES = 50_000;
const MAX_LIST = 32 * 2 ** 20;
/** Text packs ten to one, a bomb a thousand to one. */
const MAX_RATIO = 200;
/** Small files may pack better. */
const RATIO_FROM = 2 ** 20;

const END_SIGNATURE = 0x06054b50;
const LIST_SIGNATURE = 0x02014b50;
const ENTRY_SIGNATURE = 0x04034b50;

function fault(archive: RandomAccess, where: string, why: string, options?: ErrorOptions): MalformedExport {
  return new MalformedExport(archive.path, where, why, options);
}

/** Finds the end record, which may be followed by a comment of up to 64 KiB, and reads the list that it points to. */
async function readList(archive: RandomAccess): Promise<{ list: DataView; count: number; start: number }> {
  const tailLength = Math.min(archive.size, 65_557);
  const tail = viewOf(await archive.read(archive.size - tailLength, tailLength));
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE || at + 22 + tail.getUint16(at + 20, true) !== tailLength)
      continue;
    const count = tail.getUint16(at + 10, true);
    const length = tail.getUint32(at + 12, true);
    const start = tail.getUint32(at + 16, true);
    if (count === 0xffff || length === 0xffffffff || start === 0xffffffff) {
      throw fault(archive, "its list of files", "it is larger than 4 GiB; unpack it and import the folder");
    }
    if (count > MAX_ENTRIES || length > MAX_LIST)
      throw fault(archive, "its list of files", "it lists too many files");
    if (start + length > archive.size) throw fault(archive, "its list of files", "it is cut off");
    return { list: viewOf(await archive.read(start, length)), count, start };
  }
  throw fault(archive, "its end", "it is no zip file, or cut off");
}

function parseList(
  archive: RandomAccess,
  { list, count, start }: Awaited<ReturnType<typeof readList>>,
): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (at + 46 > list.byteLength || list.getUint32(at, true) !== LIST_SIGNATURE) {
      throw fault(archive, `entry ${n}`, "its list of files is broken");
    }
    const nameLength = list.getUint16(at + 28, true);
    const next = at + 46 + nameLength + list.getUint16(at + 30, true) + list.getUint16(at + 32, true);
    if (next > list.byteLength) throw fault(archive, `entry ${n}`, "its list of files is broken");
    const name = new TextDecoder().decode(bytesOf(list, at + 46, nameLength));
    // The upper half holds the mode where a Unix made the archive; links and devices are no files.
    const type = list.getUint8(at + 5) === 3 ? (list.getUint16(at + 40, true) >> 12) & 0xf : 0;
    const entry = {
      name,
      isFile: !name.endsWith("/") && (type === 0 || type === 8),
      encrypted: (list.getUint16(at + 8, true) & 1) === 1,
      method: list.getUint16(at + 10, true),
      crc: list.getUint32(at + 16, true),
      packed: list.getUint32(at + 20, true),
      size: list.getUint32(at + 24, true),
      offset: list.getUint32(at + 42, true),
    };
    if (entry.offset + 30 + entry.packed > start)
      throw fault(archive, name, "it lies outside of the archive");
    entries.push(entry);
    at = next;
  }
  return entries;
}

function checkEntries(archive: RandomAccess, entries: readonly Entry[]): void {
  const names = new Set<string>();
  for (const { name, size, packed } of entries) {
    if (!isPlainPath(name))
      throw fault(archive, JSON.stringify(name.slice(0, 200)), "its path leaves the archive");
    if (names.has(name)) throw fault(archive, name, "it is there twice");
    names.add(name);
    if (size > RATIO_FROM && size > packed * MAX_RATIO) {
      throw fault(archive, name, "it inflates beyond measure, as a zip bomb does");
    }
  }
  // Entries that share bytes are how a small archive lists a huge content.
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  for (const [index, entry] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && entry.offset + 30 + entry.packed > next.offset) {
      throw fault(archive, next.name, "it overlaps another file, as in a zip bomb");
    }
  }
}

function isPlainPath(name: string): boolean {
  const steps = name.replace(/\/$/, "").split("/");
  return !/[\\\0]|^[a-z]:/i.test(name) && steps.every((step) => step !== "" && step !== "." && step !== "..");
}

async function* inflate(archive: RandomAccess, entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.encrypted) throw fault(archive, entry.name, "it is encrypted; unpack it and import the folder");
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw fault(archive, entry.name, `it is packed with method ${entry.method}, which is not supported`);
  }
  const packed = piecesOf(archive, entry);
  let size = 0;
  let crc = 0;
  try {
    for await (const piece of entry.method === STORED ? packed : unpack(packed)) {
      size += piece.length;
      if (size > entry.size) break;
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (cause) {
    if (cause instanceof MalformedExport) throw cause;
    throw fault(archive, entry.name, "its packed bytes are broken", { cause });
  }
  if (size !== entry.size || crc !== entry.crc) {
    throw fault(archive, entry.name, "its content is not what the archive's list says");
  }
}

const STORED = 0;
const DEFLATED = 8;
const PIECE = 256 * 1024;

async function* piecesOf(archive: RandomAccess, entry: Entry): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const header = viewOf(await archive.read(entry.offset, 30));
  if (header.getUint32(0, true) !== ENTRY_SIGNATURE)
    throw fault(archive, entry.name, "it is not where the list says");
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const end = start + entry.packed;
  if (end > archive.size) throw fault(archive, entry.name, "it lies outside of the archive");
  for (let at = start; at < end; at += PIECE)
    yield new Uint8Array(await archive.read(at, Math.min(PIECE, end - at)));
}

/** Inflates as fast as it is read and no faster, so an archive that lies about its sizes fills no memory. */
async function* unpack(packed: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = (await packed.next()) as IteratorResult<Uint8Array<ArrayBuffer>, void>;
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (;;) {
      const result = (await reader.read()) as ReadableStreamReadResult<Uint8Array>;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array, before: number): number {
  let c = ~before;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return ~c >>> 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}
