import { getAddress, getBytes, type Log as ChainLog, type Provider } from "ethers";

import {
  blockRanges,
  stretches,
  type BlockRange,
  type Journal,
  type LogSource,
  type MemoryAgent,
  type Stretch,
} from "../../client/agents.ts";
import { NoBlocks, RpcsDisagree } from "../../client/index.ts";
import { QuestionTooLarge, TooManyRequests } from "./faults.ts";
import {
  isSameRequest,
  readCursor,
  writeCursor,
  writeRequest,
  type Cursor,
  type OpenRequest,
} from "./journal.ts";
import { faultFields, requestFields } from "./log.ts";
import type { AgentWorld } from "./world.ts";

/** Bytes of a question that is looked at. */
export const MAX_QUESTION = 8_192;

/** Requests that are open at once: more are left on chain until some are done. */
export const MAX_OPEN_REQUESTS = 1_024;

/**
 * Requests of one account that are open at once; further ones are not answered. Asking costs gas, and whoever floods an agent gets
 * no more of it than this: the others' requests are taken all the same, and each account has its turn.
 */
export const MAX_OPEN_OF_ONE = 64;

/** Final blocks whose hashes are kept, to notice a chain that is another one. */
const SEEN = 32;

/** The last second that JavaScript's dates reach; a contract may name a later one. */
const LATEST = 8_640_000_000_000n;

/** A deadline in unix seconds, as a request has it. */
export const deadlineOf = (deadline: bigint): number => Number(deadline < LATEST ? deadline : LATEST);

/** What requests are taken with. */
export interface WatchParts extends Pick<AgentWorld, "provider" | "secondProvider" | "log"> {
  readonly agent: MemoryAgent;
  readonly address: string;
  readonly journal: Journal;
  /** Where to begin without a journal. */
  readonly firstBlock: number;
  /** Where to begin this time, whatever the journal says, or `null`. */
  readonly fromBlock: number | null;
  /** Gives a request up where too many are open; `false` when there is none to give up. */
  readonly makeRoom: () => Promise<boolean>;
  /** Ends a request whose number stands for another one. */
  readonly giveUp: (request: OpenRequest) => Promise<void>;
  /** The requests that are open; new ones are added. */
  readonly open: Map<bigint, OpenRequest>;
}

/** Takes requests of final blocks into the journal, from where it stopped; the cursor never runs ahead of what is journalled. */
export interface Watch {
  /** @returns whether all that is final was looked at; `false` where no more can be open at once. */
  take(finalNumber: number): Promise<boolean>;
}

/** Takes up the cursor of the journal. */
export async function watchOf(parts: WatchParts): Promise<Watch> {
  const { journal, provider, log, open } = parts;
  const begin: Cursor = { block: parts.firstBlock, index: 0, seen: [] };
  let cursor = (await readCursor(journal)) ?? begin;
  if (parts.fromBlock !== null) cursor = { ...cursor, block: parts.fromBlock, index: 0 };
  let looked: number | null = null;
  const move = async (next: Cursor): Promise<void> => {
    await writeCursor(journal, next);
    cursor = next;
  };

  const refuse = (request: OpenRequest, fault: unknown): void =>
    log({ level: "warn", event: "refused", ...requestFields(request), ...faultFields(fault) });
  const accept = async (request: OpenRequest): Promise<void> => {
    const known = open.get(request.requestId);
    if (known !== undefined && isSameRequest(known, request)) return;
    if (known !== undefined) await parts.giveUp(known);
    const { length } = request.data;
    if (length > MAX_QUESTION) {
      refuse(request, new QuestionTooLarge(length, MAX_QUESTION));
      return;
    }
    const ofOne = [...open.values()].filter(({ requester }) => requester === request.requester);
    if (ofOne.length >= MAX_OPEN_OF_ONE) {
      refuse(request, new TooManyRequests(request.requester, MAX_OPEN_OF_ONE));
      return;
    }
    await writeRequest(journal, request);
    open.set(request.requestId, request);
    log({ level: "info", event: "requested", ...requestFields(request) });
  };
  /** @returns whether the stretch is done. */
  const takeStretch = async ({ toBlock, logs }: Stretch<ChainLog>): Promise<boolean> => {
    const hash = await hashOf(parts, toBlock);
    for (const found of logs) {
      if (found.blockNumber === cursor.block && found.index < cursor.index) continue;
      if (open.size >= MAX_OPEN_REQUESTS && !(await parts.makeRoom())) {
        await move({ ...cursor, block: found.blockNumber, index: found.index });
        return false;
      }
      const request = requestIn(parts, found);
      if (request !== null) await accept(request);
    }
    await move({ block: toBlock + 1, index: 0, seen: trimmed([...cursor.seen, [toBlock, hash]]) });
    return true;
  };
  /** Goes back to the last block that this chain has, if it is not the one that was followed. One that is merely behind is waited for. */
  const rewind = async (finalNumber: number): Promise<void> => {
    const known = cursor.seen.filter(([number]) => number <= finalNumber);
    let kept = known.length;
    for (; kept > 0; kept--) {
      const [number, hash] = known[kept - 1] ?? [0, ""];
      if ((await provider.getBlock(number))?.hash === hash) break;
    }
    if (kept === known.length) return;
    const block = kept === 0 ? parts.firstBlock : (known[kept - 1]?.[0] ?? 0) + 1;
    log({ level: "warn", event: "chain went back", block });
    await move({ block, index: 0, seen: known.slice(0, kept) });
  };

  return {
    async take(finalNumber) {
      if (finalNumber === looked) return true;
      await rewind(finalNumber);
      const ranges = [...blockRanges(finalNumber, cursor.block)].reverse();
      for await (const stretch of stretches(ranges, sourceOf(parts)))
        if (!(await takeStretch(stretch))) return false;
      looked = finalNumber;
      return true;
    },
  };
}

/** The first block that was final stays: a chain that began anew is told by it, however short it is. */
const trimmed = (seen: Cursor["seen"]): Cursor["seen"] =>
  seen.length <= SEEN ? seen : [...seen.slice(0, 1), ...seen.slice(1 - SEEN)];

const providersOf = ({ provider, secondProvider }: WatchParts): readonly Provider[] =>
  secondProvider === undefined ? [provider] : [provider, secondProvider];

const sourceOf = (parts: WatchParts): LogSource<ChainLog> => ({
  logs: (range) => logsOf(parts, range),
  reach: () => Promise.all(providersOf(parts).map((each) => each.getBlockNumber())),
});

/** What all RPCs show: who makes a question up has answered what others were to read, and who withholds one has it lost for good. */
async function logsOf(parts: WatchParts, range: BlockRange): Promise<ChainLog[]> {
  const { agent, address } = parts;
  const topics = await agent.filters.Requested().getTopicFilter();
  const [logs = [], seconds = logs] = await Promise.all(
    providersOf(parts).map((each) => each.getLogs({ address, topics, ...range })),
  );
  if (textOf(logs) !== textOf(seconds))
    throw new RpcsDisagree("requests", `${logs.length} of them`, `${seconds.length}`);
  return logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
}

/** The hash of a block that all RPCs know: of others they have no events, and that says nothing. */
async function hashOf(parts: WatchParts, block: number): Promise<string> {
  const found = await Promise.all(providersOf(parts).map((each) => each.getBlock(block)));
  const [hash, second = hash] = found.map((each) => {
    if (each?.hash == null) throw new NoBlocks();
    return each.hash;
  });
  if (hash === undefined || second !== hash)
    throw new RpcsDisagree(`block ${block}`, String(hash), String(second));
  return hash;
}

const textOf = (logs: readonly ChainLog[]): string =>
  logs
    .map(({ blockHash, index, topics, data }) => [blockHash, index, ...topics, data].join(" "))
    .sort()
    .join("\n");

function requestIn({ agent }: WatchParts, found: ChainLog): OpenRequest | null {
  const event = agent.interface.parseLog(found);
  if (event?.name !== "Requested") return null;
  const [requestId, vaultId, requester, deadline, data] = event.args.toArray() as [
    ...[bigint, bigint, string, bigint, string],
  ];
  return {
    ...{ requestId, vaultId, requester: getAddress(requester), data: getBytes(data) },
    deadline: deadlineOf(deadline),
    ...{ block: found.blockNumber, tries: 0, prepared: null },
  };
}
