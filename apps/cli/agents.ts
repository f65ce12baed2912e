import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress, isAddress } from "ethers";

import type { AgentHandler } from "../../client/agents.ts";
import { digestOf, InvalidAccount, type VaultRef } from "../../client/index.ts";
import { fileJournalStore } from "../../client/node.ts";
import { DEFAULTS, HandlerMissing, NoDocument, type Attest } from "../agent/index.ts";
import { keepState } from "./devnode.ts";
import { DEV } from "./config.ts";
import type { Network } from "./network.ts";
import { positive } from "./parse.ts";
import { filesOf, idText, type Profile } from "./profile.ts";
import type { Session } from "./session.ts";
import { UsageFault } from "./faults.ts";
import { oneLine, safe } from "./terminal.ts";

/** The agent that an option names. */
export function agentIn(text: string | undefined): string {
  if (text === undefined) throw new UsageFault("Say which agent: --agent <address>.");
  if (!isAddress(text)) throw new InvalidAccount(text);
  return getAddress(text);
}

/** Milliseconds for which a second runner of the same agent waits for the first. */
const BUSY_AFTER = 1_000;

/** What a module's own fault says, and in which of its lines, where that is known. */
function whyNot(fault: unknown, file: string): string {
  const { message, stack = "" } = fault instanceof Error ? fault : new Error(String(fault));
  const { href } = pathToFileURL(file);
  const line = /^:(\d+)/.exec(stack.slice(stack.indexOf(href) + href.length))?.[1];
  const place = stack.includes(href) && line !== undefined ? ` (line ${line})` : "";
  return `${oneLine(message, 300)}${place}`;
}

/** A handler whose faults are printed, for its author at a terminal: they may quote what it read. */
export const outspoken =
  (handle: AgentHandler, write: (text: string) => unknown): AgentHandler =>
  async (question, context) => {
    try {
      return await handle(question, context);
    } catch (fault) {
      write(`${safe(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault))}\n`);
      throw fault;
    }
  };

/** What an agent reads is kept apart from what the profile reads: its owner may use the same one. */
const folderOf = ({ home }: Pick<Profile, "home">, chainId: bigint, agent: string): string =>
  path.join(home, "agents", `${chainId}`, agent.toLowerCase());

/** What of a runner's world comes from a profile and its chain. */
export function agentParts(
  { root }: Pick<Session, "root">,
  profile: Profile,
  { name, url, provider, secondProvider, chainId }: Network,
  agent: string,
  program?: string,
) {
  const { store, keys } = profile;
  const folder = folderOf(profile, chainId, agent);
  return {
    ...{ agent, provider, secondProvider, store, journalKey: keys.journalKey },
    journalStore: fileJournalStore(path.join(folder, "runner"), { patience: BUSY_AFTER }),
    attest:
      program === undefined
        ? undefined
        : attestWith(program, (document) => filesOf(folder).write(`${digestOf(document)}.cbor`, document)),
    vaultJournal: ({ vaultId }: VaultRef) => fileJournalStore(path.join(folder, "vaults", idText(vaultId))),
    broadcast: async (raw: string): Promise<void> => {
      await provider.broadcastTransaction(raw);
      // What the local chain was sent is on disk before anybody relies on it.
      if (name === DEV) await keepState(root, { url });
    },
  };
}

/**
 * Asks a program that speaks to the enclave: it gets user data and nonce in hex, and writes the document to its stdout. The document is
 * kept in the profile as well, for an owner who wants it as a file.
 *
 * @throws {NoDocument} when it fails, or does not answer within a minute. What it writes elsewhere is not looked at.
 */
export const attestWith =
  (program: string, keep: (document: Uint8Array) => Promise<void>): Attest =>
  async (userData, nonce) => {
    const document = await new Promise<Buffer>((resolve, reject) => {
      const options = { encoding: "buffer", timeout: 60_000, maxBuffer: 65_536 } as const;
      execFile(program, [bytesToHex(userData), bytesToHex(nonce)], options, (fault, stdout) => {
        if (fault === null) resolve(stdout);
        else reject(new NoDocument(`${program} failed`, { cause: fault }));
      });
    });
    await keep(document);
    return new Uint8Array(document);
  };

/** Milliseconds between two looks at a chain: nobody is paid for each on this machine. */
export const pollOf = ({ url }: Pick<Network, "url">): number =>
  new URL(url).hostname === "127.0.0.1" ? LOCAL_POLL : DEFAULTS.poll;

const LOCAL_POLL = 250;

export const MAX_FEE_HELP =
  "what gas may cost at most; four times the block's base fee, and 50 gwei on top, unless given";

/** The limit that an option states, in gwei. */
export const maxFeeOf = (text: string | undefined): { readonly maxFee?: bigint } =>
  text === undefined ? {} : { maxFee: BigInt(Math.round(positive("--max-fee", text, 1_000_000) * 1e9)) };

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
    // Nothing was read so far that it could quote.
    throw new HandlerMissing(file, `does not load: ${whyNot(cause, where)}`, { cause });
  });
  const { handle } = module;
  if (typeof handle !== "function") throw new HandlerMissing(file, "exports no function named handle");
  return handle as AgentHandler;
}
