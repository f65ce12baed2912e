import type { ProposedMemory, ScopeView } from "../../client/agents.ts";
import { InvalidReply } from "./faults.ts";

type Holds = (value: unknown) => boolean;

const isText: Holds = (value) => typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value);

const orNone =
  (holds: Holds): Holds =>
  (value) =>
    value === undefined || holds(value);

const isBetween =
  (low: number, high: number): Holds =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;

/** What each field must be, so that its author is told which one is not. What else a memory takes is checked where it is written. */
const FIELDS: Readonly<Record<Exclude<keyof ProposedMemory, "scope">, Holds>> = {
  text: isText,
  type: orNone((value) => value === "semantic" || value === "episodic"),
  importance: orNone(isBetween(0, 100)),
  tags: orNone((value) => Array.isArray(value) && value.every(isText)),
  validUntil: orNone((value) => value === null || isBetween(0, Number.MAX_SAFE_INTEGER)(value)),
  metadata: orNone((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
};

/** Finds a scope by its id or its name. */
export const scopesBy = (scopes: readonly ScopeView[]): ReadonlyMap<unknown, string> =>
  new Map([
    ...scopes.map(({ id, name }) => [name, id] as const),
    ...scopes.map(({ id }) => [id, id] as const),
  ]);

/**
 * What a handler proposes, with each scope by its id.
 *
 * @param scopes - the granted ones, by name and id.
 * @throws {InvalidReply} when it is none. The field is named, and never its value: it may hold what was read.
 */
export function proposalsIn(value: unknown, scopes: ReadonlyMap<unknown, string>): readonly ProposedMemory[] {
  if (!Array.isArray(value)) throw new InvalidReply("proposals are no list");
  return value.map((each: unknown, i) => proposedIn(each, `proposals[${i}]`, scopes));
}

function proposedIn(value: unknown, where: string, scopes: ReadonlyMap<unknown, string>): ProposedMemory {
  if (typeof value !== "object" || value === null) throw new InvalidReply(`${where} is no object`);
  const memory = value as ProposedMemory;
  const scope = scopes.get(memory.scope);
  if (scope === undefined) throw new InvalidReply(`${where}.scope is no granted scope's name or id`);
  for (const [field, holds] of Object.entries(FIELDS))
    if (!holds(memory[field as keyof ProposedMemory])) throw new InvalidReply(`${where}.${field} is none`);
  return { ...memory, scope };
}
