import type { SourceFile } from "./importer.ts";
import { headOf } from "./whole.ts";

/**
 * Says why no importer knows files, as far as their names and beginnings show it, and what to export instead.
 *
 * @param files - All files of what was named.
 * @returns A sentence without its end. Nothing of what the files say is in it.
 */
export async function whyUnknown(files: readonly SourceFile[]): Promise<string> {
  const [only] = files;
  if (only === undefined) return "there is no file in it";
  if (files.every(({ size }) => size === 0))
    return files.length === 1 ? "it is empty" : "its files are empty";
  if (files.some(({ path }) => CHAT_HTML.test(path)))
    return "chat.html is HTML: name conversations.json, or the whole zip of ChatGPT's export";
  if (files.length > 1) return `none of its ${files.length} files is of a kind that is read`;
  return whyUnknownFile(only);
}

/** What ChatGPT's export has beside its JSON. */
const CHAT_HTML = /(^|\/)chat\.html$/i;

async function whyUnknownFile(file: SourceFile): Promise<string> {
  const head = (await headOf(file)).replace(/^\ufeff/, "").trimStart();
  if (head.startsWith("%PDF-")) return "it is a PDF: save its text as .txt or .md";
  if (/\.(csv|tsv)$/i.test(file.path)) return "it is a table: save one memory a line as .txt or .md";
  if (/\.html?$/i.test(file.path) || /^<(?:!doctype|html)\b/i.test(head))
    return "it is HTML: choose JSON where the tool exports";
  if (/\.jsonl?$/i.test(file.path)) return /^[[{]/.test(head) ? JSON_OF_NOBODY : "it is not JSON";
  return "its name and its beginning are of no kind that is read; text is, when it ends in .txt or .md";
}

const JSON_OF_NOBODY = "it is broken JSON, or JSON of no tool that is known";
