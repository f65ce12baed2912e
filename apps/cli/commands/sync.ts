import type { Cli } from "../cli.ts";
import { blobLines, commit, syncJson, syncLines } from "../syncing.ts";

export const addSync = (cli: Cli): void => {
  cli.add(
    {
      usage: "sync",
      summary: "Commit what waits in the journal, in one transaction",
      about: "It also takes in what became final, and drops readers whose grant has ended.",
      examples: ["memvault sync", "MEMVAULT_PRIVATE_KEY=… memvault sync --json"],
    },
    async (session) => {
      const result = await commit(session, await session.vault("owner", true));
      return { json: syncJson(result), lines: [...syncLines(result), ...blobLines(session)] };
    },
  );
};
