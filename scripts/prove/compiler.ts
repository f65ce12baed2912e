/** The compiler, with answers to what it asks for while it works. */
import { createRequire } from "node:module";

import wrapper from "solc/wrapper.js";

import type { Node } from "../mutate/ast.ts";

export interface Message {
  readonly severity: string;
  readonly errorCode: string;
  readonly formattedMessage: string;
}

export interface Output {
  readonly errors?: readonly Message[];
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
}

export interface Callbacks {
  /** The text of an imported file. */
  readonly import?: (file: string) => { readonly contents: string };
  /** What a solver says of a query. */
  readonly smtSolver?: (query: string) => { readonly contents: string };
}

/**
 * @param content A file's text; nothing is made of it but what the settings ask for.
 * @throws {SyntaxError} if there is an error in it.
 */
export function compile(
  file: string,
  content: string,
  settings: Readonly<Record<string, unknown>>,
  callbacks: Callbacks,
): Output {
  const soljson: unknown = createRequire(import.meta.url)("solc/soljson.js");
  const solc = wrapper(soljson) as { compile: (input: string, callbacks: Callbacks) => string };
  const input = { language: "Solidity", sources: { [file]: { content } } };
  const text = solc.compile(
    JSON.stringify({ ...input, settings: { evmVersion: "cancun", ...settings } }),
    callbacks,
  );
  const output = JSON.parse(text) as Output;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new SyntaxError(error.formattedMessage);
  return output;
}
