import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, isAddress } from "ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import {
  AlreadyMember,
  collectWelcome,
  dropWelcome,
  grant as grantInVault,
  grants,
  InvalidAccount,
  keyOf,
  pending,
  read,
  recipientBytes,
  recipientDigest,
  registryContract,
  settle,
  UnknownNetwork,
  vaultAt,
  type Granted,
  type RosterMember,
  type Vault,
} from "../client/index.ts";
import { deviceOf, findDeployment, findVault, homeOf, idText, openProfile } from "./profile.ts";
import { bold, number, progress, size, type Say } from "./terminal.ts";
import { walletOf } from "./wallet.ts";

/** What a grant takes. */
export interface GrantOptions {
  /** An address, whose key is looked up in KeyRegistry (a listed grant), or a recipient `age1pq1…` (an unlisted one). */
  readonly to: string;
  /** Scope names. */
  readonly scopes: readonly string[];
  /** How long it lasts. Default: 30. There are no grants without an end. */
  readonly days?: number;
  /** Whether the grantee may propose memories; listed grants only. */
  readonly propose?: boolean;
  /** The owner's own words for the grantee; sealed. */
  readonly label?: string;
  /** Whether the welcome is also left in the store. Default: for contracts, whose programs run unattended. */
  readonly storeWelcome?: boolean;
  /** Where the welcome's file goes. Default: the profile's folder `welcomes`. */
  readonly out?: string;
  /** Which vault, when the profile has several on this chain. */
  readonly vaultId?: bigint;
  /** Minutes to wait for finality. Default: 20. */
  readonly wait?: number;
  /** The profile's folder. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** Default: stdout. */
  readonly say?: Say;
}

/** What became of a grant. */
export interface GrantOutcome {
  readonly memberId: string;
  /** `null` when this call only collected the welcome of an earlier one. */
  readonly granted: Granted | null;
  /** The welcome's file, or `null` while the grant is not final. */
  readonly file: string | null;
}

/**
 * Grants read access to scopes, to a person or an agent contract: looks the key up, writes welcome, grant and rotation
 * in one transaction, waits until it is final, and then hands the welcome over as a file. Called again for a grant that
 * was not final, it collects the welcome.
 *
 * @throws {KeyNotPublished} when the address has no key in KeyRegistry.
 * @throws {AlreadyMember} when the grantee has a grant, and its welcome was handed over.
 */
export async function grant(
  connection: NetworkConnection<ChainType>,
  options: GrantOptions,
): Promise<GrantOutcome> {
  const { to, scopes, days = 30, propose, label, home = homeOf(), wait = 20, say = console.log } = options;
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const deployment = await findDeployment(home, chainId);
  if (deployment === null) throw new UnknownNetwork(chainId);
  const wallet = await walletOf(connection, "grant", 150_000n);

  const profile = await openProfile(home);
  const ref = await findVault(
    profile,
    { chainId, contract: deployment.memoryVault },
    "owner",
    options.vaultId,
  );
  const vault = vaultAt(ref, { ...deviceOf(profile, ref), provider, wallet });
  const registry = registryContract(deployment.keyRegistry, provider);
  const isRecipient = to.startsWith("age1");
  if (!isRecipient && !isAddress(to)) throw new InvalidAccount(to);
  const recipient = isRecipient ? to : (await keyOf(registry, to)).recipient;
  const digest = hexlify(recipientDigest(recipientBytes(recipient)));
  const isContract = !isRecipient && (await provider.getCode(to)) !== "0x";
  const storeWelcome = options.storeWelcome ?? isContract;
  say(`Vault        ${idText(ref.vaultId)} ${ref.label}`);
  say(`Grantee      ${isRecipient ? "unlisted" : `${to}${isContract ? ", a contract" : ""}`}`);
  say(`Key          ${digest}: compare it with what the grantee shows`);

  let granted: Granted | null = null;
  let memberId = await unfinished(vault, recipient);
  if (memberId === null) {
    const block = await provider.getBlock("latest");
    const expiresAt = (block?.timestamp ?? 0) + Math.round(days * 86_400);
    granted = await grantInVault(vault, {
      ...{ recipient, scopes, expiresAt, propose, label, storeWelcome },
      account: isRecipient ? undefined : to,
    });
    memberId = granted.memberId;
    report(granted, say);
    say(`Reads        ${await scopesShown(vault, scopes)}`);
    say(`Until        ${new Date(expiresAt * 1_000).toISOString()}`);
  } else say("This grant was made before; its welcome is collected now.");

  const welcome = await finalWelcome(vault, memberId, wait, say);
  if (welcome === null) {
    say("Not final yet. The same command collects the welcome later; nothing is sent twice.");
    return { memberId, granted, file: null };
  }
  const file = path.resolve(options.out ?? path.join(home, "welcomes", `${memberId}.age`));
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, welcome, { mode: 0o600 });
  // The file opens for the grantee alone. This device needs its copy no more.
  await dropWelcome(vault, memberId);
  say(`Welcome      ${bold(file)} (${size(welcome.length)}): hand it over, by any way you like`);
  if (storeWelcome) say("             It is in the store as well; the grantee finds it through the chain.");
  return { memberId, granted, file };
}

/**
 * Finds a grant whose welcome was not handed over yet.
 *
 * @returns its member id, or `null` when the grantee has no grant.
 */
async function unfinished(vault: Vault, recipient: string): Promise<string | null> {
  await settle(vault);
  const key = bytesToHex(recipientBytes(recipient));
  const member = (await grants(vault)).find((known: RosterMember) => bytesToHex(known.recipient) === key);
  if (member === undefined) return null;
  const waits = (await pending(vault)).some(({ id }) => id === member.id);
  if (!waits && (await collectWelcome(vault, member.id)) === null) {
    throw new AlreadyMember(member.grantee ?? member.label, member.id);
  }
  return member.id;
}

function report({ receipt, blobs, rotated, sequence }: Granted, say: Say): void {
  if (receipt === null) return;
  const stored = blobs.reduce((sum, bytes) => sum + bytes, 0);
  say(`Transaction  ${receipt.hash}`);
  say(
    `Cost         ${number(receipt.gasUsed)} gas for the grant${rotated ? " and the rotation of all keys" : ""},`,
  );
  say(`             in one transaction (commit ${sequence}); ${size(stored)} in ${blobs.length} blobs`);
}

/** Scopes with the number of their memories: a name that was mistyped makes a scope without any. */
async function scopesShown(vault: Vault, names: readonly string[]): Promise<string> {
  const { scopes } = await read(vault);
  const counts = new Map(scopes.map(({ name, memories }) => [name, memories.length]));
  return names.map((name) => `${name.trim()} (${number(counts.get(name.trim()) ?? 0)})`).join(", ");
}

const POLL = 2_000;

/** A welcome leaves this device only when its admission cannot be undone. */
async function finalWelcome(
  vault: Vault,
  memberId: string,
  minutes: number,
  say: Say,
): Promise<Uint8Array | null> {
  const began = Date.now();
  const line = progress();
  for (let first = true; ; first = false) {
    await settle(vault);
    const welcome = await collectWelcome(vault, memberId);
    const waited = Date.now() - began;
    if (welcome !== null || waited >= minutes * 60_000) {
      line.end();
      return welcome;
    }
    if (first)
      say(`Waiting for finality, ${minutes} minutes at most. You may stop: the same command goes on later.`);
    line.show(`  ${Math.round(waited / 1_000)} s`);
    await sleep(POLL);
  }
}
