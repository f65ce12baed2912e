import { run } from "../../apps/cli/run.ts";

/** Runs an agent's runner once, in this process; what it logs goes nowhere, unless somebody listens. */
export const agentRun = (
  home: string,
  url: string,
  privateKey: string,
  agent: string,
  handler: string,
  profile = "operator",
  env: Readonly<Record<string, string>> = {},
  hear: (text: string) => unknown = () => undefined,
): Promise<number> =>
  run(
    [
      ...["--profile", profile, "--rpc", url, "agent", "run", "--agent", agent, "--handler", handler],
      "--once",
    ],
    {
      env: { MEMVAULT_HOME: home, MEMVAULT_PRIVATE_KEY: privateKey, ...env },
      ...{ stdout: { write: () => true }, stderr: { write: (text: string) => (hear(text), true) } },
      ...{ input: () => Promise.resolve(""), piped: true, ask: () => Promise.resolve(null), now: Date.now },
      interrupted: () => new Promise(() => undefined),
    },
  );
