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
  type Vault,
} from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { FileFault } from "../faults.ts";
import { deploymentOn, rpcsOf, type Network } from "../network.ts";
import { deviceOf, idText, rememberVault, vaultsOf, type KnownVault, type Profile } from "../profile.ts";
import { iso } from "../show.ts";
import { count, facts, oneLine } from "../terminal.ts";

export const addAccept = (cli: Cli): void => {
  cli.add<{ readonly label?: string }>(
    {
      usage: "accept <welcome>",
      summary: "Open a welcome, and read the vault that it is for",
      about:
        "Its signature is checked against the vault's owner, and everything that was granted is read and proven once. A welcome\n" +
        "that a renewal of the words left for a vault that is read here already goes on with that.",
      examples: [
        "memvault accept welcome.age",
        'memvault --profile work accept welcome.age --label "Ann\'s memory"',
      ],
      options: [["--label <words>", "your own words for the vault; they stay here"]],
    },
    async (session, { label }, [file = ""]) => {
      const welcome = await readFile(file).catch((cause: unknown) => {
        throw new FileFault(file, "cannot be read: name the welcome's file.", { cause });
      });
      const profile = await session.profile();
      const network = await session.network();
      const renewed = await renew(profile, network, welcome);
      const vault = renewed?.vault ?? (await accept(profile, network, welcome));
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
            [
              "Reads",
              held
                .map((scope) => `${oneLine(scope.name)} (${count(scope.count, "memory", "memories")})`)
                .join(", "),
            ],
            until === null ? null : ["Until", String(until)],
          ]),
          "Next: memvault list",
        ],
      };
    },
  );
};

function accept(profile: Profile, network: Network, welcome: Uint8Array): Promise<Vault> {
  const { chainId } = network;
  const { memoryVault } = deploymentOn(network);
  const { store, journalKey } = deviceOf(profile, { chainId, contract: memoryVault, vaultId: 0n });
  return acceptWelcome({
    ...{ ...rpcsOf(network), store, journalKey },
    journalStore: (ref) => deviceOf(profile, ref).journalStore,
    ...{ welcome, identity: profile.keys.identity, address: memoryVault },
  });
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
