import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";

import { putVerified } from "../../client/storage/store.ts";
import { recipientDigest, recipientText } from "../../client/crypto/identity.ts";
import { ratchet, scopeKey, SCOPE_ZERO } from "../../client/crypto/keys.ts";
import { seal, welcomeContext } from "../../client/crypto/seal.ts";
import { writeWelcome, type Welcome } from "../../client/crypto/welcome.ts";
import type { Vault } from "../../client/index.ts";
import { pad } from "../../client/vault/blob.ts";
import { buildCommit, type ScopeDraft } from "../../client/vault/commit.ts";
import { signDelta } from "../../client/vault/contract.ts";
import { drawKeyring } from "../../client/vault/keyring.ts";
import { placeKeyring } from "../../client/vault/pages.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { encodeMember, encodeSecret, ONE, ZERO, type RosterMember } from "../../client/vault/roster.ts";
import { opened } from "./furnished.ts";
import type { World } from "./world.ts";

/** What somebody who holds the commit key and knows the roster makes of one member's newest welcome. */
export interface Reissue {
  readonly memberId: string;
  /** What the welcome says otherwise. */
  readonly body?: Partial<Welcome>;
  /** The key that it is encrypted to, `age1pq1…`; the member's own unless said. */
  readonly recipient?: string;
  /** Who signs; the commit key unless said. */
  readonly signer?: Wallet;
  /** What becomes of the file before it is sealed and stored. */
  readonly file?: (file: Uint8Array) => Uint8Array;
  /** What becomes of the stored bytes; `null` keeps them out of the store. */
  readonly blob?: (blob: Uint8Array) => Uint8Array | null;
  /** Epochs that the head turns at once; below zero it goes back, and only this member and its welcome go along. */
  readonly turns?: number;
  /** Whether the keyring still has what the member's old secret opens. */
  readonly keepsOldEntries?: boolean;
}

/** Writes a head in which one member's entry leads to this welcome, whatever it says: nothing but its maker vouches for it. */
export async function reissue(world: World, vault: Vault, request: Reissue) {
  const { head, state, whole, commitKey } = await opened(vault);
  const { ref, visibilityKey } = state;
  const { turns = 0 } = request;
  const [members, secrets] = [rosterOf(whole).members, secretsOf(whole).members];
  const member = members.get(request.memberId);
  if (member === undefined) throw new Error(`no member ${request.memberId}`);
  const [epoch, epochKey] = [whole.data.epoch + turns, turns === 0 ? whole.epochKey! : randomBytes(32)];
  const welcome: Welcome = {
    ...{ ref, visibilityKey, memberId: hexToBytes(member.id), class: member.class, epoch },
    ...{ secret: randomBytes(32), locator: member.locator, grantee: member.grantee, listed: member.listed },
    scopes: member.scopes.map((id) => ({ id: hexToBytes(id), name: rosterOf(whole).scopeNames.get(id)! })),
    ...{ expiresAt: member.expiresAt, permissions: member.permissions, admission: member.admission },
    ...{ inboxRecipient: null, recipientDigest: recipientDigest(member.recipient) },
    ...request.body,
  };
  const signer = request.signer ?? new Wallet(commitKey);
  const file = await writeWelcome(
    welcome,
    request.recipient ?? recipientText(member.recipient),
    (domain, types, value) => signer.signTypedData(domain, types, value),
    signer.address,
  );
  const blob = seal(visibilityKey, welcomeContext(ref), pad(request.file?.(file) ?? file));
  const kept = request.blob === undefined ? blob : request.blob(blob);
  if (kept !== null) await vault.store.put(kept);
  const welcomeDigest = sha256(blob);
  const secretOf = (id: string): Uint8Array =>
    id === member.id && request.keepsOldEntries !== true
      ? ratchet(welcome.secret, Math.max(0, epoch - welcome.epoch))
      : ratchet(secrets.get(id)!, Math.max(0, turns));
  const present = [...members.values()].map((each): RosterMember =>
    each === member ? { ...member, welcomeDigest } : each,
  );
  const drawn = drawKeyring(
    present.map((each) => ({
      ...{ secret: secretOf(each.id), locator: each.locator, welcomeDigest: each.welcomeDigest },
      keys:
        each.class === "owner"
          ? [{ scopeId: SCOPE_ZERO, key: epochKey }]
          : each.scopes.map((id) => ({ scopeId: hexToBytes(id), key: scopeKey(epochKey, hexToBytes(id)) })),
    })),
    randomBytes,
  );
  const keyring = placeKeyring(drawn, { ref, visibilityKey, epoch }, randomBytes);
  const puts: Record<string, Uint8Array[]> = {
    [ONE]: present.map((each) => encodeMember(each, randomBytes)),
    [ZERO]: present.map(({ id }) => encodeSecret(id, secretOf(id), randomBytes)),
  };
  const scopes = new Map(
    [...whole.scopes.values()].map(({ id, live, segments }): [string, ScopeDraft] => {
      const items = puts[id] ?? [];
      const now = new Map(live);
      for (const item of items) now.set(bytesToHex(item.subarray(3, 19)), item);
      return [id, { id, live: now, items, segments, snapshot: turns !== 0 }];
    }),
  );
  const built = buildCommit(
    { ref, chain: head, visibilityKey, epoch, epochKey, keyring, scopes },
    randomBytes,
  );
  for (const each of built.blobs) await putVerified(vault.store, each);
  const signature = await signDelta(commitKey, ref, built.delta);
  await (await world.memoryVault.connect(world.relayer).commitTransition(built.delta, signature)).wait();
  return { welcome, file, blob, digest: bytesToHex(welcomeDigest) };
}
