import { dataLength, getAddress, isError, ZeroAddress } from "ethers";

import { PROFILE_ID } from "../../../../../../client/agents.ts";
import {
  registryContract,
  RpcUnavailable,
  VaultError,
  vaultContract,
  VaultNotFound,
} from "../../../../../../client/index.ts";
import { accountEvents, publications, vaultEvents } from "./events.ts";
import { grantsIn } from "./grants.ts";
import type {
  OutsiderView,
  SeenAccount,
  SeenCommit,
  SeenEvent,
  SeenHead,
  SeenKey,
  SeenTransaction,
  Waiting,
  Watched,
} from "./seen.ts";
import { namedBlobs, partsOf, shelvesOf } from "./shelves.ts";
import { tokenAt } from "./token.ts";
import { inTurns, transactionsOf } from "./transactions.ts";

/**
 * Looks at a vault as somebody does who has no key: through public calls, the chain's log and, if one is given, a store.
 *
 * @param watched - Where to look. There is no device, journal, wallet or key among it, and nothing here asks for one.
 * @param waiting - Who hears how far it is, and may end it.
 * @throws {VaultNotFound} when there never was such a vault. {LogsRefused} when the node refuses to show the events of a block.
 *   {RpcUnavailable} when it does not answer.
 */
export async function outsiderView(watched: Watched, waiting: Waiting = {}): Promise<OutsiderView> {
  try {
    return await look(watched, waiting);
  } catch (fault) {
    waiting.signal?.throwIfAborted();
    if (fault instanceof VaultError || !(fault instanceof Error)) throw fault;
    throw new RpcUnavailable("first", isEthers(fault) ? fault.shortMessage : fault.name, { cause: fault });
  }
}

const isEthers = (fault: Error): fault is Error & { readonly shortMessage: string } =>
  "shortMessage" in fault && typeof fault.shortMessage === "string";

async function look(watched: Watched, waiting: Waiting): Promise<OutsiderView> {
  const { provider, deployment, vaultId, store } = watched;
  const { onProgress } = waiting;
  const newest = await provider.getBlock("latest");
  if (newest === null) throw new RpcUnavailable("first", "it has no block yet");
  const { number: block, timestamp: time } = newest;
  const head = await headAt(watched, block);
  const own = await vaultEvents(watched, block, waiting);
  const owners = [...new Set(own.filter(isOf("Transfer")).flatMap(({ args }) => [args["from"], args["to"]]))]
    .filter((each) => each !== undefined)
    .filter((each) => each !== ZeroAddress);
  const grantees = [...new Set(own.filter(isOf("Granted")).flatMap(({ args }) => args["grantee"] ?? []))];
  const named = [...new Set([...owners, ...grantees])];
  const theirs = await accountEvents(watched, named, owners, block, {
    ...waiting,
    onProgress: keysOf(onProgress),
  });
  const onChain = partsOf(store).some(({ permanent }) => permanent === true);
  const published = onChain ? await publications(watched, block, own[0]?.block ?? block, waiting) : [];
  const events = [...own, ...theirs, ...published.map(withoutBytes)].sort(
    (a, b) => a.block - b.block || a.index - b.index,
  );
  const transactions = await transactionsOf(watched, events, waiting);
  waiting.signal?.throwIfAborted();
  const byHash = new Map(transactions.map((each) => [each.hash, each]));
  onProgress?.({ doing: "store", done: 0 });
  const commits = commitsIn(own, byHash);
  return {
    ...{ chainId: deployment.chainId, contract: deployment.memoryVault, vaultId, block, time, head },
    token: await tokenAt(watched, block),
    ...{ commits, missing: head.sequence - commits.length },
    grants: grantsIn(own, ({ hash }) => byHash.get(hash)?.time ?? 0, time),
    ...{ events, transactions },
    accounts: accountsIn(head, own, owners, grantees, transactions),
    keys: await keysAt(watched, named, block),
    named: await namedBlobs(own, store),
    shelves: await shelvesOf(store, published),
  };
}

const isOf =
  (name: string) =>
  (event: SeenEvent): boolean =>
    event.name === name;

/** The bytes of a blob are a page's worth of digits: their number says it. */
const withoutBytes = (event: SeenEvent): SeenEvent => {
  const { digest = "", blob = "0x" } = event.args;
  return { ...event, args: { digest, bytes: String(dataLength(blob)) } };
};

const keysOf =
  (onProgress: Waiting["onProgress"]): NonNullable<Waiting["onProgress"]> =>
  ({ done }) =>
    onProgress?.({ doing: "keys", done });

async function headAt({ provider, deployment, vaultId }: Watched, blockTag: number): Promise<SeenHead> {
  const contract = vaultContract(deployment.memoryVault, provider);
  const head = await contract.memoryHead(vaultId, { blockTag }).catch((cause: unknown) => {
    const nothing = isError(cause, "BAD_DATA") && cause.value === "0x";
    throw nothing ? new VaultNotFound(vaultId, { cause }) : cause;
  });
  if (head.generation === 0n) throw new VaultNotFound(vaultId);
  const { owner, authorizer, locked, foreign, root, pointer, stateRoot } = head;
  return {
    ...{ owner, authorizer, locked, foreign, root, pointer, stateRoot },
    sequence: Number(head.sequence),
    configNonce: Number(head.configNonce),
    generation: Number(head.generation),
  };
}

function commitsIn(
  events: readonly SeenEvent[],
  transactions: ReadonlyMap<string, SeenTransaction>,
): SeenCommit[] {
  return events.filter(isOf("TransitionCommitted")).flatMap(({ args, hash }) => {
    const transaction = transactions.get(hash);
    if (transaction === undefined) return [];
    const beside = events.filter((event) => event.hash === hash && event.name !== "TransitionCommitted");
    return [
      {
        sequence: Number(args["sequence"]),
        root: args["deltaCommitment"] ?? "",
        pointer: args["locatorCommitment"] ?? "",
        stateRoot: args["nextStateRoot"] ?? "",
        authorizer: args["authorizer"] ?? "",
        foreign: args["profileId"] !== PROFILE_ID || BigInt(args["provenanceCommitment"] ?? 0) !== 0n,
        beside: beside.map(({ name }) => name),
        transaction,
      },
    ];
  });
}

/** Everybody whose address stands beside the vault's, and what as. */
function accountsIn(
  head: SeenHead,
  events: readonly SeenEvent[],
  owners: readonly string[],
  grantees: readonly string[],
  transactions: readonly SeenTransaction[],
): SeenAccount[] {
  const roles = new Map<string, Set<string>>();
  const add = (address: string | undefined | null, role: string): void => {
    if (address === undefined || address === null || address === ZeroAddress) return;
    const account = getAddress(address);
    roles.set(account, (roles.get(account) ?? new Set()).add(role));
  };
  add(head.owner, "owner");
  for (const each of owners) add(each, each === head.owner ? "owner" : "former owner");
  for (const { name, args, of, address } of events) {
    if (of === "agent") add(address, "agent contract");
    if (name === "TransitionCommitted") add(args["authorizer"], "signs commits");
    if (name === "Requested") add(args["requester"], "asked an agent");
    if (name === "Approval") add(args["approved"], "was approved");
  }
  for (const each of grantees) add(each, "listed grantee");
  const known = new Set(roles.keys());
  const sent = new Map<string, number>();
  for (const { from } of transactions) {
    if (from === null) continue;
    if (!known.has(from)) add(from, "sends transactions for others");
    sent.set(from, (sent.get(from) ?? 0) + 1);
  }
  return [...roles].map(([address, has]) => ({ address, roles: [...has], sent: sent.get(address) ?? 0 }));
}

async function keysAt(
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
