/** The compiler, kept in memory: a contract of ours takes half a second then, and no code for a size or a chain. */
import { createRequire } from "node:module";

import wrapper from "solc/wrapper.js";

import type { Node } from "./ast.ts";

export interface Input {
  readonly language: string;
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Contract {
  readonly abi: readonly { readonly type: string; readonly name?: string }[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
  };
}

export interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
  /** By file and name; absent if there was an error. */
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Contract>>>>;
}

/** What an artifact consists of. */
export const CODE = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"];

/**
 * Neither optimised nor by way of the intermediate language: that takes a twentieth of the time, and what the code does
 * is the same. Without metadata, code that is created is byte for byte what its creator holds of it.
 */
const SETTINGS = {
  viaIR: false,
  optimizer: { enabled: false },
  metadata: { appendCBOR: false, bytecodeHash: "none" },
};

export type Compile = (
  input: Input,
  outputSelection: Record<string, Record<string, readonly string[]>>,
) => Output;

/** For code that runs for so long that it is worth the time. */
export const OPTIMISED = { ...SETTINGS, optimizer: { enabled: true } };

/** Loads the compiler, which takes most of a second. */
export function loadCompiler(fixed: Readonly<Record<string, unknown>> = SETTINGS): Compile {
  const soljson: unknown = createRequire(import.meta.url)("solc/soljson.js");
  const { compile } = wrapper(soljson) as { compile: (input: string) => string };
  return (input, outputSelection) => {
    const settings = { ...input.settings, ...fixed, outputSelection };
    return JSON.parse(compile(JSON.stringify({ ...input, settings }))) as Output;
  };
}

/** The first error, if there was one. */
export const errorOf = ({ errors = [] }: Output): string | undefined =>
  errors.find(({ severity }) => severity === "error")?.formattedMessage;
