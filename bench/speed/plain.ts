import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { encryptTo, generateIdentity, recipientOf } from "../../client/crypto/identity.ts";
import { drawKeyring, type KeyringMember } from "../../client/vault/keyring.ts";
import { beside } from "./clock.ts";
import { first, memory } from "./vault.ts";

/** A figure of the vault beside that of doing without it. */
export interface Without {
  readonly what: string;
  readonly unit: "ms" | "bytes";
  readonly ours: number;
  readonly without: number;
  readonly than: string;
}

/** What the vault costs beside a file of JSON with a hash over it, and its keyring beside a public-key stanza for each reader. */
export async function measureWithout(
  memories: number,
  scopes: number,
  readers: number,
  rounds: number,
): Promise<Without[]> {
  const operations = Array.from({ length: memories }, (_, i) => memory(i, scopes));
  const asJson = () => utf8ToBytes(JSON.stringify(operations));
  const building = await beside(
    rounds,
    () => first(operations),
    () => sha256(asJson()),
  );
  const stored = first(operations).built.blobs.reduce((sum, { length }) => sum + length, 0);

  const members = Array.from({ length: readers }, (): KeyringMember => ({
    ...{ secret: randomBytes(32), locator: randomBytes(32), welcomeDigest: null },
    keys: [{ scopeId: randomBytes(16), key: randomBytes(32) }],
  }));
  const recipients = await Promise.all(members.map(() => recipientOf(generateIdentity())));
  const drawing = await beside(
    1,
    () => drawKeyring(members, randomBytes),
    () => encryptTo(recipients, randomBytes(32)),
  );
  const [entries, stanzas] = [
    drawKeyring(members, randomBytes).entries,
    await encryptTo(recipients, randomBytes(32)),
  ];

  const many = `${memories.toLocaleString("en-US")} memories`;
  const keyring = `a keyring for ${readers.toLocaleString("en-US")}`;
  return [
    {
      what: `${many}: build`,
      unit: "ms",
      ours: building.ours,
      without: building.floor,
      than: "JSON, sha256",
    },
    { what: `${many}: stored`, unit: "bytes", ours: stored, without: asJson().length, than: "JSON" },
    {
      what: `${keyring}: draw`,
      unit: "ms",
      ours: drawing.ours,
      without: drawing.floor,
      than: "X-Wing stanzas",
    },
    {
      what: `${keyring}: size`,
      unit: "bytes",
      ours: entries.length,
      without: stanzas.length,
      than: "X-Wing stanzas",
    },
  ];
}
