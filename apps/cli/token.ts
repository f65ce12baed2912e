import path from "node:path";

import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import type { JournalStore } from "../../client/index.ts";
import { locked, ProfileBroken } from "./profile.ts";

const FILE = "mcp-token";

/**
 * What clients of a profile's MCP server carry over HTTP: 32 random bytes in base64url, drawn when first asked for. Whoever
 * removes its file has another drawn.
 *
 * @throws {ProfileBroken} when the file is not what was written.
 */
export async function bearerToken(home: string): Promise<{ readonly token: string; readonly file: string }> {
  const file = path.join(home, FILE);
  const token = Buffer.from(await locked(home, keptOrDrawn))
    .toString("utf8")
    .trim();
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) throw new ProfileBroken(file);
  return { token, file };
}

/** Under a lock: two servers that start at once have one token. */
async function keptOrDrawn(files: JournalStore): Promise<Uint8Array> {
  const kept = await files.read(FILE);
  if (kept !== null) return kept;
  const bytes = utf8ToBytes(`${Buffer.from(randomBytes(32)).toString("base64url")}\n`);
  await files.write(FILE, bytes);
  return bytes;
}
