import path from "node:path";

import {
  grants,
  read,
  revoke,
  scopeName,
  WalletRequired,
  type RosterMember,
  type Vault,
} from "../../../client/index.ts";
import {
  ATTESTATION_OPTIONS,
  attestationJson,
  requiredAttestation,
  type AttestationOptions,
} from "../attested.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { GRANT_DAYS, GRANT_GAS, grantIn, minutesOf, MOST_DAYS } from "../granting.ts";
import { granteeOf, isAccount, memberJson, memberNamed, memberRow, nameOf } from "../grantee.ts";
import { look } from "../look.ts";
import { deploymentOn } from "../network.ts";
import { list, positive } from "../parse.ts";
import type { Session } from "../session.ts";
import { iso } from "../show.ts";
import { syncJson, syncLines } from "../syncing.ts";
import { oneLine, quoted, table } from "../terminal.ts";
import { requireFunds } from "../wallet.ts";

interface Options extends AttestationOptions {
  readonly to?: string;
  readonly scopes?: string;
  readonly days: string;
  readonly wait: string;
  readonly propose?: boolean;
  readonly label?: string;
  readonly storeWelcome?: boolean;
  readonly out?: string;
}

export const addGrant = (cli: Cli): void => {
  cli
    .add<Options>(
      {
        usage: "grant",
        summary: "Let somebody read scopes of your vault, until a date",
        about:
          "An address is looked up in KeyRegistry, and its grant stands on chain. A recipient (age1pq1…, or a file that holds\n" +
          "one) is granted without a trace there. The welcome is a file that only the grantee can open: hand it over.",
        examples: [
          "memvault grant --to friend/recipient.txt --scopes travel,health",
          "memvault grant --to 0xAGENT --scopes travel --days 7",
          "memvault grant --to 0xAGENT --scopes travel --require-attestation pcrs.json",
        ],
        options: [
          ["--to <who>", "an address, age1pq1…, or a file with a recipient"],
          ["--scopes <names>", "with commas between"],
          ["--propose", "let the grantee propose memories; addresses only"],
          ["--label <words>", "your own words for the grantee; sealed"],
          ["--store-welcome", "leave the welcome in the store as well, for agents that run unattended"],
          ["--out <file>", "where the welcome goes"],
          ...ATTESTATION_OPTIONS,
        ],
      },
      grant,
    )
    .option("--days <number>", "how long it lasts", String(GRANT_DAYS))
    .option("--wait <minutes>", "how long to wait until it is final", "20");
  cli.add(
    {
      usage: "revoke <who>",
      summary: "End a grant, and change every key, in one transaction",
      about:
        "Who: an address, a member id or its beginning, a label, or a recipient's file. What was read stays read.",
      examples: ["memvault revoke 0xAGENT", "memvault revoke 5b1c --yes"],
    },
    end,
  );
  cli.add(
    {
      usage: "grants",
      summary: "List who may read what, until when",
      examples: ["memvault grants", "memvault grants --json"],
    },
    async (session) => {
      const { vault } = await session.vault("owner");
      const found = await grants(vault);
      const { scopes } = found.length === 0 ? { scopes: [] } : await read(vault);
      const names = new Map(scopes.map(({ id, name }) => [id, name]));
      const head = ["MEMBER", "GRANTEE", "SCOPES", "UNTIL", ""];
      const rows = found.map((member) => memberRow(member, names, session.world.now()));
      return {
        json: { grants: found.map((member) => memberJson(member, names)) },
        lines: found.length === 0 ? ["Nobody else can read this vault."] : table([head, ...rows]),
      };
    },
  );
};

async function grant(session: Session, options: Options): Promise<Report> {
  const { to, scopes, days, wait, propose = false, label = "", storeWelcome, out } = options;
  if (to === undefined || scopes === undefined || list(scopes).length === 0)
    throw new UsageFault("Say who and what: --to and --scopes.");
  const terms = {
    to: await granteeOf(to),
    scopes: list(scopes),
    days: positive("--days", days, MOST_DAYS),
    wait: minutesOf(wait),
    ...{ propose, label, attestation: await requiredAttestation(options) },
    ...(storeWelcome === undefined ? {} : { storeWelcome }),
    ...(out === undefined ? {} : { out }),
  };
  if (terms.attestation !== null && !isAccount(terms.to))
    throw new UsageFault("--require-attestation needs an address: a recipient alone is attested nowhere.");
  const { vault, known, network, account } = await session.vault("owner", true);
  if (account === undefined) throw new WalletRequired("grant");
  await requireFunds(account, network.provider, GRANT_GAS);
  await confirmNewScopes(session, vault, terms.scopes);
  const { keyRegistry } = deploymentOn(network);
  const { say, home } = session;
  const place = { vault, keyRegistry, label: known.label, welcomes: path.join(home, "welcomes"), say };
  const roots = session.world.attestationRoots;
  const outcome = await grantIn({ ...place, line: session.progress(), roots }, terms);
  const { memberId, expiresAt, digest, granted, file, attestation } = outcome;
  return {
    json: {
      ...{ memberId, digest, scopes: terms.scopes },
      expiresAt: expiresAt === null ? null : iso(expiresAt * 1_000),
      welcome: file,
      ...(attestation === null ? {} : { attestation: attestationJson(attestation) }),
      ...(granted === null ? { transaction: null } : syncJson(granted)),
    },
  };
}

/** A name that was mistyped would make a scope, and nothing takes a scope away. */
export async function confirmNewScopes(
  session: Session,
  vault: Vault,
  names: readonly string[],
): Promise<void> {
  const { scopes } = await look(vault);
  const missing = [...new Set(names.map(scopeName))].filter((name) => !scopes.has(name));
  if (missing.length === 0) return;
  const named = missing.map((name) => quoted(name)).join(", ");
  const there = [...scopes.keys()].map((name) => oneLine(name)).join(", ");
  await session.confirm(
    `There is no scope ${named} yet; the grant would make it, for good. ${there === "" ? "" : `There are: ${there}.`}`.trimEnd(),
  );
}

async function end(session: Session, _options: unknown, [who = ""]: readonly string[]): Promise<Report> {
  const { vault } = await session.vault("owner", true);
  const grantee = await granteeOf(who);
  const member = await inRoster(vault, grantee);
  const name = member === null ? grantee : nameOf(member);
  await session.confirm(`The grant of ${name} will end.`);
  const result = await revoke(vault, member?.id ?? grantee);
  return {
    json: { memberId: member?.id ?? null, ...syncJson(result) },
    lines: [
      `Revoked ${name}: what is written from now on is closed to it. What it has read, it has read.`,
      ...syncLines(result),
    ],
  };
}

/** @returns `null` when nobody can read the roster now: an account's grant is ended on chain all the same. */
async function inRoster(vault: Vault, grantee: string): Promise<RosterMember | null> {
  const members = await grants(vault).catch((fault: unknown) => {
    if (isAccount(grantee)) return null;
    throw fault;
  });
  return members === null ? null : memberNamed(members, grantee);
}
