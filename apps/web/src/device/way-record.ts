import { base64 } from "@scure/base";

import { DeviceFileBroken } from "./errors.ts";

/** The kinds of ways to unlock a device. */
export const WAY_KINDS = ["passkey", "passphrase", "words"] as const;

/** One of them. */
export type WayKind = (typeof WAY_KINDS)[number];

/** A way to unlock, as anybody may see it. */
export interface Way {
  readonly kind: WayKind;
  /** `passphrase`, `words`, or `passkey-` and 16 digits: a device has one of the former, and any number of the latter. */
  readonly id: string;
  /** When it was made, in unix milliseconds. */
  readonly since: number;
  /** What finds a passkey again; `null` for the others. */
  readonly credential: string | null;
}

/** A way with what it opens. */
export interface WayRecord extends Way {
  /** What, with the person's part, gives the way's key: an age file, or the salt of the words. */
  readonly lock: Uint8Array;
  /** The device's key, sealed under the way's. */
  readonly wrap: Uint8Array;
}

const FILE = /^way-(passphrase|words|passkey-[0-9a-f]{16})$/;

/** The file of a way. */
export const wayFile = (id: string): string => `way-${id}`;

/** Whether a file of the device is a way's. */
export const isWayFile = (file: string): boolean => file.startsWith("way-");

/** What a way's wrap is sealed as: nothing of another way, or of the same one at another time, can stand in its place. */
export const wayContext = ({ kind, id, since, credential }: Way): string =>
  `way ${JSON.stringify([kind, id, since, credential])}`;

/** A way as it is kept. */
export function encodeWay({ kind, id, since, credential, lock, wrap }: WayRecord): Uint8Array {
  const kept = { version: 1, kind, id, since, credential };
  return new TextEncoder().encode(
    JSON.stringify({ ...kept, lock: base64.encode(lock), wrap: base64.encode(wrap) }),
  );
}

/**
 * Reads a way.
 *
 * @param file - Its file, which must be what it says of itself.
 * @throws DeviceFileBroken when it is anything but what {@link encodeWay} made.
 */
export function decodeWay(file: string, bytes: Uint8Array): WayRecord {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const record = checked(JSON.parse(text) as Record<string, unknown>);
    const same = new TextDecoder().decode(encodeWay(record)) === text;
    if (same && FILE.test(file) && wayFile(record.id) === file && kindOf(record.id) === record.kind)
      return record;
  } catch {
    // Whatever is wrong with it, it is broken; a parser's message would quote it.
  }
  throw new DeviceFileBroken(file);
}

const kindOf = (id: string): string => id.replace(/-.*$/s, "");

function checked({ kind, id, since, credential, lock, wrap }: Record<string, unknown>): WayRecord {
  const known = WAY_KINDS.find((each) => each === kind);
  if (known === undefined || typeof id !== "string" || !Number.isSafeInteger(since)) throw new TypeError();
  if (typeof lock !== "string" || typeof wrap !== "string") throw new TypeError();
  if (known === "passkey" ? typeof credential !== "string" : credential !== null) throw new TypeError();
  return {
    ...{ kind: known, id, since: Number(since), credential: credential as string | null },
    ...{ lock: base64.decode(lock), wrap: base64.decode(wrap) },
  };
}
