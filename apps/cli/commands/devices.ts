import path from "node:path";

import { hexlify } from "ethers";

import { recipientBytes, recipientDigest, WalletRequired } from "../../../client/index.ts";
import {
  addDevice,
  devices,
  heads,
  rekey,
  type DeviceEntry,
  type RekeyRequest,
} from "../../../client/manage.ts";
import { wordsToSeed } from "../../../client/words.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { finalWelcome, handOut, minutesOf } from "../granting.ts";
import { granteeOf, memberNamed, nameOf } from "../grantee.ts";
import { whole } from "../parse.ts";
import type { Session } from "../session.ts";
import { ID_SHOWN } from "../show.ts";
import { syncJson, syncLines } from "../syncing.ts";
import { bold, count, size, table } from "../terminal.ts";
import { DIGEST_SHOWN, VOUCH_OPTION, vouchedFor } from "../vouching.ts";
import { wordsIn } from "../words.ts";

interface AddOptions {
  readonly to?: string;
  readonly label?: string;
  readonly out?: string;
  readonly wait: string;
}

interface RemoveOptions {
  readonly words?: string;
  readonly vouch?: string;
  readonly base?: string;
}

export const addDevices = (cli: Cli): void => {
  const command = cli.add(
    {
      usage: "devices",
      summary: "List your own devices and the words, each with its key's digest",
      examples: ["memvault devices", "memvault devices --json"],
    },
    async (session) => {
      const { vault } = await session.vault("owner");
      const found = await devices(vault);
      const rows = found.map((each) => [
        ...[each.id.slice(0, ID_SHOWN), nameOf(each), digestOf(each).slice(0, DIGEST_SHOWN)],
        each.own ? "this device" : "",
      ]);
      return {
        json: { devices: found.map(deviceJson) },
        lines: table([["MEMBER", "LABEL", "KEY", ""], ...rows]),
      };
    },
  );
  cli
    .add<AddOptions>(
      {
        usage: "add",
        parent: command,
        summary: "Let another device of yours read and write everything",
        about:
          "Carry the welcome to it, accept it there, and sync there once: it then replaces the key that the welcome came to.",
        examples: ['memvault devices add --to phone/recipient.txt --label "phone"'],
        options: [
          ["--to <recipient>", "age1pq1…, or a file with a recipient"],
          ["--label <words>", "your own words for it; sealed"],
          ["--out <file>", "where the welcome goes"],
        ],
      },
      add,
    )
    .option("--wait <minutes>", "how long to wait until it is final", "20");
  cli.add<RemoveOptions>(
    {
      usage: "remove [who...]",
      parent: command,
      summary: "Remove a lost or hostile device, and change every key",
      about:
        "The commit key is replaced first, so that the device writes nothing more; then everybody who stays gets a new secret,\n" +
        "which each finds by itself. Whom the device may have put in must be vouched for: compare each key with what its own\n" +
        "device shows. Interrupted, the same command goes on with it. Without a name all keys change, and nobody leaves.",
      examples: [
        "memvault devices remove phone",
        "memvault devices remove 5b1c09aa --vouch 77ab01de4c0f91b2",
        "memvault devices remove phone --base 41",
        "memvault devices remove Ann --words sheet.txt   # takes back what was handed over to Ann",
      ],
      options: [
        VOUCH_OPTION,
        ["--base <sequence>", "the head to go on from, where the device wrote junk after it"],
        [
          "--words <file>",
          "a file with the 24 words, where somebody took them out, or a head opens by them alone",
        ],
      ],
    },
    remove,
  );
  cli.add(
    {
      usage: "heads",
      parent: command,
      summary: "Show the newest heads, and which of them open",
      about: "Behind junk, this is where to find the head to go on from.",
      examples: ["memvault devices heads"],
    },
    async (session) => {
      const { vault } = await session.vault("owner");
      const found = await heads(vault);
      const rows = found.map(({ sequence, memories, fault }) => [
        ...[String(sequence), memories === null ? "" : count(memories, "memory", "memories")],
        fault === null ? "" : fault.name,
      ]);
      return {
        json: { heads: found.map(({ fault, ...head }) => ({ ...head, fault: fault?.name ?? null })) },
        lines: table([["HEAD", "HOLDS", ""], ...rows]),
      };
    },
  );
};

const digestOf = ({ recipient }: DeviceEntry): string => hexlify(recipientDigest(recipient));

const deviceJson = (device: DeviceEntry) => ({
  ...{ memberId: device.id, label: device.label, digest: digestOf(device), own: device.own },
  ...{ since: device.since, written: device.written },
});

async function add(session: Session, { to, label, out, wait }: AddOptions): Promise<Report> {
  if (to === undefined || label === undefined)
    throw new UsageFault("Say which device, and what to call it: --to and --label.");
  const recipient = await granteeOf(to);
  const minutes = minutesOf(wait);
  const { vault } = await session.vault("owner", true);
  const digest = hexlify(recipientDigest(recipientBytes(recipient)));
  session.say(`Key          ${digest}: compare it with what the device shows`);
  const added = await addDevice(vault, { recipient, label });
  const { memberId } = added;
  const welcome = await finalWelcome(vault, memberId, minutes, session.say, session.progress());
  const file =
    welcome === null ? null : path.resolve(out ?? path.join(session.home, "welcomes", `${memberId}.age`));
  if (welcome !== null && file !== null) await handOut(vault, memberId, welcome, file);
  return {
    json: { memberId, digest, welcome: file, ...syncJson(added) },
    lines: [
      ...syncLines(added),
      file === null || welcome === null
        ? "Not final yet: memvault devices add has the welcome once it is."
        : `Welcome      ${bold(file)} (${size(welcome.length)}): carry it to the device`,
    ],
  };
}

async function remove(
  session: Session,
  { vouch, base, words }: RemoveOptions,
  who: readonly string[],
): Promise<Report> {
  const { vault, account } = await session.vault("owner", true);
  if (account === undefined) throw new WalletRequired("remove a device");
  const from = base === undefined ? undefined : BigInt(whole("--base", base, 1, Number.MAX_SAFE_INTEGER));
  // Behind junk the newest roster does not open: members are named by their whole ids there.
  const known = from === undefined ? await devices(vault) : [];
  const leaving = who.map((each) => (from === undefined ? memberNamed(known, each).id : each));
  const request: RekeyRequest = {
    ...{ remove: leaving, base: from },
    words: words === undefined ? undefined : wordsToSeed(await wordsIn(words)),
  };
  // Before the commit key is replaced: nothing is half done.
  const confirmed = await vouchedFor(session, vault, request, vouch);
  await session.confirm(
    `${count(leaving.length, "member")} will be removed, and every key changes. The others find theirs by themselves.`,
  );
  const { removed, leftOut, ...result } = await rekey(vault, { ...request, confirmed });
  return {
    json: { removed, leftOut: leftOut.map(({ sequence }) => sequence), ...syncJson(result) },
    lines: [
      `Removed ${count(removed.length, "member")}: what is written from now on is closed to them. What they have read, they have read.`,
      ...(leftOut.length === 0
        ? []
        : [`Left out ${count(leftOut.length, "head")}: your devices send again what they wrote there.`]),
      ...syncLines(result),
    ],
  };
}
