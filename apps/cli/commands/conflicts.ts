import { dropLostText, lostTexts, type LostText } from "../../../client/index.ts";
import { conflictsIn, resolveConflict, type Conflict } from "../../../client/manage.ts";
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
      const found = conflictsIn((await look(vault)).memories);
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
  const found = conflictsIn(sight.memories).find(({ versions }) =>
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
  const stays = await resolveConflict(open.vault, found, kept, said);
  const written = {
    json: { id: stays, text: said, forgotten: others },
    lines: [`Keeps ${stays.slice(0, ID_SHOWN)}.`],
  };
  return journalled(session, open, written, sync);
}

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
