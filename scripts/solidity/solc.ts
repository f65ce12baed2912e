/** The compiler of the contracts, in JavaScript. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import wrapper from "solc/wrapper.js";

import type { Node } from "./ast.ts";

export interface Input {
  readonly language: string;
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Message {
  readonly severity: string;
  readonly errorCode: string;
  readonly formattedMessage: string;
}

export interface Contract {
  readonly abi: readonly { readonly type: string; readonly name?: string }[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
  };
}

export interface Output {
  readonly errors?: readonly Message[];
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
  /** By file and name; absent if there was an error. */
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Contract>>>>;
}

/** Answers to what the compiler asks for while it works. */
export interface Callbacks {
  /** The text of an imported file. */
  readonly import?: (file: string) => { readonly contents: string };
  /** What a solver says of a query. */
  readonly smtSolver?: (query: string) => { readonly contents: string };
}

/** Loads the compiler anew, which takes most of a second. */
export function loadSolc(): (input: Input, callbacks?: Callbacks) => Output {
  const soljson: unknown = createRequire(import.meta.url)("solc/soljson.js");
  const { compile } = wrapper(soljson) as { compile: (input: string, callbacks?: Callbacks) => string };
  return (input, callbacks) => JSON.parse(compile(JSON.stringify(input), callbacks)) as Output;
}

/** The first error, if there was one. */
export const errorOf = ({ errors = [] }: Output): string | undefined =>
  errors.find(({ severity }) => severity === "error")?.formattedMessage;

/** A development dependency's version; the manifest has it to the digit. */
export function versionOf(name: string): string {
  const manifest = readFileSync(path.join(import.meta.dirname, "../../package.json"), "utf8");
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Readonly<Record<string, string>> };
  return devDependencies[name] ?? "unknown";
}
