import { forget, update, type Changes } from "../../../client/index.ts";
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
      usage: "update <id>",
      summary: "Change a memory",
      about: "If another device changed it meanwhile, both versions stay, and are shown.",
      examples: [
        'memvault update 1f3a9c02 --text "Prefers aisle seats"',
        "memvault update 1f3a9c02 --importance 80 --sync",
      ],
      options: [
        ["--text <text>", "what it says now"],
        ["--type <type>", "semantic or episodic"],
        ["--importance <number>", "0 to 100"],
        ["--tags <names>", "with commas between, all of them"],
        ["--until <date>", "when it stops being true, or never"],
        SYNC_OPTION,
      ],
    },
    async (session, options, [id = ""]) => {
      const changes = changesOf(options);
      if (Object.keys(changes).length === 0)
        throw new UsageFault("Say what is to change: --text, --type, --importance, --tags or --until.");
      const open = await session.vault("owner", options.sync);
      const { memory, scope } = memoryNamed(await look(open.vault), id);
      await update(open.vault, memory, changes);
      const written = { json: { id: memory.id, scope }, lines: [`Changed ${memory.id.slice(0, ID_SHOWN)}.`] };
      return journalled(session, open, written, options.sync);
    },
  );
  cli.add<{ readonly sync?: boolean }>(
    {
      usage: "forget <id...>",
      summary: "Remove memories",
      about:
        "They leave the vault with the next commit. Earlier blobs stay, and readers keep what they have read.",
      examples: ["memvault forget 1f3a9c02", "memvault forget 1f3a9c02 77ab01de --yes --sync"],
      options: [SYNC_OPTION],
    },
    async (session, { sync }, ids) => {
      const open = await session.vault("owner", sync);
      const sight = await look(open.vault);
      const found = [
        ...new Map(ids.map((id) => memoryNamed(sight, id)).map((each) => [each.memory.id, each])).values(),
      ];
      for (const { memory } of found)
        session.say(`  ${memory.id.slice(0, ID_SHOWN)}  ${oneLine(memory.text, 70)}`);
      await session.confirm(`${count(found.length, "memory", "memories")} will be forgotten.`);
      for (const { memory } of found) await forget(open.vault, memory);
      const written = {
        json: { forgotten: found.map(({ memory }) => memory.id) },
        lines: [`Forgot ${count(found.length, "memory", "memories")}.`],
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
