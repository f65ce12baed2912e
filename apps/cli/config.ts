import path from "node:path";

import { filesOf, parse } from "./profile.ts";

/** What a profile was told once and need not be told again. Nothing in it is secret. */
export interface Config {
  /** An RPC's address, or `dev`: the chain that `memvault dev` runs. */
  readonly rpc: string;
  /** The address of another RPC of that chain, which must agree, or `null`. */
  readonly secondRpc: string | null;
  /** Where blobs are, as `--store` says it, or `null` for the folder that all profiles of this home share. */
  readonly store: string | null;
  /** The account's encrypted keystore, or `null`. */
  readonly keystore: string | null;
}

/** The network of those who name none. */
export const DEV = "dev";

const NAME = "config.json";
const DEFAULT: Config = { rpc: DEV, secondRpc: null, store: null, keystore: null };

/** Reads a profile's configuration; without one it is the local chain. */
export async function readConfig(home: string): Promise<Config> {
  const bytes = await filesOf(home).read(NAME);
  if (bytes === null) return DEFAULT;
  return parse(path.join(home, NAME), bytes, (found) => {
    const {
      rpc = DEV,
      secondRpc = null,
      store = null,
      keystore = null,
    } = found as Partial<Record<keyof Config, unknown>>;
    const text = (value: unknown): value is string | null => value === null || typeof value === "string";
    if (typeof rpc !== "string" || !text(secondRpc) || !text(store) || !text(keystore))
      throw new TypeError("not text");
    return { rpc, secondRpc, store, keystore };
  });
}

/** Keeps a profile's configuration. */
export const writeConfig = (home: string, config: Config): Promise<void> =>
  filesOf(home).write(NAME, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
