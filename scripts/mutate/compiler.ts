/** The compiler, kept in memory: a contract of ours takes half a second then, and no code for a size or a chain. */
import { loadSolc, type Input, type Output } from "../solidity/solc.ts";

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

/** Loads the compiler, to compile as these settings say. */
export function loadCompiler(fixed: Readonly<Record<string, unknown>> = SETTINGS): Compile {
  const solc = loadSolc();
  return (input, outputSelection) =>
    solc({ ...input, settings: { ...input.settings, ...fixed, outputSelection } });
}
