import { forget, update, type Changes } from "../../../client/index.ts";
import { shred } from "../../../client/manage.ts";
import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { look, memoryNamed } from "../look.ts";
import { list, memoryType, time, whole } from "../parse.ts";
import { ID_SHOWN } from "../show.ts";
import { journalled, SYNC_OPTION } from "../syncing.ts";
import { count, oneLine } from "../terminal.ts";

interface Options {
  readonly text?: string;
  readonly type?: string;
  readonly importance?: string;
  readonly tags?: string;
  readonly until?: string;
  readonly sync?: boolean;
}

export const addChange = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "update <id> [text...]",
      summary: "Change a memory",
      about: "If another device changed it meanwhile, both versions stay, and are shown.",
      examples: [
        'memvault update 1f3a9c02 "Prefers aisle seats"',
        "memvault update 1f3a9c02 --importance 80 --sync",
      ],
      options: [
        ["--text <text>", "what it says now, where it is not given bare"],
        ["--type <type>", "semantic or episodic"],
        ["--importance <number>", "0 to 100"],
        ["--tags <names>", "with commas between, all of them"],
        ["--until <date>", "when it stops being true, or never"],
        SYNC_OPTION,
      ],
    },
    async (session, options, [id = "", ...words]) => {
      if (words.length > 0 && options.text !== undefined)
        throw new UsageFault("The text is given twice: bare, and as --text.");
      const changes = changesOf(words.length > 0 ? { ...options, text: words.join(" ") } : options);
      if (Object.keys(changes).length === 0)
        throw new UsageFault("Say what is to change: its text, --type, --importance, --tags or --until.");
      const open = await session.vault("owner", options.sync);
      const { memory, scope } = memoryNamed(await look(open.vault), id);
      await update(open.vault, memory, changes);
      const written = { json: { id: memory.id, scope }, lines: [`Changed ${memory.id.slice(0, ID_SHOWN)}.`] };
      return journalled(session, open, written, options.sync);
    },
  );
  cli.add<{ readonly sync?: boolean; readonly shred?: boolean }>(
    {
      usage: "forget <id...>",
      summary: "Remove memories, or shred them",
      about:
        "They leave the vault with the next commit. Earlier blobs stay, and readers keep what they have read. With --shred\n" +
        "every key changes as well, and once that is final your devices destroy what opened earlier blobs, each at its next\n" +
        "sync; memvault receipts then says what was done, and what nobody can do.",
      examples: ["memvault forget 1f3a9c02", "memvault forget 1f3a9c02 77ab01de --shred --yes --sync"],
      options: [["--shred", "also destroy what leads to what was stored of them"], SYNC_OPTION],
    },
    async (session, options, ids) => {
      const { sync } = options;
      const deep = options.shred === true;
      const open = await session.vault("owner", sync);
      const sight = await look(open.vault);
      const found = [
        ...new Map(ids.map((id) => memoryNamed(sight, id)).map((each) => [each.memory.id, each])).values(),
      ];
      for (const { memory } of found)
        session.say(`  ${memory.id.slice(0, ID_SHOWN)}  ${oneLine(memory.text, 70)}`);
      const memories = found.map(({ memory }) => memory);
      const many = count(found.length, "memory", "memories");
      await session.confirm(`${many} will be ${deep ? "shredded, with all versions" : "forgotten"}.`);
      const shredId = deep ? await shred(open.vault, ...memories) : null;
      for (const memory of deep ? [] : memories) await forget(open.vault, memory);
      const written = {
        json: { forgotten: memories.map(({ id }) => id), shred: shredId },
        lines: [deep ? `Shreds ${many}; memvault receipts says when it is done.` : `Forgot ${many}.`],
      };
      return journalled(session, open, written, sync);
    },
  );
};

const changesOf = ({ text, type, importance, tags, until }: Options): Changes => ({
  ...(text === undefined ? {} : { text }),
  ...(type === undefined ? {} : { type: memoryType(type) }),
  ...(importance === undefined ? {} : { importance: whole("--importance", importance, 0, 100) }),
  ...(tags === undefined ? {} : { tags: list(tags) }),
  ...(until === undefined ? {} : { validUntil: until === "never" ? null : time("--until", until) }),
});
