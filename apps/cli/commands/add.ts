import { remember } from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { DEFAULT_SCOPE, list, memoryType, SCOPES_OFFERED, time, whole } from "../parse.ts";
import { ID_SHOWN } from "../show.ts";
import { journalled, SYNC_OPTION } from "../syncing.ts";

interface Options {
  readonly scope?: string;
  readonly type?: string;
  readonly importance?: string;
  readonly tags?: string;
  readonly until?: string;
  readonly sync?: boolean;
}

export const addAdd = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "add [text...]",
      summary: "Add a memory",
      about: `Without a text it is read from what is piped in; without --scope it goes to ${DEFAULT_SCOPE}. Scopes are yours to name; these are usual:\n${SCOPES_OFFERED}.`,
      examples: [
        'memvault add "Prefers window seats" --scope travel',
        'memvault add "Allergic to penicillin" --scope health --importance 90 --sync',
        "memvault add --scope career < cv.txt",
      ],
      options: [
        ["-s, --scope <name>", `where it belongs, and who may be granted it; ${DEFAULT_SCOPE} unless given`],
        ["--type <type>", "semantic, a fact that holds (the default), or episodic, something that happened"],
        ["--importance <number>", "0 to 100; 50 unless given"],
        ["--tags <names>", "with commas between"],
        ["--until <date>", "when it stops being true"],
        SYNC_OPTION,
      ],
    },
    async (session, options, args) => {
      const text = (
        args.length > 0 ? args.join(" ") : session.world.piped ? await session.world.input() : ""
      ).trim();
      if (text === "") throw new UsageFault('Say what to remember: memvault add "…"');
      const { scope = DEFAULT_SCOPE, type, importance, tags, until, sync } = options;
      const memory = {
        ...{ scope, text },
        ...(type === undefined ? {} : { type: memoryType(type) }),
        ...(importance === undefined ? {} : { importance: whole("--importance", importance, 0, 100) }),
        ...(tags === undefined ? {} : { tags: list(tags) }),
        ...(until === undefined ? {} : { validUntil: time("--until", until) }),
      };
      if (memory.validUntil !== undefined && memory.validUntil <= session.world.now())
        session.warn(
          `--until ${until ?? ""} is past: the memory is kept as something that stopped being true.`,
        );
      const open = sync === true ? await session.vault("owner", true) : await session.journal();
      const [id = ""] = await remember(open.vault, memory);
      return journalled(
        session,
        open,
        { json: { id, scope }, lines: [`Added ${id.slice(0, ID_SHOWN)} to ${scope}.`] },
        sync,
      );
    },
  );
};
