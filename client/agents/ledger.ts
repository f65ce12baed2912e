import { getBytes, type Interface, type Log } from "ethers";

import { blockRanges, firstBlock, type BlockRange } from "../vault/blocks.ts";
import { PERMISSION, spaceIdOf } from "../vault/contract.ts";
import { agreed, newestNumber } from "../vault/rpcs.ts";
import type { Vault } from "../vault/session.ts";
import { agentContract } from "./contract.ts";
import { LogsRefused } from "./errors.ts";
import { logsOfRange } from "./logs.ts";

/** Where an event stands in the chain. */
export interface Place {
  readonly block: number;
  /** Its transaction's place in the block. */
  readonly transaction: number;
  /** Its own place in the block. */
  readonly log: number;
  /** The transaction's hash. */
  readonly hash: string;
}

/** A commit, as the vault's log has it. */
export interface LoggedCommit extends Place {
  readonly sequence: bigint;
  readonly stateRoot: string;
}

/** What the vault's log says of one account's grant; `moved` is a change of owner, which voids every grant. */
export type GrantStep =
  | (Place & { readonly kind: "granted"; readonly expiresAt: number; readonly mayRead: boolean })
  | (Place & { readonly kind: "revoked" | "moved" });

/** What an agent's contract was asked, by its own word. */
export interface LoggedQuestion extends Place {
  readonly kind: "question";
  readonly requestId: bigint;
  readonly requester: string;
  readonly deadline: bigint;
  readonly data: Uint8Array;
}

/** What an agent's contract answered, by its own word. */
export interface LoggedAnswer extends Place {
  readonly kind: "answer";
  readonly requestId: bigint;
  readonly sequence: bigint;
  /** 0x-prefixed. */
  readonly root: string;
  readonly data: Uint8Array;
}

/** What a vault and an agent logged, each oldest first. */
export interface Ledger {
  readonly commits: readonly LoggedCommit[];
  readonly steps: readonly GrantStep[];
  readonly events: readonly (LoggedQuestion | LoggedAnswer)[];
  /** How many of the agent's events are in no form that its interface has. */
  readonly malformed: number;
  /** Whether the agent's answers are all there; else they are the newest {@link MAX_EVENTS}. */
  readonly complete: boolean;
  /** The same of its questions, which push no answer out. */
  readonly questionsComplete: boolean;
}

/** How many questions, and how many answers, are looked at: whoever pays for the gas makes as many as it likes. */
export const MAX_EVENTS = 10_000;

/** Whether an event comes before another. */
export const isBefore = (a: Place, b: Place): boolean =>
  a.block < b.block || (a.block === b.block && a.log < b.log);

const oldestFirst = (a: Place, b: Place): number => a.block - b.block || a.log - b.log;

/**
 * Reads what a vault logged of its heads and of one agent's grant, and what that agent's contract logged of questions and answers
 * about this vault: from a block back to the vault's mint, in ranges that nodes take.
 *
 * @param newest - the block to begin at.
 * @throws {RpcsDisagree} when RPCs show different logs. {BlocksOutOfReach} when a single one makes its newest block up.
 */
export async function ledgerOf(vault: Vault, agent: string, newest: number): Promise<Ledger> {
  const own: Entry[] = [];
  const questions: Entry[] = [];
  const answers: Entry[] = [];
  const refused = new Set<Named>();
  const asked = { own: ownLogs(vault), moves: moveLogs(vault) };
  for (const range of blockRanges(newest, firstBlock(vault.ref))) {
    const more = async (found: readonly Entry[], name: Named): Promise<Entry[]> => {
      if (found.length > MAX_EVENTS || refused.has(name)) return [];
      return logsIn(vault, range, agentLogs(vault, agent, name)).catch((fault: unknown) => {
        // An agent that leaves more in one block than a node tells hides what came before: that is said, and is not sound.
        if (!(fault instanceof LogsRefused)) throw fault;
        refused.add(name);
        return [];
      });
    };
    const [heads, moves, requested, answered] = await Promise.all([
      logsIn(vault, range, asked.own),
      logsIn(vault, range, asked.moves),
      more(questions, "Requested"),
      more(answers, "Answered"),
    ]);
    own.push(...heads, ...moves);
    questions.push(...requested);
    answers.push(...answered);
    // Nothing of a vault is older than its token.
    if (moves.some(({ topics }) => BigInt(topics[1] ?? "0x01") === 0n)) break;
  }
  const abi = vault.contract.interface;
  const sorted = own.toSorted(oldestFirst);
  const said = [questions, answers].flatMap((found) => found.toSorted(oldestFirst).slice(-MAX_EVENTS));
  const saidAbi = agentContract(agent, vault.provider).interface;
  const events = said.toSorted(oldestFirst).flatMap((entry) => eventOf(saidAbi, entry));
  return {
    commits: sorted.flatMap((entry) => commitOf(abi, entry)),
    steps: sorted.flatMap((entry) => stepOf(abi, entry, agent)),
    ...{ events, malformed: said.length - events.length },
    complete: answers.length <= MAX_EVENTS && !refused.has("Answered"),
    questionsComplete: questions.length <= MAX_EVENTS && !refused.has("Requested"),
  };
}

/** A log without what a node adds of its own: two nodes say the same. */
type Entry = Place & Pick<Log, "topics" | "data">;

/** What is read of an agent's log. */
type Named = "Requested" | "Answered";

/** What logs are asked for by. */
interface Asked {
  readonly address: string;
  readonly topics: (string | string[] | null)[];
}

const topicOf = (abi: Pick<Interface, "getEvent">, name: string): string =>
  abi.getEvent(name)?.topicHash ?? "";

const ownLogs = ({ contract, ref }: Vault): Asked => {
  const names = ["TransitionCommitted", "Granted", "Revoked"];
  const topics = [names.map((name) => topicOf(contract.interface, name)), spaceIdOf(ref.vaultId)];
  return { address: ref.contract, topics };
};

const moveLogs = ({ contract, ref }: Vault): Asked => ({
  address: ref.contract,
  topics: [topicOf(contract.interface, "Transfer"), null, null, spaceIdOf(ref.vaultId)],
});

const agentLogs = ({ provider, ref }: Vault, agent: string, name: Named): Asked => ({
  address: agent,
  topics: [topicOf(agentContract(agent, provider).interface, name), null, spaceIdOf(ref.vaultId)],
});

/** The log of a range, in as many parts as a node takes. */
const logsIn = (vault: Vault, range: BlockRange, asked: Asked): Promise<Entry[]> =>
  logsOfRange(range, {
    reach: () => newestNumber(vault),
    logs: (part) =>
      agreed(
        vault,
        `the log of ${asked.address}`,
        async ({ provider }) =>
          (await provider.getLogs({ ...asked, ...part })).map((log) => ({
            ...{ block: log.blockNumber, transaction: log.transactionIndex, log: log.index },
            ...{ hash: log.transactionHash, topics: log.topics, data: log.data },
          })),
        part.toBlock,
      ),
  });

const placeOf = ({ block, transaction, log, hash }: Place): Place => ({ block, transaction, log, hash });

function commitOf(abi: Interface, entry: Entry): LoggedCommit[] {
  const event = abi.parseLog(entry);
  if (event?.name !== "TransitionCommitted") return [];
  const { sequence, nextStateRoot } = event.args as unknown as { sequence: bigint; nextStateRoot: string };
  return [{ ...placeOf(entry), sequence, stateRoot: nextStateRoot }];
}

function stepOf(abi: Interface, entry: Entry, agent: string): GrantStep[] {
  const event = abi.parseLog(entry);
  if (event?.name === "Transfer") return [{ ...placeOf(entry), kind: "moved" }];
  if (event?.args["grantee"] !== agent) return [];
  if (event.name === "Revoked") return [{ ...placeOf(entry), kind: "revoked" }];
  const { expiresAt, permissions } = event.args as unknown as { expiresAt: bigint; permissions: bigint };
  const mayRead = (Number(permissions) & PERMISSION.read) !== 0;
  return [{ ...placeOf(entry), kind: "granted", expiresAt: Number(expiresAt), mayRead }];
}

/** A value that cannot be decoded throws when it is looked at, and not before: hence all of it in one place. */
function eventOf(abi: Interface, entry: Entry): (LoggedQuestion | LoggedAnswer)[] {
  try {
    const { name, args } = abi.parseLog(entry) ?? {};
    const { requestId, requester, deadline, sequence, root, data } = args as unknown as Said;
    const common = { ...placeOf(entry), requestId, data: getBytes(data) };
    return name === "Requested"
      ? [{ ...common, kind: "question", requester, deadline }]
      : [{ ...common, kind: "answer", sequence, root }];
  } catch {
    return [];
  }
}

/** The values of both events, as their contract's interface has them. */
interface Said {
  readonly requestId: bigint;
  readonly requester: string;
  readonly deadline: bigint;
  readonly sequence: bigint;
  readonly root: string;
  readonly data: string;
}
