import { toQuantity, type EventFilter } from "ethers";

import type { BlockRange } from "../../../../../../client/agents.ts";
import { RpcUnavailable } from "../../../../../../client/index.ts";
import type { RpcProvider } from "../../../chain/network.ts";

/** A log as a node tells it, with no more of its data than is looked at. */
export interface RawLog {
  /** In lower-case digits. */
  readonly address: string;
  readonly topics: readonly string[];
  /** The beginning of its data, or all of it. */
  readonly data: string;
  /** How many bytes of data it has. */
  readonly bytes: number;
  readonly block: number;
  /** Its place in the block. */
  readonly index: number;
  /** The transaction's hash. */
  readonly hash: string;
}

/** What a node gives for logs is none. */
export class LogsUnreadable extends RpcUnavailable {
  constructor(readonly field: string) {
    super("first", `what it gives for logs has no ${field} as logs have`);
  }
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;
const WORD = /^0x[0-9a-f]{64}$/i;
const QUANTITY = /^0x[0-9a-f]{1,12}$/i;
const BYTES = /^0x(?:[0-9a-f]{2})*$/i;

/**
 * Asks a node for logs. ethers reads, checks and copies all of their data, megabytes of it, before anybody says that it is too
 * much: here it is cut first, and nothing behind the cut is looked at.
 *
 * @param most - Bytes of data that are kept of each.
 * @throws {LogsUnreadable} when what it gives is no log, or one of another block.
 */
export async function rawLogs(
  provider: RpcProvider,
  filter: EventFilter,
  range: BlockRange,
  most: number,
): Promise<RawLog[]> {
  const blocks = { fromBlock: toQuantity(range.fromBlock), toBlock: toQuantity(range.toBlock) };
  const answer: unknown = await provider.send("eth_getLogs", [{ ...filter, ...blocks }]);
  if (!Array.isArray(answer)) throw new LogsUnreadable("list");
  return answer.map((log: unknown) => rawLog(log, range, most));
}

function rawLog(log: unknown, { fromBlock, toBlock }: BlockRange, most: number): RawLog {
  if (typeof log !== "object" || log === null) throw new LogsUnreadable("fields");
  const fields = log as Readonly<Record<string, unknown>>;
  const block = numberIn(fields, "blockNumber");
  if (block < fromBlock || block > toBlock) throw new LogsUnreadable("blockNumber");
  const whole = textIn(fields, "data", /^0x/);
  // The text of all of it stays in memory as long as a part of it does, unless the part is copied.
  const data = whole.length > 2 + 2 * most ? copyOf(whole.slice(0, 2 + 2 * most)) : whole;
  if (whole.length % 2 !== 0 || !BYTES.test(data)) throw new LogsUnreadable("data");
  return {
    address: textIn(fields, "address", ADDRESS).toLowerCase(),
    ...{ topics: topicsIn(fields), data, bytes: whole.length / 2 - 1 },
    ...{ block, index: numberIn(fields, "logIndex"), hash: textIn(fields, "transactionHash", WORD) },
  };
}

function topicsIn({ topics }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(topics) || topics.length > 4) throw new LogsUnreadable("topics");
  return topics.map((topic: unknown) => textIn({ topic }, "topic", WORD));
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string, form: RegExp): string {
  const value = fields[name];
  if (typeof value !== "string" || !form.test(value)) throw new LogsUnreadable(name);
  return value;
}

const numberIn = (fields: Readonly<Record<string, unknown>>, name: string): number =>
  Number(textIn(fields, name, QUANTITY));

const copyOf = (ascii: string): string => new TextDecoder().decode(new TextEncoder().encode(ascii));
