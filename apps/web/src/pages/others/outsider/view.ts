import { isError } from "ethers";

import { LogsRefused, PROFILE_ID } from "../../../../../../client/agents.ts";
import { RpcUnavailable, VaultError, vaultContract, VaultNotFound } from "../../../../../../client/index.ts";
import { accountsIn, keysAt, namedIn } from "./accounts.ts";
import { MOST_ACCOUNTS, MOST_LOOKED_UP } from "./bounds.ts";
import { accountWalks, agentWalks, isMint, othersWalks, ownWalk, publicationsWalk } from "./events.ts";
import { grantsIn } from "./grants.ts";
import { unaskedIn, unreadIn } from "./incomplete.ts";
import type {
  Found,
  OutsiderView,
  SeenCommit,
  SeenEvent,
  SeenHead,
  SeenTransaction,
  Waiting,
  Walked,
  Watched,
} from "./seen.ts";
import { namedBlobs, partsOf, shelvesOf } from "./shelves.ts";
import { tokenAt } from "./token.ts";
import { inTurnOf, lookedUp, transactionsOf } from "./transactions.ts";
import { walkBack, type Walk } from "./walk.ts";

/**
 * Looks at a vault as somebody does who has no key: through public calls, the chain's log and, if one is given, a store. However much others
 * left there, it ends: what it leaves out stands in `incomplete`.
 *
 * @param watched - Where to look. There is no device, journal, wallet or key among it, and nothing here asks for one.
 * @param waiting - Who hears how far it is, and may end it.
 * @returns What is there, with the newest 200 transactions looked up.
 * @throws {VaultNotFound} when there never was such a vault. {LogsRefused} when the node shows nothing of the vault's own log.
 *   {RpcUnavailable} when it does not answer.
 */
export const outsiderView = (watched: Watched, waiting: Waiting = {}): Promise<OutsiderView> =>
  named(waiting, async () => {
    const found = await look(watched, waiting);
    return lookUp(watched, viewOf(found, transactionsOf(found.events)), waiting);
  });

/**
 * Looks more transactions up, the newest that were not.
 *
 * @param seen - What was seen so far.
 * @returns The same, with at most 200 more of them.
 * @throws {RpcUnavailable} when the node does not answer.
 */
export const lookUpMore = (
  watched: Watched,
  seen: OutsiderView,
  waiting: Waiting = {},
): Promise<OutsiderView> => named(waiting, () => lookUp(watched, seen, waiting));

/** Names what goes wrong on the way. */
async function named<T>(waiting: Waiting, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    waiting.signal?.throwIfAborted();
    if (fault instanceof VaultError || !(fault instanceof Error)) throw fault;
    throw new RpcUnavailable("first", isEthers(fault) ? fault.shortMessage : fault.name, { cause: fault });
  }
}

const isEthers = (fault: Error): fault is Error & { readonly shortMessage: string } =>
  "shortMessage" in fault && typeof fault.shortMessage === "string";

/** Owners who are asked about before all grantees. */
const FIRST_OWNERS = 10;

async function look(watched: Watched, waiting: Waiting): Promise<Found> {
  const { provider, deployment, vaultId, store } = watched;
  const newest = await provider.getBlock("latest");
  if (newest === null) throw new RpcUnavailable("first", "it has no block yet");
  const { number: block, timestamp: time } = newest;
  const head = await headAt(watched, block);
  const own = await ownEvents(watched, block, waiting);
  const { owners, grantees } = namedIn(own.events);
  // Owners of old do not take the places of those whom the present one listed.
  const all = [...new Set([...owners.slice(0, FIRST_OWNERS), ...grantees, ...owners])];
  const accounts = all.slice(0, MOST_ACCOUNTS);
  const since = own.events.find(isMint)?.block ?? deployment.block;
  const walked = await walksOf(watched, { accounts, owners, grantees, block, since }, waiting);
  const walks = [own, ...walked];
  waiting.onProgress?.({ doing: "store", done: 0 });
  const { named: blobs, unasked } = await namedBlobs([...own.events, ...eventsOf(walked)], store);
  return {
    ...{ chainId: deployment.chainId, contract: deployment.memoryVault, vaultId, block, time, head },
    token: await tokenAt(watched, block),
    events: eventsOf(walks),
    leftOut: walks.flatMap(({ leftOut }) => leftOut),
    whole: own.stopped === null,
    keys: await keysAt(watched, accounts, block),
    named: blobs,
    shelves: await shelvesOf(
      store,
      walked.find(({ what }) => what === "publications"),
    ),
    incomplete: [
      ...unreadIn(walks),
      ...unaskedIn("Keys of accounts, and what listed agents logged", accounts.length, all.length),
      ...unasked,
    ],
  };
}

/** The vault's own log. What of it a node refuses does not hide the rest; that it refuses all of it is a fault. */
async function ownEvents(watched: Watched, block: number, { onProgress, signal }: Waiting): Promise<Walked> {
  const range = { fromBlock: watched.deployment.block, toBlock: block };
  const onDone = (done: number): void => onProgress?.({ doing: "events", done });
  const own = await walkBack(watched, ownWalk(watched), range, { onDone, signal });
  if (own.stopped === "refused" && own.events.length === 0) throw new LogsRefused(own.reached ?? block);
  return own;
}

interface Around {
  readonly accounts: readonly string[];
  readonly owners: readonly string[];
  readonly grantees: readonly string[];
  readonly block: number;
  /** The block of the mint. */
  readonly since: number;
}

/** What others logged about the vault, and its accounts about themselves: each walk may end early by itself. */
function walksOf(watched: Watched, around: Around, { onProgress, signal }: Waiting): Promise<Walked[]> {
  const { accounts, block, since } = around;
  const among = new Set(accounts);
  const listed = around.grantees.filter((each) => among.has(each));
  const owners = around.owners.filter((each) => among.has(each));
  const onChain = partsOf(watched.store).some(({ permanent }) => permanent === true);
  const walks: (readonly [Walk, number])[] = [
    ...[...othersWalks(watched), ...agentWalks(watched, listed)].map((walk) => [walk, since] as const),
    ...accountWalks(watched, accounts, owners).map((walk) => [walk, watched.deployment.block] as const),
    ...(onChain ? [[publicationsWalk(watched), since] as const] : []),
  ];
  const done = walks.map(() => 0);
  const walkOne = ([walk, fromBlock]: readonly [Walk, number], i: number): Promise<Walked> => {
    const onDone = (part: number): void => {
      done[i] = part;
      onProgress?.({ doing: "keys", done: done.reduce((sum, each) => sum + each, 0) / done.length });
    };
    return walkBack(watched, walk, { fromBlock, toBlock: block }, { onDone, signal });
  };
  return calmFirst(walks, ([{ isFlooded }]) => isFlooded === true, walkOne);
}

/** Does work on all at once, but on those that strangers may flood one after the other when the rest is done. */
async function calmFirst<T, R>(
  all: readonly T[],
  isFlooded: (each: T) => boolean,
  work: (each: T, i: number) => Promise<R>,
): Promise<R[]> {
  const calm = new Map(
    await Promise.all(
      all.flatMap((each, i) => (isFlooded(each) ? [] : [work(each, i).then((done) => [i, done] as const)])),
    ),
  );
  const inOrder: R[] = [];
  for (const [i, each] of all.entries()) inOrder.push(calm.get(i) ?? (await work(each, i)));
  return inOrder;
}

const eventsOf = (walks: readonly Walked[]): SeenEvent[] =>
  walks.flatMap(({ events }) => events).sort((a, b) => a.block - b.block || a.index - b.index);

async function headAt({ provider, deployment, vaultId }: Watched, blockTag: number): Promise<SeenHead> {
  const contract = vaultContract(deployment.memoryVault, provider);
  const head = await contract.memoryHead(vaultId, { blockTag }).catch((cause: unknown) => {
    const nothing = isError(cause, "BAD_DATA") && cause.value === "0x";
    throw nothing ? new VaultNotFound(vaultId, { cause }) : cause;
  });
  if (head.generation === 0n) throw new VaultNotFound(vaultId);
  const { owner, authorizer, locked, foreign, root, pointer, stateRoot } = head;
  return {
    ...{ owner, authorizer, locked, foreign, root, pointer, stateRoot },
    sequence: Number(head.sequence),
    configNonce: Number(head.configNonce),
    generation: Number(head.generation),
  };
}

async function lookUp(watched: Watched, seen: OutsiderView, waiting: Waiting): Promise<OutsiderView> {
  const looked = new Set(seen.transactions.filter((each) => each.looked).map(({ hash }) => hash));
  const wanted = inTurnOf(seen.events).filter(({ hash }) => !looked.has(hash));
  const more = await lookedUp(watched, wanted.slice(0, MOST_LOOKED_UP), waiting);
  waiting.signal?.throwIfAborted();
  const found = new Map(more.map((each) => [each.hash, each]));
  return viewOf(
    seen,
    seen.transactions.map((each) => found.get(each.hash) ?? each),
  );
}

/** What follows from events and transactions. */
function viewOf(found: Found, transactions: readonly SeenTransaction[]): OutsiderView {
  const { events, head, leftOut, whole, time } = found;
  const own = events.filter(({ of }) => of === "vault");
  const byHash = new Map(transactions.map((each) => [each.hash, each]));
  const commits = commitsIn(events, byHash);
  const unseen = head.sequence - commits.length;
  const cut = leftOut.find(({ name }) => name === "TransitionCommitted")?.count ?? 0;
  const older = whole ? cut : unseen;
  return {
    ...found,
    ...{ commits, older, missing: unseen - older },
    grants: grantsIn(own, ({ hash }) => byHash.get(hash)?.time ?? null, time),
    ...{ transactions },
    accounts: accountsIn(head, events, transactions),
  };
}

function commitsIn(
  events: readonly SeenEvent[],
  transactions: ReadonlyMap<string, SeenTransaction>,
): SeenCommit[] {
  const beside = new Map<string, string[]>();
  for (const { name, hash, of } of events) {
    if (of === "blobLog" || of === "registry" || name === "TransitionCommitted") continue;
    const names = beside.get(hash) ?? [];
    // What others logged in the same transaction is one kind of thing, however often they did.
    if (of === "vault" || !names.includes(name)) names.push(name);
    beside.set(hash, names);
  }
  return events
    .filter(({ of, name }) => of === "vault" && name === "TransitionCommitted")
    .flatMap(({ args, hash }) => {
      const transaction = transactions.get(hash);
      if (transaction === undefined) return [];
      return [
        {
          sequence: Number(args["sequence"]),
          root: args["deltaCommitment"] ?? "",
          pointer: args["locatorCommitment"] ?? "",
          stateRoot: args["nextStateRoot"] ?? "",
          authorizer: args["authorizer"] ?? "",
          foreign: args["profileId"] !== PROFILE_ID || BigInt(args["provenanceCommitment"] ?? 0) !== 0n,
          beside: beside.get(hash) ?? [],
          transaction,
        },
      ];
    });
}
