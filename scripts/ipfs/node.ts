import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { VaultError } from "../../client/index.ts";

/** A running IPFS node. */
export interface IpfsNode extends AsyncDisposable {
  /** Where its RPC is. */
  readonly url: string;
  readonly pid: number;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** The packages of the node are not to be had, or it does not start. */
export class IpfsNodeUnavailable extends VaultError {
  constructor(why: string, options?: ErrorOptions) {
    super(
      `There is no IPFS node to try it with: ${why}. Name your own node, or see to the package registry.`,
      options,
    );
  }
}

/** Reached their end of life: good for trying things out, and kept out of the project's own packages. */
const PACKAGES = ["ipfs-core@0.18.1", "ipfs-http-server@0.15.1"] as const;

/** 726 packages, half a minute where the registry is near. */
const INSTALL_LIMIT = 5 * 60_000;
const START_LIMIT = 60_000;

const FOLDER = fileURLToPath(new URL("../../cache/ipfs", import.meta.url));
const SERVER = fileURLToPath(new URL("server.js", import.meta.url));

/**
 * Installs the node's packages into a folder of their own, once. They run no scripts of theirs.
 *
 * @returns The folder.
 * @throws {IpfsNodeUnavailable} when the registry does not have them, or not in time.
 */
export async function installIpfs(folder = FOLDER): Promise<string> {
  const done = path.join(folder, "node_modules", "ipfs-http-server", "package.json");
  if (await exists(done)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  // Installed beside it and renamed: what was cut short is not taken for whole, and two at once do not meet.
  const making = await mkdtemp(`${folder}-`);
  try {
    await writeFile(path.join(making, "package.json"), JSON.stringify({ private: true }));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--omit=optional"];
    await npm(["install", ...flags, ...PACKAGES], making);
    await rename(making, folder).catch(async (fault: unknown) => {
      // Somebody else was faster.
      if (!(await exists(done))) throw fault;
    });
    return folder;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function npm(args: readonly string[], cwd: string): Promise<void> {
  // A command of npm inherits these from the one that runs this, and takes them for its own.
  const env = { ...process.env, npm_config_call: undefined, npm_config_package: undefined };
  const child = spawn("npm", [...args], {
    ...{ cwd, env, timeout: INSTALL_LIMIT, stdio: ["ignore", "ignore", "pipe"] },
    shell: process.platform === "win32",
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-400)));
  const [code] = (await once(child, "close").catch((cause: unknown) => {
    throw new IpfsNodeUnavailable("npm does not run", { cause });
  })) as [number | null];
  if (code !== 0) throw new IpfsNodeUnavailable(`its packages could not be installed (${said.trim()})`);
}

/**
 * Starts a node on 127.0.0.1.
 *
 * @param repo - Its own folder; made when it is not there.
 * @throws {IpfsNodeUnavailable} when it ends or does not answer in time.
 */
export async function startIpfs(repo: string): Promise<IpfsNode> {
  const folder = await installIpfs();
  const child = fork(SERVER, [folder, repo], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
  const gone = once(child, "exit");
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-400)));
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(timer);
  };
  const late = AbortSignal.timeout(START_LIMIT);
  const first = await Promise.race([
    once(child, "message", { signal: late }) as Promise<[{ url: string }]>,
    gone.then(() => null),
  ]).catch(() => null);
  if (first === null) {
    await stop();
    throw new IpfsNodeUnavailable(`it did not start (${said.trim()})`);
  }
  const [{ url }] = first;
  return { url, pid: child.pid ?? 0, stop, [Symbol.asyncDispose]: stop };
}
