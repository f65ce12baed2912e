import { getAddress, type Interface } from "ethers";

import type { RawLog } from "./raw-logs.ts";
import type { SeenEvent } from "./seen.ts";

/** Where and whose a log is, and its event's name: its data is not read for this. */
export type Placed = Omit<SeenEvent, "args">;

/** An event's place; `null` where the interface has no such event. */
export function placeOf(of: SeenEvent["of"], abi: Interface, log: RawLog): Placed | null {
  const form = abi.getEvent(log.topics[0] ?? "");
  if (form === null) return null;
  const { block, index, hash } = log;
  return { of, address: getAddress(log.address), name: form.name, block, index, hash };
}

/**
 * An event by its interface; `null` where a contract logged, under the same topic, what has no such form. Of bytes that were cut the beginning is
 * there, and their number as `bytes`.
 */
export function eventOf(placed: Placed, abi: Interface, log: RawLog): SeenEvent | null {
  try {
    const { data, said } =
      log.bytes * 2 + 2 > log.data.length ? fitted(abi, log) : { data: log.data, said: null };
    const args = Object.entries(abi.decodeEventLog(placed.name, data, log.topics).toObject());
    const texts = Object.fromEntries(args.map(([name, value]) => [name, String(value)]));
    return { ...placed, args: said === null ? texts : { ...texts, bytes: String(said) } };
  } catch {
    return null;
  }
}

/** Digits of a word. */
const WORD = 64;

/**
 * What is left of cut data, in the one form that says so: its bytes are the last argument, stand where they must, and are now as
 * many as are left.
 *
 * @throws {RangeError} where data that long has another form.
 */
function fitted(abi: Interface, { topics, data, bytes }: RawLog): { data: string; said: number } {
  const words = abi.getEvent(topics[0] ?? "")?.inputs.filter(({ indexed }) => indexed !== true) ?? [];
  const head = words.length * WORD;
  const digits = data.slice(2);
  const wordAt = (at: number): bigint => BigInt(`0x${digits.slice(at, at + WORD)}`);
  const said = wordAt(head);
  const isWhole = words.at(-1)?.type === "bytes" && wordAt(head - WORD) === BigInt(head / 2);
  const padded = BigInt(head / 2 + 32) + ((said + 31n) / 32n) * 32n;
  if (!isWhole || padded !== BigInt(bytes)) throw new RangeError("other data than the event has");
  const left = digits.slice(head + WORD, digits.length - (digits.length % WORD));
  const length = BigInt(left.length / 2 < said ? left.length / 2 : said);
  const lengthWord = length.toString(16).padStart(WORD, "0");
  return { data: `0x${digits.slice(0, head)}${lengthWord}${left}`, said: Number(said) };
}
