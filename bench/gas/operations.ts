import { id } from "ethers";

import type { Cost } from "./chain.ts";

/** What every party is measured at, and in what words the tables say it. */
export const OPERATIONS = {
  mint: "mint a vault, not the first",
  add1: "add 1 memory",
  add100: "add 100 memories",
  add10000: "add 10,000 memories",
  grant: "grant, beside one grantee",
  grantFresh: "grant under new keys",
  revoke1of1: "revoke 1 of 1, new keys",
  revoke1of100: "revoke 1 of 100, new keys",
  revoke1of1000: "revoke 1 of 1,000, new keys",
  transfer100: "transfer with 100 grantees",
  lostDevice: "replace a lost device's keys",
} as const;

/** An operation's key in JSON. */
export type Operation = keyof typeof OPERATIONS;

/** What one party was measured at; the keys besides are its own. */
export type Costs<Extra extends string = never> = Readonly<Record<Operation | Extra, Cost>>;

/** The first second of 2100, when every grant ends. */
export const EXPIRY = 4_102_444_800;

/** An account that sends nothing, the same in every run. */
export const accountOf = (role: string): string => `0x${id(role).slice(26)}`;

/** Accounts that hold grants. */
export const grantees = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => accountOf(`grantee ${from + i}`));
