import type { EventFilter, Interface, Log } from "ethers";
import { zeroPadValue } from "ethers";

import {
  agentContract,
  blockRanges,
  spaceIdOf,
  stretches,
  type BlockRange,
} from "../../../../../../client/agents.ts";
import { registryContract, vaultContract } from "../../../../../../client/index.ts";
import { blobLogContract } from "../../../../../../client/stores.ts";
import type { SeenEvent, Waiting, Watched } from "./seen.ts";

/** A filter, and the interface that its events are of. */
interface Asked {
  readonly of: SeenEvent["of"];
  readonly filter: EventFilter;
  readonly abi: Interface;
}

/** Everything that the chain logged about the vault itself, and what agents logged about it: from a block back to its mint. */
export function vaultEvents(watched: Watched, newest: number, waiting: Waiting): Promise<SeenEvent[]> {
  const { deployment, vaultId } = watched;
  const id = spaceIdOf(vaultId);
  const { interface: abi } = vaultContract(deployment.memoryVault, watched.provider);
  const { interface: agents } = agentContract(deployment.memoryVault, watched.provider);
  const topics = (of: Interface, ...names: string[]): string[] =>
    names.map((name) => of.getEvent(name)?.topicHash ?? "");
  const vault = (filter: (string | string[] | null)[]): Asked => ({
    ...{ of: "vault", abi },
    filter: { address: deployment.memoryVault, topics: filter },
  });
  const own = ["SpaceRegistered", "SpaceAuthorizationUpdated", "TransitionCommitted"];
  const asked: Asked[] = [
    vault([topics(abi, ...own, "Granted", "Revoked", "Proposed"), id]),
    vault([topics(abi, "Transfer", "Approval"), null, null, id]),
    // These two name the vault in their data, and are looked through for it.
    vault([topics(abi, "Locked", "Unlocked")]),
    { of: "agent", abi: agents, filter: { topics: [topics(agents, "Requested", "Answered"), null, id] } },
  ];
  const isOurs = ({ name, args }: SeenEvent): boolean =>
    !["Locked", "Unlocked"].includes(name) || BigInt(args["tokenId"] ?? 0) === vaultId;
  const isMint = ({ name, args }: SeenEvent): boolean =>
    name === "Transfer" && BigInt(args["from"] ?? 1) === 0n;
  return eventsBack(watched, asked, newest, waiting, isMint).then((events) => events.filter(isOurs));
}

/** What the registry and the vault logged of accounts that had to do with the vault, whenever that was. */
export function accountEvents(
  watched: Watched,
  accounts: readonly string[],
  owners: readonly string[],
  newest: number,
  waiting: Waiting,
): Promise<SeenEvent[]> {
  const { deployment, provider } = watched;
  const { interface: keys } = registryContract(deployment.keyRegistry, provider);
  const { interface: abi } = vaultContract(deployment.memoryVault, provider);
  const topic = (of: Interface, name: string): string => of.getEvent(name)?.topicHash ?? "";
  const padded = (addresses: readonly string[]): string[] => addresses.map((each) => zeroPadValue(each, 32));
  const asked: Asked[] = [
    {
      ...{ of: "registry", abi: keys },
      filter: {
        address: deployment.keyRegistry,
        topics: [[topic(keys, "KeyPublished"), topic(keys, "KeyRetired")], padded(accounts)],
      },
    },
    {
      ...{ of: "vault", abi },
      filter: { address: deployment.memoryVault, topics: [topic(abi, "ApprovalForAll"), padded(owners)] },
    },
  ];
  return eventsBack(watched, accounts.length === 0 ? [] : asked, newest, waiting, () => false);
}

/** What was published on BlobLog since a block, whoever's it is: nobody sees whose. */
export function publications(
  watched: Watched,
  newest: number,
  oldest: number,
  waiting: Waiting,
): Promise<SeenEvent[]> {
  const { blobLog, block } = watched.deployment;
  const { interface: abi } = blobLogContract(blobLog, watched.provider);
  const topics = [abi.getEvent("BlobPublished").topicHash];
  const asked: Asked[] = [{ of: "blobLog", abi, filter: { address: blobLog, topics } }];
  return eventsBack(watched, asked, newest, waiting, () => false, Math.max(block, oldest));
}

/** Asks for events in ranges that nodes take, newest first, until one of them is the last that is wanted. */
async function eventsBack(
  { provider, deployment }: Watched,
  asked: readonly Asked[],
  newest: number,
  { onProgress, signal }: Waiting,
  isLast: (event: SeenEvent) => boolean,
  oldest = deployment.block,
): Promise<SeenEvent[]> {
  const found: SeenEvent[] = [];
  let last = asked.length === 0;
  const ranges = function* (): Generator<BlockRange, void> {
    for (const range of blockRanges(newest, oldest)) {
      // Looked at between ranges only: a range is answered in parts, and the oldest of them first.
      if (last) return;
      yield range;
    }
  };
  const source = {
    reach: () => provider.getBlockNumber(),
    logs: async (range: BlockRange): Promise<SeenEvent[]> => {
      signal?.throwIfAborted();
      const logs = await Promise.all(
        asked.map(async (each) => {
          const some = await provider.getLogs({ ...each.filter, ...range });
          return some.flatMap((log) => eventOf(each, log));
        }),
      );
      return logs.flat();
    },
  };
  for await (const { logs, fromBlock } of stretches(ranges(), source)) {
    signal?.throwIfAborted();
    found.push(...logs);
    last ||= logs.some(isLast);
    onProgress?.({ doing: "events", done: (newest - fromBlock + 1) / (newest - oldest + 1) });
  }
  return found.sort((a, b) => a.block - b.block || a.index - b.index);
}

/** An event by its interface; none where a contract logged, under the same topic, what has no such form. */
function eventOf({ of, abi }: Asked, log: Log): SeenEvent[] {
  try {
    const parsed = abi.parseLog(log);
    if (parsed === null) return [];
    const args = Object.entries(parsed.args.toObject() as Record<string, unknown>);
    return [
      {
        ...{ of, address: log.address, name: parsed.name },
        args: Object.fromEntries(args.map(([name, value]) => [name, String(value)])),
        ...{ block: log.blockNumber, index: log.index, hash: log.transactionHash },
      },
    ];
  } catch {
    return [];
  }
}
