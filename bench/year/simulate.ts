import { randomBytes } from "@noble/hashes/utils.js";

import {
  forget,
  grant,
  memoryStore,
  mintVault,
  read,
  reinforce,
  remember,
  revoke,
  sync,
  update,
  vaultAt,
  type BlobStore,
  type Environment,
  type Memory,
  type SyncResult,
  type Vault,
  type VaultView,
} from "../../client/index.ts";
import { shred } from "../../client/manage.ts";
import {
  createIndex,
  indexFiles,
  openKept,
  saveKept,
  search,
  updateKept,
  type RecallIndex,
  type Searchable,
} from "../../client/recall.ts";
import { readReach } from "../../client/vault/journal.ts";
import { createWorld, device, inDays, newReader } from "../../test/helpers/world.ts";
import { generator, middle, wordsBy } from "../speed/search.ts";
import { required } from "../speed/vault.ts";

/** How much happens in a year. */
export interface YearExtent {
  readonly months: number;
  readonly days: number;
  /** What each tool notes in a day. */
  readonly notes: number;
  readonly scopes: number;
}

/** Three tools, 275 memories a day, a scope a week: 100,000 in 50 scopes. */
export const WHOLE_YEAR: YearExtent = { months: 12, days: 365, notes: 93, scopes: 50 };

/** What stood and what was paid at the end of a month. */
export interface Month {
  readonly memories: number;
  readonly scopes: number;
  /** Of the month: commits, and what each of them took on average. */
  readonly commits: number;
  readonly gas: number;
  readonly stored: number;
  readonly commitMs: number;
  /** The one that took most. */
  readonly slowestMs: number;
  /** What the store holds, and what of that the head needs. */
  readonly heldBytes: number;
  readonly neededBytes: number;
  readonly neededBlobs: number;
  /** All files of the device, those of the index among them. */
  readonly journalBytes: number;
  readonly indexBytes: number;
  /** Opening the vault in a new process, and the index it keeps. */
  readonly openMs: number;
  readonly indexMs: number;
  /** Taking a day into the index, and keeping it, on average: time and bytes written. */
  readonly dayMs: number;
  readonly dayBytes: number;
  /** One search: the median. */
  readonly searchMs: number;
  /** Turning every key when a reader leaves. */
  readonly revokeMs: number;
}

const TOOLS = 3;
const DAY_MS = 86_400_000;
const START = Date.UTC(2025, 0, 1);
const QUESTIONS = 60;

/**
 * Lives through a year of research notes, on a chain in this process, by what a user's tools call: each tool notes, changes, confirms and
 * forgets every day, in a few of the scopes that are open by then, and commits; a reader comes and another leaves every month, a memory is
 * shredded every third. Times are of the processor, the chain's share among them: other work on the machine does not count.
 *
 * @param told - Hears of each month when it is over.
 */
export async function liveYear(
  { months: count, days, notes, scopes }: YearExtent,
  told: (month: Month) => void = () => undefined,
): Promise<readonly Month[]> {
  const world = await createWorld();
  const { store, sizes } = weighing(memoryStore());
  const base = device(world, world.owner, store);
  let today = 0;
  const environment: Environment = { ...base, now: () => START + today * DAY_MS };
  const { vault: first } = await mintVault({ ...environment, address: world.address, seed: randomBytes(32) });
  // Processes of one device: each has the head that it saw last, and learns what the others wrote.
  const tools = Array.from({ length: TOOLS }, () => vaultAt(first.ref, environment));
  const random = generator(days * notes);
  const life = { random, word: wordsBy(random), scopes, days };
  const index = createIndex<Searchable>([]);
  const kept = await openKept(indexFiles(first));
  const months: Month[] = [];
  let seen: readonly Memory[] = [];
  let tally = newTally();
  let guest: string | null = null;
  for (today = 0; today < days; today++) {
    for (const [at, vault] of tools.entries())
      await work(vault, `tool ${at}`, { today, notes, seen }, life, tally);
    const view = await read(required(tools[0]));
    seen = view.scopes.flatMap(({ memories }) => memories);
    tally.dayMs += await spent(async () => {
      updateKept(kept, index, searchable(view));
      tally.dayBytes += (await saveKept(kept, index, view.sequence)).bytes;
    });
    tally.days++;
    const month = Math.floor(((today + 1) * count) / days);
    if (month === months.length) continue;
    const vault = required(tools[0]);
    if (month % 3 === 0) await shredOne(vault, seen, random);
    const { recipient } = await newReader();
    const terms = { recipient, scopes: ["scope 0"], expiresAt: await inDays(world, 60) };
    await grant(vault, terms);
    const leaver = guest ?? recipient;
    const revokeMs = await spent(() => revoke(vault, leaver));
    guest = guest === null ? null : recipient;
    if (guest === null) {
      const { recipient: next } = await newReader();
      await grant(vault, { ...terms, recipient: next });
      guest = next;
    }
    months.push({ ...(await standing(vault, environment, sizes, life.word)), ...meansOf(tally), revokeMs });
    told(required(months.at(-1)));
    tally = newTally();
  }
  return months;
}

interface Life {
  readonly random: () => number;
  readonly word: () => string;
  readonly scopes: number;
  readonly days: number;
}

interface Day {
  readonly today: number;
  readonly notes: number;
  /** What there was the evening before. */
  readonly seen: readonly Memory[];
}

interface Tally {
  commits: number;
  gas: number;
  stored: number;
  ms: number;
  slowestMs: number;
  days: number;
  dayMs: number;
  dayBytes: number;
}

const newTally = (): Tally => ({
  ...{ commits: 0, gas: 0, stored: 0, ms: 0, slowestMs: 0, days: 0, dayMs: 0, dayBytes: 0 },
});

const meansOf = ({ commits, gas, stored, ms, slowestMs, days, dayMs, dayBytes }: Tally) => ({
  ...{ commits, slowestMs, gas: gas / commits, stored: stored / commits, commitMs: ms / commits },
  ...{ dayMs: dayMs / days, dayBytes: dayBytes / days },
});

/** A tool's day, in one commit. */
async function work(
  vault: Vault,
  tool: string,
  { today: day, notes, seen }: Day,
  { random, word, scopes, days }: Life,
  tally: Tally,
): Promise<void> {
  const pick = (count: number): number => Math.floor(random() * count);
  const open = Math.min(scopes, 1 + Math.floor((day * scopes) / days));
  // The newest scope, and two of the others.
  const topics = [open - 1, pick(open), pick(open)];
  const one = (): Memory | undefined => seen[pick(seen.length)];
  const source = { tool, agent: null, thread: `${tool} ${day}`, url: null };
  await remember(
    vault,
    ...Array.from({ length: notes }, (_, i) => ({
      ...{ scope: `scope ${topics[i % topics.length] ?? 0}`, type: "episodic" as const, source },
      text: Array.from({ length: 8 + pick(24) }, word).join(" "),
    })),
  );
  const [changed, confirmed, gone] = [one(), one(), one()];
  if (changed !== undefined)
    await update(vault, changed, { text: `${changed.text} ${word()}`.slice(0, 400) });
  if (confirmed !== undefined) await reinforce(vault, confirmed);
  if (gone !== undefined && gone !== changed && gone !== confirmed) await forget(vault, gone);
  let result: SyncResult | null = null;
  const ms = await spent(async () => (result = await sync(vault)));
  const { receipt, blobs } = required<SyncResult>(result);
  tally.commits++;
  tally.gas += Number(required(receipt).gasUsed);
  tally.stored += blobs.reduce((sum, bytes) => sum + bytes, 0);
  tally.ms += ms;
  tally.slowestMs = Math.max(tally.slowestMs, ms);
}

async function shredOne(vault: Vault, seen: readonly Memory[], random: () => number): Promise<void> {
  await shred(vault, required(seen[Math.floor(random() * seen.length)]));
  await sync(vault);
}

/** What stands at the end of a month, as a process finds it that just began. */
async function standing(
  { ref, journal }: Vault,
  environment: Environment,
  sizes: ReadonlyMap<string, number>,
  word: () => string,
) {
  const fresh = vaultAt(ref, environment);
  let seen: VaultView | null = null;
  const openMs = await spent(async () => (seen = await read(fresh)));
  const view = required<VaultView>(seen);
  const needed = await readReach(journal);
  // After a shred there is none: a search has made it anew by the time that somebody asks again.
  const files = indexFiles(fresh);
  const anew = createIndex<Searchable>([]);
  const kept = await openKept(files);
  updateKept(kept, anew, searchable(view));
  await saveKept(kept, anew, view.sequence);
  let loaded: RecallIndex | null = null;
  const indexMs = await spent(async () => {
    loaded = createIndex<Searchable>([]);
    updateKept(await openKept(files), loaded, searchable(view));
  });
  const index = required<RecallIndex>(loaded);
  const times: number[] = [];
  const now = environment.now?.() ?? START;
  for (let i = 0; i < QUESTIONS; i++) {
    const query = `What was that about ${word()} and ${word()} with ${word()}?`;
    const began = performance.now();
    search(index, query, { now });
    times.push(performance.now() - began);
  }
  const lengths = await Promise.all(
    (await journal.store.list()).map(
      async (name) => [name, (await journal.store.read(name))?.length ?? 0] as const,
    ),
  );
  const total = (each: readonly (readonly [string, number])[]): number =>
    each.reduce((sum, [, length]) => sum + length, 0);
  return {
    memories: view.scopes.reduce((sum, { memories }) => sum + memories.length, 0),
    scopes: view.scopes.length,
    heldBytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
    neededBytes: needed.reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0),
    neededBlobs: needed.length,
    journalBytes: total(lengths),
    indexBytes: total(lengths.filter(([name]) => name.startsWith("index-"))),
    ...{ openMs, indexMs, searchMs: middle(times) },
  };
}

const searchable = ({ scopes }: VaultView): Searchable[] =>
  scopes.flatMap(({ name, memories }) => memories.map((memory) => ({ ...memory, scope: name })));

/** A store whose blobs are weighed. */
function weighing(store: BlobStore): { store: BlobStore; sizes: ReadonlyMap<string, number> } {
  const sizes = new Map<string, number>();
  const put = async (blob: Uint8Array): Promise<string> => {
    const digest = await store.put(blob);
    sizes.set(digest, blob.length);
    return digest;
  };
  const remove = async (digest: string): Promise<void> => {
    await store.delete(digest);
    sizes.delete(digest);
  };
  return { store: { ...store, put, delete: remove }, sizes };
}

/** Milliseconds of the processor. */
async function spent(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
