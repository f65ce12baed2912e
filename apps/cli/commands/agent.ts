import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";

/** Commands of who runs an agent. Each has a file of its own. */
export const addAgent = (cli: Cli): void => {
  cli.add(
    {
      usage: "agent",
      summary: "Act for an agent: a contract, or an account, that vaults are granted to",
      examples: ["memvault agent --help"],
    },
    () => Promise.reject(new UsageFault("Say what: memvault agent --help lists it.")),
  );
};
