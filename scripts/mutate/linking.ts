/**
 * Tests create contracts from code that they hold themselves. Here that code makes way for a loader, which takes the code
 * from an account, so that a fault in a contract needs no new compilation of its tests.
 */

/** Hexadecimal, without `0x`. */
type Code = string;

export interface Linked {
  readonly address: string;
  readonly code: Code;
}

/** The account that holds the code of the contract with this number. */
export const addressOf = (index: number): string => `6d7574617465${index.toString(16).padStart(28, "0")}`;

/**
 * Puts loaders where code of these contracts is.
 *
 * @throws {RangeError} if a contract's code is shorter than its loader.
 */
export function link(code: Code, contracts: readonly Linked[]): Code {
  // The longest first: one may be part of another.
  const byLength = contracts.toSorted((a, b) => b.code.length - a.code.length);
  return byLength.reduce(
    (linked, { address, code: held }) => linked.replaceAll(held, loader(address, held)),
    code,
  );
}

/**
 * Creation code, as long as what it replaces, that does what the creation code in an account would.
 *
 * Arguments of a constructor follow its code, so both are copied into a contract of their own, whose code they become;
 * DELEGATECALL runs it in the place of the contract that is created. What it returns, or reverts with, is passed on.
 */
function loader(address: string, replaced: Code): Code {
  const length = (replaced.length / 2).toString(16).padStart(6, "0");
  const code = [
    `73${address} 80 3b`, // size of the account's code
    `80 62${length} 38 03 01`, // and with the arguments
    // A contract's creation code: PUSH3 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN
    "80 6038 1b 6a6200000080600b5f395ff3 01 60a8 1b 5f 52",
    "81 5f 600b 85 3c", // the account's code behind it
    `62${length} 38 03 62${length} 83 600b 01 39`, // the arguments behind that
    "600b 01 5f 5f f0", // CREATE
    "5f 5f 5f 5f 84 5a f4", // DELEGATECALL
    "3d 5f 5f 3e 3d 5f 91", // what it gave
    "60XX 57 90 fd 5b 90 f3", // RETURN it, or REVERT with it
  ]
    .join("")
    .replaceAll(" ", "");
  const target = (code.length / 2 - 3).toString(16).padStart(2, "0");
  if (code.length > replaced.length)
    throw new RangeError(`${replaced.length / 2} bytes are too few for a loader`);
  return code.replace("XX", target).padEnd(replaced.length, "0");
}
