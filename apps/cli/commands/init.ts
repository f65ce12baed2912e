import path from "node:path";
import { readFile } from "node:fs/promises";

import { randomBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { recipientBytes, recipientDigest, recipientOf } from "../../../client/index.ts";
import type { Deployment } from "../../../client/deployments.ts";
import type { Cli, Report } from "../cli.ts";
import { DEV, writeConfig } from "../config.ts";
import { FileFault, UsageFault } from "../faults.ts";
import { createProfile, filesOf, isSealed, ProfileExists, saveDeployment } from "../profile.ts";
import { newPassphrase, type Session } from "../session.ts";
import { storeText } from "../stores.ts";
import { facts } from "../terminal.ts";
import { keystoreIn } from "../wallet.ts";
import { handOverWords } from "../words.ts";

interface Options {
  readonly deployment?: string;
  readonly words: boolean;
  readonly passphrase: boolean;
}

export const addInit = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "init",
      summary: "Make a profile: keys for this device, a network, a place for blobs",
      about:
        "Shows the 24 words of the vault that you will mint, once, and asks for three of them. The keys are sealed under a\n" +
        "passphrase, which is asked for, or taken from MEMVAULT_PASSPHRASE.",
      examples: [
        "memvault init",
        "memvault init --no-words                       # to read somebody's vault, or to recover yours",
        "memvault --profile work init                   # another profile beside it",
        "memvault init --store ipfs:http://127.0.0.1:5001  # blobs elsewhere than in a folder",
        "memvault init --rpc https://… --deployment deployment.json --keystore account.json",
      ],
      options: [
        [
          "--deployment <file>",
          "where the contracts stand, if the network is not known: JSON as `deploy` writes it",
        ],
        ["--no-words", "no vault will be minted here"],
        ["--no-passphrase", "do not seal the keys: whoever can read your files can read your vault"],
      ],
    },
    init,
  );
};

async function init(session: Session, options: Options): Promise<Report> {
  const { home, root, globals, say } = session;
  if ((await isSealed(home)) !== null) throw new ProfileExists(home);
  const deployment = options.deployment === undefined ? null : await readDeploymentFile(options.deployment);
  const store = globals.store === undefined ? null : storeText(globals.store);
  const [rpc, secondRpc] = [globals.rpc ?? DEV, globals.secondRpc ?? null];
  for (const url of [rpc === DEV ? null : rpc, secondRpc])
    if (url !== null && !URL.canParse(url)) throw new UsageFault(`${url} is no address of an RPC.`);
  const keystore = globals.keystore === undefined ? null : path.resolve(globals.keystore);
  if (keystore !== null) await keystoreIn(keystore);
  const passphrase = options.passphrase ? await newPassphrase(session.world) : "";
  const seed = options.words ? randomBytes(32) : null;
  // The words come first: a profile whose words nobody saw is not to be had.
  const words =
    seed === null ? null : await handOverWords(session, seed, "the address that mints the vault", "the mint");

  const blobs = await session.store();
  const { keys } = await createProfile(home, passphrase, { seed });
  await writeConfig(home, { rpc, secondRpc, store, keystore });
  if (deployment !== null) await saveDeployment(root, deployment);
  const recipient = await recipientOf(keys.identity);
  await filesOf(home).write("recipient.txt", new TextEncoder().encode(`${recipient}\n`));
  const recipientFile = path.join(home, "recipient.txt");
  const digest = hexlify(recipientDigest(recipientBytes(recipient)));
  if (seed !== null) say("");
  const sealed = passphrase !== "";
  return {
    json: {
      home,
      recipient,
      recipientFile,
      digest,
      network: rpc,
      store: blobs,
      sealed,
      ...(words === null ? {} : { words }),
    },
    lines: [
      ...facts([
        ["Profile", home],
        [
          "Keys",
          sealed ? "sealed under your passphrase" : "NOT sealed: whoever can read your files has them",
        ],
        ["Network", rpc === DEV ? "the local chain" : rpc],
        ["Blobs", blobs],
        ["Recipient", `${recipientFile}: give it to whoever grants you something`],
        ["", digest],
      ]),
      "",
      options.words
        ? `Next: ${rpc === DEV ? "memvault dev --detach, then " : ""}memvault mint`
        : "Next: memvault accept WELCOME, or memvault recover",
    ],
  };
}

async function readDeploymentFile(file: string): Promise<Deployment> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new FileFault(file, "cannot be read.", { cause });
  });
  try {
    const { chainId, memoryVault, keyRegistry, blobLog, block } = JSON.parse(text) as Record<
      string,
      string | number
    >;
    const addresses = [memoryVault, keyRegistry, blobLog].map(String);
    if (!addresses.every((address) => /^0x[0-9a-fA-F]{40}$/.test(address))) throw new TypeError("an address");
    const [vault = "", registry = "", log = ""] = addresses;
    return {
      chainId: BigInt(chainId ?? ""),
      memoryVault: vault,
      keyRegistry: registry,
      blobLog: log,
      block: Number(block ?? 0),
    };
  } catch (cause) {
    throw new FileFault(
      file,
      "is no deployment: chainId, memoryVault, keyRegistry, blobLog and block are needed.",
      { cause },
    );
  }
}
