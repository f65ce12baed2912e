import { filesSource, type PickedFile } from "../../../../../../client/browser.ts";
import { VaultError } from "../../../../../../client/errors.ts";
import {
  allImporters,
  contentKey,
  exchanges,
  recogniseAll,
  statements,
  text,
  whyUnknown,
  type ImportedMemory,
  type Importer,
  type SourceFile,
} from "../../../../../../client/importers/index.ts";
import { SeveralExports, UnknownExport, UnreadableExport } from "./errors.ts";
import { grouped } from "./grouped.ts";
import { countedFiles } from "./progress.ts";
import type { BrokenFile, Extraction, FoundMemory, ReaderWord, SkippedItem } from "./words.ts";

/** How the reader speaks. */
export interface Line {
  /** Says something, and waits until it was taken in. */
  readonly send: (word: ReaderWord) => Promise<void>;
  /** Says something that nobody has to answer. */
  readonly tell: (word: ReaderWord) => void;
}

/** Files that are read by one importer. */
interface Group {
  readonly importer: Importer;
  readonly files: readonly SourceFile[];
}

/** Memories and reasons that go together; neither they nor their text grow beyond this before somebody takes them. */
const BATCH = 200;
const BATCH_CHARACTERS = 2 ** 20;

/**
 * Reads everything that a person gave the page, piece by piece. What is broken is told by name and left out, and the rest goes on.
 * It knows nothing of workers: tests call it in process.
 */
export async function gather(files: readonly PickedFile[], as: Extraction, line: Line): Promise<void> {
  const importers = allImporters(as === "exchanges" ? exchanges : statements);
  const sources = await opened(files, line);
  const counted = countedFiles(sources, (read, total) => line.tell({ kind: "progress", read, total }));
  const groups = sources.length === 0 ? [] : await groupsOf(importers, counted, nameOf(files), line);
  for (const [number, group] of groups.entries()) await readGroup(group, number, line);
  await line.send({ kind: "done", importers: groups.map(({ importer }) => importer.name) });
}

const nameOf = (files: readonly PickedFile[]): string => {
  const [first] = files;
  return first !== undefined && files.length === 1 ? first.path : `What was chosen (${files.length} files)`;
};

/** One broken zip must not keep the files beside it out: then each is tried alone. */
async function opened(files: readonly PickedFile[], line: Line): Promise<readonly SourceFile[]> {
  try {
    return await filesSource(files);
  } catch (fault) {
    const [only] = files;
    if (only === undefined || files.length === 1) {
      await line.send({ kind: "broken", group: null, broken: brokenBy(only?.path ?? "", fault) });
      return [];
    }
  }
  const sound: PickedFile[] = [];
  for (const file of files) {
    try {
      await filesSource([file]);
      sound.push(file);
    } catch (fault) {
      await line.send({ kind: "broken", group: null, broken: brokenBy(file.path, fault) });
    }
  }
  return sound.length === 0 ? [] : filesSource(sound);
}

function brokenBy(file: string, fault: unknown): BrokenFile {
  const named = fault instanceof VaultError ? fault : new UnreadableExport(file, { cause: fault });
  return { file, name: named.name, message: named.message };
}

async function groupsOf(
  importers: readonly Importer[],
  files: readonly SourceFile[],
  name: string,
  line: Line,
): Promise<readonly Group[]> {
  const refuse = (file: string, fault: unknown) =>
    line.send({ kind: "broken", group: null, broken: brokenBy(file, fault) });
  try {
    const [importer, ...others] = await recogniseAll(importers, files);
    if (importer !== undefined && others.length === 0) return [{ importer, files }];
    if (importer === undefined) {
      await refuse(name, new UnknownExport(name, await whyUnknown(files)));
      return [];
    }
  } catch (fault) {
    await refuse(name, fault);
    return [];
  }
  return groupsApart(importers, files, refuse);
}

/** Several exports that were given at once: each folder, zip and file is looked at by itself, and those of one tool go together. */
async function groupsApart(
  importers: readonly Importer[],
  files: readonly SourceFile[],
  refuse: (file: string, fault: unknown) => Promise<void>,
): Promise<readonly Group[]> {
  const groups = new Map<string, { importer: Importer; files: SourceFile[] }>();
  for (const [name, part] of grouped(files, ({ path }) => path.split("/")[0] ?? path)) {
    try {
      const [importer, ...others] = await recogniseAll(importers, part);
      if (importer === undefined) await refuse(name, new UnknownExport(name, await whyUnknown(part)));
      else if (others.length > 0)
        await refuse(
          name,
          new SeveralExports(
            name,
            [importer, ...others].map((each) => each.name),
          ),
        );
      else {
        const group = groups.get(importer.name) ?? { importer, files: [] };
        group.files.push(...part);
        groups.set(importer.name, group);
      }
    } catch (fault) {
      await refuse(name, fault);
    }
  }
  return [...groups.values()];
}

async function readGroup({ importer, files }: Group, group: number, line: Line): Promise<void> {
  let memories: FoundMemory[] = [];
  let skipped: SkippedItem[] = [];
  let [duplicates, characters] = [0, 0];
  const flush = async (): Promise<void> => {
    if (memories.length + skipped.length + duplicates === 0) return;
    const batch = { memories, skipped, duplicates };
    [memories, skipped, duplicates, characters] = [[], [], 0, 0];
    await line.send({ kind: "batch", group, ...batch });
  };
  try {
    skipped.push(...(await textBeside(importer, files)));
    for await (const item of importer.read(files)) {
      if (item.kind === "memory") memories.push(foundOf(item.memory, item.reinforcements));
      else if (item.kind === "duplicate") duplicates++;
      else skipped.push({ place: item.place, why: item.why });
      characters += item.kind === "skipped" ? item.place.length : item.memory.text.length;
      if (memories.length + skipped.length >= BATCH || characters >= BATCH_CHARACTERS) await flush();
    }
    await flush();
  } catch (fault) {
    // A broken export is refused as a whole: what came before the break is not taken either.
    await line.send({ kind: "broken", group, broken: brokenBy(fileOf(fault, importer), fault) });
  }
}

const fileOf = (fault: unknown, { name }: Importer): string =>
  fault instanceof VaultError && "file" in fault ? String(fault.file) : `the export of ${name}`;

function foundOf(memory: ImportedMemory, reinforcements = 0): FoundMemory {
  const { source, text: said, createdAt } = memory;
  return {
    ...{ memory, reinforcements, key: contentKey(memory) },
    timeless: createdAt === undefined ? contentKey({ source, text: said }) : null,
  };
}

/** Text among the files of a tool's export is nobody's: it is told, and not passed over in silence. */
async function textBeside(importer: Importer, files: readonly SourceFile[]): Promise<SkippedItem[]> {
  const beside = [];
  for (const file of files)
    if ((await text.detect([file])) && !(await importer.detect([file])))
      beside.push({ place: file.path, why: `text beside an export of ${importer.name}: bring it by itself` });
  return beside;
}
