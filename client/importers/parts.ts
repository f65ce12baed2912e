import { field, textField } from "./clean.ts";
import { MalformedExport } from "./errors.ts";
import type { ImportedItem, SourceFile } from "./importer.ts";
import { jsonOf } from "./whole.ts";

/** An export in numbered parts: shards of one list, or an archive for each part. */
const PART = /^(.*?)(conversations|memories|projects)-(\d{1,9})(\.json|\.zip(?=\/))/i;

/**
 * Reports parts of an export that are not there, by the gaps in their numbers. Parts count from 0.
 *
 * @param files - All files of the export.
 */
export function* gapsIn(files: readonly SourceFile[]): Generator<ImportedItem> {
  const series = new Map<string, { readonly digits: number; readonly numbers: Set<number> }>();
  for (const { path } of files) {
    const [, folder = "", name = "", number, ending = ""] = PART.exec(path) ?? [];
    if (number === undefined) continue;
    const key = `${folder}${name}-*${ending}`;
    const { digits, numbers } = series.get(key) ?? { digits: Infinity, numbers: new Set() };
    series.set(key, { digits: Math.min(digits, number.length), numbers: numbers.add(Number(number)) });
  }
  for (const [key, { digits, numbers }] of series) {
    let expected = 0;
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const missing = number - expected;
      const place = key.replace("*", () => String(expected).padStart(digits, "0"));
      const why = `this part of the export is missing${missing > 1 ? `, and ${missing - 1} after it` : ""}`;
      if (missing > 0) yield { kind: "skipped", place, why };
      expected = number + 1;
    }
  }
}

/**
 * Reports archives that a Claude export's manifest lists and that are not there, neither packed nor unpacked; each of its links works once.
 *
 * @param files - All files of the export.
 */
export async function* unfetched(files: readonly SourceFile[]): AsyncGenerator<ImportedItem> {
  const steps = new Set(files.flatMap(({ path }) => path.split("/").slice(0, -1)).map(plainName));
  for (const file of files.filter(({ path }) => /(^|\/)manifest-[^/]*\.json$/i.test(path))) {
    const parts = field(await jsonOf(file).catch(ignoreMalformed), "data_files");
    if (!Array.isArray(parts)) {
      yield { kind: "skipped", place: file.path, why: "a manifest without a list of data_files" };
      continue;
    }
    for (const [index, part] of (parts as unknown[]).entries()) {
      const name = textField(part, "filename");
      if (name === null || !/^(?:conversations|memories|projects)-/i.test(name) || steps.has(plainName(name)))
        continue;
      const place = `${file.path}.data_files[${index}]`;
      yield { kind: "skipped", place, why: `this archive is not here: ${name.slice(0, 80)}` };
    }
  }
}

/** Browsers number what is fetched twice, and unpacking takes the ending away. */
const plainName = (name: string) => name.toLowerCase().replace(/(?: ?\(\d+\))?(?:\.zip)?$/, "");

/** What a manifest lists is good to know, and no reason to refuse what is there. */
function ignoreMalformed(fault: unknown): null {
  if (fault instanceof MalformedExport) return null;
  throw fault;
}
