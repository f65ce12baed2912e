import type { ScopeMemories } from "./scopes.ts";

/**
 * Writes memories as Markdown for people, and for pasting into a tool: a heading for each scope, a bullet for each memory.
 *
 * It keeps the texts and the scopes' names and loses everything else: types, dates, importance, tags, sources, metadata, and line breaks inside of a
 * text. Reading it back with the importer `text` gives the texts, in scopes that are guessed anew. `<`, and `!` before `[`, get a backslash: no viewer
 * runs or fetches what a memory says.
 *
 * @param scopes - What to export.
 * @returns The file's text.
 */
export function exportMarkdown(scopes: readonly ScopeMemories[]): string {
  const parts = scopes.map(({ name, memories }) => {
    const bullets = memories.map(({ text }) => `- ${markdownText(text)}\n`);
    return `\n## ${markdownText(name)}\n\n${bullets.join("")}`;
  });
  return `# Memories\n${parts.join("")}`;
}

/** Somebody else's text on one line of Markdown, in which nothing is loaded or run by a viewer. */
export function markdownText(text: string): string {
  return text
    .trim()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/<|!(?=\[)/g, "\\$&");
}
