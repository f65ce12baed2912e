import { stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { getAddress, isAddress } from "ethers";

import type { AgentHandler } from "../../client/agents.ts";
import { InvalidAccount, type VaultRef } from "../../client/index.ts";
import { fileJournalStore } from "../../client/node.ts";
import { DEFAULTS, HandlerMissing } from "../agent/index.ts";
import { keepState } from "./devnode.ts";
import { DEV } from "./config.ts";
import type { Network } from "./network.ts";
import { idText, type Profile } from "./profile.ts";
import type { Session } from "./session.ts";
import { UsageFault } from "./faults.ts";

/** The agent that an option names. */
export function agentIn(text: string | undefined): string {
  if (text === undefined) throw new UsageFault("Say which agent: --agent <address>.");
  if (!isAddress(text)) throw new InvalidAccount(text);
  return getAddress(text);
}

/** Milliseconds for which a second runner of the same agent waits for the first. */
const BUSY_AFTER = 1_000;

/** What an agent reads is kept apart from what the profile reads: its owner may use the same one. */
const folderOf = ({ home }: Pick<Profile, "home">, chainId: bigint, agent: string): string =>
  path.join(home, "agents", `${chainId}`, agent.toLowerCase());

/** What of a runner's world comes from a profile and its chain. */
export function agentParts(
  { root }: Pick<Session, "root">,
  profile: Profile,
  { name, url, provider, secondProvider, chainId }: Network,
  agent: string,
) {
  const { store, keys } = profile;
  const folder = folderOf(profile, chainId, agent);
  return {
    ...{ agent, provider, secondProvider, store, journalKey: keys.journalKey },
    journalStore: fileJournalStore(path.join(folder, "runner"), { patience: BUSY_AFTER }),
    vaultJournal: ({ vaultId }: VaultRef) => fileJournalStore(path.join(folder, "vaults", idText(vaultId))),
    broadcast: async (raw: string): Promise<void> => {
      await provider.broadcastTransaction(raw);
      // What the local chain was sent is on disk before anybody relies on it.
      if (name === DEV) await keepState(root, { url });
    },
  };
}

/** Milliseconds between two looks at a chain: nobody is paid for each on this machine. */
export const pollOf = ({ url }: Pick<Network, "url">): number =>
  new URL(url).hostname === "127.0.0.1" ? LOCAL_POLL : DEFAULTS.poll;

const LOCAL_POLL = 250;

/**
 * Loads a handler's module.
 *
 * @param file - as somebody typed it.
 * @throws {HandlerMissing} when there is none, it does not load, or exports no function `handle`.
 */
export async function handlerIn(file: string): Promise<AgentHandler> {
  const where = path.resolve(file);
  if (
    !(await stat(where).then(
      (found) => found.isFile(),
      () => false,
    ))
  )
    throw new HandlerMissing(file, "is no file");
  const module = await (
    import(pathToFileURL(where).href) as Promise<Readonly<Record<string, unknown>>>
  ).catch((cause: unknown) => {
    throw new HandlerMissing(file, "does not load", { cause });
  });
  const { handle } = module;
  if (typeof handle !== "function") throw new HandlerMissing(file, "exports no function named handle");
  return handle as AgentHandler;
}
