import type { Cli } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { addAgentAnswers } from "./agent-answers.ts";
import { addAgentAsk } from "./agent-ask.ts";
import { addAgentKey } from "./agent-key.ts";
import { addAgentRequest } from "./agent-request.ts";
import { addAgentRun } from "./agent-run.ts";

/** Commands of who runs an agent. Each has a file of its own. */
export const addAgent = (cli: Cli): void => {
  const agent = cli.add(
    {
      usage: "agent",
      summary: "Act for an agent: a contract, or an account, that vaults are granted to",
      examples: ["memvault agent --help"],
    },
    () => Promise.reject(new UsageFault("Say what: memvault agent --help lists it.")),
  );
  addAgentRun(cli, agent);
  addAgentKey(cli, agent);
  addAgentAsk(cli, agent);
  addAgentAnswers(cli, agent);
  addAgentRequest(cli, agent);
};
