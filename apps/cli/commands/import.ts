import path from "node:path";

import { reinforce, remember, type Previewed } from "../../../client/index.ts";
import {
  allImporters,
  contentKey,
  exchanges,
  recogniseAll,
  statements,
  text,
  whyUnknown,
  type ImportedItem,
  type ImportedMemory,
  type Importer,
  type SourceFile,
} from "../../../client/importers/index.ts";
import { importedBefore, noteImported } from "../../../client/manage.ts";
import { readSources } from "../../../client/node.ts";
import type { Cli, Report } from "../cli.ts";
import { SeveralExports, UnknownExport, UsageFault } from "../faults.ts";
import { look } from "../look.ts";
import { NoSuchVault, ProfileMissing } from "../profile.ts";
import type { OpenVault, Session } from "../session.ts";
import { journalled, SYNC_OPTION } from "../syncing.ts";
import { bar, count, number, oneLine, table } from "../terminal.ts";

interface Options {
  readonly dryRun?: boolean;
  readonly scope?: string;
  readonly as?: string;
  readonly again?: boolean;
  readonly sync?: boolean;
}

/** Memories that go into the journal together. */
const CHUNK = 500;
/** How many reasons are spelled out for a person; `--json` has all. */
const REASONS_SHOWN = 10;

export const addImport = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "import <path>",
      summary: "Bring memories from another tool",
      about:
        "A file, a zip or a folder: exports of ChatGPT, Claude, Gemini, mem0, MemSync, Letta and the MCP memory server,\n" +
        "Portable AI Memory, our JSON lines, Markdown, text.\n" +
        "Which one it is shows in its content. Run it again as often as you like: what is there already is left out, and so\n" +
        "is what you forgot or changed since this device brought it.",
      examples: [
        "memvault import export.zip --dry-run",
        "memvault import export.zip --sync",
        "memvault import notes.md --scope career",
      ],
      options: [
        ["--dry-run", "only say what would be brought, and what not, and why"],
        ["-s, --scope <name>", "put everything there, instead of where it seems to belong"],
        ["--as <kind>", "conversations become statements of yours (the default) or exchanges"],
        ["--again", "also bring what you forgot or changed since it was brought"],
        SYNC_OPTION,
      ],
    },
    async (session, options, [file = ""]) => {
      const found = await readExport(session, file, options);
      const open =
        options.dryRun === true ? await openIfAny(session) : await session.vault("owner", options.sync);
      const sight = open === null ? null : await look(open.vault);
      const before = open === null ? new Map<string, string>() : await importedBefore(open.vault);
      const compared = compare(found.memories, sight?.memories ?? new Map(), before, options.again === true);
      const report = reportOf(found, compared, options.dryRun === true);
      if (options.dryRun === true || open === null) return report;
      const written = await write(session, open, compared.fresh);
      await noteImported(open.vault, sight?.view?.sequence ?? 0n, new Map([...compared.unnoted, ...written]));
      return compared.fresh.length === 0 ? report : journalled(session, open, report, options.sync);
    },
  );
};

type Found = Extract<ImportedItem, { kind: "memory" }>;

interface Export {
  readonly importer: string;
  readonly memories: readonly Found[];
  readonly duplicates: number;
  readonly skipped: readonly { readonly place: string; readonly why: string }[];
}

async function readExport(
  session: Session,
  file: string,
  { scope, as = "statements" }: Options,
): Promise<Export> {
  if (as !== "statements" && as !== "exchanges")
    throw new UsageFault(`--as is statements or exchanges, not ${as}.`);
  const sources = await readSources(path.resolve(file));
  const importers = await recogniseAll(allImporters(as === "exchanges" ? exchanges : statements), sources);
  const [importer] = importers;
  if (importer === undefined) throw new UnknownExport(file, await whyUnknown(sources));
  if (importers.length > 1)
    throw new SeveralExports(
      file,
      importers.map(({ name }) => name),
    );
  const memories: Found[] = [];
  const skipped = await textBeside(importer, sources);
  let duplicates = 0;
  const line = session.progress();
  // A broken export is refused as a whole: nothing is written before its end was seen.
  for await (const item of importer.read(sources)) {
    if (item.kind === "memory")
      memories.push(scope === undefined ? item : { ...item, memory: { ...item.memory, scope } });
    else if (item.kind === "duplicate") duplicates += 1;
    else skipped.push({ place: item.place, why: item.why });
    if (memories.length % 100 === 0) line.show(`Reading… ${number(memories.length)} memories`);
  }
  line.end();
  return { importer: importer.name, memories, duplicates, skipped };
}

/** Text among the files of a tool's export is nobody's: it is told, and not passed over in silence. */
async function textBeside(
  importer: Importer,
  sources: readonly SourceFile[],
): Promise<{ place: string; why: string }[]> {
  const beside = [];
  for (const source of sources)
    if ((await text.detect([source])) && !(await importer.detect([source])))
      beside.push({
        place: source.path,
        why: `text beside an export of ${importer.name}: name it by itself`,
      });
  return beside;
}

/** A dry run needs no vault: without one nothing is known already. */
async function openIfAny(session: Session): Promise<OpenVault | null> {
  return session.vault("owner").catch((fault: unknown) => {
    if (fault instanceof ProfileMissing || fault instanceof NoSuchVault) return null;
    throw fault;
  });
}

/** What an export brings to a vault. */
interface Compared {
  /** What is to be written. */
  readonly fresh: readonly Found[];
  /** How many are there already. */
  readonly known: number;
  /** How many were brought before and are not there any more, or not as they were. */
  readonly forgotten: number;
  readonly changed: number;
  /** What is there and not noted yet: it came before imports were noted, or from another device. */
  readonly unnoted: ReadonlyMap<string, string>;
}

/** Tells what the vault and its journal have not had yet. */
function compare(
  found: readonly Found[],
  memories: ReadonlyMap<string, Previewed>,
  before: ReadonlyMap<string, string>,
  again: boolean,
): Compared {
  const timeless = ({ source, text }: Pick<ImportedMemory, "source" | "text">): string =>
    `timeless ${contentKey({ source, text })}`;
  // Where an export does not say when, the vault has the time of the import: then the rest decides.
  const ids = new Map(
    [...memories.values()].flatMap(({ memory }) => [
      [contentKey(memory), memory.id],
      [timeless(memory), memory.id],
    ]),
  );
  const fresh: Found[] = [];
  const unnoted = new Map<string, string>();
  let [known, forgotten, changed] = [0, 0, 0];
  for (const item of found) {
    const key = contentKey(item.memory);
    const memoryId = ids.get(key) ?? (item.memory.createdAt === undefined && ids.get(timeless(item.memory)));
    const noted = before.get(key);
    if (memoryId) {
      known++;
      if (noted === undefined) unnoted.set(key, memoryId);
    } else if (noted === undefined || again) fresh.push(item);
    else if (memories.has(noted)) changed++;
    else forgotten++;
  }
  return { fresh, known, forgotten, changed, unnoted };
}

/** @returns ids of what was written, by their keys, to be noted. */
async function write(
  session: Session,
  { vault }: OpenVault,
  fresh: readonly Found[],
): Promise<ReadonlyMap<string, string>> {
  const line = session.progress();
  const written = new Map<string, string>();
  for (let begin = 0; begin < fresh.length; begin += CHUNK) {
    line.show(`Writing ${bar(begin, fresh.length)}`);
    const chunk = fresh.slice(begin, begin + CHUNK);
    const ids = await remember(vault, ...chunk.map(({ memory }) => memory));
    for (const [i, { memory, reinforcements = 0 }] of chunk.entries()) {
      const id = ids[i] ?? "";
      for (let done = 0; done < reinforcements; done++) await reinforce(vault, { id });
      written.set(contentKey(memory), id);
    }
  }
  line.end();
  return written;
}

function reportOf(found: Export, compared: Compared, dry: boolean): Report {
  const { fresh, known, forgotten, changed } = compared;
  const scopes: Record<string, number> = {};
  for (const { memory } of fresh) scopes[memory.scope] = (scopes[memory.scope] ?? 0) + 1;
  const { importer, duplicates, skipped } = found;
  const rows = Object.entries(scopes).sort(([, a], [, b]) => b - a);
  return {
    json: {
      ...{ importer, dryRun: dry, memories: fresh.length, known, forgotten, changed },
      ...{ duplicates, scopes, skipped },
    },
    lines: [
      `${importer}: ${count(fresh.length, "memory", "memories")} ${dry ? "would be brought" : "brought"}, ${known} there already, ${duplicates} twice in the export, ${skipped.length} left out.`,
      ...(forgotten + changed > 0
        ? [
            `${number(forgotten)} that you forgot, and ${number(changed)} that you changed since, stay so; --again brings them, too.`,
          ]
        : []),
      ...table(rows.map(([scope, total]) => ["", oneLine(scope, 30), String(total)])),
      ...skipped
        .slice(0, REASONS_SHOWN)
        .map(({ place, why }) => `  left out  ${oneLine(place, 50)}: ${oneLine(why)}`),
      ...(skipped.length > REASONS_SHOWN
        ? [`  and ${skipped.length - REASONS_SHOWN} more: --json lists them.`]
        : []),
    ],
  };
}
