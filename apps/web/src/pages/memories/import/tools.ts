/** Tools by the names of their importers, as people call them. */
const NAMES: Readonly<Record<string, string>> = {
  pam: "Portable AI Memory",
  jsonl: "JSON lines",
  "mcp-memory": "the MCP memory server",
  memsync: "MemSync",
  mem0: "mem0",
  letta: "Letta",
  chatgpt: "ChatGPT",
  claude: "Claude",
  gemini: "Gemini",
  text: "Markdown and text",
};

/** What an importer reads, in words. */
export const toolName = (importer: string): string => NAMES[importer] ?? importer;
