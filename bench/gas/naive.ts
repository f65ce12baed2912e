import { utf8ToBytes } from "@noble/hashes/utils.js";

import { cidOf, digestOf } from "../../client/index.ts";
import { seeded } from "../../test/helpers/seeded.ts";
import { total, type Chain, type Cost } from "./chain.ts";
import { accountOf, grantees, type Costs } from "./operations.ts";

/**
 * A key wrapped to an X25519 recipient: 32 bytes of an ephemeral key, 32 of ciphertext, 16 of tag. It is the smallest
 * that is in use; one that is wrapped to a post-quantum recipient as ours are has 1,200 and more.
 */
export const WRAPPED_KEY_LENGTH = 80;

/** As many memories, and as many grantees, as a transaction has room for (EIP-7825). */
const MEMORIES_AT_ONCE = 180;
const GRANTEES_AT_ONCE = 800;

/** 66 characters: `ipfs://` and a CID of version 1. */
const uriOf = (memory: number): string => `ipfs://${cidOf(digestOf(utf8ToBytes(`memory ${memory}`)))}`;

/** The vault's key of one epoch, wrapped to each. */
const keysFor = (accounts: readonly string[], epoch: string): Uint8Array[] =>
  accounts.map((account) => seeded(`${account}: ${epoch}`)(WRAPPED_KEY_LENGTH));

/** Measures the vault that OpenZeppelin's parts suggest. Its owner sends everything. */
export async function measureNaive(chain: Chain): Promise<Costs> {
  const contract = await chain.deployDouble("NaiveVault");
  const call = (name: string, ...args: readonly unknown[]): Promise<Cost> =>
    chain.call(chain.owner, contract, name, args);

  const addMany = async (vaultId: number, from: number, to: number): Promise<Cost> => {
    const costs: Cost[] = [];
    for (let first = from; first < to; first += MEMORIES_AT_ONCE) {
      const count = Math.min(MEMORIES_AT_ONCE, to - first);
      costs.push(
        await call(
          "addMemories",
          vaultId,
          first,
          Array.from({ length: count }, (_, i) => uriOf(first + i)),
        ),
      );
    }
    return total(costs);
  };
  const grantTo = async (vaultId: number, accounts: readonly string[]): Promise<void> => {
    const keys = keysFor(accounts, "first");
    for (const [i, account] of accounts.entries()) await call("grant", vaultId, account, keys[i]);
  };
  /** The key must change, so it is wrapped again for all who remain. */
  const revoke = async (vaultId: number, index: number, remaining: readonly string[]): Promise<Cost> => {
    const costs: Cost[] = [];
    for (let first = 0; first === 0 || first < remaining.length; first += GRANTEES_AT_ONCE) {
      const some = remaining.slice(first, first + GRANTEES_AT_ONCE);
      const wrapped = [some, keysFor(some, `${costs.length} without ${index} of ${remaining.length + 1}`)];
      costs.push(
        await (first === 0
          ? call("revoke", vaultId, index, ...wrapped)
          : call("rewrap", vaultId, ...wrapped)),
      );
    }
    return total(costs);
  };

  const [sold, kept, devices] = [1, 2, 3];
  await call("mint", sold);
  const mint = await call("mint", kept);
  await call("mint", devices);

  const add1 = await call("addMemory", kept, 0, uriOf(0));
  const add100 = await addMany(kept, 1, 101);
  const add10000 = await addMany(kept, 101, 10_101);

  const [first = "", second = ""] = grantees(0, 2);
  await grantTo(kept, [first]);
  const grant = await call("grant", kept, second, ...keysFor([second], "first"));
  await revoke(kept, 1, [first]);
  const fresh = keysFor([second, first], "fresh");
  const grantFresh = await call("grantFresh", kept, second, fresh[0], [first], fresh.slice(1));
  await revoke(kept, 1, [first]);

  const revoke1of1 = await revoke(kept, 0, []);
  await grantTo(kept, grantees(0, 100));
  const revoke1of100 = await revoke(kept, 0, grantees(1, 100));
  await grantTo(kept, [first, ...grantees(100, 1_000)]);
  const revoke1of1000 = await revoke(kept, 99, grantees(1, 1_000));

  await grantTo(sold, grantees(0, 100));
  const transfer100 = await call("transferFrom", chain.owner.address, accountOf("naive: buyer"), sold);

  // The owner's devices are grantees like others: the lost one, another, and one on paper.
  const members = ["lost", "other", "paper"].map((device) => accountOf(`naive: ${device}`));
  await grantTo(devices, members);
  const lostDevice = await revoke(devices, 0, members.slice(1));

  return {
    ...{ mint, add1, add100, add10000, grant, grantFresh },
    ...{ revoke1of1, revoke1of100, revoke1of1000, transfer100, lostDevice },
  };
}
