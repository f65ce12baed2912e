/** The compiler, asked for what a proof needs. */
import { errorOf, loadSolc, type Callbacks, type Output } from "../solidity/solc.ts";

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
  const input = { language: "Solidity", sources: { [file]: { content } } };
  const output = loadSolc()({ ...input, settings: { evmVersion: "cancun", ...settings } }, callbacks);
  const error = errorOf(output);
  if (error !== undefined) throw new SyntaxError(error);
  return output;
}
