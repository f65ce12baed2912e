import { chatGpt } from "./chatgpt.ts";
import { claude } from "./claude.ts";
import type { Extractor } from "./conversation.ts";
import { gemini } from "./gemini.ts";
import type { Importer } from "./importer.ts";
import { jsonLines } from "./jsonl.ts";
import { letta } from "./letta.ts";
import { mcpMemory } from "./mcp-memory.ts";
import { mem0 } from "./mem0.ts";
import { memSync } from "./memsync.ts";
import { pam } from "./pam.ts";
import { text } from "./text.ts";

/**
 * All importers, in the order in which `recognise` should ask them: those that look for one mark first, the one that takes any text last.
 *
 * @param extract - How conversations become memories; each statement of the user unless given.
 * @example
 * const importer = await recognise(allImporters(), files);
 */
export function allImporters(extract?: Extractor): Importer[] {
  const lists = [jsonLines, mcpMemory, memSync, mem0, letta];
  return [pam, ...lists, chatGpt(extract), claude(extract), gemini(extract), text];
}
