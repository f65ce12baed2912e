import {
  dropLostText,
  forget,
  lostTexts,
  remember,
  update,
  versionsOf,
  type LostText,
  type Previewed,
  type Vault,
} from "../../../client/index.ts";
import type { Sight } from "../../mcp/sight.ts";
import type { Cli, Report } from "../cli.ts";
import { NoConflict, UsageFault } from "../faults.ts";
import { look, memoryNamed } from "../look.ts";
import { whole } from "../parse.ts";
import type { Session } from "../session.ts";
import { ID_SHOWN, memoryJson } from "../show.ts";
import { journalled, SYNC_OPTION } from "../syncing.ts";
import { count, day, oneLine } from "../terminal.ts";

interface Options {
  readonly keep?: string;
  readonly text?: string;
  readonly sync?: boolean;
}

/** A memory in several versions, the first one before those that stand beside it. */
interface Conflict {
  readonly versions: readonly Previewed[];
  /** Whether a version that others name lives no more: what was written beside it meanwhile is left. */
  readonly forgotten: boolean;
}

export const addConflicts = (cli: Cli): void => {
  const command = cli.add<{ readonly drop?: boolean }>(
    {
      usage: "conflicts",
      summary: "List what several devices changed at once, version beside version",
      about:
        "Of two changes of one memory both stand until somebody chooses. A forget beats the changes that reach the vault before or\n" +
        "after it: their text is kept aside on the device that was told so, and shown here until it is let go. A version that\n" +
        "stood beside the forgotten one stays, and is listed: nothing comes back, and nothing is lost, unsaid.",
      examples: ["memvault conflicts", "memvault conflicts --drop --json"],
      options: [["--drop", "let the texts go that a forget took, once shown"]],
    },
    async (session, { drop }) => {
      const { vault } = await session.vault("owner");
      const found = conflictsIn(await look(vault));
      const lost = await lostTexts(vault);
      if (drop === true) for (const { operationId } of lost) await dropLostText(vault, operationId);
      return {
        json: { conflicts: found.map(conflictJson), lost, dropped: drop === true },
        lines: [
          ...found.flatMap(conflictLines),
          ...lost.map(lostLine),
          found.length + lost.length === 0 ? "No conflicts." : `${count(found.length, "conflict")}.`,
        ],
      };
    },
  );
  cli.add<Options>(
    {
      usage: "resolve <id>",
      parent: command,
      summary: "Keep one version of a memory, and forget the others",
      about:
        "The id of any version names them all. The first one takes the text and the terms of the one that is kept; where it was\n" +
        "forgotten, a new memory does.",
      examples: [
        "memvault conflicts resolve 1f3a9c02 --keep 2",
        'memvault conflicts resolve 1f3a9c02 --text "Drinks both" --sync',
      ],
      options: [
        ["--keep <number>", "which version, as they are listed"],
        ["--text <text>", "what it says from now on; the first version's words unless --keep"],
        SYNC_OPTION,
      ],
    },
    resolve,
  );
};

async function resolve(
  session: Session,
  { keep, text, sync }: Options,
  [id = ""]: readonly string[],
): Promise<Report> {
  if (keep === undefined && text === undefined) throw new UsageFault("Say what stays: --keep or --text.");
  const open = await session.vault("owner", sync);
  const sight = await look(open.vault);
  const { memory } = memoryNamed(sight, id);
  const found = conflictsIn(sight).find(({ versions }) =>
    versions.some((version) => version.memory.id === memory.id),
  );
  if (found === undefined) throw new NoConflict(memory.id);
  const kept = found.versions[whole("--keep", keep ?? "1", 1, found.versions.length) - 1];
  if (kept === undefined) throw new NoConflict(memory.id);
  const others = found.versions.length - 1;
  await session.confirm(
    `One version stays, ${others} will be forgotten: "${oneLine(text ?? kept.memory.text, 60)}".`,
  );
  const said = text ?? kept.memory.text;
  const stays = await keepOnly(open.vault, found, kept, said);
  const written = {
    json: { id: stays, text: said, forgotten: others },
    lines: [`Keeps ${stays.slice(0, ID_SHOWN)}.`],
  };
  return journalled(session, open, written, sync);
}

/** @returns the id of the memory that stays. */
async function keepOnly(
  vault: Vault,
  { versions }: Conflict,
  { memory, scope }: Previewed,
  text: string,
): Promise<string> {
  const { type, importance, tags, validUntil, metadata, source, createdAt } = memory;
  const terms = { text, type, importance, tags, validUntil, metadata, source };
  const first = versions.find((version) => version.memory.conflictsWith === null);
  for (const version of versions) if (version !== first) await forget(vault, version.memory);
  if (first !== undefined) {
    if (first.memory !== memory || text !== memory.text) await update(vault, first.memory, terms);
    return first.memory.id;
  }
  const [id = ""] = await remember(vault, { ...terms, scope, createdAt });
  return id;
}

/** All memories with several versions, or with one that stands beside a forgotten one. */
function conflictsIn({ memories }: Sight): Conflict[] {
  const all = [...memories.values()].map(({ memory }) => memory);
  const beside = all.filter(({ conflictsWith }) => conflictsWith !== null).map(({ id }) => id);
  const seen = new Set<string>();
  const found: Conflict[] = [];
  for (const [id, ids] of versionsOf(all, beside)) {
    if (seen.has(id)) continue;
    for (const each of ids) seen.add(each);
    const versions = [...ids].flatMap((each) => memories.get(each) ?? []).sort(firstBefore);
    found.push({ versions, forgotten: versions.length < ids.size });
  }
  return found;
}

const firstBefore = ({ memory: a }: Previewed, { memory: b }: Previewed): number =>
  Number(a.conflictsWith !== null) - Number(b.conflictsWith !== null) || a.updatedAt - b.updatedAt;

const conflictJson = ({ versions, forgotten }: Conflict) => ({
  forgotten,
  versions: versions.map(memoryJson),
});

const conflictLines = ({ versions, forgotten }: Conflict): string[] => [
  ...versions.map(
    ({ memory, scope }, i) =>
      `${i === 0 ? memory.id.slice(0, ID_SHOWN) : " ".repeat(ID_SHOWN)}  ${i + 1}  ${day(memory.updatedAt)}  ${oneLine(scope, 14)}  ${oneLine(memory.text)}`,
  ),
  ...(forgotten ? [`${" ".repeat(ID_SHOWN)}     the one that it stood beside was forgotten`] : []),
  "",
];

const lostLine = ({ memoryId, text }: LostText): string =>
  `${memoryId.slice(0, ID_SHOWN)}  forgotten on another device; said here: ${oneLine(text)}`;
