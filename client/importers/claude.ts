import { admit } from "./admit.ts";
import { readConversation } from "./claude-conversation.ts";
import { readMemories, readProject, type Remembered } from "./claude-memories.ts";
import { statements, type Extractor } from "./conversation.ts";
import { MalformedExport } from "./errors.ts";
import type { ImportedItem, Importer, SourceFile } from "./importer.ts";
import { gapsIn, unfetched } from "./parts.ts";
import { suggestScope } from "./scopes.ts";
import { Seen } from "./seen.ts";
import { elementsOf, headOf, TOO_LARGE, type Placed } from "./whole.ts";

/**
 * Reads Claude's data export: `conversations.json`, `memories.json`, and `projects.json` or a file for each project; whole, or in archives for each part. A part
 * that is missing is reported.
 *
 * What Claude remembers is prose there: each bullet and paragraph becomes a lasting memory, as do descriptions of projects and their instructions;
 * what the user said in conversations goes through the extractor. Thoughts, calls of tools and documents are left out.
 *
 * @param extract - How a conversation becomes memories; {@link statements} unless given.
 * @returns The importer.
 */
export function claude(extract: Extractor = statements): Importer {
  return {
    name: TOOL,
    async detect(files) {
      return (await sorted(files)).length > 0;
    },
    async *read(files) {
      const found = await sorted(files);
      if (found.length === 0) {
        const path = files[0]?.path ?? "the export";
        throw new MalformedExport(path, "its list of files", "there is no file of a Claude export in it");
      }
      yield* gapsIn(files);
      yield* unfetched(files);
      const read = new Set(found.map(({ file }) => file));
      for (const file of files) if (!read.has(file)) yield* passedOver(file);
      const names = new Map<string, string>();
      const seen = new Seen();
      for (const { kind, file } of found) {
        for await (const element of elementsOf(file)) {
          if (element.value === undefined) {
            yield { kind: "skipped", place: element.place, why: TOO_LARGE };
          } else if (kind === "conversations") yield* readTalk(element, extract, seen);
          else {
            const remembered = kind === "projects" ? readProject : readMemories;
            for (const found of remembered(element.value, names)) yield itemOf(element.place, found, seen);
          }
        }
      }
    },
  };
}

const TOOL = "claude";

/** What begins like this is that file; projects come first, because memories name them by their ids. */
const KINDS = [
  {
    kind: "projects",
    mark: /"prompt_template"\s*:|"is_starter_project"\s*:/,
    name: /(^|\/)projects\.json$/i,
  },
  {
    kind: "memories",
    mark: /"(?:conversations_memory|project_memories|memory_files)"\s*:/,
    name: /(^|\/)memories\.json$/i,
  },
  { kind: "conversations", mark: /"chat_messages"\s*:/, name: /(^|\/)conversations(-\d+)?\.json$/i },
] as const;
type Kind = (typeof KINDS)[number]["kind"];

/** Known by content. Once one is, a file with the right name and nothing to know it by is one, too, and must not be passed over if it is broken. */
async function sorted(files: readonly SourceFile[]): Promise<{ kind: Kind; file: SourceFile }[]> {
  const found = [];
  let known = false;
  for (const file of files.filter(({ path }) => /\.json$/i.test(path))) {
    const head = await headOf(file);
    const json = /^\ufeff?\s*[[{]/.test(head);
    const byContent = KINDS.findIndex(({ mark }) => json && mark.test(head));
    const rank = byContent === -1 ? KINDS.findIndex(({ name }) => name.test(file.path)) : byContent;
    const kind = KINDS[rank]?.kind;
    known ||= byContent !== -1;
    if (kind !== undefined) found.push({ kind, rank, file });
  }
  return known ? found.sort((a, b) => a.rank - b.rank || (a.file.path < b.file.path ? -1 : 1)) : [];
}

/** What nobody looks for memories in. */
const ACCOUNT = /(^|\/)(users|login_history|manifest-[^/]*)\.json$/i;

function* passedOver({ path }: SourceFile): Generator<ImportedItem> {
  if (/\.json$/i.test(path) && !ACCOUNT.test(path))
    yield { kind: "skipped", place: path, why: "a file of another kind, of which nothing is read" };
}

function itemOf(place: string, found: Remembered, seen: Seen): ImportedItem {
  const where = `${place}${found.place}`;
  if ("why" in found) return { kind: "skipped", place: where, why: found.why };
  const { text, tag, at, metadata } = found;
  const source = { tool: TOOL, agent: null, thread: null, url: null };
  const when = at !== null && { createdAt: at };
  return admit(
    where,
    { scope: suggestScope(text), type: "semantic", text, ...when, source, tags: [tag], metadata },
    seen,
  );
}

async function* readTalk(
  { place, value }: Placed,
  extract: Extractor,
  seen: Seen,
): AsyncGenerator<ImportedItem> {
  const { conversation, problems, positions } = readConversation(value);
  const { id, title } = conversation;
  const at = (message: number | null | undefined) =>
    message == null ? place : `${place}.chat_messages[${message}]`;
  for (const { message, why } of problems) yield { kind: "skipped", place: at(message), why };
  for await (const found of extract(conversation)) {
    const where = at(positions.get(found.turn));
    if ("why" in found) {
      yield { kind: "skipped", place: where, why: found.why };
      continue;
    }
    const { text, type, at: time, agent = null, tags = ["statement"] } = found;
    const source = { tool: TOOL, agent, thread: id, url: linkTo(id) };
    const metadata = { ...(title !== null && { title }), ...found.metadata };
    const when = time !== null && { createdAt: time };
    yield admit(where, { scope: suggestScope(text), type, text, ...when, source, tags, metadata }, seen);
  }
}

/** Ids that are no UUID are not ids of the site, and become no link. */
function linkTo(id: string | null): string | null {
  return id !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? `https://claude.ai/chat/${id}`
    : null;
}
