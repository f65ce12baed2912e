import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { decodeCbor } from "../../client/cbor.ts";
import { ratchet, scopeKey, SCOPE_ONE, SCOPE_ZERO } from "../../client/crypto/keys.ts";
import type { VaultRef } from "../../client/crypto/ref.ts";
import {
  chunkContext,
  headContext,
  indexContext,
  open,
  pageContext,
  sectionContext,
  welcomeContext,
} from "../../client/crypto/seal.ts";
import { readWelcome } from "../../client/crypto/welcome.ts";
import {
  decodeHead,
  decodeItems,
  decodeSection,
  unpad,
  type HeadData,
  type SectionData,
} from "../../client/vault/blob.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { isRemoval, KIND, ZERO } from "../../client/vault/roster.ts";

/** What somebody has who kept every blob that was ever stored, and then got at keys. */
export interface Loot {
  readonly ref: VaultRef;
  /** Every blob, by digest. */
  readonly archive: ReadonlyMap<string, Uint8Array>;
  readonly visibilityKey: Uint8Array;
  /** Members' secrets, of whatever epoch. */
  readonly secrets: readonly Uint8Array[];
  /** Age identities. */
  readonly identities?: readonly string[];
  /** Welcomes that were handed over. */
  readonly welcomes?: readonly Uint8Array[];
  /** The newest sequence of the vault; no epoch is above it. */
  readonly sequence: bigint;
}

interface Head {
  readonly sequence: bigint;
  readonly data: HeadData;
  readonly keyrings: readonly Uint8Array[];
  readonly closed: Set<Uint8Array>;
}

/**
 * Opens all that can be opened, by trying every key in every place until nothing new comes of it: no rule of the reader is
 * kept, no order, no epoch.
 */
export async function hoard(loot: Loot): Promise<readonly Uint8Array[]> {
  const attempt = new Attempt(loot);
  await attempt.findWelcomes();
  while (attempt.goOver());
  return attempt.found;
}

class Attempt {
  /** Every record and every welcome that was opened. */
  readonly found: Uint8Array[] = [];
  readonly #loot: Loot;
  readonly #heads: Head[];
  /** Blobs that nothing opened yet. */
  readonly #closed: Set<Uint8Array>;
  readonly #secrets = new Map<string, Uint8Array>();
  /** Scope keys, and the scopes that each is of. */
  readonly #keys = new Map<string, { key: Uint8Array; id: string }>();
  readonly #epochKeys = new Map<string, Uint8Array>();
  readonly #scopes = new Set([bytesToHex(SCOPE_ZERO), bytesToHex(SCOPE_ONE)]);
  readonly #epochs: number[];

  constructor(loot: Loot) {
    this.#loot = loot;
    this.#closed = new Set(loot.archive.values());
    this.#epochs = Array.from({ length: Number(loot.sequence) + 1 }, (_, i) => i);
    this.#heads = [...this.#closed].flatMap((blob) => this.#headIn(blob));
    for (const secret of loot.secrets) this.#learn(secret);
  }

  #headIn(blob: Uint8Array): Head[] {
    const { ref, visibilityKey, archive } = this.#loot;
    for (const epoch of this.#epochs) {
      const sequence = BigInt(epoch);
      const framed = open(visibilityKey, headContext(ref, sequence), blob);
      if (framed === null) continue;
      this.#closed.delete(blob);
      const data = decodeHead(unpad(framed));
      const pages = data.pages.flatMap(({ digest }) => {
        const sealed = archive.get(bytesToHex(digest));
        const page = sealed === undefined ? null : open(visibilityKey, pageContext(ref, data.epoch), sealed);
        return page === null ? [] : [unpad(page)];
      });
      return [{ sequence, data, keyrings: [data.entries, ...pages], closed: new Set(data.sections) }];
    }
    return [];
  }

  /** Anybody ratchets on. */
  #learn(secret: Uint8Array): void {
    let next = secret;
    for (let left = this.#epochs.length; left > 0; left--) {
      if (this.#secrets.has(bytesToHex(next))) return;
      this.#secrets.set(bytesToHex(next), next);
      next = ratchet(next);
    }
  }

  async findWelcomes(): Promise<void> {
    const { ref, visibilityKey, archive, identities = [], welcomes = [] } = this.#loot;
    const files = [...archive.values()].flatMap((blob) => {
      const framed = open(visibilityKey, welcomeContext(ref), blob);
      return [blob, ...(framed === null ? [] : [unpad(framed)])];
    });
    for (const file of [...files, ...welcomes]) {
      for (const identity of identities) {
        const opened = await readWelcome(file, identity).catch(() => null);
        if (opened !== null) this.#learn(opened.welcome.secret);
        for (const { id } of opened?.welcome.scopes ?? []) this.#scopes.add(bytesToHex(id));
      }
    }
  }

  /** @returns whether anything came of it. */
  goOver(): boolean {
    const before = this.#size();
    for (const head of this.#heads) {
      this.#lookInto(head);
      this.#derive();
      for (const sealed of [...head.closed]) this.#openSection(head, sealed);
    }
    for (const blob of [...this.#closed]) this.#openChunk(blob);
    return this.#size() > before;
  }

  #size(): number {
    return (
      this.found.length + this.#secrets.size + this.#keys.size + this.#scopes.size + this.#epochKeys.size
    );
  }

  #lookInto({ data, keyrings }: Head): void {
    for (const entries of keyrings) {
      const keyring = { salt: data.keyringSalt, entries };
      for (const secret of this.#secrets.values()) {
        for (const id of this.#scopes) {
          const key = lookUpKey(keyring, secret, hexToBytes(id));
          if (key === null) continue;
          if (id === ZERO) this.#epochKeys.set(bytesToHex(key), key);
          else this.#learnKey(id, key);
        }
      }
    }
  }

  #derive(): void {
    for (const epochKey of this.#epochKeys.values())
      for (const id of [...this.#scopes]) this.#learnKey(id, scopeKey(epochKey, hexToBytes(id)));
  }

  #learnKey(id: string, key: Uint8Array): void {
    this.#scopes.add(id);
    this.#keys.set(`${id}/${bytesToHex(key)}`, { key, id });
  }

  #openSection({ sequence, data, closed }: Head, sealed: Uint8Array): void {
    for (const { key, id } of this.#keys.values()) {
      const context = sectionContext(this.#loot.ref, sequence, data.epoch, hexToBytes(id));
      const plain = open(key, context, sealed);
      if (plain === null) continue;
      closed.delete(sealed);
      this.#take(id, decodeSection(plain));
      return;
    }
  }

  #take(id: string, { content, list, scopeIds }: SectionData): void {
    for (const entry of list) this.#learnKey(id, entry.scopeKey);
    for (const each of scopeIds) this.#scopes.add(bytesToHex(each));
    if (content.kind === "inline") this.#takeItems(content.items);
  }

  #takeItems(items: readonly Uint8Array[]): void {
    for (const item of items) {
      this.found.push(item);
      if (isRemoval(item)) continue;
      const [kind, , , value] = decodeCbor(item) as unknown[];
      if (kind === KIND.secret) this.#learn(value as Uint8Array);
    }
  }

  #openChunk(blob: Uint8Array): void {
    const { ref } = this.#loot;
    for (const { key, id } of this.#keys.values()) {
      for (const epoch of this.#epochs) {
        const scope = hexToBytes(id);
        const chunk = open(key, chunkContext(ref, epoch, scope), blob);
        if (chunk !== null) this.#takeItems(decodeItems(unpad(chunk)));
        if (chunk === null && open(key, indexContext(ref, epoch, scope), blob) === null) continue;
        this.#closed.delete(blob);
        return;
      }
    }
  }
}
