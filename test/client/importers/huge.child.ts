// A process of its own for huge.test.ts: reads an export of a given size, made while it is read, and says what that took.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { allImporters, recognise, type SourceFile } from "../../../client/importers/index.ts";

/** An export as text that goes on for as long as it is asked to. */
interface Endless {
  readonly path: string;
  readonly begin: string;
  readonly item: (n: number) => string;
  readonly between: string;
  readonly end: string;
}

/** Half a kilobyte of words, another one for each number. */
const words = (n: number) =>
  `Statement ${n} of a long life, ${"with some words to remember it by ".repeat(14)}`;
/** What a model answers: most of an export, and no memory. */
const ANSWER = "An answer that goes on for quite a while. ".repeat(200);
const time = (n: number) => new Date(1_700_000_000_000 + n * 60_000).toISOString();
const list = (path: string, item: (n: number) => object): Endless => ({
  ...{ path, begin: "[", between: ",\n", end: "]" },
  item: (n) => JSON.stringify(item(n)),
});
const within = (before: string, { item, ...one }: Endless, after: string): Endless => ({
  ...one,
  ...{ begin: `{${before}[`, item, end: `]${after}}` },
});
const mem0 = (n: number) => ({ id: `${n}`, memory: words(n), user_id: "u", categories: ["travel"] });
const memSync = (n: number) => ({ memory: words(n), type: "semantic", categories: ["travel"] });

export const EXPORTS: Readonly<Record<string, Endless>> = {
  chatgpt: list("conversations.json", (n) => ({
    id: `${n}`,
    current_node: "b",
    mapping: {
      a: { message: { author: { role: "user" }, content: { content_type: "text", parts: [words(n)] } } },
      b: { parent: "a", message: { author: { role: "assistant" }, content: { parts: [ANSWER] } } },
    },
  })),
  claude: list("conversations.json", (n) => ({
    uuid: `${n}`,
    chat_messages: [
      { sender: "human", text: words(n) },
      { sender: "assistant", text: ANSWER },
    ],
  })),
  gemini: list("MyActivity.json", (n) => ({
    ...{ header: "Gemini Apps", title: `Prompted ${words(n)}`, time: time(n) },
    safeHtmlItem: [{ html: `<p>${ANSWER}</p>` }],
  })),
  mem0: list("mem0.json", mem0),
  "a page of mem0": within('"count":1,"results":', list("mem0.json", mem0), ',"next":null'),
  "a page of memsync": within('"memories":', list("memsync.json", memSync), ""),
  "mcp-memory": {
    ...{ path: "memory.jsonl", begin: "", between: "\n", end: "\n" },
    item: (n) => JSON.stringify({ type: "entity", name: `E${n}`, entityType: "x", observations: [words(n)] }),
  },
  letta: within(
    '"agents":[{"name":"Sam","block_ids":[]}],"blocks":',
    list("agent.af", (n) => ({ id: `${n}`, label: "human", value: words(n) })),
    "",
  ),
};

const PIECE = 256 * 1024;

function sourceOf({ path, begin, item, between, end }: Endless, size: number): SourceFile {
  return {
    ...{ path, size },
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
    async *open() {
      let text = begin;
      for (let n = 0, made = 0; made + text.length < size; n++) {
        text += `${n === 0 ? "" : between}${item(n)}`;
        if (text.length < PIECE) continue;
        made += text.length;
        yield Buffer.from(text);
        text = "";
      }
      yield Buffer.from(text + end);
    },
  };
}

const STATUS = "/proc/self/status";

/**
 * The most memory that this process held, in bytes. On Linux `maxRSS` is no answer: it is kept over `exec`, so a process is said to have held at least what the one
 * that started it held, here the runner of all tests. `VmHWM` counts this program alone.
 */
export function mostHeld(): number {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(STATUS, "latin1"))?.[1]) * 1024;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = "", megabytes = "1"] = process.argv.slice(2);
  const made = EXPORTS[name];
  if (made === undefined) throw new Error(`no export is called ${name}`);
  const files = [sourceOf(made, Number(megabytes) * 2 ** 20)];
  const importer = await recognise(allImporters(), files);
  const kinds = { memory: 0, duplicate: 0, skipped: 0 };
  for await (const { kind } of importer?.read(files) ?? []) kinds[kind]++;
  process.stdout.write(JSON.stringify({ importer: importer?.name, ...kinds, rss: mostHeld() }));
}
