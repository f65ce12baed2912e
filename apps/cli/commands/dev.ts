import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Cli, Report } from "../cli.ts";
import { devHome, heightOf, keepState, runningNode, startNode, stopNode, type Started } from "../devnode.ts";
import { UsageFault } from "../faults.ts";
import type { Session } from "../session.ts";
import { facts } from "../terminal.ts";

interface Options {
  readonly detach?: boolean;
  readonly port?: string;
}

export const addDev = (cli: Cli): void => {
  const dev = cli.add<Options>(
    {
      usage: "dev",
      summary: "Run a chain on this machine, with the contracts on it",
      about:
        "It is bound to 127.0.0.1, costs nothing, and is yours alone. Its state is kept after every transaction: it is there\n" +
        "again after a restart, and after a kill. All profiles of this home share it.",
      examples: [
        "memvault dev --detach",
        "memvault dev                # in the foreground, until Ctrl-C",
        "memvault dev stop",
      ],
      options: [
        ["-d, --detach", "in the background"],
        ["--port <number>", "default: the last one, or any that is free"],
      ],
    },
    start,
  );
  cli.add(
    {
      parent: dev,
      usage: "stop",
      summary: "Stop the chain of this machine; its state is kept",
      examples: ["memvault dev stop"],
    },
    async ({ root }) => {
      const stopped = await stopNode(root);
      return { json: { stopped }, lines: [stopped ? "Stopped; its state is kept." : "It was not running."] };
    },
  );
};

async function start(session: Session, { detach = false, port }: Options): Promise<Report | null> {
  const { root } = session;
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new UsageFault(`${port} is no port.`);
  const node = await startNode(root, port === undefined ? undefined : Number(port));
  const report = reportOf(node, root);
  if (detach || node.began === "running") return report;
  for (const line of report.lines ?? []) session.say(line);
  session.say("Ctrl-C stops it; its state is kept.");
  await keepUntilInterrupted(session);
  await stopNode(root);
  return { json: { ...report.json, stopped: true }, lines: ["Stopped."] };
}

/** Others than this program may write to the chain as well, Hardhat's tasks for example. */
async function keepUntilInterrupted({ world, root }: Session): Promise<void> {
  const ended = world.interrupted().then(() => true);
  let kept: unknown;
  for (;;) {
    if (await Promise.race([ended, sleep(500, false)])) return;
    const node = await runningNode(root);
    if (node === null) return;
    const height = await heightOf(node);
    if (kept !== undefined && height !== kept) await keepState(root, node);
    kept = height;
  }
}

function reportOf({ url, pid, began, deployment }: Started, root: string): Report {
  const { memoryVault, keyRegistry, blobLog } = deployment;
  const how = { running: "was running already", fresh: "new", restored: "as it was left" };
  return {
    json: { url, pid, began, chainId: deployment.chainId, memoryVault, keyRegistry, blobLog },
    lines: facts([
      ["Local chain", `${url}, ${how[began]} (chain ${deployment.chainId}, process ${pid})`],
      ["MemoryVault", memoryVault],
      ["KeyRegistry", keyRegistry],
      ["BlobLog", blobLog],
      ["State", path.join(devHome(root), "chain.state")],
    ]),
  };
}
