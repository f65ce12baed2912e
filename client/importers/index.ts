/**
 * Memories from other tools. An entry of its own: the client's core never loads it.
 *
 * @module
 */
export { MalformedExport } from "./errors.ts";
export { allImporters } from "./all.ts";
export { chatGpt } from "./chatgpt.ts";
export { claude } from "./claude.ts";
export {
  exchanges,
  statements,
  type Conversation,
  type Extracted,
  type Extractor,
  type Turn,
} from "./conversation.ts";
export { gemini } from "./gemini.ts";
export {
  contentKey,
  recognise,
  recogniseAll,
  type ImportedItem,
  type ImportedMemory,
  type Importer,
  type SourceFile,
} from "./importer.ts";
export { jsonLines } from "./jsonl.ts";
export { letta } from "./letta.ts";
export { mcpMemory } from "./mcp-memory.ts";
export { mem0 } from "./mem0.ts";
export { memSync } from "./memsync.ts";
export { pam } from "./pam.ts";
export { suggestScope, type SuggestedScope } from "./scopes.ts";
export { text } from "./text.ts";
export { whyUnknown } from "./unknown.ts";
export { openZip, type RandomAccess } from "./zip.ts";
