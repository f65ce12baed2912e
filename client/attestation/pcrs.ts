import type { Pcrs } from "./document.ts";
import { DebugEnclave, InvalidPcrs, PcrsNotAllowed } from "./errors.ts";

const ZERO = "00".repeat(48);

/** The PCRs that say what runs: image, kernel, application. In debug mode they are zero. */
const OF_THE_IMAGE = [0, 1, 2];

/**
 * Reads the owner's list of allowed images: one object `{"PCR0": "…", …}`, or an array of such. An image is allowed if all
 * PCRs that one object names are as it says; each names PCR0 at least.
 *
 * @throws {InvalidPcrs} when it is anything else: a name besides PCR0 to PCR31, one that is there twice, a value that is
 *   not 96 hexadecimal digits, a PCR0 to PCR2 of zeros, which stands for debug mode.
 */
export function parsePcrs(json: string): Pcrs[] {
  const value = parsed(json);
  const sets = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (sets.length === 0) throw new InvalidPcrs("it is empty");
  const lists = sets.map(setOf);
  // JSON takes the last of two fields of one name in silence.
  const names = json.match(/"PCR\d+"\s*:/g)?.length ?? 0;
  if (names !== lists.reduce((sum, { size }) => sum + size, 0))
    throw new InvalidPcrs("a PCR is there twice, or its name is not written plainly");
  return lists;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new InvalidPcrs("it is not JSON", { cause });
  }
}

function setOf(value: unknown): Pcrs {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidPcrs("an object is missing");
  const set = new Map(Object.entries(value).map(([name, digits]) => pcrOf(name, digits)));
  if (!set.has(0)) throw new InvalidPcrs("an object names no PCR0, which says what image runs");
  return set;
}

function pcrOf(name: string, digits: unknown): [number, string] {
  const [, index] = /^PCR(\d|[12]\d|3[01])$/.exec(name) ?? [];
  if (index === undefined) throw new InvalidPcrs(`${JSON.stringify(name.slice(0, 20))} is no PCR`);
  if (typeof digits !== "string" || !/^[0-9a-f]{96}$/i.test(digits))
    throw new InvalidPcrs(`${name} is not 96 hexadecimal digits`);
  if (digits === ZERO && OF_THE_IMAGE.includes(Number(index)))
    throw new InvalidPcrs(`${name} is zero, which is that of an enclave in debug mode`);
  return [Number(index), digits.toLowerCase()];
}

/**
 * Checks what an enclave runs.
 *
 * @throws {DebugEnclave} when its operator can look inside.
 * @throws {PcrsNotAllowed} when its PCRs are those of none of the sets.
 */
export function checkPcrs(pcrs: Pcrs, allowed: readonly Pcrs[]): void {
  if (OF_THE_IMAGE.some((index) => pcrs.get(index) === ZERO)) throw new DebugEnclave();
  // A set without any would allow everything.
  if (allowed.some((set) => set.size > 0 && isIn(pcrs, set))) return;
  const named = new Set([...OF_THE_IMAGE, ...allowed.flatMap((set) => [...set.keys()])]);
  const shown = [...named].sort((a, b) => a - b).map((index) => [`PCR${index}`, pcrs.get(index) ?? "absent"]);
  throw new PcrsNotAllowed(Object.fromEntries(shown) as Record<string, string>);
}

const isIn = (pcrs: Pcrs, set: Pcrs): boolean =>
  [...set].every(([index, digits]) => pcrs.get(index) === digits);
