import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import type { Deployment } from "../../client/deployments.ts";
import { deploySuite } from "../../client/suite.ts";
import { DevFailed } from "./faults.ts";
import { filesOf, locked, parse, readDeployment, saveDeployment } from "./profile.ts";
import { chainAt, rpc } from "./rpc.ts";

/** The chain of this machine: npm's anvil, bound to 127.0.0.1. */
export interface DevNode {
  readonly url: string;
  readonly pid: number;
}

/** How a node came to run. */
export interface Started extends DevNode {
  readonly began: "running" | "fresh" | "restored";
  readonly deployment: Deployment;
}

/** The id of the local chain. */
export const DEV_CHAIN = 31_337n;

const NODE = "node.json";
const STATE = "chain.state";
const LOG = "anvil.log";

/** Where a home keeps its local chain. */
export const devHome = (root: string): string => path.join(root, "dev");

/**
 * The node that runs, if it does: its process is alive, and anvil answers at its port.
 */
export async function runningNode(root: string): Promise<DevNode | null> {
  const known = await readNode(root);
  if (known === null || known.pid === null) return null;
  const node = { url: urlOf(known.port), pid: known.pid };
  return isAlive(node.pid) && (await answers(node.url)) ? node : null;
}

/**
 * Starts the node with the state that was kept, deploys the contracts if they are not there, and remembers all of it.
 *
 * @param port - Default: the last one, or any that is free.
 * @throws {DevFailed} when it does not start.
 */
export async function startNode(root: string, port?: number): Promise<Started> {
  return locked(devHome(root), async (files) => {
    const running = await runningNode(root);
    if (running !== null) {
      const deployment = await readDeployment(devHome(root), DEV_CHAIN);
      if (deployment !== null) return { ...running, began: "running", deployment };
      await endNode(running);
    }
    const node = await launch(root, port ?? (await lastPort(root)));
    try {
      const state = await files.read(STATE);
      if (state !== null) await restore(node, state);
      const deployment = await deployed(root, node);
      await files.write(STATE, await stateOf(node));
      await writeNode(root, { pid: node.pid, port: portOf(node) });
      return { ...node, began: state === null ? "fresh" : "restored", deployment };
    } catch (fault) {
      await endNode(node);
      throw fault;
    }
  });
}

/**
 * Keeps the node's state on disk: replaced whole, so that a crash at any time leaves the old one or the new one.
 *
 * The node itself is a process that may be killed. Whoever has sent it a transaction calls this before saying so.
 */
export const keepState = (root: string, node: Pick<DevNode, "url">): Promise<void> =>
  // Inside of the lock: of two who keep it, the second has the newer state.
  locked(devHome(root), async (files) => files.write(STATE, await stateOf(node)));

/** Keeps the state and ends the node; `false` when none runs. */
export async function stopNode(root: string): Promise<boolean> {
  const node = await runningNode(root);
  if (node === null) return false;
  await keepState(root, node);
  await endNode(node);
  // Tools that were told its port find it there again.
  await writeNode(root, { pid: null, port: portOf(node) });
  return true;
}

/** The block number, to tell whether there is anything new to keep. */
export const heightOf = (node: Pick<DevNode, "url">): Promise<unknown> => rpc(node.url, "eth_blockNumber");

/** Gives an account of the local chain something to pay with. */
export async function fund(url: string, account: string): Promise<void> {
  const balance = BigInt(String(await rpc(url, "eth_getBalance", [account, "latest"])));
  if (balance < ETHER) await rpc(url, "anvil_setBalance", [account, `0x${(1_000n * ETHER).toString(16)}`]);
}

const ETHER = 10n ** 18n;

/** The node that was started last; without a process when it was stopped. */
interface KnownNode {
  readonly pid: number | null;
  readonly port: number;
}

async function readNode(root: string): Promise<KnownNode | null> {
  const bytes = await filesOf(devHome(root)).read(NODE);
  if (bytes === null) return null;
  return parse(path.join(devHome(root), NODE), bytes, (found) => {
    const { pid, port } = found as Partial<Record<keyof KnownNode, unknown>>;
    const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
    if (!(pid === null || whole(pid)) || !whole(port) || port > 65_535) throw new TypeError("no process");
    return { pid, port };
  });
}

const writeNode = (root: string, node: KnownNode): Promise<void> =>
  filesOf(devHome(root)).write(NODE, new TextEncoder().encode(`${JSON.stringify(node)}\n`));

const portOf = ({ url }: DevNode): number => Number(new URL(url).port);

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

async function launch(root: string, port: number): Promise<DevNode> {
  const log = await open(path.join(devHome(root), LOG), "w", 0o600);
  try {
    const child = spawn(
      anvilBinary(),
      ["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(DEV_CHAIN), "--quiet"],
      // In a group of its own: Ctrl-C is for us, who keep the state first.
      { stdio: ["ignore", log.fd, log.fd], detached: true },
    );
    const ending: { why?: string } = {};
    child.once("error", (fault) => (ending.why = fault.message));
    child.once(
      "exit",
      (code) =>
        (ending.why ??= `anvil ended with ${code ?? "a signal"}, see ${path.join(devHome(root), LOG)}`),
    );
    child.unref();
    const url = urlOf(port);
    for (let waited = 0; waited < 30_000; waited += 50) {
      await sleep(50);
      if (ending.why !== undefined) throw new DevFailed(ending.why);
      if (child.pid !== undefined && (await answers(url))) return { url, pid: child.pid };
    }
    child.kill("SIGKILL");
    throw new DevFailed("anvil did not answer within 30 s.");
  } finally {
    await log.close();
  }
}

/** The wrapper in front of the binary would be a second process to end, so the binary's own package is asked. */
export function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    const wrapper = createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json");
    return createRequire(wrapper).resolve(`@foundry-rs/anvil-${platform}/bin/${file}`);
  } catch (cause) {
    const why = `@foundry-rs/anvil has no binary for ${platform} here. Install without --omit=optional, or use --rpc.`;
    throw new DevFailed(why, { cause });
  }
}

async function lastPort(root: string): Promise<number> {
  const last = (await readNode(root))?.port ?? 0;
  // Somebody else may have taken it meanwhile.
  return (await freePort(last)) ?? (await freePort(0)) ?? 0;
}

const freePort = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : null));
    });
  });

async function restore(node: DevNode, state: Uint8Array): Promise<void> {
  const loaded = await rpc(node.url, "anvil_loadState", [`0x${bytesToHex(state)}`]).catch(
    (cause: unknown) => {
      throw new DevFailed("its state file is broken.", { cause });
    },
  );
  if (loaded !== true) throw new DevFailed("its state file is broken.");
}

async function stateOf({ url }: Pick<DevNode, "url">): Promise<Uint8Array> {
  const dump = String(await rpc(url, "anvil_dumpState"));
  return hexToBytes(dump.slice(2));
}

async function deployed(root: string, { url }: DevNode): Promise<Deployment> {
  const known = await readDeployment(devHome(root), DEV_CHAIN);
  if (known !== null && (await rpc(url, "eth_getCode", [known.memoryVault, "latest"])) !== "0x") return known;
  const provider = await chainAt(url);
  try {
    const deployment = await deploySuite(await provider.getSigner(0), DEV_CHAIN);
    // For this node, and for Hardhat's tasks with `--network localhost`.
    for (const home of [devHome(root), root]) await saveDeployment(home, deployment);
    return deployment;
  } finally {
    provider.destroy();
  }
}

async function endNode({ pid }: DevNode): Promise<void> {
  signal(pid, "SIGTERM");
  for (let waited = 0; waited < 5_000 && isAlive(pid); waited += 50) await sleep(50);
  if (isAlive(pid)) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

const isAlive = (pid: number): boolean => signal(pid, 0);

const answers = (url: string): Promise<boolean> =>
  rpc(url, "web3_clientVersion", [], 2_000).then(
    (version) => String(version).startsWith("anvil/"),
    () => false,
  );
