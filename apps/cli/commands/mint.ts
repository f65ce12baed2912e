import { randomBytes } from "@noble/hashes/utils.js";

import { WalletRequired } from "../../../client/index.ts";
import type { Deployment } from "../../../client/deployments.ts";
import type { Cli } from "../cli.ts";
import { MINT_GAS, mintInto, sayMinted } from "../minting.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { idText, vaultsOf, type KnownVault, type Profile } from "../profile.ts";
import { keepSeed } from "../seed.ts";
import type { Session } from "../session.ts";
import { requireFunds } from "../wallet.ts";
import { handOverWords } from "../words.ts";

/** The vaults of this profile's owner on a network. */
const ownVaults = async (profile: Profile, { chainId, memoryVault }: Deployment): Promise<KnownVault[]> =>
  (await vaultsOf(profile)).filter(
    (known) =>
      known.role === "owner" &&
      known.chainId === chainId &&
      known.contract.toLowerCase() === memoryVault.toLowerCase(),
  );

/** Before any words are shown: few who have a vault mean to have a second one. */
async function confirmAnother(session: Session, profile: Profile, deployment: Deployment): Promise<void> {
  const [first, ...others] = await ownVaults(profile, deployment);
  if (first === undefined) return;
  const named = `${idText(first.vaultId)} ${first.label}`.trimEnd();
  await session.confirm(
    `This profile has a vault here already: ${named}${others.length > 0 ? `, and ${others.length} more` : ""}. ` +
      "This mints another one, with words of its own; every command then has to name one with --vault.",
  );
}

/** @returns a line where commands do not know any more which vault is meant. */
async function severalHint(profile: Profile, deployment: Deployment): Promise<string[]> {
  const { length } = await ownVaults(profile, deployment);
  return length < 2
    ? []
    : [
        `There are ${length} vaults here now: --vault names one, by its id, the beginning of it, or its label.`,
      ];
}

export const addMint = (cli: Cli): void => {
  cli.add<{ readonly label?: string }>(
    {
      usage: "mint",
      summary: "Mint your vault",
      about:
        "The first one has the 24 words that `init` showed. A further one has words of its own, shown once, and is\n" +
        "asked about before.",
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
      if (keys.seed === null) await confirmAnother(session, profile, deployment);
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
          ...(await severalHint(profile, deployment)),
          `The address ${wallet.address} belongs on the sheet with the 24 words.`,
          'Next: memvault add "what to remember" --scope travel',
        ],
      };
    },
  );
};
