import path from "node:path";

import { equalBytes } from "@noble/ciphers/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import {
  collectWelcome,
  HandedOver,
  recipientBytes,
  recipientDigest,
  settle,
  status,
  WalletRequired,
  type Vault,
} from "../../../client/index.ts";
import { checkTakeOver, devices, handOver, takeOver, transfer } from "../../../client/manage.ts";
import { wordsToSeed } from "../../../client/words.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { handOut, minutesOf, recipientFor, untilFinal } from "../granting.ts";
import { granteeOf } from "../grantee.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { WHOLE_ID } from "../parse.ts";
import { deviceOf, idText, rememberVault, type KnownVault } from "../profile.ts";
import { keepSeed } from "../seed.ts";
import type { Session } from "../session.ts";
import { syncJson, syncLines } from "../syncing.ts";
import { bold, count, facts, number, size } from "../terminal.ts";
import { handOverWords, wordsIn } from "../words.ts";

interface HandOverOptions {
  readonly to?: string;
  readonly label?: string;
  readonly out?: string;
  readonly wait: string;
}

interface TakeOverOptions {
  readonly words?: string;
  readonly empty?: boolean;
  readonly label?: string;
  readonly wait: string;
}

/** A vault changes hands: the seller hands over, the buyer accepts that and pays, the token moves, the buyer takes over. */
export const addHanding = (cli: Cli): void => {
  cli
    .add<HandOverOptions>(
      {
        usage: "hand-over",
        summary: "Leave everything that lives in the vault to a buyer's key",
        about:
          "All keys change, all grants end, and everybody leaves but the buyer, who checks what it gets before it pays: memvault\n" +
          "accept --hand-over. This device writes nothing more. Nothing is lost if the deal fails: memvault devices remove with\n" +
          "--words takes it back from the buyer.",
        examples: [
          'memvault hand-over --to buyer/recipient.txt --label "Ann"',
          "memvault hand-over --to 0xBUYER --out for-buyer.age",
        ],
        options: [
          [
            "--to <who>",
            "the buyer: an address with a key in KeyRegistry, age1pq1…, or a file with a recipient",
          ],
          ["--label <words>", "your own words for it; the buyer reads them"],
          ["--out <file>", "where the welcome goes"],
        ],
      },
      giveAll,
    )
    .option("--wait <minutes>", "how long to wait until it is final", "20");
  cli.add<{ readonly to?: string; readonly withoutMemories?: boolean }>(
    {
      usage: "transfer",
      summary: "Give the vault to another account",
      about:
        "The token moves, and all grants end. Hand the memories over first, or say that they are meant to stay closed.",
      examples: ["memvault transfer --to 0xBUYER", "memvault transfer --to 0xBUYER --without-memories"],
      options: [
        ["--to <address>", "the next owner's account"],
        ["--without-memories", "the memories are meant to stay closed to it"],
      ],
    },
    async (session, { to, withoutMemories }) => {
      if (to === undefined) throw new UsageFault("Say to whom: --to, an address.");
      const { vault, account } = await session.vault("owner", true);
      if (account === undefined) throw new WalletRequired("transfer the vault");
      await session.confirm(`The vault goes to ${to}, for good.`);
      const { hash, gasUsed } = await transfer(vault, { to, withoutMemories });
      return {
        json: { vaultId: idText(vault.ref.vaultId), to, transaction: hash, gas: gasUsed },
        lines: facts([
          ["Transaction", hash],
          ["Cost", `${number(gasUsed)} gas`],
        ]),
      };
    },
  );
  cli
    .add<TakeOverOptions>(
      {
        usage: "take-over",
        summary: "Make a vault your own, after it was transferred to you",
        about:
          "It gets words, keys and a commit key of yours, and begins with what was handed over. The 24 words are those that init\n" +
          "showed, or new ones; they are shown, for the vault's id belongs on the sheet with them. Interrupted, the same command\n" +
          "goes on with it.",
        examples: ["memvault take-over", "memvault take-over --vault 0xID --empty"],
        options: [
          ["--empty", "nothing was handed over to this profile, and the vault is meant to begin empty"],
          [
            "--words <file>",
            "a file with the 24 words that it was begun with, if this profile has let them go",
          ],
          ["--label <words>", "your own words for the vault; they stay here"],
        ],
      },
      takeAll,
    )
    .option("--wait <minutes>", "how long to wait until it is final", "20");
};

async function giveAll(session: Session, { to, label, out, wait }: HandOverOptions): Promise<Report> {
  if (to === undefined) throw new UsageFault("Say to whom: --to.");
  const minutes = minutesOf(wait);
  const { vault, network } = await session.vault("owner", true);
  const recipient = await recipientFor(vault, deploymentOn(network).keyRegistry, await granteeOf(to));
  const digest = hexlify(recipientDigest(recipientBytes(recipient)));
  session.say(`Key          ${digest}: compare it with what the buyer shows`);
  await session.confirm(
    "Everything goes to that key, everybody else leaves, and this device writes nothing more.",
  );
  const given = await handOver(vault, { recipient, label }).catch((fault: unknown) => {
    // Done before: its welcome may wait to be collected.
    if (fault instanceof HandedOver) return null;
    throw fault;
  });
  const memberId = given?.memberId ?? (await buyerOf(vault, recipient));
  const welcome = await untilFinal(
    () => welcomeOf(vault, memberId),
    minutes,
    session.say,
    session.progress(),
  );
  const file =
    welcome === null ? null : path.resolve(out ?? path.join(session.home, "welcomes", `${memberId}.age`));
  if (welcome !== null && file !== null) await handOut(vault, memberId, welcome, file);
  return {
    json: {
      ...{ memberId, digest, welcome: file },
      ...(given === null ? { transaction: null } : syncJson(given)),
    },
    lines: [
      ...(given === null ? [] : syncLines(given)),
      file === null || welcome === null
        ? "Not final yet: the same command collects the welcome later."
        : `Welcome      ${bold(file)} (${size(welcome.length)}): give it to the buyer, who looks at it before you transfer`,
    ],
  };
}

/** The only member of a vault that was handed over. */
async function buyerOf(vault: Vault, recipient: string): Promise<string> {
  const key = recipientBytes(recipient);
  const buyer = (await devices(vault)).find((member) => equalBytes(member.recipient, key));
  if (buyer === undefined) throw new HandedOver(vault.ref.vaultId);
  return buyer.id;
}

/** @throws {HandedOver} when it was collected before. */
async function welcomeOf(vault: Vault, memberId: string): Promise<Uint8Array | null> {
  await settle(vault);
  const welcome = await collectWelcome(vault, memberId);
  const { sequence, pinned } = await status(vault);
  if (welcome === null && pinned === sequence) throw new HandedOver(vault.ref.vaultId);
  return welcome;
}

async function takeAll(session: Session, options: TakeOverOptions): Promise<Report> {
  const { empty } = options;
  const minutes = minutesOf(options.wait);
  const profile = await session.profile();
  const network = await session.network();
  const wallet = await session.account();
  if (wallet === undefined) throw new WalletRequired("take the vault over");
  const known = await boughtVault(session);
  const vaultId = idText(known.vaultId);
  const place = { ...deviceOf(profile, known), ...rpcsOf(network), wallet, ref: known, empty };
  // New words are for nothing where nothing can be taken over.
  if (options.words === undefined && profile.keys.seed === null) await checkTakeOver(place);
  const { seed, words } = await seedFor(session, options.words, vaultId);
  const request = { ...place, seed };
  let taken = await takeOver(request);
  const { receipt } = taken;
  const ask = async (): Promise<true | null> => {
    if (!taken.final) taken = await takeOver(request);
    return taken.final ? true : null;
  };
  await untilFinal(ask, minutes, session.say, session.progress());
  const { final, sequence, memories, moved } = taken;
  if (final) {
    await rememberVault(profile, { ...known, label: options.label ?? known.label, role: "owner" });
    if (words !== null) await keepSeed(session, null);
  }
  return {
    json: {
      ...{ vaultId, final, sequence, memories, moved },
      ...{ transaction: receipt?.hash ?? null, gas: receipt?.gasUsed ?? null },
      ...(words === null ? {} : { words }),
    },
    lines: [
      ...facts([
        ["Vault", vaultId],
        ["Begins with", count(memories, "memory", "memories")],
        receipt === null ? null : ["Transaction", receipt.hash],
        receipt === null ? null : ["Cost", `${number(receipt.gasUsed)} gas`],
      ]),
      ...(moved ? ["The head moved after the hand-over was checked: what was checked is what counts."] : []),
      final ? "Next: memvault list" : "Not final yet: the same command goes on with it.",
    ],
  };
}

/** The vault that is known here, or one of which the buyer has no more than the whole id. */
async function boughtVault(session: Session): Promise<KnownVault> {
  const { vault: id = "" } = session.globals;
  if (!WHOLE_ID.test(id)) return (await session.vault("owner")).known;
  const network = await session.network();
  const { memoryVault: contract } = deploymentOn(network);
  return { chainId: network.chainId, contract, vaultId: BigInt(id), label: "", role: "owner" };
}

/** @returns no words where they were given. */
async function seedFor(
  session: Session,
  file: string | undefined,
  vaultId: string,
): Promise<{ readonly seed: Uint8Array; readonly words: string | null }> {
  if (file !== undefined) return { seed: wordsToSeed(await wordsIn(file)), words: null };
  const { keys } = await session.profile();
  const seed = keys.seed ?? randomBytes(32);
  const words = await handOverWords(session, seed, `the vault's id ${vaultId}`, "the take-over is final");
  await keepSeed(session, seed);
  return { seed, words };
}
