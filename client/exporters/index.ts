/**
 * Memories on their way out. An entry of its own: the client's core never loads it.
 *
 * @module
 */
export { encryptExport, type ExportReader } from "./age.ts";
export { exportJsonLines } from "./jsonl.ts";
export { exportMarkdown, markdownText } from "./markdown.ts";
export { exportPam, type PamOptions } from "./pam.ts";
export type { ScopeMemories } from "./scopes.ts";
