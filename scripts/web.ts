import { parseArgs } from "node:util";

import { buildApp, DIST } from "./web/build.ts";
import { startWebWorld, type WebWorld } from "./web/world.ts";

const HELP = `Builds the web app and serves it with a chain, a store, a wallet and a sample vault, all on this machine.

  npm run web -- [--port N] [--empty]

  --port N   the page's port; any that is free unless said
  --empty    no sample vault: begin with your own
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    empty: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) say(HELP);
else await run(portOf(values.port), values.empty);

/** Serves until somebody ends it. */
async function run(port: number, empty: boolean): Promise<void> {
  say("Building the page…");
  await buildApp(DIST);
  say(empty ? "Starting a chain and a store…" : "Starting a chain and a store, and filling a sample vault…");
  const world = await startWebWorld({ folder: DIST, sample: !empty, port, wallet: true });
  endWithParent(world);
  say(invitation(world));
}

function portOf(text = "0"): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`--port ${text} is no port: give one from 1 to 65535, or none.`);
  return port;
}

/** What to try, in a few lines. */
function invitation({ url, sample, accounts }: WebWorld): string {
  const wallet = `The page has a "Sample wallet" with two accounts: ${accounts[0]} and another person's.`;
  const tries =
    sample === null
      ? ["Create a vault: your words are shown once, then a passkey or a passphrase locks this browser."]
      : [
          'Choose "Open the sample vault", then search, filter, and forget a memory.',
          "Access: revoke the concierge and look at what it cost. Others: what a stranger sees of all this.",
          `Access: paste the request of ${url}/access-request.txt to see an agent ask.`,
          `The request: ${sample.request}`,
        ];
  return [
    `\nMemory Vault: ${url}\n`,
    ...[...tries, wallet, "All of it is gone after Ctrl-C."].map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** Ends what was started, however this ends: by a signal, or because whoever started it is gone. */
function endWithParent(world: WebWorld): void {
  const parent = process.ppid;
  const end = (): void => {
    clearInterval(watch);
    void world.close().finally(() => process.exit(0));
  };
  const watch = setInterval(() => {
    if (process.ppid !== parent) end();
  }, 500);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
}
