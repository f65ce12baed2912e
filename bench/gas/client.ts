import type { TransactionReceipt } from "ethers";

import {
  generateIdentity,
  grant,
  memoryJournalStore,
  memoryStore,
  mintVault,
  recipientOf,
  remember,
  revoke,
  sync,
  type MemoryInput,
} from "../../client/index.ts";
import { seeded } from "../../test/helpers/seeded.ts";
import type { MemoryVault } from "../../typechain-types/index.ts";
import type { Chain, Cost } from "./chain.ts";
import { EXPIRY, grantees, type Operation } from "./operations.ts";

/**
 * Measures what the client's own functions send, with an owner's wallet and real memories: the transactions that
 * `ours.ts` measures by the owner, but for zero bytes: those in hashes, and a welcome that is not left in a store.
 */
export async function measureClient(
  chain: Chain,
  contract: MemoryVault,
): Promise<Partial<Record<Operation, Cost>>> {
  const random = seeded("the client's device");
  const cost = ({ receipt }: { readonly receipt: TransactionReceipt | null }): Promise<Cost> => {
    if (receipt === null) throw new Error("nothing was sent");
    return chain.costOf(receipt);
  };
  const mintOne = async () =>
    mintVault({
      ...{ provider: chain.provider, wallet: chain.owner, random, now: () => 1_760_000_000_000 },
      ...{ store: memoryStore(), journalStore: memoryJournalStore(), journalKey: random(32) },
      ...{ address: await contract.getAddress(), seed: random(32) },
    });
  await mintOne();
  const minted = await mintOne();
  const { vault } = minted;
  const add = async (count: number): Promise<Cost> => {
    await remember(vault, ...Array.from({ length: count }, (_, i) => memory(i)));
    return cost(await sync(vault));
  };
  const [account = ""] = grantees(0, 1);
  const recipient = await recipientOf(generateIdentity(random));

  const mint = await cost(minted);
  await add(1);
  await add(1);
  const [add1, add100, add10000] = [await add(1), await add(100), await add(10_000)];
  const terms = { recipient, account, scopes: ["scope 1"], expiresAt: EXPIRY };
  const grantFresh = await cost(await grant(vault, terms));
  const revoke1of1 = await cost(await revoke(vault, account));
  return { mint, add1, add100, add10000, grantFresh, revoke1of1 };
}

const memory = (i: number): MemoryInput => ({
  scope: `scope ${i % 10}`,
  text: `Memory ${i}: something that a person said to a tool on an ordinary day, of an ordinary length.`,
});
