import { PAM_SCHEMA, pamChecksum } from "../memory/pam-format.ts";
import { admit } from "./admit.ts";
import { field, textField } from "./clean.ts";
import { MalformedExport } from "./errors.ts";
import { fileByFile } from "./file-by-file.ts";
import type { ImportedItem, SourceFile } from "./importer.ts";
import { pamMemoryOf, type PamContext } from "./pam-memory.ts";
import type { Seen } from "./seen.ts";
import { headOf, jsonOf, MAX_FILE } from "./whole.ts";

/**
 * Reads Portable AI Memory 1.0, of this library (`exportPam`; nothing is lost) or of any other program.
 *
 * Of others, what has no place in a memory stays in its `metadata.pam`, and `exportPam` puts it back. Memories that were superseded or retracted stay out, and so does `access`: an import
 * restores memories, never consents. A checksum is checked when there is one; a signature is not.
 */
export const pam = fileByFile("pam", isPam, readFile);

/** Inside of a string the quotes would be escaped: this is a field. Some programs write it last. */
const SCHEMA = new RegExp(`"schema"\\s*:\\s*"${PAM_SCHEMA}"`);

async function isPam(file: SourceFile): Promise<boolean> {
  if (!/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  if (!/^\ufeff?\s*\{/.test(head)) return false;
  return SCHEMA.test(head) || (/"memories"\s*:/.test(head) && SCHEMA.test(await headOf(file, MAX_FILE)));
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  const root = await jsonOf(file);
  const memories = field(root, "memories");
  const version = textField(root, "schema_version") ?? "unknown";
  const refuse = (where: string, why: string) => new MalformedExport(file.path, where, why);
  if (field(root, "schema") !== PAM_SCHEMA) throw refuse("schema", `it is not "${PAM_SCHEMA}"`);
  if (!version.startsWith("1."))
    throw refuse("schema_version", `version ${version.slice(0, 20)} is not known`);
  if (!Array.isArray(memories)) throw refuse("memories", "a list was expected");
  checkIntegrity(file.path, field(root, "integrity"), memories);

  const context = contextOf(file.path, root, memories);
  for (const [index, value] of memories.entries()) {
    const place = `${file.path}.memories[${index}]`;
    const found = pamMemoryOf(value, context);
    if ("why" in found) {
      yield { kind: "skipped", place, why: found.why };
      continue;
    }
    const { memory, key, reinforcements } = found;
    const item = admit(place, memory, seen, key);
    yield item.kind === "memory" && reinforcements !== undefined ? { ...item, reinforcements } : item;
  }
  yield* context.unused;
}

/** A file that was cut or changed on its way is refused as a whole. */
function checkIntegrity(path: string, integrity: unknown, memories: readonly unknown[]): void {
  const canonicalization = field(integrity, "canonicalization") ?? "RFC8785";
  const checksum = field(integrity, "checksum");
  const total = field(integrity, "total_memories");
  const refuse = (where: string, why: string, options?: ErrorOptions) =>
    new MalformedExport(path, `integrity.${where}`, why, options);
  if (typeof total === "number" && total !== memories.length) {
    throw refuse("total_memories", `${total} memories were promised and ${memories.length} are there`);
  }
  if (typeof checksum !== "string" || canonicalization !== "RFC8785") return;
  let actual: string;
  try {
    actual = pamChecksum(memories);
  } catch (cause) {
    throw refuse("checksum", "the memories are nested too deeply", { cause });
  }
  if (actual !== checksum) {
    throw refuse(
      "checksum",
      "the memories are not those that it was made of; if you changed them yourself, remove `integrity`",
    );
  }
}

/** The rest of the file that says something of memories, and what is left of it that is about none. */
function contextOf(
  path: string,
  root: unknown,
  memories: readonly unknown[],
): PamContext & { readonly unused: readonly ImportedItem[] } {
  const list = (name: string): unknown[] => {
    const value = field(root, name);
    return Array.isArray(value) ? (value as unknown[]) : [];
  };
  const unused: ImportedItem[] = [];
  const leave = (place: string, why: string) =>
    unused.push({ kind: "skipped", place: `${path}.${place}`, why });

  const threads = new Set(
    memories.map((memory) => textField(field(memory, "provenance"), "conversation_ref")),
  );
  const conversations = new Map<unknown, unknown>();
  for (const [index, entry] of list("conversations_index").entries()) {
    const id = textField(entry, "id");
    if (id !== null && threads.has(id)) conversations.set(id, entry);
    else leave(`conversations_index[${index}]`, "a conversation that no memory is of");
  }
  const ids = new Set(memories.map((memory) => field(memory, "id")));
  const relations = new Map<unknown, unknown[]>();
  for (const [index, relation] of list("relations").entries()) {
    const from = field(relation, "from");
    if (from === undefined || !ids.has(from))
      leave(`relations[${index}]`, "an edge that goes out from no memory");
    const others = relations.get(from);
    if (others === undefined) relations.set(from, [relation]);
    else others.push(relation);
  }
  return { conversations, relations, unused };
}
