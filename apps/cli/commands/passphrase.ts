import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { rewriteKeys } from "../profile.ts";
import { newPassphrase } from "../session.ts";

export const addPassphrase = (cli: Cli): void => {
  cli.add<{ readonly remove?: boolean }>(
    {
      usage: "passphrase",
      summary: "Seal the profile's keys under a new passphrase",
      about: "Where nobody can be asked, the new one is MEMVAULT_NEW_PASSPHRASE.",
      examples: ["memvault passphrase", "memvault passphrase --remove"],
      options: [["--remove", "leave the keys unsealed: whoever can read your files can read your vault"]],
    },
    async (session, { remove = false }) => {
      const { world, home } = session;
      const { keys } = await session.profile();
      if (remove) await session.confirm(`The keys in ${home} will not be sealed any more.`);
      const given = world.env.MEMVAULT_NEW_PASSPHRASE;
      if (remove && given) throw new UsageFault("Either --remove or a new passphrase.");
      await rewriteKeys({ home }, keys, remove ? "" : await newPassphrase(world, given ?? ""));
      return {
        json: { home, sealed: !remove },
        lines: [remove ? "The keys are not sealed." : "The keys are sealed anew."],
      };
    },
  );
};
