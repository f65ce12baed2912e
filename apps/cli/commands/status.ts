import path from "node:path";

import { hexlify } from "ethers";

import {
  pending,
  recipientBytes,
  recipientDigest,
  recipientOf,
  status,
  VaultError,
  vaultAt,
} from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { exitCode, EXIT, named } from "../faults.ts";
import { rpcsOf, type Network } from "../network.ts";
import { deviceOf, idText, isSealed, vaultsOf, type KnownVault, type Profile } from "../profile.ts";
import type { Session } from "../session.ts";
import { iso } from "../show.ts";
import { coins, count, facts, oneLine } from "../terminal.ts";

export const addStatus = (cli: Cli): void => {
  cli.add(
    {
      usage: "status",
      summary: "Show profile, network, account and vaults",
      about:
        "What a reader reads is said as of its newest final commit here; memvault verify, and list, look whether it still does.",
      examples: ["memvault status", "memvault status --json"],
    },
    async (session) => {
      const profile = await session.profile();
      const recipient = await recipientOf(profile.keys.identity);
      const digest = hexlify(recipientDigest(recipientBytes(recipient)));
      const sealed = (await isSealed(session.home)) === true;
      const { network, fault } = await reached(session);
      const account = network === null ? null : await accountOn(session, network);
      const vaults = await Promise.all(
        (await vaultsOf(profile)).map((known) => vaultStatus(profile, network, known)),
      );
      const { rpc } = await session.config();
      const blobs = await session.store();
      const recipientFile = path.join(session.home, "recipient.txt");
      const chain =
        network === null
          ? { name: session.globals.rpc ?? rpc, chainId: null, contract: null, fault }
          : {
              name: network.name,
              chainId: network.chainId,
              contract: network.deployment?.memoryVault ?? null,
              fault: null,
            };
      return {
        json: {
          home: session.home,
          sealed,
          recipient,
          digest,
          store: blobs,
          network: chain,
          account,
          vaults,
        },
        lines: [
          ...facts([
            ["Profile", `${session.home}, keys ${sealed ? "sealed" : "NOT sealed"}`],
            ["Recipient", recipientFile],
            ["", digest],
            ["Blobs", blobs],
            [
              "Network",
              network === null
                ? `${chain.name}: ${fault ?? ""}`
                : `${network.name} (chain ${network.chainId})${chain.contract === null ? ", contracts unknown" : ""}`,
            ],
            account === null ? null : ["Account", `${account.address}, ${coins(account.balance)}`],
          ]),
          ...(vaults.length === 0
            ? ["", "No vault yet: memvault mint, accept or recover."]
            : vaults.flatMap(vaultLines)),
        ],
      };
    },
  );
};

async function reached(session: Session): Promise<{ network: Network | null; fault: string | null }> {
  try {
    return { network: await session.network(), fault: null };
  } catch (fault) {
    const known = named(fault);
    // Everything else can be shown without a chain.
    if (exitCode(known) !== EXIT.unavailable || !(known instanceof VaultError)) throw known;
    return { network: null, fault: known.message };
  }
}

/** Only what can be known without asking for a passphrase. */
async function accountOn(session: Session, { provider }: Network) {
  const { keystore } = await session.config();
  const asks = session.globals.keystore ?? (session.world.env.MEMVAULT_PRIVATE_KEY ? undefined : keystore);
  const account =
    asks == null || (await session.network()).name === "dev" ? await session.account() : undefined;
  if (account === undefined) return null;
  return { address: account.address, balance: (await provider.getBalance(account.address)).toString() };
}

async function vaultStatus(profile: Profile, network: Network | null, known: KnownVault) {
  const base = {
    vaultId: idText(known.vaultId),
    label: known.label,
    role: known.role,
    chainId: known.chainId,
  };
  const here = network !== null && network.chainId === known.chainId;
  if (!here) return { ...base, reachable: false as const };
  const vault = vaultAt(known, { ...deviceOf(profile, known), ...rpcsOf(network) });
  try {
    const { sequence, pinned, scopes, expiresAt, rpcs } = await status(vault);
    return {
      ...base,
      reachable: true as const,
      ...{ sequence, pinned, scopes, rpcs, pending: (await pending(vault)).length },
      expiresAt: expiresAt === null ? null : iso(expiresAt * 1_000),
      error: null,
    };
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    return { ...base, reachable: true as const, error: { name: fault.name, message: fault.message } };
  }
}

type Shown = Awaited<ReturnType<typeof vaultStatus>>;

function vaultLines(vault: Shown): string[] {
  const head = ["", `Vault        ${vault.vaultId} ${vault.label}`.trimEnd()];
  if (!vault.reachable)
    return [...head, ...facts([["", `on chain ${vault.chainId}, which this network is not`]])];
  if (vault.error !== null) return [...head, ...facts([["", vault.error.message]])];
  const { role, scopes, sequence, pinned, pending: waiting, expiresAt, rpcs } = vault;
  return [
    ...head,
    ...facts([
      ["Role", role],
      // What was granted when this device last read: a revoke since then is for `read` to find.
      role === "reader"
        ? ["Reads", `${scopes.map((name) => oneLine(name)).join(", ")}, as of commit ${pinned ?? "none"}`]
        : null,
      expiresAt === null ? null : ["Until", String(expiresAt)],
      role === "reader" ? ["", "a revoke since then is not looked for here: memvault verify does"] : null,
      ["Commit", `${sequence}, the newest final one known here is ${pinned ?? "none"}`],
      ["Journal", waiting === 0 ? "empty" : `${count(waiting, "operation")}, not committed or not final`],
      ["RPCs", rpcs === 1 ? "1: a lying one could show an old state to a new device" : "2, and they agree"],
    ]),
  ];
}
