import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

import { deploymentOf, type Deployment } from "../client/deployments.ts";

/** The folder of keys and state: `MEMVAULT_HOME`, else `~/.memvault`. */
export const homeOf = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MEMVAULT_HOME === undefined || env.MEMVAULT_HOME === ""
    ? path.join(homedir(), ".memvault")
    : path.resolve(env.MEMVAULT_HOME);

const fileOf = (home: string, chainId: bigint) => path.join(home, "deployments", `${chainId}.json`);

/**
 * Where the contracts stand on a chain: from the client's table, else from the profile.
 *
 * @returns `null` if neither knows the chain.
 */
export async function findDeployment(home: string, chainId: bigint): Promise<Deployment | null> {
  return deploymentOf(chainId) ?? (await readDeployment(home, chainId));
}

/** Reads what {@link saveDeployment} kept, or `null`. */
export async function readDeployment(home: string, chainId: bigint): Promise<Deployment | null> {
  const text = await readFile(fileOf(home, chainId), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const { memoryVault, keyRegistry, blobLog, block } = JSON.parse(text) as Omit<Deployment, "chainId">;
  return { chainId, memoryVault, keyRegistry, blobLog, block };
}

/** Keeps a deployment on a chain that the client's table does not have. */
export async function saveDeployment(home: string, deployment: Deployment): Promise<string> {
  const file = fileOf(home, deployment.chainId);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const text = JSON.stringify({ ...deployment, chainId: deployment.chainId.toString() }, null, 2);
  // Another process never sees half a file.
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${text}\n`);
  await rename(temporary, file);
  return file;
}
