import { readFile } from "node:fs/promises";

import { acceptWelcome, read, roleOf, status } from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { FileFault } from "../faults.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { deviceOf, idText, rememberVault } from "../profile.ts";
import { iso } from "../show.ts";
import { count, facts, oneLine } from "../terminal.ts";

export const addAccept = (cli: Cli): void => {
  cli.add<{ readonly label?: string }>(
    {
      usage: "accept <welcome>",
      summary: "Open a welcome, and read the vault that it is for",
      about:
        "Its signature is checked against the vault's owner, and everything that was granted is read and proven once.",
      examples: [
        "memvault accept welcome.age",
        'memvault --profile work accept welcome.age --label "Ann\'s memory"',
      ],
      options: [["--label <words>", "your own words for the vault; they stay here"]],
    },
    async (session, { label = "" }, [file = ""]) => {
      const welcome = await readFile(file).catch((cause: unknown) => {
        throw new FileFault(file, "cannot be read: name the welcome's file.", { cause });
      });
      const profile = await session.profile();
      const network = await session.network();
      const { chainId } = network;
      const { memoryVault } = deploymentOn(network);
      const { store, journalKey } = deviceOf(profile, { chainId, contract: memoryVault, vaultId: 0n });
      const vault = await acceptWelcome({
        ...{ ...rpcsOf(network), store, journalKey },
        journalStore: (ref) => deviceOf(profile, ref).journalStore,
        ...{ welcome, identity: profile.keys.identity, address: memoryVault },
      });
      const role = await roleOf(vault);
      await rememberVault(profile, { ...vault.ref, label, role });
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
