import { receiptOf, type Chain, type Cost } from "./chain.ts";
import { accountOf, type Costs } from "./operations.ts";

/**
 * Measures the least that each operation needs, whoever writes it: nothing is checked, and no calldata is sent but a
 * selector (and what OpenZeppelin's token asks for).
 *
 * - mint, transfer: OpenZeppelin's token and nothing else;
 * - memories, any number: two slots change, for a commitment to the content and for where it is;
 * - grant: a slot is filled; under new keys, and the two change;
 * - revoke: a slot is emptied, and the two change;
 * - lost device: a slot changes, for the key, and the two.
 */
export async function measureFloor(chain: Chain): Promise<Costs<"bare" | "updateOne">> {
  const { owner, deployDouble, costOf, call } = chain;
  /** Each on slots of its own. */
  const slots = async (name: string): Promise<Cost> => call(owner, await deployDouble("BareSlots"), name, []);

  const token = await deployDouble("PlainToken");
  await call(owner, token, "mint", [1]);
  const mint = await call(owner, token, "mint", [2]);
  const update = await slots("updateTwo");
  const revoke = await slots("clearOneUpdateTwo");
  return {
    ...{ mint, add1: update, add100: update, add10000: update },
    grant: await slots("fillOne"),
    grantFresh: await slots("fillOneUpdateTwo"),
    ...{ revoke1of1: revoke, revoke1of100: revoke, revoke1of1000: revoke },
    transfer100: await call(owner, token, "transferFrom", [owner.address, accountOf("floor: buyer"), 2]),
    lostDevice: await slots("updateThree"),
    bare: await costOf(await receiptOf(owner.sendTransaction({ to: accountOf("floor: nobody") }))),
    updateOne: await slots("updateOne"),
  };
}
