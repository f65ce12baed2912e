import { field, linesOf, textField, timeOf } from "./clean.ts";
import { passagesOf } from "./prose.ts";

/** Something that Claude remembers, or was told in a project's settings; `place` continues that of the file. */
export type Remembered =
  | {
      readonly place: string;
      readonly text: string;
      readonly tag: "saved-memory" | "project" | "custom-instruction";
      readonly at: number | null;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly place: string; readonly why: string };

/**
 * Reads an entry of `memories.json`, or a file of an account's memories: prose on its conversations, on each project, and in notes.
 *
 * @param value - The entry's JSON.
 * @param names - Names of projects, by their ids.
 * @returns A memory for each bullet and paragraph.
 */
export function* readMemories(value: unknown, names: ReadonlyMap<string, string>): Generator<Remembered> {
  const general = textField(value, "conversations_memory");
  const projects = field(value, "project_memories");
  const files = field(value, "memory_files");
  let found = general !== null;
  if (general !== null) yield* prose(general, ".conversations_memory", {});
  if (typeof projects === "object" && projects !== null) {
    found = true;
    for (const id of Object.keys(projects)) {
      const place = `.project_memories[${JSON.stringify(id.slice(0, 80))}]`;
      const text = textField(projects, id);
      const project = names.get(id);
      if (text === null) yield { place, why: "a project's memory that is no text" };
      else yield* prose(text, place, project === undefined ? { projectId: id } : { projectId: id, project });
    }
  }
  if (Array.isArray(files)) {
    found ||= files.length > 0;
    for (const [index, file] of (files as unknown[]).entries())
      yield* readFile(file, `.memory_files[${index}]`);
  }
  if (!found) yield { place: "", why: "an entry without memories" };
}

/** A note that Claude keeps as a file. */
function* readFile(file: unknown, place: string): Generator<Remembered> {
  const text = textField(file, "content");
  const path = textField(file, "path")?.slice(0, MAX_PATH) ?? null;
  const at = timeOf(field(file, "created_at")) ?? timeOf(field(file, "updated_at"));
  if (text === null) yield { place, why: "a file of memories without content" };
  else yield* prose(text, `${place}.content`, path === null ? {} : { file: path }, at);
}

const MAX_PATH = 500;

function* prose(
  text: string,
  place: string,
  metadata: Readonly<Record<string, string>>,
  at: number | null = null,
): Generator<Remembered> {
  for (const passage of passagesOf(text)) {
    yield {
      place: `${place}:${passage.line}`,
      text: passage.text,
      tag: "saved-memory",
      at,
      metadata: passage.heading === null ? metadata : { ...metadata, heading: passage.heading },
    };
  }
}

/**
 * Reads a project: what it is about, and the instructions that its owner wrote for it. Its documents are no memories.
 *
 * @param value - The project's JSON.
 * @param names - Takes the project's name, for the memories.
 */
export function* readProject(value: unknown, names: Map<string, string>): Generator<Remembered> {
  const id = textField(value, "uuid");
  const name = textField(value, "name")?.slice(0, 200) ?? null;
  if (name === null) {
    yield { place: "", why: "a project without a name" };
    return;
  }
  if (id !== null) names.set(id, name);
  if (field(value, "is_starter_project") === true) {
    yield { place: "", why: "a project that came with the account" };
    return;
  }
  const metadata = { project: name, ...(id !== null && { projectId: id }) };
  const at = timeOf(field(value, "created_at"));
  const about = textField(value, "description");
  if (about !== null) {
    yield { place: ".description", text: `${name}: ${about}`, tag: "project", at, metadata };
  }
  for (const text of linesOf(textField(value, "prompt_template") ?? "")) {
    yield { place: ".prompt_template", text, tag: "custom-instruction", at, metadata };
  }
  const docs = field(value, "docs");
  if (Array.isArray(docs) && docs.length > 0) {
    yield { place: ".docs", why: `documents are no memories (${docs.length})` };
  }
}
