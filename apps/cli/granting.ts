import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, isAddress } from "ethers";

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
  type Granted,
  type RosterMember,
  type Vault,
} from "../../client/index.ts";
import type { VerifiedAttestation } from "../../client/attestation.ts";
import { attestationLines, attestedKey, type RequiredAttestation } from "./attested.ts";
import { positive } from "./parse.ts";
import { idText } from "./profile.ts";
import { bold, count, number, progress, size, type Progress, type Say, written } from "./terminal.ts";

/** About what a grant takes, in gas. */
export const GRANT_GAS = 150_000n;

/** How long a grant lasts, in days, unless somebody says. */
export const GRANT_DAYS = 30;

/** Ten years: there are no grants without an end, and none is asked for that no owner may give here. */
export const MOST_DAYS = 3_650;

/** What a grant takes. */
export interface GrantTerms {
  /** An address, whose key is looked up in KeyRegistry (a listed grant), or a recipient `age1pq1…` (an unlisted one). */
  readonly to: string;
  /** Scope names. */
  readonly scopes: readonly string[];
  /** How long it lasts. Default: 30. There are no grants without an end. */
  readonly days?: number;
  /** Until when exactly, in unix seconds, where somebody asked for that: in place of days. */
  readonly expiresAt?: number;
  /** The address's key, where it was looked up and compared: in place of looking it up. */
  readonly recipient?: string;
  /** Whether the grantee may propose memories; listed grants only. */
  readonly propose?: boolean;
  /** The owner's own words for the grantee; sealed. */
  readonly label?: string;
  /** Whether the welcome is also left in the store. Default: for contracts, whose programs run unattended. */
  readonly storeWelcome?: boolean;
  /** Where the welcome's file goes. Default: the folder of welcomes. */
  readonly out?: string;
  /** Minutes to wait for finality. Default: 20. */
  readonly wait?: number;
  /** What must vouch for the key of the address; without it nothing is asked for. */
  readonly attestation?: RequiredAttestation | null;
}

/** What became of a grant. */
export interface GrantOutcome {
  readonly memberId: string;
  /** Unix seconds; `null` when this call only collected the welcome of an earlier one. */
  readonly expiresAt: number | null;
  /** The digest of the grantee's key, to be compared. */
  readonly digest: string;
  /** `null` when this call only collected the welcome of an earlier one. */
  readonly granted: Granted | null;
  /** The welcome's file, or `null` while the grant is not final. */
  readonly file: string | null;
  /** What vouches for the key, or `null` where none was required. */
  readonly attestation: VerifiedAttestation | null;
}

/** Where a grant is made. */
export interface GrantIn {
  /** With the owner's wallet. */
  readonly vault: Vault;
  /** The KeyRegistry contract. */
  readonly keyRegistry: string;
  /** The owner's own words for the vault. */
  readonly label: string;
  /** The folder of welcomes. */
  readonly welcomes: string;
  readonly say: Say;
  /** Drawn while it waits; on stdout unless given. */
  readonly line?: Progress;
  /** What attestations may begin at, in tests; AWS's root unless given. */
  readonly roots?: readonly string[] | undefined;
}

/** Looks a key up, in all RPCs of a vault. */
const publishedKey = ({ provider, second }: Vault, keyRegistry: string, account: string) =>
  keyOf(
    registryContract(keyRegistry, provider),
    account,
    second === null ? undefined : registryContract(keyRegistry, second.provider),
  );

/**
 * What is encrypted to: the recipient that was named, or the key that an address published.
 *
 * @throws {InvalidAccount} when it is neither. {KeyNotPublished} when the address has no key in KeyRegistry.
 */
export async function recipientFor(vault: Vault, keyRegistry: string, to: string): Promise<string> {
  if (to.startsWith("age1")) return to;
  if (!isAddress(to)) throw new InvalidAccount(to);
  return (await publishedKey(vault, keyRegistry, to)).recipient;
}

/**
 * Grants read access to scopes, to a person or an agent contract: looks the key up, writes welcome, grant and rotation
 * in one transaction, waits until it is final, and then hands the welcome over as a file. Called again for a grant that
 * was not final, it collects the welcome.
 *
 * @throws {KeyNotPublished} when the address has no key in KeyRegistry.
 * @throws {AlreadyMember} when the grantee has a grant, and its welcome was handed over.
 * @throws {VaultError} when an attestation is required and does not hold, before anything is sent: see {@link attestedKey}.
 */
export async function grantIn(
  { vault, keyRegistry, label: vaultLabel, welcomes, say, line = progress(), roots }: GrantIn,
  { to, scopes, days = GRANT_DAYS, propose, label, wait = 20, ...terms }: GrantTerms,
): Promise<GrantOutcome> {
  const { provider, ref } = vault;
  const isRecipient = to.startsWith("age1");
  const recipient = terms.recipient ?? (await recipientFor(vault, keyRegistry, to));
  const digest = hexlify(recipientDigest(recipientBytes(recipient)));
  const isContract = !isRecipient && (await provider.getCode(to)) !== "0x";
  const storeWelcome = terms.storeWelcome ?? isContract;
  say(`Vault        ${idText(ref.vaultId)} ${vaultLabel}`.trimEnd());
  say(`Grantee      ${isRecipient ? "unlisted" : `${to}${isContract ? ", a contract" : ""}`}`);
  say(`Key          ${digest}: compare it with what the grantee shows`);
  const place = { vault, keyRegistry, roots };
  // The very bytes that are granted to below: whatever the account publishes meanwhile has no part in it.
  const attestation = terms.attestation ? await attestedKey(place, to, recipient, terms.attestation) : null;
  if (attestation !== null) attestationLines(attestation).forEach(say);

  let granted: Granted | null = null;
  let expiresAt: number | null = null;
  let memberId = await unfinished(vault, recipient);
  if (memberId === null) {
    const block = await provider.getBlock("latest");
    expiresAt = terms.expiresAt ?? (block?.timestamp ?? 0) + Math.round(days * 86_400);
    granted = await grantInVault(vault, {
      ...{ recipient, scopes, expiresAt, propose, label, storeWelcome },
      account: isRecipient ? undefined : to,
    });
    memberId = granted.memberId;
    report(granted, say);
    say(`Reads        ${await scopesShown(vault, scopes)}`);
    say(`Until        ${new Date(expiresAt * 1_000).toISOString()}`);
  } else say("This grant was made before; its welcome is collected now.");

  const welcome = await finalWelcome(vault, memberId, wait, say, line);
  if (welcome === null) {
    say("Not final yet. The same command collects the welcome later; nothing is sent twice.");
    return { memberId, expiresAt, digest, granted, file: null, attestation };
  }
  const file = path.resolve(terms.out ?? path.join(welcomes, `${memberId}.age`));
  await handOut(vault, memberId, welcome, file);
  say(`Welcome      ${bold(file)} (${size(welcome.length)}): hand it over, by any way you like`);
  if (storeWelcome) say("             It is in the store as well; the grantee finds it through the chain.");
  return { memberId, expiresAt, digest, granted, file, attestation };
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
  say(
    `             in one transaction (commit ${sequence}); ${size(stored)} in ${count(blobs.length, "blob")}`,
  );
}

/** Scopes with the number of their memories: a name that was mistyped makes a scope without any. */
async function scopesShown(vault: Vault, names: readonly string[]): Promise<string> {
  const { scopes } = await read(vault);
  const counts = new Map(scopes.map(({ name, memories }) => [name, memories.length]));
  return names.map((name) => `${written(name.trim())} (${number(counts.get(name.trim()) ?? 0)})`).join(", ");
}

/** Writes a welcome's file, which opens for one member alone: this device needs its copy no more. */
export async function handOut(
  vault: Vault,
  memberId: string,
  welcome: Uint8Array,
  file: string,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, welcome, { mode: 0o600 });
  await dropWelcome(vault, memberId);
}

/** A welcome leaves this device only when its admission cannot be undone. */
export const finalWelcome = (
  vault: Vault,
  memberId: string,
  minutes: number,
  say: Say,
  line: Progress,
): Promise<Uint8Array | null> =>
  untilFinal(
    async () => {
      await settle(vault);
      return collectWelcome(vault, memberId);
    },
    minutes,
    say,
    line,
  );

/** What `--wait` says. */
export const minutesOf = (wait: string): number => (wait === "0" ? 0 : positive("--wait", wait, 10_000));

const POLL = 2_000;

/**
 * Asks for what is there once a head is final, over and over.
 *
 * @returns what was asked for, or `null` when it is not there after so many minutes.
 */
export async function untilFinal<T>(
  ask: () => Promise<T | null>,
  minutes: number,
  say: Say,
  line: Progress,
): Promise<T | null> {
  const began = Date.now();
  for (let first = true; ; first = false) {
    const found = await ask();
    const waited = Date.now() - began;
    if (found !== null || waited >= minutes * 60_000) {
      line.end();
      return found;
    }
    if (first)
      say(`Waiting for finality, ${minutes} minutes at most. You may stop: the same command goes on later.`);
    line.show(`  ${Math.round(waited / 1_000)} s`);
    await sleep(POLL);
  }
}
