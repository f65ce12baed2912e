import { AssertionError, expect } from "chai";
import { isError } from "ethers";
import { network } from "hardhat";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

export type Connection = NetworkConnection<ChainType>;

/** Deploys a contract, and answers with what a behaviour has to know of it beyond the standard. */
export type Deploy<Adapter> = (connection: Connection) => Promise<Adapter>;

/**
 * What a standard says, clause by clause, of every contract that claims it.
 *
 * Calling it tests a contract: one test for each clause.
 */
export interface Behaviour<Adapter> {
  (deploy: Deploy<Adapter>): void;

  /** The clauses, in the standard's words or a paraphrase. */
  readonly clauses: readonly string[];

  /**
   * Tries a contract outside of a test.
   *
   * @returns the clauses that it violates, each with what was noticed.
   * @throws what is no violation but a fault of the behaviour, the adapter or the network.
   */
  violations(deploy: Deploy<Adapter>): Promise<Map<string, Error>>;
}

/**
 * Makes a behaviour of a standard's clauses.
 *
 * @param standard - its name.
 * @param setUp - what the clauses share. It runs once a chain: every clause finds the chain as it was after it.
 * @param clauses - for each clause a check, which rejects where the contract violates it.
 * @param chainId - the chain that the clauses need, if they need a certain one.
 */
export function behaviour<Adapter, World>(
  standard: string,
  setUp: (connection: Connection, adapter: Adapter) => Promise<World>,
  clauses: Readonly<Record<string, (world: World) => Promise<void>>>,
  chainId?: number,
): Behaviour<Adapter> {
  const prepare = (deploy: Deploy<Adapter>): (() => Promise<World>) => {
    const fixture = async (connection: Connection) => setUp(connection, await deploy(connection));
    let connected: Promise<Connection> | undefined;
    return async () => {
      connected ??= network.create(chainId === undefined ? undefined : { override: { chainId } });
      return (await connected).networkHelpers.loadFixture(fixture);
    };
  };

  const shouldBehave = (deploy: Deploy<Adapter>): void => {
    describe(standard, () => {
      const worldOf = prepare(deploy);
      for (const [clause, check] of Object.entries(clauses)) it(clause, async () => check(await worldOf()));
    });
  };

  const violations = async (deploy: Deploy<Adapter>): Promise<Map<string, Error>> => {
    const worldOf = prepare(deploy);
    const found = new Map<string, Error>();
    for (const [clause, check] of Object.entries(clauses)) {
      const world = await worldOf();
      await check(world).catch((fault: unknown) => {
        if (!isViolation(fault)) throw fault;
        found.set(clause, fault);
      });
    }
    return found;
  };

  return Object.assign(shouldBehave, { clauses: Object.keys(clauses), violations });
}

/** An expectation that fails, a call that reverts where it must not, or an answer that is not of the standard's types. */
const isViolation = (fault: unknown): fault is Error =>
  fault instanceof AssertionError || isRevert(fault) || isError(fault, "BAD_DATA");

/** A call or a transaction that the contract did not finish. Code 3 is a revert; lack of gas has a code of many uses. */
const isRevert = (fault: unknown): fault is Error =>
  fault instanceof Error &&
  "code" in fault &&
  (fault.code === 3 || (fault.code === -32_000 && fault.message === "Transaction ran out of gas"));

/**
 * Whether a call throws, as the standards say it: it reverts, whatever the reason.
 *
 * @throws what it is rejected with otherwise.
 */
export const throws = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => false,
    (fault: unknown) => {
      if (isRevert(fault)) return true;
      throw fault;
    },
  );

/**
 * Expects a call to throw. Use it beside a call that succeeds: much reverts for another reason than the one that is
 * meant.
 */
export async function expectThrow(call: Promise<unknown>, what = "the call"): Promise<void> {
  expect(await throws(call), `${what} throws`).to.equal(true);
}
