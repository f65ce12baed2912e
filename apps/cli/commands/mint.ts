import { randomBytes } from "@noble/hashes/utils.js";

import { WalletRequired } from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { MINT_GAS, mintInto, sayMinted } from "../minting.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { idText } from "../profile.ts";
import { keepSeed } from "../seed.ts";
import { requireFunds } from "../wallet.ts";
import { handOverWords } from "../words.ts";

export const addMint = (cli: Cli): void => {
  cli.add<{ readonly label?: string }>(
    {
      usage: "mint",
      summary: "Mint your vault",
      about:
        "The first one has the 24 words that `init` showed. A further one has words of its own, shown once.",
      examples: ["memvault mint", 'memvault mint --label "my memory"'],
      options: [["--label <words>", "your own words for it; they stay here"]],
    },
    async (session, { label = "" }) => {
      const { say } = session;
      const profile = await session.profile();
      const network = await session.network();
      const deployment = deploymentOn(network);
      const wallet = await session.account();
      if (wallet === undefined) throw new WalletRequired("mint");
      await requireFunds(wallet, network.provider, MINT_GAS);

      const { keys } = profile;
      const seed = keys.seed ?? randomBytes(32);
      const words =
        keys.seed === null ? await handOverWords(session, seed, `the address ${wallet.address}`, null) : null;
      const minted = await mintInto({ profile, rpcs: rpcsOf(network), wallet, deployment, seed, label });
      // Devices never keep the seed: from here on it is on paper alone.
      if (keys.seed !== null) await keepSeed(session, null);
      sayMinted(minted, wallet.address, network.name, say);
      const { vault, receipt } = minted;
      return {
        json: {
          vaultId: idText(vault.ref.vaultId),
          owner: wallet.address,
          chainId: vault.ref.chainId,
          contract: deployment.memoryVault,
          label,
          transaction: receipt?.hash ?? null,
          gas: receipt?.gasUsed ?? null,
          ...(words === null ? {} : { words }),
        },
        lines: [
          "",
          `The address ${wallet.address} belongs on the sheet with the 24 words.`,
          'Next: memvault add "what to remember" --scope travel',
        ],
      };
    },
  );
};
