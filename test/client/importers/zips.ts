import { crc32, deflateRawSync } from "node:zlib";

import type { RandomAccess } from "../../../client/importers/zip.ts";
import type { SourceFile } from "../../../client/importers/importer.ts";

/** An entry for {@link zip}; the fields after `content` lie about it. */
export interface ZipEntry {
  name: string;
  content: string | Uint8Array;
  stored?: boolean;
  size?: number;
  crc?: number;
  flags?: number;
  method?: number;
  offset?: number;
  /** Unix mode. */
  mode?: number;
}

/** Writes a zip file, an honest one unless told otherwise. */
export function zip(...entries: ZipEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content as Uint8Array);
    const packed = entry.stored ? content : deflateRawSync(content);
    const name = Buffer.from(entry.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? 0, 2);
    common.writeUInt16LE(entry.method ?? (entry.stored ? 0 : 8), 4);
    common.writeUInt32LE(entry.crc ?? crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.size ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(entry.offset ?? at, 10);
    list.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 3]), common, tail, name);
    parts.push(Buffer.from([0x50, 0x4b, 3, 4]), common, name, packed);
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, directory, end]));
}

/** A zip file in memory. */
export const inMemory = (bytes: Uint8Array, path = "export.zip"): RandomAccess => ({
  path,
  size: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
});

/** A file in memory, handed out in pieces of an awkward size. */
export const source = (path: string, content: string | Uint8Array, piece = 1009): SourceFile => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return {
    path,
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
    async *open() {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    },
  };
};

/** All bytes of a file as text. */
export async function contentOf(file: SourceFile): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of file.open()) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
