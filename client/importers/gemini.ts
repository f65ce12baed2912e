import { admit } from "./admit.ts";
import { statements, type Extractor, type Turn } from "./conversation.ts";
import { MalformedExport } from "./errors.ts";
import { activityOf, type Activity } from "./gemini-activity.ts";
import type { ImportedItem, Importer, SourceFile } from "./importer.ts";
import { jsonArray } from "./json-array.ts";
import { suggestScope } from "./scopes.ts";
import { Seen } from "./seen.ts";
import { headOf, TOO_LARGE } from "./whole.ts";

/**
 * Reads Gemini's part of Google Takeout: `My Activity/Gemini Apps/MyActivity.json`.
 *
 * It knows prompts and no conversations: those with less than half an hour between them are taken for one, which is called by the time of its first. What the
 * user said goes through the extractor; answers lose their HTML.
 *
 * @param extract - How a conversation becomes memories; {@link statements} unless given.
 * @returns The importer.
 */
export function gemini(extract: Extractor = statements): Importer {
  return {
    name: TOOL,
    async detect(files) {
      if (files.some(isHtml)) return true;
      for (const file of files) if (await looksRight(file)) return true;
      return false;
    },
    async *read(files) {
      const seen = new Seen();
      let found = false;
      for (const file of files) {
        if (!(await looksRight(file))) continue;
        found = true;
        yield* readFile(file, extract, seen);
      }
      const html = files.find(isHtml);
      if (!found && html !== undefined)
        throw new MalformedExport(
          html.path,
          "its format",
          "it is HTML: choose JSON for My Activity in Takeout",
        );
    },
  };
}

const TOOL = "gemini";
/** Between two conversations. */
const GAP = 30 * 60_000;
/** So that prompts without times, or with one time, do not pile up. */
const MAX_GROUP = 1_000;
const MAX_GROUP_LENGTH = 16 * 2 ** 20;

/** What Takeout writes unless it is told otherwise. */
const isHtml = ({ path }: SourceFile) => /(^|\/)Gemini Apps\/MyActivity\.html$/i.test(path);

async function looksRight(file: SourceFile): Promise<boolean> {
  if (!/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  return (
    /^\ufeff?\s*\[/.test(head) &&
    /"title"\s*:/.test(head) &&
    /"(?:header"\s*:|products"\s*:\s*\[)\s*"[^"\n]{0,40}\b(?:Gemini|Bard)\b/.test(head)
  );
}

interface Entry extends Activity {
  readonly index: number;
}

async function* readFile(file: SourceFile, extract: Extractor, seen: Seen): AsyncGenerator<ImportedItem> {
  let group: Entry[] = [];
  let length = 0;
  let last: number | null = null;
  for await (const { index, value } of jsonArray(file)) {
    const place = `${file.path}[${index}]`;
    const found = value === undefined ? { why: TOO_LARGE } : activityOf(value);
    if ("why" in found) {
      yield { kind: "skipped", place, why: found.why };
      continue;
    }
    const apart = found.at !== null && last !== null && Math.abs(found.at - last) > GAP;
    if (apart || group.length >= MAX_GROUP || length > MAX_GROUP_LENGTH) {
      yield* readGroup(group, file, extract, seen);
      [group, length] = [[], 0];
    }
    group.push({ index, ...found });
    length += found.prompt.length + found.answer.length;
    last = found.at ?? last;
  }
  yield* readGroup(group, file, extract, seen);
}

async function* readGroup(
  group: readonly Entry[],
  file: SourceFile,
  extract: Extractor,
  seen: Seen,
): AsyncGenerator<ImportedItem> {
  const times = group.flatMap(({ at }) => at ?? []);
  const [first, last] = [times[0], times.at(-1)];
  // Newest first is how Takeout writes.
  const entries = first !== undefined && last !== undefined && first < last ? group : [...group].reverse();
  const began = entries.find(({ at }) => at !== null)?.at ?? null;
  const thread = began === null ? null : new Date(began).toISOString();
  const positions = new Map<string, number>();
  const turns = entries.flatMap((entry) => turnsOf(entry, positions));
  for await (const found of extract({ id: thread, title: null, turns })) {
    const place = `${file.path}[${positions.get(found.turn) ?? "?"}]`;
    if ("why" in found) {
      yield { kind: "skipped", place, why: found.why };
      continue;
    }
    const { text, type, at, agent = null, tags = ["statement"], metadata = {} } = found;
    const source = { tool: TOOL, agent, thread, url: null };
    const when = at !== null && { createdAt: at };
    yield admit(place, { scope: suggestScope(text), type, text, ...when, source, tags, metadata }, seen);
  }
}

function turnsOf({ index, at, prompt, answer }: Entry, positions: Map<string, number>): Turn[] {
  const turn = (role: Turn["role"], text: string): Turn => {
    const id = `${role} ${index}`;
    positions.set(id, index);
    return { id, role, text, at, agent: null };
  };
  return [turn("user", prompt), ...(answer === "" ? [] : [turn("assistant", answer)])];
}
