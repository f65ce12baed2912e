import { getAddress, isAddress, ZeroAddress } from "ethers";

import { InvalidAccount, recoverVault } from "../../../client/index.ts";
import { wordsToSeed } from "../../../client/words.ts";
import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { look } from "../look.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { WHOLE_ID } from "../parse.ts";
import { deviceOf, idText, rememberVault } from "../profile.ts";
import type { Session } from "../session.ts";
import { commit, syncJson, syncLines } from "../syncing.ts";
import { count, facts } from "../terminal.ts";
import { wordsIn } from "../words.ts";

interface Options {
  readonly owner?: string;
  readonly words?: string;
  readonly label?: string;
}

export const addRecover = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "recover",
      summary: "Get your vault back on a new machine, from the 24 words",
      about:
        "The words are asked for, or piped in, or read from a file; never an argument, where others on the machine see it.\n" +
        "Everything is read and proven before anything is kept; then this device is enrolled, in one transaction. Words that did\n" +
        "not mint the vault, those of a renewal or a take-over, go with its id: --vault, whole.",
      examples: ["memvault recover --owner 0xMINTED", "memvault recover --vault 0xID --words sheet.txt"],
      options: [
        ["--owner <address>", "the account that minted the vault"],
        ["--words <file>", "a file with the 24 words"],
        ["--label <words>", "your own words for the vault; they stay here"],
      ],
    },
    async (session, { owner, words: file, label = "" }) => {
      const vaultId = idOf(session.globals.vault);
      if (owner === undefined && vaultId === undefined)
        throw new UsageFault("Say what is on the sheet: --owner, who minted the vault, or --vault, its id.");
      if (owner !== undefined && !isAddress(owner)) throw new InvalidAccount(owner);
      const profile = await session.profile();
      const network = await session.network();
      const { memoryVault } = deploymentOn(network);
      const seed = wordsToSeed(await wordsFrom(session, file));
      const wallet = await session.account();
      const { chainId } = network;
      const { store, journalKey } = deviceOf(profile, { chainId, contract: memoryVault, vaultId: 0n });
      const vault = await recoverVault({
        ...{ ...rpcsOf(network), store, journalKey },
        journalStore: (ref) => deviceOf(profile, ref).journalStore,
        // The id says it all: who minted the vault stands for it.
        ...{ seed, vaultId, owner: getAddress(owner ?? ZeroAddress), address: memoryVault },
        ...(wallet === undefined ? {} : { wallet }),
      });
      const known = { ...vault.ref, label, role: "owner" as const };
      await rememberVault(profile, known);
      const { memories } = await look(vault);
      const result = await commit(session, { vault });
      return {
        json: {
          vaultId: idText(vault.ref.vaultId),
          role: "owner",
          memories: memories.size,
          enrolled: syncJson(result),
        },
        lines: [
          ...facts([
            ["Vault", idText(vault.ref.vaultId)],
            ["Recovered", count(memories.size, "memory", "memories")],
          ]),
          ...syncLines(result),
        ],
      };
    },
  );
};

function idOf(vault: string | undefined): bigint | undefined {
  if (vault === undefined) return undefined;
  if (WHOLE_ID.test(vault)) return BigInt(vault);
  throw new UsageFault(`${vault} is no whole id: 0x and 64 digits.`);
}

async function wordsFrom({ world }: Session, file: string | undefined): Promise<string> {
  if (file !== undefined) return wordsIn(file);
  if (world.piped) return world.input();
  return (await world.ask("The 24 words: ", true)) ?? "";
}
