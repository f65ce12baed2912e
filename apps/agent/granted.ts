import { blockRanges, logsOfRange } from "../../client/agents.ts";
import type { vaultContract, VaultView } from "../../client/index.ts";
import type { OpenRequest } from "./journal.ts";
import type { OpenedVaults } from "./opened.ts";

/** What a grant is looked at with. */
export interface GrantedParts {
  readonly address: string;
  readonly vaults: ReturnType<typeof vaultContract>;
  readonly secondVaults: ReturnType<typeof vaultContract> | undefined;
  readonly opened: OpenedVaults;
}

/** What an agent reads, and by which grant. */
export interface Granted extends VaultView {
  /** Tells this grant from the one before and the next: its newest event since the request, by each RPC, and its scopes. */
  readonly grant: string;
}

/**
 * Reads what an agent was granted, and names the grant: who may read now may have been given less than it had when a reply was made
 * ready, or have lost all and been given it again.
 *
 * @throws what reading throws.
 */
export async function readGranted(
  { address, vaults, secondVaults, opened }: GrantedParts,
  { vaultId, block }: OpenRequest,
): Promise<Granted> {
  // The events first: one that comes meanwhile makes the grant another one the next time.
  const given: string[] = [];
  for (const contract of [vaults, secondVaults])
    if (contract !== undefined) given.push(await newestGiven(contract, vaultId, address, block));
  const view = await opened.read(vaultId);
  const scopes = view.scopes.map(({ id }) => id).sort();
  return { ...view, grant: [...given, ...scopes].join(" ") };
}

/** The newest `Granted` of an account after a block, by its place; `none` where the grant is older. */
async function newestGiven(
  contract: ReturnType<typeof vaultContract>,
  vaultId: bigint,
  account: string,
  after: number,
): Promise<string> {
  const provider = contract.runner?.provider;
  if (provider == null) throw new TypeError("looking for a grant needs a provider");
  const topics = await contract.filters.Granted(vaultId, account).getTopicFilter();
  const address = await contract.getAddress();
  for (const range of blockRanges(await provider.getBlockNumber(), after + 1)) {
    const logs = await logsOfRange(range, {
      logs: (part) => provider.getLogs({ address, topics, ...part }),
      reach: () => provider.getBlockNumber(),
    });
    const [newest] = logs.sort((a, b) => b.blockNumber - a.blockNumber || b.index - a.index);
    if (newest !== undefined) return `${newest.blockHash}/${newest.index}`;
  }
  return "none";
}
