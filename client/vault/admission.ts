import { hexToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexlify, Wallet, ZeroHash, type Signer } from "ethers";

import { recipientBytes, recipientDigest, recipientOf, recipientText } from "../crypto/identity.ts";
import { writeWelcome, type Welcome } from "../crypto/welcome.ts";
import { CommitKeyMissing } from "../errors.ts";
import { PERMISSION, type ChainHead, type VaultCall } from "./contract.ts";
import type { PendingWelcome } from "./journal.ts";
import type { Admitted, Plan } from "./plan.ts";
import type { Vault } from "./session.ts";

/** Sizes in bytes of a welcome that goes through the store. */
const STORED_SIZES = [4_096, 16_384] as const;
/** What an age file for one X-Wing recipient and the frame of a welcome add, with room to spare. */
const FILE_OVERHEAD = 2_048;

/**
 * Writes the welcomes of a plan's admissions. Each candidate has its own; a welcome leaves the device only when the
 * candidate's head is final (SPEC §8).
 */
export function welcomesOf(
  vault: Vault,
  plan: Plan,
  chain: ChainHead,
  commitKey: string | null,
): Promise<PendingWelcome[]> {
  // An owner-class member that enrols itself built this very commit and needs no welcome.
  const readers = plan.admitted.filter(({ member }) => member.class === "reader");
  return Promise.all(
    readers.map(async (admitted) => {
      const signer = signerInForce(vault, chain, commitKey);
      const welcome = await welcomeOf(vault, plan, admitted);
      const file = await writeWelcome(
        welcome,
        recipientText(admitted.member.recipient),
        (domain, types, value) => signer.signTypedData(domain, types, value),
        await signer.getAddress(),
        admitted.operation.storeWelcome ? { padTo: storedSize(welcome) } : {},
      );
      return { memberId: admitted.member.id, file, store: admitted.operation.storeWelcome };
    }),
  );
}

function signerInForce(vault: Vault, chain: ChainHead, commitKey: string | null): Signer {
  // A reader asks whether the signer is in force: a commit key that was replaced on chain is not.
  const key = commitKey === null ? null : new Wallet(commitKey);
  if (key?.address === chain.authorizer) return key;
  if (vault.wallet === null) throw new CommitKeyMissing(chain.authorizer);
  return vault.wallet;
}

function storedSize({ scopes }: Welcome): (typeof STORED_SIZES)[number] {
  const names = scopes.reduce((size, { name }) => size + 24 + name.length * 3, 0);
  const inbox = 1_216;
  return names + inbox + FILE_OVERHEAD <= STORED_SIZES[0] ? STORED_SIZES[0] : STORED_SIZES[1];
}

async function welcomeOf(vault: Vault, plan: Plan, { member, secret, scopes }: Admitted): Promise<Welcome> {
  const proposes = (member.permissions & PERMISSION.propose) !== 0;
  return {
    ref: vault.ref,
    visibilityKey: plan.draft.visibilityKey,
    memberId: hexToBytes(member.id),
    class: member.class,
    epoch: plan.draft.epoch,
    secret,
    locator: member.locator,
    scopes: scopes.map(({ id, name }) => ({ id: hexToBytes(id), name })),
    grantee: member.grantee,
    listed: member.listed,
    expiresAt: member.expiresAt,
    permissions: member.permissions,
    admission: member.admission,
    inboxRecipient: proposes ? recipientBytes(await recipientOf(plan.inbox)) : null,
    recipientDigest: recipientDigest(member.recipient),
  };
}

/** Listed readers whose grants the owner asked to end. */
export function revokedIn(plan: Plan): string[] {
  const asked = new Set(
    [...plan.outcomes.values()].flatMap((outcome) =>
      outcome.kind === "dismissed" ? [outcome.memberId] : [],
    ),
  );
  return plan.dismissed.flatMap(({ id, listed, grantee }) =>
    listed && grantee !== null && asked.has(id) ? [grantee] : [],
  );
}

/** Grants of listed readers, as they go on chain beside the commit. */
export function grantCallsOf(plan: Plan, welcomes: readonly PendingWelcome[]): VaultCall[] {
  return plan.admitted.flatMap(({ member }): VaultCall[] => {
    if (!member.listed || member.grantee === null || member.expiresAt === null) return [];
    const welcome = welcomes.find(({ memberId, store }) => store && memberId === member.id);
    return [
      {
        kind: "grant",
        grantee: member.grantee,
        expiresAt: member.expiresAt,
        permissions: member.permissions,
        welcome: welcome === undefined ? ZeroHash : hexlify(sha256(welcome.file)),
      },
    ];
  });
}
