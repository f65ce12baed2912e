import { task } from "hardhat/config";
import { HardhatPluginError } from "hardhat/plugins";
import { ArgumentType } from "hardhat/types/arguments";

import { explained } from "../explained.ts";

/** What opens the profile's keys, or seals new ones. */
function passphrase(): { readonly passphrase: string } {
  const { MEMVAULT_PASSPHRASE = "" } = process.env;
  if (MEMVAULT_PASSPHRASE === "")
    console.error(
      "MEMVAULT_PASSPHRASE is not set: new keys are not sealed, until `memvault passphrase` does it.",
    );
  return { passphrase: MEMVAULT_PASSPHRASE };
}

const STORE_WELCOME: Partial<Record<string, boolean | "auto">> = { yes: true, no: false, auto: "auto" };

/** The project's tasks: `npx hardhat <task> --network <network>`, or `npm run <task> -- --network <network>`. */
export const tasks = [
  task("deploy", "Deploys the vault, the key registry and the blob log, or adopts those that stand")
    // Imported late, so that every other task starts without it.
    .setInlineAction(async (_args, hre) => {
      const { deploy } = await import("../deploy.ts");
      const connection = await hre.network.create();
      try {
        return await deploy(hre, connection).catch(explained);
      } finally {
        await connection.close();
      }
    })
    .build(),

  task("mint", "Mints a vault and shows its 24 words once")
    .addOption({ name: "label", description: "Your own words for it; they stay here", defaultValue: "" })
    .setInlineAction(async ({ label }, hre) => {
      const { mint } = await import("../mint.ts");
      if (!process.stdout.isTTY)
        console.error("stdout is no terminal: see to it that nobody keeps the words.");
      const connection = await hre.network.create();
      try {
        return await mint(connection, { label, ...passphrase() }).catch(explained);
      } finally {
        await connection.close();
      }
    })
    .build(),

  task("grant", "Grants read access to scopes of your vault until a date")
    .addOption({
      name: "to",
      description: "An address with a key in KeyRegistry, or age1pq1…",
      defaultValue: "",
    })
    .addOption({ name: "scopes", description: "Names of scopes, with commas between", defaultValue: "" })
    .addOption({
      name: "days",
      description: "How long it lasts",
      type: ArgumentType.FLOAT,
      defaultValue: 30,
    })
    .addFlag({ name: "propose", description: "Let the grantee propose memories" })
    .addOption({ name: "label", description: "Your own words for the grantee; sealed", defaultValue: "" })
    .addOption({
      name: "storeWelcome",
      description: "Leave the welcome in the store as well: yes, no, or auto (for contracts)",
      defaultValue: "auto",
    })
    .addOption({
      name: "out",
      description: "The welcome's file",
      type: ArgumentType.FILE_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "vault",
      description: "The vault's id, if you have several here",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "wait",
      description: "Minutes to wait for finality",
      type: ArgumentType.FLOAT,
      defaultValue: 20,
    })
    .setInlineAction(async ({ to, scopes, days, propose, label, storeWelcome, out, vault, wait }, hre) => {
      const { grant } = await import("../grant.ts");
      if (to === "" || scopes === "")
        throw new HardhatPluginError("memory-vault", "--to and --scopes are needed");
      const store = STORE_WELCOME[storeWelcome];
      if (store === undefined)
        throw new HardhatPluginError("memory-vault", "--store-welcome is yes, no or auto");
      const connection = await hre.network.create();
      try {
        return await grant(connection, {
          ...passphrase(),
          ...{ to, scopes: scopes.split(","), days, propose, label, wait },
          ...(store === "auto" ? {} : { storeWelcome: store }),
          ...(out === undefined ? {} : { out }),
          ...(vault === undefined ? {} : { vaultId: BigInt(vault) }),
        }).catch(explained);
      } finally {
        await connection.close();
      }
    })
    .build(),

  task("demo", "Tells the whole story on a chain of its own, in a folder that is removed at the end")
    .addOption({
      name: "export",
      description: "A ChatGPT export: its folder, zip or conversations.json",
      type: ArgumentType.FILE_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "store",
      description: "Where blobs are kept: dir, ipfs, chain or mirror",
      defaultValue: "dir",
    })
    .addOption({
      name: "ipfs",
      description: "Your own IPFS node's RPC; without it one is installed and started",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addFlag({ name: "agent", description: "Tell the story of an agent, its program and what it answers" })
    .setInlineAction(async ({ export: path, store, ipfs, agent }, hre) => {
      const { demo } = await import("../demo.ts");
      const { demoAgent } = await import("../demo-agent.ts");
      const { demoStore } = await import("../demo-stores.ts");
      const told = async () =>
        agent
          ? demoAgent(hre)
          : demo(hre, {
              store: demoStore(store),
              ...(path === undefined ? {} : { export: path }),
              ...(ipfs === undefined ? {} : { ipfs }),
            });
      await told().catch(explained);
    })
    .build(),
];
