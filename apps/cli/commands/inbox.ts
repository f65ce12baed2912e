import { allow, applyRules, disallow, inbox, rules, UnknownProposal } from "../../../client/agents.ts";
import { acceptProposal, refuseProposal, type Inbox, type InboxEntry } from "../../../client/agents.ts";
import { grants, type Vault } from "../../../client/index.ts";
import type { Cli, Report } from "../cli.ts";
import { AmbiguousId, UsageFault } from "../faults.ts";
import { granteeOf, memberNamed, nameOf } from "../grantee.ts";
import type { Session } from "../session.ts";
import { ID_SHOWN, iso } from "../show.ts";
import { journalled, SYNC_OPTION } from "../syncing.ts";
import { count, day, facts, hidden, quoted, table, written } from "../terminal.ts";

interface SyncOptions {
  readonly sync?: boolean;
}

interface FromOptions {
  readonly from?: string;
  readonly scope?: string;
}

const FROM = ["--from <who>", "an address, a member id or its beginning, or a label"] as const;
const RULE = [FROM, ["--scope <name>", "the scope that it may propose for"]] as const;

export const addInbox = (cli: Cli): void => {
  const parent = cli.add(
    {
      usage: "inbox",
      summary: "List what agents propose to remember, and accept what your rules cover",
      about:
        "A proposal is somebody else's words. They are shown quoted, as data, and do nothing: only you, or a rule of yours, make a " +
        "memory of one. One with a fault can be refused and never accepted.",
      examples: ["memvault inbox", "memvault inbox --json"],
    },
    list,
  );
  cli.add(
    {
      parent,
      usage: "show <id>",
      summary: "Show a proposal whole, quoted",
      examples: ["memvault inbox show 5b1c09aa"],
    },
    show,
  );
  cli.add<SyncOptions>(
    {
      parent,
      usage: "accept <id>",
      summary: "Make memories of a proposal",
      about: "They keep who proposed them, by which grant and in which transaction.",
      examples: ["memvault inbox accept 5b1c09aa", "memvault inbox accept 5b1c09aa --sync"],
      options: [SYNC_OPTION],
    },
    accept,
  );
  cli.add<FromOptions>(
    {
      parent,
      usage: "refuse <id>",
      summary: "Refuse a proposal, for good",
      examples: ["memvault inbox refuse 5b1c09aa"],
      options: [["--from <address>", "whose, where several accounts sent the same file"]],
    },
    refuse,
  );
  cli.add<FromOptions>(
    {
      parent,
      usage: "allow",
      summary: "Have what a grantee proposes for a scope accepted without a look",
      about:
        "From now on, while that very grant lasts, when this device lists the inbox; at most 32 proposals a day. Whoever is granted " +
        "anew needs a new rule. Make rules on one device: another does not know what was forgotten or refused elsewhere.",
      examples: ["memvault inbox allow --from 0xAGENT --scope travel"],
      options: RULE,
    },
    allowFrom,
  );
  cli.add<FromOptions>(
    {
      parent,
      usage: "disallow",
      summary: "Take such a rule back; what it accepted stays",
      examples: ["memvault inbox disallow --from 0xAGENT --scope travel"],
      options: RULE,
    },
    disallowFrom,
  );
  cli.add(
    { parent, usage: "rules", summary: "List these rules", examples: ["memvault inbox rules"] },
    listRules,
  );
};

async function list(session: Session): Promise<Report> {
  const open = await session.vault("owner");
  const { taken, inbox: left } = await applyRules(open.vault);
  const report = {
    json: {
      accepted: taken.map(({ entry, memoryIds }) => ({ ...entryJson(entry), memoryIds })),
      proposals: left.entries.map(entryJson),
      more: left.more,
      strange: left.strange,
      withheld: left.withheld,
    },
    lines: [...taken.flatMap(takenLines), ...inboxLines(left)],
  };
  return taken.length === 0 ? report : journalled(session, open, report, false);
}

const takenLines = ({ entry }: { readonly entry: InboxEntry }): string[] => [
  `Accepted by your rule: ${entry.id.slice(0, ID_SHOWN)}, ${senderOf(entry)}`,
  ...wordsOf(entry),
];

function inboxLines({ entries, more, strange, withheld }: Inbox): string[] {
  const rows = entries.map((entry) => [
    entry.id.slice(0, ID_SHOWN),
    day(entry.time * 1_000),
    senderOf(entry),
    stateOf(entry),
  ]);
  return [
    ...(entries.length === 0
      ? ["Nothing waits in the inbox."]
      : table([["PROPOSAL", "DATE", "FROM", ""], ...rows])),
    ...more.map(({ proposer, count: many }) => `${number(many)} more of ${proposer} wait behind those.`),
    ...(strange === 0
      ? []
      : [`${number(strange)} came from accounts that have no grant, and are not shown.`]),
    ...withheld.map(
      (proposer) => `The RPC does not tell all that ${proposer} proposed: use another, or revoke.`,
    ),
    ...(entries.length === 0 ? [] : ["memvault inbox show <id> has the words."]),
  ];
}

const number = (many: number): string => count(many, "proposal");

function senderOf({ grant, proposer }: InboxEntry): string {
  if (grant === null) return `${proposer} (no grant any more)`;
  const name = grant.label === "" ? proposer : written(grant.label, 42);
  return grant.ended ? `${name} (its grant has ended)` : name;
}

function stateOf({ fault, memories, final }: InboxEntry): string {
  if (fault !== null) return `cannot be accepted: ${written(fault.message)}`;
  const marks = [final ? "" : "not final yet", hidden(...(memories ?? []).flatMap(textsOf))];
  return [count(memories?.length ?? 0, "memory", "memories"), ...marks.filter((mark) => mark !== "")].join(
    ", ",
  );
}

type Proposed = NonNullable<InboxEntry["memories"]>[number];

/** All that somebody else wrote of a memory. */
const textsOf = ({ scope, scopeName, text, tags = [], metadata = {} }: Proposed): string[] => [
  ...[scopeName ?? scope, text, ...tags],
  ...(Object.keys(metadata).length === 0 ? [] : [JSON.stringify(metadata)]),
];

/** Somebody else's words, each line marked and quoted: nobody takes them for this program's, or obeys them. */
const wordsOf = ({ memories }: InboxEntry): string[] =>
  (memories ?? []).flatMap((memory) => {
    const { scope, scopeName, text, tags = [], metadata = {} } = memory;
    const mark = hidden(...textsOf(memory));
    return [
      `  for scope ${quoted(scopeName ?? scope)}${mark === "" ? "" : `, ${mark}`}:`,
      ...text.split("\n").map(proposed),
      ...(tags.length === 0 ? [] : [proposed(`tags: ${tags.join(", ")}`)]),
      ...(Object.keys(metadata).length === 0 ? [] : [proposed(JSON.stringify(metadata))]),
    ];
  });

const proposed = (line: string): string => `  proposed | ${quoted(line)}`;

function entryJson({ fault, time, grant, ...entry }: InboxEntry) {
  return {
    ...{ ...entry, time: iso(time * 1_000), grant },
    fault: fault === null ? null : { name: fault.name, message: fault.message },
  };
}

async function show(session: Session, _options: unknown, [id = ""]: readonly string[]): Promise<Report> {
  const { vault } = await session.vault("owner");
  const found = named(await inbox(vault), id);
  return {
    json: { proposals: found.map(entryJson) },
    lines: found.flatMap((entry) => [
      ...facts([
        ["Proposal", entry.id],
        ["From", entry.proposer],
        ["Grant", entry.grant === null ? "none any more" : grantText(entry.grant)],
        ["Sent", `${String(iso(entry.time * 1_000))}, block ${entry.block}`],
        ["Transaction", entry.transaction],
        ["", stateOf(entry)],
      ]),
      ...wordsOf(entry),
    ]),
  };
}

const grantText = ({ memberId, label, ended }: NonNullable<InboxEntry["grant"]>): string =>
  `${memberId}${label === "" ? "" : ` ${quoted(label, 42)}`}${ended ? ", ended" : ""}`;

/** All proposals of one file. */
function named({ entries }: Inbox, id: string): readonly InboxEntry[] {
  const wanted = id.toLowerCase().replace(/^0x/, "");
  const found = wanted.length < 4 ? [] : entries.filter((entry) => entry.id.startsWith(wanted));
  const files = new Set(found.map((entry) => entry.id));
  if (files.size > 1) throw new AmbiguousId(id, files.size);
  if (found.length === 0) throw new UnknownProposal(id);
  return found;
}

/** A whole digest needs no look at all the others. */
async function digestNamed(vault: Vault, id: string): Promise<string> {
  const whole = id.toLowerCase().replace(/^0x/, "");
  return /^[0-9a-f]{64}$/.test(whole) ? whole : (named(await inbox(vault), id)[0]?.id ?? whole);
}

async function accept(
  session: Session,
  { sync }: SyncOptions,
  [id = ""]: readonly string[],
): Promise<Report> {
  const open = await session.vault("owner", sync === true);
  const proposal = await digestNamed(open.vault, id);
  const memoryIds = await acceptProposal(open.vault, proposal);
  const lines = [
    `Accepted ${proposal.slice(0, ID_SHOWN)}: ${count(memoryIds.length, "memory", "memories")}.`,
  ];
  return journalled(session, open, { json: { proposal, memoryIds }, lines }, sync);
}

async function refuse(
  session: Session,
  { from }: FromOptions,
  [id = ""]: readonly string[],
): Promise<Report> {
  const { vault } = await session.vault("owner");
  const proposal = await digestNamed(vault, id);
  await refuseProposal(vault, proposal, from);
  return {
    json: { proposal, refused: true },
    lines: [
      `Refused ${proposal.slice(0, ID_SHOWN)} on this device, for good. Its sender may write another.`,
      "Your other devices do not know: refuse it there too, where one has a rule for it.",
    ],
  };
}

async function ruleIn(session: Session, { from, scope }: FromOptions) {
  if (from === undefined || scope === undefined)
    throw new UsageFault("Say whose, and for what: --from and --scope.");
  const { vault } = await session.vault("owner");
  return { vault, from, scope };
}

async function allowFrom(session: Session, options: FromOptions): Promise<Report> {
  const { vault, from, scope } = await ruleIn(session, options);
  const member = memberNamed(await grants(vault), await granteeOf(from));
  const rule = await allow(vault, { member: member.id, scope });
  return {
    json: { memberId: rule.memberId, scope },
    lines: [
      `From now on what ${nameOf(member)} proposes for ${quoted(scope)} is accepted without a look,`,
      "until its grant ends. memvault inbox does it, on this device.",
    ],
  };
}

async function disallowFrom(session: Session, options: FromOptions): Promise<Report> {
  const { vault, from, scope } = await ruleIn(session, options);
  const rule = (await rules(vault)).find(
    (each) => each.scopeName === scope && [each.memberId, each.grantee, each.label].includes(from),
  );
  const member = rule?.memberId ?? memberNamed(await grants(vault), await granteeOf(from)).id;
  const removed = await disallow(vault, { member, scope });
  return {
    json: { memberId: member, scope, removed },
    lines: [removed ? "The rule is gone. What it accepted stays." : "There was no such rule."],
  };
}

async function listRules(session: Session): Promise<Report> {
  const { vault } = await session.vault("owner");
  const found = await rules(vault);
  const rows = found.map(({ memberId, label, grantee, scopeName, ended }) => [
    ...[memberId.slice(0, ID_SHOWN), label === "" ? (grantee ?? "") : written(label, 42)],
    ...[written(scopeName, 40), ended ? "its grant ended: it does nothing" : ""],
  ]);
  return {
    json: { rules: found },
    lines:
      found.length === 0
        ? ["No rule: every proposal waits for you."]
        : table([["MEMBER", "GRANTEE", "SCOPE", ""], ...rows]),
  };
}
