import type { AgentWorld } from "./world.ts";

// One RPC that lies could have a wallet pay whatever it has. What a block asks for is burnt, and a lie about it costs nothing; what is
// paid on top is bounded, and of two RPCs the one that asks for less is followed (SPEC §15).

/** Wei per gas. */
export interface Fees {
  readonly fee: bigint;
  /** `null` on a chain without. */
  readonly priorityFee: bigint | null;
}

/** What to pay now. */
export interface FeesNow extends Fees {
  /** What a block takes at least. */
  readonly least: bigint;
  /** What is paid at most, for all and on top. */
  readonly most: { readonly fee: bigint; readonly priorityFee: bigint };
}

/** What fees are asked for with. */
export interface FeeParts extends Pick<AgentWorld, "provider" | "secondProvider"> {
  /** Wei per gas that are paid at most, or `null` for what is usual. */
  readonly maxFee: bigint | null;
}

/** What is paid on top of a block's base fee unless a limit is stated, and in all where there is no base fee: 50 gwei. */
export const MAX_TIP = 50_000_000_000n;

/** A base fee doubles in six blocks: twelve are room enough. */
const TIMES = 4n;

/** What the RPCs ask for, the lower of two, and never more than the limit. */
export async function feesNow({ provider, secondProvider, maxFee }: FeeParts): Promise<FeesNow> {
  const asked = secondProvider === undefined ? [provider] : [provider, secondProvider];
  const said = await Promise.all(asked.map(askedBy));
  const lowest = (of: (one: Said) => bigint): bigint => said.map(of).reduce(smaller);
  if (said.some(({ base }) => base === null)) {
    const least = lowest(({ price }) => price);
    const fee = maxFee ?? MAX_TIP;
    return { fee: smaller(least, fee), priorityFee: null, least, most: { fee, priorityFee: 0n } };
  }
  const least = lowest(({ base }) => base ?? 0n);
  const most = { fee: maxFee ?? TIMES * least + MAX_TIP, priorityFee: maxFee ?? MAX_TIP };
  const fee = smaller(
    lowest((one) => one.fee),
    most.fee,
  );
  const priorityFee = [most.priorityFee, fee].reduce(
    smaller,
    lowest(({ tip }) => tip),
  );
  return { fee, priorityFee, least, most };
}

/**
 * What a transaction costs that takes the place of one that no block took.
 *
 * @returns `null` where the limit leaves no room: nodes replace a transaction by one that pays a tenth more, and a fourth is enough for all.
 */
export function raisedFees(before: Fees, now: FeesNow): Fees | null {
  const fee = smaller(larger(raised(before.fee), now.fee), now.most.fee);
  if (now.least > now.most.fee || !replaces(fee, before.fee)) return null;
  if (before.priorityFee === null) return { fee, priorityFee: null };
  const wanted = larger(raised(before.priorityFee), now.priorityFee ?? 0n);
  const priorityFee = [now.most.priorityFee, fee].reduce(smaller, wanted);
  return replaces(priorityFee, before.priorityFee) ? { fee, priorityFee } : null;
}

interface Said {
  readonly base: bigint | null;
  readonly fee: bigint;
  readonly tip: bigint;
  /** Where there is no base fee. */
  readonly price: bigint;
}

async function askedBy(provider: AgentWorld["provider"]): Promise<Said> {
  const [{ maxFeePerGas, maxPriorityFeePerGas, gasPrice }, block] = await Promise.all([
    provider.getFeeData(),
    provider.getBlock("latest"),
  ]);
  const base = maxFeePerGas === null ? null : (block?.baseFeePerGas ?? null);
  return { base, fee: maxFeePerGas ?? 0n, tip: maxPriorityFeePerGas ?? 0n, price: gasPrice ?? 0n };
}

const raised = (fee: bigint): bigint => (fee * 5n) / 4n + 1n;

const replaces = (fee: bigint, before: bigint): boolean => fee * 10n >= before * 11n;

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
