import type { Command } from "commander";

import { DEFAULTS, jsonLog, OperatorRequired, runAgent, systemSleep, type Log } from "../../agent/index.ts";
import { agentIn, agentParts, handlerIn, MAX_FEE_HELP, maxFeeOf, outspoken, pollOf } from "../agents.ts";
import type { Cli, Report } from "../cli.ts";
import { EXIT, UsageFault } from "../faults.ts";
import { deploymentOn } from "../network.ts";
import { positive, whole } from "../parse.ts";
import type { Session } from "../session.ts";
import { count } from "../terminal.ts";

interface Options {
  readonly agent?: string;
  readonly handler?: string;
  readonly concurrency?: string;
  readonly from?: string;
  readonly once?: boolean;
  readonly keyDays?: string;
  readonly patience?: string;
  readonly maxFee?: string;
  readonly attestationCommand?: string;
}

const DAY = 86_400;

export const addAgentRun = (cli: Cli, parent: Command): void => {
  cli.add<Options>(
    {
      parent,
      usage: "run",
      summary: "Run the off-chain half of an agent contract, until Ctrl-C",
      about:
        "Keeps the agent's key published, takes the requests of final blocks, reads what was granted and proves it, asks the handler, " +
        "and sends its answer sealed to whoever asked, or its proposal to the owner's inbox. The account must be the agent's operator. " +
        "Killed at any time, it goes on where it stopped and answers nothing twice. The log is JSON, one object a line, on stderr, " +
        "and holds no question, no answer and no memory; MEMVAULT_DEBUG=1 adds what the handler throws, which may. One runner to an agent: another waits for none.",
      examples: [
        "memvault agent run --agent 0x… --handler ./handler.js",
        "memvault agent run --agent 0x… --handler ./handler.js --once   # from cron",
      ],
      options: [
        ["--agent <address>", "the agent contract"],
        ["--handler <module>", "a module that exports handle(question, context); see docs/agents.md"],
        ["--concurrency <n>", `requests at once; ${DEFAULTS.concurrency} unless given`],
        ["--from <block>", "look at requests from this block on, whatever was looked at before"],
        ["--once", "end when what is there was handled; with status 6 if a request failed"],
        ["--key-days <days>", `how long a published key is good; ${DEFAULTS.keyLifetime / DAY} unless given`],
        [
          "--attestation-command <program>",
          "asks the enclave: gets user data and nonce in hex, writes the document",
        ],
        ["--max-fee <gwei>", MAX_FEE_HELP],
        ["--patience <seconds>", `how long the handler may take; ${DEFAULTS.patience / 1_000} unless given`],
      ],
    },
    run,
  );
};

async function run(session: Session, options: Options): Promise<Report> {
  const { agent: named, handler, once = false, concurrency, from, keyDays, patience, maxFee } = options;
  const agent = agentIn(named);
  if (handler === undefined) throw new UsageFault("Say what answers: --handler <module>.");
  const chosen = {
    ...{ ...DEFAULTS, once },
    ...(concurrency === undefined ? {} : { concurrency: whole("--concurrency", concurrency, 1, 64) }),
    ...(from === undefined ? {} : { fromBlock: whole("--from", from, 0, 1e12) }),
    ...(keyDays === undefined
      ? {}
      : { keyLifetime: Math.round(positive("--key-days", keyDays, 3_650) * DAY) }),
    ...maxFeeOf(maxFee),
    ...(patience === undefined ? {} : { patience: positive("--patience", patience, 3_600) * 1_000 }),
  };
  const found = await handlerIn(handler);
  const profile = await session.profile();
  const network = await session.network();
  const place = deploymentOn(network);
  const operator = await session.account();
  if (operator === undefined) throw new OperatorRequired(agent, "the agent's operator", null);
  const parts = agentParts(session, profile, network, agent, options.attestationCommand);
  const { now, stderr, env } = session.world;
  const handle = env.MEMVAULT_DEBUG === "1" ? outspoken(found, (text) => stderr.write(text)) : found;
  const world = {
    ...{ ...parts, operator, handle, now, sleep: systemSleep },
    log: jsonLog((line) => stderr.write(line), now),
  };
  const release = await parts.journalStore.lock();
  const stop = new AbortController();
  void session.world.interrupted().then(() => stop.abort());
  const guard = guarded(world.log);
  try {
    const { left, ...ran } = await runAgent(world, place, { ...chosen, poll: pollOf(network) }, stop.signal);
    // A handler that does not heed its signal must not keep the process.
    if (left > 0) setTimeout(() => process.exit(), LINGER).unref();
    return {
      json: { agent, ...ran },
      // A run that goes on until it is stopped tries again itself.
      status: once && ran.failed > 0 ? EXIT.unavailable : EXIT.ok,
      lines: [
        `${count(ran.answered, "request")} answered, ${ran.ended} ended without, ${ran.open} to go on with.`,
        ...(ran.failed === 0 ? [] : [`${count(ran.failed, "request")} failed: the log says why.`]),
      ],
    };
  } finally {
    guard.end();
    await release();
  }
}

const LINGER = 1_000;

/** What a handler throws where nobody waits for it would end the process, and be printed with all that it quotes. */
function guarded(log: Log): { end(): void } {
  const stray = (): void => log({ level: "error", event: "stray fault", fault: "HandlerFailed" });
  const kinds = ["unhandledRejection", "uncaughtException"] as const;
  for (const kind of kinds) process.on(kind, stray);
  return {
    end: () => {
      for (const kind of kinds) process.off(kind, stray);
    },
  };
}
