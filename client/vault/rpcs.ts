import type { Provider } from "ethers";

import { RpcsDisagree, RpcUnavailable, VaultError, VaultNotFound } from "../errors.ts";
import { finalBlock, type Finality, type MemoryVault } from "./contract.ts";

// One RPC can lie about the newest head, and nobody would notice. Two are believed where they agree: what decides about
// heads, members and ends is asked of both (SPEC §6).

/** A node, and the contract as it shows it. */
export interface Rpc {
  readonly provider: Provider;
  readonly contract: MemoryVault;
}

/** The RPC that a vault works with, and the one that must agree with it, if there is one. */
export interface Rpcs extends Rpc {
  readonly second: Rpc | null;
  /** Milliseconds for which one may lag behind the other. */
  readonly patience: number;
}

/** A block of Ethereum's: whoever is no further behind has caught up after that. */
export const PATIENCE = 12_000;

const PAUSE = 250;

/** What one RPC says: `text` is compared, and shown where they differ. */
interface Answer<T> {
  readonly text: string;
  readonly take: () => T;
}

/**
 * Asks all RPCs the same thing, again and again while one may just be behind.
 *
 * @param what - the thing, as the fault names it.
 * @param block - where it is asked as of a block: an RPC that does not know that block yet is behind.
 * @throws {RpcsDisagree} when they differ for longer than one may lag. {RpcUnavailable} when one does not answer, or no
 *   answer that makes sense.
 */
export async function agreed<T>(
  vault: Rpcs,
  what: string,
  ask: (rpc: Rpc) => Promise<T>,
  block: number | "latest" = "latest",
): Promise<T> {
  const { second, patience } = vault;
  if (second === null) return (await answerOf(vault, "first", ask)).take();
  for (let waited = 0; ; waited += PAUSE) {
    const [one, other] = await Promise.all([
      behind(vault, "first", block).then((answer) => answer ?? answerOf(vault, "first", ask)),
      behind(second, "second", block).then((answer) => answer ?? answerOf(second, "second", ask)),
    ]);
    if (one.text === other.text) return one.take();
    if (waited >= patience) throw new RpcsDisagree(what, ...differing(one.text, other.text));
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** The number of the newest block that any RPC knows: all of them must know it. */
export async function newestNumber(vault: Rpcs): Promise<number> {
  return Math.max(...(await eachOf(vault, ({ provider }) => provider.getBlockNumber())));
}

/** The number of the newest block that is final for all of them, or `null` when the chain is too young. */
export async function finalNumber(vault: Rpcs & { readonly finality: Finality }): Promise<number | null> {
  const numbers = await eachOf(vault, ({ provider }) => finalBlock(provider, vault.finality));
  return numbers.includes(null) ? null : Math.min(...numbers.filter((number) => number !== null));
}

const eachOf = <T>(vault: Rpcs, ask: (rpc: Rpc) => Promise<T>): Promise<T[]> =>
  Promise.all([
    named("first", ask(vault)),
    ...(vault.second === null ? [] : [named("second", ask(vault.second))]),
  ]);

async function behind(rpc: Rpc, name: RpcName, block: number | "latest"): Promise<Answer<never> | null> {
  if (block === "latest") return null;
  const newest = await named(name, rpc.provider.getBlockNumber());
  if (newest >= block) return null;
  const text = `nothing yet, at block ${newest} of ${block}`;
  const take = (): never => {
    throw new RpcUnavailable(name, text);
  };
  return { text, take };
}

async function answerOf<T>(rpc: Rpc, name: RpcName, ask: (rpc: Rpc) => Promise<T>): Promise<Answer<T>> {
  try {
    const value = await named(name, ask(rpc));
    return { text: textOf(value), take: () => value };
  } catch (fault) {
    // That there is no such vault is an answer: the other RPC may know it.
    if (!(fault instanceof VaultNotFound)) throw fault;
    const take = (): never => {
      throw fault;
    };
    return { text: fault.name, take };
  }
}

type RpcName = RpcUnavailable["rpc"];

/** Gives what a provider throws a name of ours. An address may hold a key, so that messages with one are not repeated. */
const named = <T>(rpc: RpcName, asked: Promise<T>): Promise<T> =>
  asked.catch((cause: unknown) => {
    if (cause instanceof VaultError || !(cause instanceof Error)) throw cause;
    const { info, shortMessage, code } = cause as Wrapped;
    const why = info?.error?.code ?? shortMessage ?? code ?? cause.name;
    throw new RpcUnavailable(rpc, String(why), { cause });
  });

/** What a node, or the way to it, failed with, as ethers passes it on. */
interface Wrapped {
  readonly info?: { readonly error?: { readonly code?: string | number } };
  readonly shortMessage?: string;
  readonly code?: string;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    typeof field === "bigint" ? String(field) : field instanceof Set ? [...field] : field,
  );

/** Only what differs of two answers that have the same fields. */
function differing(one: string, other: string): [string, string] {
  const [a, b] = [fieldsOf(one), fieldsOf(other)];
  if (a === null || b === null) return [one, other];
  const differ = Object.keys(a).filter((name) => a[name] !== b[name]);
  const shown = (fields: Fields): string =>
    differ.map((name) => `${name} ${String(fields[name])}`).join(", ");
  return [shown(a), shown(b)];
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields | null {
  if (!text.startsWith("{")) return null;
  return JSON.parse(text) as Fields;
}
