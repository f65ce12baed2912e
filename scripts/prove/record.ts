/** What was proven, of what, and by what: the committed record. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { Result } from "./checker.ts";
import type { Model } from "./model.ts";
import { PROPERTIES, REACHED } from "./properties.ts";
import { stepsOf, textOf } from "./steps.ts";

export interface Proof {
  readonly says: string;
  readonly result: Result;
  readonly doors: readonly string[];
  /** Those that answered, and the seconds that it took them. */
  readonly solvers: readonly string[];
  readonly seconds: number;
}

/** What came of a fault. */
export interface Bite {
  readonly property: string;
  readonly result: Result;
  /** The door at which it was found. */
  readonly door: string;
}

export interface Proofs {
  /** Of all that was asked: the contract's functions as they are modelled, the invariant and the claims. */
  readonly steps: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, Proof>>;
  /** The doors whose calls can succeed, in the model: of the others a proof would say nothing. */
  readonly reached: readonly string[];
  readonly faults: Readonly<Record<string, Bite>>;
  readonly rewritten: readonly string[];
  readonly leftOut: readonly string[];
}

export const RECORD = path.resolve(import.meta.dirname, "../../test/contracts/proofs.json");

export const readRecord = (): Proofs => JSON.parse(readFileSync(RECORD, "utf8")) as Proofs;

export const hashOf = (...parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
};

/** The hash of all steps: it changes when a contract does, but not with its comments. */
export const hashOfSteps = (model: Model): string =>
  hashOf(
    ...[...PROPERTIES, REACHED].flatMap((one) => stepsOf(model, one).map((step) => textOf(model, step))),
  );
