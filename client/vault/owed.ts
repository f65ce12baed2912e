import type { TransactionReceipt } from "ethers";

import { CommitKeyMissing } from "../errors.ts";
import { keyWallet, sendCalls, standing, type ChainHead } from "./contract.ts";
import type { OpenedHead } from "./head.ts";
import { readCandidates, type Candidate } from "./journal.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { agreed, type Rpc } from "./rpcs.ts";
import type { Vault } from "./session.ts";

/**
 * Grants that a commit which landed was to end on chain, and that still stand: its signature is public once it was
 * sent, so anyone, the grantee first, can land the commit without the revoke beside it.
 */
export async function owedRevokes(
  vault: Vault,
  candidate: Candidate,
  opened: OpenedHead,
  blockTag: number,
): Promise<string[]> {
  if (!secretsOf(opened).batches.has(candidate.id)) return [];
  const members = [...rosterOf(opened).members.values()].map(({ grantee }) => grantee);
  const left = candidate.revoked.filter((grantee) => !members.includes(grantee));
  const stand = await Promise.all(left.map((grantee) => stands(vault, grantee, blockTag)));
  return left.filter((_, i) => stand[i]);
}

/** All that this device's commits owe. */
export async function allOwedRevokes(vault: Vault, opened: OpenedHead, blockTag: number): Promise<string[]> {
  const candidates = await readCandidates(vault.journal);
  const owed = await Promise.all(candidates.map((each) => owedRevokes(vault, each, opened, blockTag)));
  return [...new Set(owed.flat())];
}

/** Whether a listed grant stands on chain. */
export const stands = (
  vault: Vault,
  grantee: string,
  blockTag: number | "latest" = "latest",
): Promise<boolean> =>
  agreed(
    vault,
    "a grant",
    ({ contract }) => contract.canRead(vault.ref.vaultId, grantee, { blockTag }),
    blockTag,
  );

/**
 * Readers that the next commit must drop: expired, or listed and not on chain any more. The chain never adds one.
 *
 * @returns by member id, whether the grant still stands on chain.
 */
export async function goneMembers(
  vault: Vault,
  opened: OpenedHead,
  block: number,
  now: number,
): Promise<Map<string, boolean>> {
  const readers = [...rosterOf(opened).members.values()].filter((member) => member.class === "reader");
  const listed = readers.flatMap(({ listed, grantee }) => (listed && grantee !== null ? [grantee] : []));
  const { vaultId } = vault.ref;
  const ask = ({ contract }: Rpc): Promise<ReadonlySet<string>> => standing(contract, vaultId, listed, block);
  const stand = await agreed(vault, "the grants", ask, block);
  return new Map(
    readers.flatMap(({ id, expiresAt, listed, grantee }): [string, boolean][] => {
      const stands = grantee !== null && stand.has(grantee);
      const expired = expiresAt !== null && expiresAt <= now;
      return expired || (listed && !stands) ? [[id, stands]] : [];
    }),
  );
}

/** Whether the wallet may revoke: a relayer's may not. */
export async function mayRevoke(vault: Vault, { owner, authorizer }: ChainHead): Promise<boolean> {
  return vault.wallet !== null && [owner, authorizer].includes(await vault.wallet.getAddress());
}

/**
 * Ends grants on chain, by the wallet if it may, else by the commit key.
 *
 * @throws {CommitKeyMissing} when neither may. {InsufficientFunds} when the commit key cannot pay.
 */
export async function endOnChain(
  vault: Vault,
  chain: ChainHead,
  grantees: readonly string[],
  commitKey: string | null,
): Promise<TransactionReceipt> {
  const calls = grantees.map((grantee) => ({ kind: "revoke", grantee }) as const);
  if (vault.wallet !== null && (await mayRevoke(vault, chain))) {
    return sendCalls(vault.contract.connect(vault.wallet), vault.ref.vaultId, calls);
  }
  if (commitKey === null) throw new CommitKeyMissing(chain.authorizer);
  return sendCalls(vault.contract.connect(keyWallet(commitKey, vault.provider)), vault.ref.vaultId, calls);
}
