import { randomBytes } from "@noble/hashes/utils.js";
import { hexlify, ZeroHash, type Block } from "ethers";

import type { Journal, MemoryAgent } from "../../client/agents.ts";
import {
  generateIdentity,
  recipientBytes,
  recipientDigest,
  recipientOf,
  type registryContract,
} from "../../client/index.ts";
import { attested, ATTESTED_LIFETIME } from "./attest.ts";
import { readKeys, writeKeys, type KeptKey, type SentTransaction } from "./journal.ts";
import type { Sender } from "./sender.ts";
import type { AgentWorld } from "./world.ts";

/** Seconds for which an identity is kept beyond its published end: a welcome that was left before may be found after. */
export const KEPT_AFTER = 30 * 86_400;

/** The keys of an agent, published in time and kept as long as a welcome may need them. */
export interface AgentKeys {
  /** Identities that may open a welcome, newest first. */
  readonly identities: () => readonly string[];
  /**
   * Publishes a key where there is none, or the present one has a third of its life left at most. A key of this runner that somebody
   * withdrew or replaced before its end is not published again: two that fight would pay for it without end.
   *
   * @param anew - to publish a new one all the same.
   */
  upkeep(anew?: boolean): Promise<void>;
  /**
   * Notes that a publication is final.
   *
   * @param late - whether it landed when its attestation counted no more: another key takes its place.
   */
  published(digest: string, late: boolean): Promise<void>;
}

/** What keys are kept with. */
export interface KeyParts extends Pick<AgentWorld, "provider" | "store" | "attest" | "random" | "log"> {
  readonly chainId: bigint;
  readonly agent: MemoryAgent;
  readonly address: string;
  readonly registry: ReturnType<typeof registryContract>;
  readonly journal: Journal;
  readonly sender: () => Sender;
  /** Unix seconds. */
  readonly time: () => Promise<number>;
  /** Seconds. */
  readonly lifetime: number;
}

/** How long after it was signed, and by how many blocks, an attested key may land: half of what its nonce and its document take (SPEC §15). */
const FRESH_BLOCKS = 128;
const FRESH_SECONDS = 300;

/**
 * Whether a transaction publishes a key whose attestation counts no more in a block. The chain's clock counts, as it does for whoever
 * verifies.
 */
export async function isStaleKey(
  { agent, provider }: Pick<KeyParts, "agent" | "provider">,
  { purpose, data, block }: SentTransaction,
  { number, timestamp }: Pick<Block, "number" | "timestamp">,
): Promise<boolean> {
  if (purpose.kind !== "key") return false;
  const [, , vouched] = agent.interface.decodeFunctionData("publishKey", data).toArray() as unknown[];
  if (vouched === ZeroHash) return false;
  const then = (await provider.getBlock(block))?.timestamp ?? 0;
  return number - block > FRESH_BLOCKS || timestamp - then > FRESH_SECONDS;
}

/** Takes up the keys of the journal. */
export async function agentKeys(parts: KeyParts): Promise<AgentKeys> {
  const { journal, registry, address, log, agent, attest } = parts;
  const lifetime = attest === undefined ? parts.lifetime : Math.min(parts.lifetime, ATTESTED_LIFETIME);
  let keys: readonly KeptKey[] = await readKeys(journal);
  let warned = "";
  const keep = async (next: readonly KeptKey[]): Promise<void> => {
    await writeKeys(journal, next);
    keys = next;
  };
  const replace = (digest: string, changes: Partial<KeptKey>): Promise<void> =>
    keep(keys.map((key) => (key.digest === digest ? { ...key, ...changes } : key)));

  /** The identity is in the journal before anybody can encrypt to it. */
  const publish = async (key: KeptKey, now: number): Promise<void> => {
    const expiresAt = now + lifetime;
    if (key.expiresAt !== expiresAt) await replace(key.digest, { expiresAt });
    const recipient = recipientBytes(await recipientOf(key.identity));
    const vouched =
      attest === undefined
        ? ZeroHash
        : await attested({ ...parts, attest, registry: await registry.getAddress() }, recipient, expiresAt);
    const data = agent.interface.encodeFunctionData("publishKey", [hexlify(recipient), expiresAt, vouched]);
    await parts.sender().send({ kind: "key", digest: key.digest }, data);
    log({ level: "info", event: "key sent", digest: key.digest, expiresAt });
  };
  const drawn = async (now: number): Promise<KeptKey> => {
    const identity = generateIdentity(parts.random ?? randomBytes);
    const digest = hexlify(recipientDigest(recipientBytes(await recipientOf(identity))));
    const key = { identity, digest, expiresAt: now + lifetime, published: false };
    await keep([...keys, key]);
    return key;
  };
  const warn = (event: string, digest: string): void => {
    if (warned === event + digest) return;
    warned = event + digest;
    log({ level: "warn", event, digest });
  };

  const upkeep = async (anew: boolean): Promise<void> => {
    const newest = keys.at(-1);
    if (newest !== undefined && parts.sender().isUnderWay({ kind: "key", digest: newest.digest })) return;
    const now = await parts.time();
    const { recipientDigest: shown } = await registry.keyOf(address);
    if (newest === undefined) return publish(await drawn(now), now);
    if (shown === newest.digest && !newest.published) await replace(newest.digest, { published: true });
    else if (!newest.published) return publish(newest, now);
    const due = newest.expiresAt - now <= lifetime / 3;
    if (anew || due) return publish(await drawn(now), now);
    if (BigInt(shown) === 0n) warn("key withdrawn by hand", newest.digest);
    else if (shown !== newest.digest) warn("key replaced by hand", shown);
  };
  const drop = async (): Promise<void> => {
    const now = await parts.time();
    const kept = keys.filter((key, i) => i === keys.length - 1 || key.expiresAt + KEPT_AFTER > now);
    if (kept.length < keys.length) await keep(kept);
  };

  return {
    identities: () => keys.map(({ identity }) => identity).reverse(),
    async upkeep(anew = false) {
      await upkeep(anew);
      await drop();
    },
    async published(digest, late) {
      // Drawn before the transaction is forgotten: the next look publishes it, whatever happens until then.
      if (late && keys.at(-1)?.digest === digest) await drawn(await parts.time());
      await replace(digest, { published: true });
      log({ level: "info", event: "key published", digest });
    },
  };
}
