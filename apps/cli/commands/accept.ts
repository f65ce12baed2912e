import { readFile } from "node:fs/promises";

import {
  acceptWelcome,
  NotInitialised,
  read,
  renewMembership,
  roleOf,
  status,
  vaultAt,
  WelcomeRejected,
  type AcceptRequest,
  type Vault,
} from "../../../client/index.ts";
import { acceptHandover } from "../../../client/manage.ts";
import type { Cli, Report } from "../cli.ts";
import { FileFault } from "../faults.ts";
import { deploymentOn, rpcsOf, type Network } from "../network.ts";
import { deviceOf, idText, rememberVault, vaultsOf, type KnownVault, type Profile } from "../profile.ts";
import { iso } from "../show.ts";
import { count, facts, oneLine } from "../terminal.ts";

export const addAccept = (cli: Cli): void => {
  cli.add<{ readonly label?: string; readonly handOver?: boolean }>(
    {
      usage: "accept <welcome>",
      summary: "Open a welcome, and read the vault that it is for",
      about:
        "Its signature is checked against the vault's owner, and everything that was granted is read and proven once. A welcome\n" +
        "that a renewal of the words left for a vault that is read here already goes on with that.",
      examples: [
        "memvault accept welcome.age",
        'memvault --profile friend accept welcome.age --label "Ann\'s memory"',
      ],
      options: [
        ["--label <words>", "your own words for the vault; they stay here"],
        ["--hand-over", "what a seller left: look at it and keep it whole, before you pay"],
      ],
    },
    async (session, { label, handOver }, [file = ""]) => {
      const welcome = await readFile(file).catch((cause: unknown) => {
        throw new FileFault(file, "cannot be read: name the welcome's file.", { cause });
      });
      const profile = await session.profile();
      const network = await session.network();
      if (handOver === true) return look(profile, acceptIn(profile, network, welcome), label ?? "");
      const renewed = await renew(profile, network, welcome);
      const vault = renewed?.vault ?? (await acceptWelcome(acceptIn(profile, network, welcome)));
      const role = await roleOf(vault);
      await rememberVault(profile, { ...vault.ref, label: label ?? renewed?.known.label ?? "", role });
      const { scopes } = await read(vault);
      const { expiresAt } = await status(vault);
      const until = expiresAt === null ? null : iso(expiresAt * 1_000);
      const held = scopes.map(({ name, memories }) => ({ name, count: memories.length }));
      return {
        json: { vaultId: idText(vault.ref.vaultId), role, scopes: held, expiresAt: until },
        lines: [
          ...facts([
            ["Vault", idText(vault.ref.vaultId)],
            ["Reads", heldText(held)],
            until === null ? null : ["Until", String(until)],
          ]),
          "Next: memvault list",
        ],
      };
    },
  );
};

/** What a seller left: nobody else is in it, and all of it is proven. */
async function look(profile: Profile, request: AcceptRequest, label: string): Promise<Report> {
  const { vault, sequence, root, stateRoot, final, scopes } = await acceptHandover(request);
  await rememberVault(profile, { ...vault.ref, label, role: "owner" });
  const held = scopes.map(({ name, count: many }) => ({ name, count: many }));
  return {
    json: {
      ...{ vaultId: idText(vault.ref.vaultId), role: "owner", scopes: held, expiresAt: null },
      ...{ sequence, root, stateRoot, final },
    },
    lines: [
      ...facts([
        ["Vault", idText(vault.ref.vaultId)],
        ["Holds", heldText(held)],
        ["Root", root],
        [
          "Commit",
          `${sequence}, ${final ? "final" : "NOT final yet: pay for nothing that the chain may take back"}`,
        ],
      ]),
      "It is kept here, whole. Next: memvault list; and once the vault was transferred to you: memvault take-over",
    ],
  };
}

const heldText = (held: readonly { readonly name: string; readonly count: number }[]): string =>
  held.map((scope) => `${oneLine(scope.name)} (${count(scope.count, "memory", "memories")})`).join(", ");

function acceptIn(profile: Profile, network: Network, welcome: Uint8Array): AcceptRequest {
  const { chainId } = network;
  const { memoryVault } = deploymentOn(network);
  const { store, journalKey } = deviceOf(profile, { chainId, contract: memoryVault, vaultId: 0n });
  return {
    ...{ ...rpcsOf(network), store, journalKey },
    journalStore: (ref) => deviceOf(profile, ref).journalStore,
    ...{ welcome, identity: profile.keys.identity, address: memoryVault },
  };
}

interface Renewed {
  readonly vault: Vault;
  readonly known: KnownVault;
}

/** Goes on with the membership that a welcome is for; `null` when it is for none that is here. */
async function renew(profile: Profile, network: Network, welcome: Uint8Array): Promise<Renewed | null> {
  for (const known of await vaultsOf(profile)) {
    if (known.chainId !== network.chainId) continue;
    const vault = vaultAt(known, { ...deviceOf(profile, known), ...rpcsOf(network) });
    try {
      await renewMembership(vault, welcome);
      return { vault, known };
    } catch (fault) {
      if (!(fault instanceof WelcomeRejected || fault instanceof NotInitialised)) throw fault;
    }
  }
  return null;
}
