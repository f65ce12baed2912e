import path from "node:path";

import { randomBytes } from "@noble/hashes/utils.js";

import {
  collectWelcome,
  grants,
  pending,
  RekeyPending,
  settle,
  WalletRequired,
  type Vault,
} from "../../../client/index.ts";
import {
  devices,
  rekey,
  resumeRekey,
  type RekeyResult,
  RecipientsUnconfirmed,
} from "../../../client/manage.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { handOut, minutesOf, untilFinal } from "../granting.ts";
import { nameOf } from "../grantee.ts";
import { idText } from "../profile.ts";
import { keepSeed } from "../seed.ts";
import type { Session } from "../session.ts";
import { syncJson, syncLines } from "../syncing.ts";
import { count } from "../terminal.ts";
import { VOUCH_OPTION, vouchedFor } from "../vouching.ts";
import { handOverWords } from "../words.ts";

interface Options {
  readonly vouch?: string;
  readonly out?: string;
  readonly wait: string;
}

/** Until when the profile keeps the seed of new words: the same command goes on by it. */
const RENEWED = "the renewal is done";

const OUT_OPTION = ["--out <folder>", "where the welcomes go"] as const;

export const addWords = (cli: Cli): void => {
  const command = cli.add(
    {
      usage: "words",
      summary: "Renew the 24 words",
      examples: ["memvault words renew"],
    },
    () => Promise.reject(new UsageFault("Say what: memvault words renew, or memvault words welcomes.")),
  );
  cli
    .add<Options>(
      {
        usage: "renew",
        parent: command,
        summary: "Replace the 24 words, and change every key",
        about:
          "The new words are shown once, and three of them asked for. The old ones open nothing that is written from then on, and\n" +
          "nobody finds it by what it has: each device and each reader gets a new welcome, to be carried to it and accepted there.\n" +
          "Whoever had the old words may have put members in, so each must be vouched for: compare its key with what its device\n" +
          "shows. Interrupted, the same command goes on with it, by the words that were shown. The vault's id belongs on the\n" +
          "sheet: memvault recover --vault takes it.",
        examples: [
          "memvault words renew",
          "memvault words renew --vouch 77ab01de4c0f91b2,5b1c09aa30f1c27e --out welcomes",
        ],
        options: [VOUCH_OPTION, OUT_OPTION],
      },
      renew,
    )
    .option("--wait <minutes>", "how long to wait until it is final", "20");
  cli.add<Pick<Options, "out">>(
    {
      usage: "welcomes",
      parent: command,
      summary: "Write the welcomes that wait to be handed over, once they are final",
      examples: ["memvault words welcomes --out welcomes"],
      options: [OUT_OPTION],
    },
    async (session, { out }) => {
      const { vault } = await session.vault("owner");
      await settle(vault);
      const written = await handOutAll(session, vault, out);
      return { json: { welcomes: written }, lines: welcomeLines(written) };
    },
  );
};

async function renew(session: Session, { vouch, out, wait }: Options): Promise<Report> {
  const minutes = minutesOf(wait);
  const { vault, account } = await session.vault("owner", true);
  if (account === undefined) throw new WalletRequired("renew the words");
  const resumed = await resume(session, vault);
  const { words, result } = resumed === null ? await begin(session, vault, vouch) : { ...resumed };
  const written = await untilFinal(
    async () => {
      const { pin } = await settle(vault);
      return pin !== null && pin.sequence >= result.sequence ? handOutAll(session, vault, out) : null;
    },
    minutes,
    session.say,
    session.progress(),
  );
  const vaultId = idText(vault.ref.vaultId);
  await keepSeed(session, null);
  return {
    json: {
      ...{ vaultId, resumed: resumed !== null, welcomes: written, ...syncJson(result) },
      ...(words === null ? {} : { words }),
    },
    lines: [
      ...syncLines(result),
      resumed === null
        ? `The old words open nothing new. With the new ones goes the vault's id: ${vaultId}`
        : "It was begun before, and is done: the words are those of then.",
      ...(written === null
        ? ["Not final yet: memvault words welcomes has the welcomes once it is."]
        : welcomeLines(written)),
    ],
  };
}

interface Renewal {
  /** `null` when they were shown before, and are here no more. */
  readonly words: string | null;
  readonly result: RekeyResult;
}

/**
 * Goes on with a renewal that was begun.
 *
 * @returns `null` when there is none, or when nobody vouches for a member that came since: then it begins anew.
 * @throws {RekeyPending} when a rekey waits that renews no words.
 */
async function resume(session: Session, vault: Vault): Promise<Renewal | null> {
  const waiting = (await pending(vault)).findLast((each) => each.kind === "rekey");
  if (waiting === undefined) return null;
  if (waiting.newWords === null) throw new RekeyPending(waiting.id);
  const result = await resumeRekey(vault).catch((fault: unknown) => {
    if (fault instanceof RecipientsUnconfirmed) return null;
    throw fault;
  });
  if (result === null) return null;
  const { keys } = await session.profile();
  return {
    words: keys.seed === null ? null : await handOverWords(session, keys.seed, besideOf(vault), RENEWED),
    result,
  };
}

async function begin(session: Session, vault: Vault, vouch: string | undefined): Promise<Renewal> {
  const { keys } = await session.profile();
  // Those of a renewal that broke off are written down already.
  const newWords = keys.seed ?? randomBytes(32);
  // Before words are shown that would come to nothing.
  const confirmed = await vouchedFor(session, vault, { remove: [], newWords }, vouch);
  await session.confirm("Every key changes, and the old 24 words open nothing that is written from then on.");
  const words = await handOverWords(session, newWords, besideOf(vault), RENEWED);
  await keepSeed(session, newWords);
  return { words, result: await rekey(vault, { remove: [], newWords, confirmed }) };
}

const besideOf = ({ ref }: Vault): string => `the vault's id ${idText(ref.vaultId)}`;

interface Written {
  readonly memberId: string;
  readonly label: string;
  readonly welcome: string;
}

/** Writes the welcomes of all members that have one to be handed over. */
async function handOutAll(session: Session, vault: Vault, out?: string): Promise<Written[]> {
  const written: Written[] = [];
  for (const member of [...(await devices(vault)), ...(await grants(vault))]) {
    const welcome = await collectWelcome(vault, member.id);
    if (welcome === null) continue;
    const file = path.resolve(out ?? path.join(session.home, "welcomes"), `${member.id}.age`);
    await handOut(vault, member.id, welcome, file);
    written.push({ memberId: member.id, label: nameOf(member), welcome: file });
  }
  return written;
}

const welcomeLines = (written: readonly Written[]): string[] => [
  `${count(written.length, "welcome")} to hand over${written.length === 0 ? "." : ": memvault accept takes it there."}`,
  ...written.map(({ label, welcome }) => `  ${label}  ${welcome}`),
];
