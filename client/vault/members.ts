import { bytesToHex } from "@noble/hashes/utils.js";

import type { RosterMember } from "./roster.ts";

/** The members of a commit in the making: found by id, account or key however many there are. */
export class Members {
  readonly #byId = new Map<string, RosterMember>();
  /** Drawn up when somebody is first asked for: a commit that admits nobody needs none. */
  #names: Set<string> | null = null;
  #entries = 0;

  constructor(members: Iterable<RosterMember> = []) {
    for (const member of members) this.set(member);
  }

  /** How many entries of the keyring they take. */
  get entries(): number {
    return this.#entries;
  }

  get(id: string): RosterMember | undefined {
    return this.#byId.get(id);
  }

  ids(): Iterable<string> {
    return this.#byId.keys();
  }

  /** Whether somebody has this account or this key. */
  knows({ grantee, recipient }: Pick<RosterMember, "grantee" | "recipient">): boolean {
    const names = (this.#names ??= new Set([...this.#byId.values()].flatMap(namesOf)));
    return namesOf({ grantee, recipient }).some((name) => names.has(name));
  }

  set(member: RosterMember): void {
    this.delete(member.id);
    this.#byId.set(member.id, member);
    if (this.#names !== null) for (const name of namesOf(member)) this.#names.add(name);
    this.#entries += entriesOf(member);
  }

  delete(id: string): void {
    const member = this.#byId.get(id);
    if (member === undefined) return;
    this.#byId.delete(id);
    if (this.#names !== null) for (const name of namesOf(member)) this.#names.delete(name);
    this.#entries -= entriesOf(member);
  }
}

const namesOf = ({ grantee, recipient }: Pick<RosterMember, "grantee" | "recipient">): string[] => [
  bytesToHex(recipient),
  ...(grantee === null ? [] : [grantee]),
];

/** How many entries of the keyring a member takes: one for each scope or for the epoch key, and one by its locator. */
export const entriesOf = ({ scopes, welcomeDigest }: RosterMember): number =>
  Math.max(1, scopes.length) + (welcomeDigest === null ? 0 : 1);
