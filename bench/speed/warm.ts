import { randomBytes } from "@noble/hashes/utils.js";
import { network } from "hardhat";

import {
  acceptWelcome,
  generateIdentity,
  grant,
  memoryJournalStore,
  memoryStore,
  mintVault,
  read,
  recipientOf,
  remember,
  sync,
  type Vault,
} from "../../client/index.ts";
import { between } from "../../test/helpers/doubles.ts";
import { MemoryVault__factory } from "../../typechain-types/index.ts";
import { required } from "./vault.ts";

/** Calls of an RPC that it takes to read a vault again whose head is the one that was read before. */
export interface WarmCalls {
  readonly owner: number;
  readonly reader: number;
}

const DAY = 86_400;

/** Counts every request that reaches the node, on a chain in this process. */
export async function countWarmCalls(): Promise<WarmCalls> {
  const { ethers, provider: node } = await network.create();
  const wallet = required((await ethers.getSigners())[0]);
  const deployed = await new MemoryVault__factory(wallet).deploy();
  let calls = 0;
  const provider = between(node, ({ forward }) => {
    calls++;
    return forward();
  });
  const store = memoryStore();
  const device = () => ({ store, journalStore: memoryJournalStore(), journalKey: randomBytes(32) });
  const address = await deployed.getAddress();
  const minted = await mintVault({ ...device(), provider, wallet, address, seed: randomBytes(32) });
  const { vault } = minted;
  await remember(vault, { scope: "health", text: "Allergic to penicillin" });
  await sync(vault);
  const identity = generateIdentity();
  const { timestamp } = required(await ethers.provider.getBlock("latest"));
  const terms = { scopes: ["health"], expiresAt: timestamp + DAY };
  const { welcome } = await grant(vault, { recipient: await recipientOf(identity), ...terms });
  const reader = await acceptWelcome({
    ...{ ...device(), provider, address, identity, welcome: required(welcome) },
  });
  const counted = async (again: Vault): Promise<number> => {
    await read(again);
    const before = calls;
    await read(again);
    return calls - before;
  };
  return { owner: await counted(vault), reader: await counted(reader) };
}
