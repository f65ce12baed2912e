import {
  openChain,
  rollupPrice,
  ROLLUP_FEES,
  type Cost,
  type RollupFees,
  type RollupPrice,
} from "./chain.ts";
import { measureClient } from "./client.ts";
import { measureFloor } from "./floor.ts";
import { measureNaive } from "./naive.ts";
import { deployOurs, measureOurs } from "./ours.ts";

/** Gas by operation. */
export type Figures = Readonly<Record<string, number>>;

/** What depends on our contract alone, and is measured in seconds. */
export interface Short {
  /** Commits and revocations by the commit key. */
  readonly ours: Figures;
  /** The same by the owner. */
  readonly oursOwner: Figures;
  /** The least that it takes. */
  readonly floor: Figures;
}

/** Everything that follows from contracts and calldata. */
export interface Report extends Short {
  /** The vault that OpenZeppelin's parts suggest. */
  readonly naive: Figures;
  /** Which of its operations need more than one transaction, and how many. */
  readonly transactions: Figures;
  readonly l2: Rollup;
}

/** The same on a rollup, each with its price. */
export interface Rollup {
  readonly fees: RollupFees;
  readonly ours: Prices;
  readonly oursOwner: Prices;
  readonly floor: Prices;
  readonly naive: Prices;
}

type Prices = Readonly<Record<string, RollupPrice>>;
type Measured = Readonly<Record<string, Cost>>;

/** Measures what {@link Short} says. */
export async function measureShort(): Promise<Short> {
  const chain = await openChain("l1");
  const contract = await deployOurs(chain);
  return {
    ours: gasOf(await measureOurs(chain, contract, "key")),
    oursOwner: gasOf(await measureOurs(chain, contract, "owner")),
    floor: gasOf(await measureFloor(chain)),
  };
}

/** Measures what {@link Report} says, in a minute or two. */
export async function measureAll(): Promise<Report> {
  const chain = await openChain("l1");
  const naive = await measureNaive(chain);
  const several = Object.entries(naive).filter(([, { transactions }]) => transactions > 1);
  return {
    ...(await measureShort()),
    naive: gasOf(naive),
    transactions: Object.fromEntries(several.map(([name, { transactions }]) => [name, transactions])),
    l2: await measureRollup(),
  };
}

/** Measures what the client's own functions send, which follows its formats in the number of zero bytes. */
export async function measureSent(): Promise<Figures> {
  const chain = await openChain("l1");
  return gasOf(await measureClient(chain, await deployOurs(chain)));
}

async function measureRollup(): Promise<Rollup> {
  const chain = await openChain("op");
  const contract = await deployOurs(chain);
  return {
    fees: ROLLUP_FEES,
    ours: pricesOf(await measureOurs(chain, contract, "key")),
    oursOwner: pricesOf(await measureOurs(chain, contract, "owner")),
    floor: pricesOf(await measureFloor(chain)),
    naive: pricesOf(await measureNaive(chain)),
  };
}

const gasOf = (measured: Measured): Figures =>
  Object.fromEntries(Object.entries(measured).map(([name, { gas }]) => [name, gas]));

const pricesOf = (measured: Measured): Prices =>
  Object.fromEntries(Object.entries(measured).map(([name, cost]) => [name, rollupPrice(cost)]));
