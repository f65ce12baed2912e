import { getAddress, ZeroAddress } from "ethers";

import { registryContract } from "../../../../../../client/index.ts";
import type { SeenAccount, SeenEvent, SeenHead, SeenKey, SeenTransaction, Watched } from "./seen.ts";
import { inTurns } from "./transactions.ts";

/** Whom the vault's own events name: owners and listed grantees, each once, who was named last first. */
export function namedIn(events: readonly SeenEvent[]): {
  readonly owners: readonly string[];
  readonly grantees: readonly string[];
} {
  const newest = events.toReversed();
  const of = (name: string, ...args: string[]): string[] =>
    newest
      .filter((event) => event.of === "vault" && event.name === name)
      .flatMap((event) => args.map((arg) => event.args[arg] ?? ZeroAddress))
      .filter((address) => address !== ZeroAddress);
  return {
    owners: [...new Set(of("Transfer", "to", "from"))],
    grantees: [...new Set(of("Granted", "grantee"))],
  };
}

/** Everybody whose address stands beside the vault's, and what as. */
export function accountsIn(
  head: SeenHead,
  events: readonly SeenEvent[],
  transactions: readonly SeenTransaction[],
): SeenAccount[] {
  const { owners, grantees } = namedIn(events);
  const roles = new Map<string, Set<string>>();
  const add = (address: string | undefined | null, role: string): void => {
    if (address === undefined || address === null || address === ZeroAddress) return;
    const account = getAddress(address);
    roles.set(account, (roles.get(account) ?? new Set()).add(role));
  };
  add(head.owner, "owner");
  for (const each of owners) add(each, each === head.owner ? "owner" : "former owner");
  for (const each of grantees) add(each, "listed grantee");
  for (const { name, args } of events) {
    if (name === "TransitionCommitted") add(args["authorizer"], "signs commits");
    if (name === "Approval") add(args["approved"], "was approved");
  }
  const listed = new Set(grantees);
  const said = events.filter(({ of }) => of === "agent");
  // Listed agents before those who call themselves one, and before whomever these name.
  for (const { name, args, address } of said.filter((each) => listed.has(each.address))) {
    add(address, "agent contract");
    if (name === "Requested") add(args["requester"], "asked an agent");
  }
  for (const { name, args, address } of said.filter((each) => !listed.has(each.address))) {
    add(address, "logs as agents do, and no grant lists it");
    if (name === "Requested") add(args["requester"], "asked it, by its word");
  }
  const known = new Set(roles.keys());
  const sent = new Map<string, number>();
  for (const { from } of transactions) {
    if (from === null) continue;
    if (!known.has(from)) add(from, "sends transactions for others");
    sent.set(from, (sent.get(from) ?? 0) + 1);
  }
  return [...roles].map(([address, has]) => ({ address, roles: [...has], sent: sent.get(address) ?? 0 }));
}

/** The keys of accounts in the registry, as of a block. */
export async function keysAt(
  { provider, deployment }: Watched,
  accounts: readonly string[],
  blockTag: number,
): Promise<SeenKey[]> {
  const registry = registryContract(deployment.keyRegistry, provider);
  const found = await inTurns(accounts, async (account) => {
    const { recipientDigest, expiresAt, blockNumber, attestationDigest } = await registry.keyOf(account, {
      blockTag,
    });
    if (BigInt(recipientDigest) === 0n) return [];
    const attestation = BigInt(attestationDigest) === 0n ? null : attestationDigest;
    return [
      {
        account,
        digest: recipientDigest,
        expiresAt: Number(expiresAt),
        block: Number(blockNumber),
        attestation,
      },
    ];
  });
  return found.flat();
}
