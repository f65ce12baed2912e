import type { ImportedItem, ImportedMemory, Importer, SourceFile } from "../../../client/importers/index.ts";

/** All items that an importer reports. */
export async function itemsOf(importer: Importer, files: readonly SourceFile[]): Promise<ImportedItem[]> {
  const items = [];
  for await (const item of importer.read(files)) items.push(item);
  return items;
}

export const memoriesIn = (items: readonly ImportedItem[]): ImportedMemory[] =>
  items.flatMap((item) => (item.kind === "memory" ? [item.memory] : []));

export const textsIn = (items: readonly ImportedItem[]): string[] =>
  memoriesIn(items).map(({ text }) => text);

/** Places and reasons of what was skipped. */
export const skippedIn = (items: readonly ImportedItem[]): string[] =>
  items.flatMap((item) => (item.kind === "skipped" ? [`${item.place}: ${item.why}`] : []));

/** Values of kinds that nobody expects. */
export const WRONG: readonly unknown[] = [null, 5, -1.5, true, "", "x", [], {}, [[]], [null], { role: 5 }];

/** Content that is no JSON array or object, whatever its name. */
export const BROKEN: Readonly<Record<string, (whole: string) => string | Uint8Array>> = {
  "half a file": (whole) => whole.slice(0, whole.length / 2),
  "a file without its last bracket": (whole) => whole.trimEnd().slice(0, -1),
  "a file with something after it": (whole) => `${whole} []`,
  "Latin-1": (whole) => Buffer.concat([Buffer.from(whole.trimEnd().slice(0, -2)), Buffer.from([0x22, 0xe9])]),
};
