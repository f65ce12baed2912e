import { hexToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexlify, ZeroHash, type Signer } from "ethers";

import { recipientBytes, recipientDigest, recipientOf, recipientText } from "../crypto/identity.ts";
import { seal, welcomeContext } from "../crypto/seal.ts";
import { writeWelcome, type Welcome } from "../crypto/welcome.ts";
import { CommitKeyMissing } from "../errors.ts";
import { pad } from "./blob.ts";
import { keyWallet, PERMISSION, type ChainHead, type VaultCall } from "./contract.ts";
import type { MemberState, PendingWelcome } from "./journal.ts";
import type { Admitted, Plan, Welcomed } from "./plan.ts";
import type { Vault } from "./session.ts";

/** The welcomes of one candidate. */
export interface Welcomes {
  /** Those that are handed over once the head is final. */
  readonly pending: readonly PendingWelcome[];
  /** Those that are found through a locator: stored before the head names them. */
  readonly blobs: readonly Uint8Array[];
  /** Their digests, by member id. */
  readonly digests: ReadonlyMap<string, Uint8Array>;
}

/** Sizes in bytes of a welcome that goes through the store. */
const STORED_SIZES = [4_096, 16_384] as const;
/** What an age file for one X-Wing recipient and the frame of a welcome add, with room to spare. */
const FILE_OVERHEAD = 2_048;

/**
 * Writes the welcomes of a plan. Each candidate has its own: those of admissions leave the device only when the
 * candidate's head is final, those of members who have a locator are sealed and stored beside the head (SPEC §8).
 */
export async function welcomesOf(
  vault: Vault,
  plan: Plan,
  { enrolling, visibilityKey }: Pick<MemberState, "enrolling" | "visibilityKey">,
  chain: ChainHead,
  commitKey: string | null,
): Promise<Welcomes> {
  const write = async (welcomed: Welcomed, store: boolean): Promise<Uint8Array> => {
    const signer = signerInForce(vault, chain, commitKey);
    const welcome = await welcomeOf(vault, plan, visibilityKey, welcomed);
    return writeWelcome(
      welcome,
      recipientText(welcomed.member.recipient),
      (domain, types, value) => signer.signTypedData(domain, types, value),
      await signer.getAddress(),
      store ? { padTo: storedSize(welcome) } : {},
    );
  };
  const pending = await Promise.all(
    welcomedBy(plan, enrolling).map(async (admitted): Promise<PendingWelcome> => {
      const { member, store } = admitted;
      return { memberId: member.id, file: await write(admitted, store), store };
    }),
  );
  const digests = new Map<string, Uint8Array>();
  const blobs: Uint8Array[] = [];
  for (const reissued of plan.reissued) {
    const file = await write(reissued, false);
    const blob = seal(visibilityKey, welcomeContext(vault.ref), pad(file), vault.random);
    blobs.push(blob);
    digests.set(reissued.member.id, sha256(blob));
  }
  return { pending, blobs, digests };
}

/** A device that enrols itself builds this very commit and needs no welcome. */
export const welcomedBy = (plan: Plan, enrolling: string | null): Admitted[] =>
  plan.admitted.filter(({ member }) => member.id !== enrolling);

function signerInForce(vault: Vault, chain: ChainHead, commitKey: string | null): Signer {
  // A reader asks whether the signer is in force: a commit key that was replaced on chain is not.
  const key = commitKey === null ? null : keyWallet(commitKey);
  if (key?.address === chain.authorizer) return key;
  if (vault.wallet === null) throw new CommitKeyMissing(chain.authorizer);
  return vault.wallet;
}

function storedSize({ scopes }: Welcome): (typeof STORED_SIZES)[number] {
  const names = scopes.reduce((size, { name }) => size + 24 + name.length * 3, 0);
  const inbox = 1_216;
  return names + inbox + FILE_OVERHEAD <= STORED_SIZES[0] ? STORED_SIZES[0] : STORED_SIZES[1];
}

async function welcomeOf(
  vault: Vault,
  plan: Plan,
  visibilityKey: Uint8Array,
  { member, secret, scopes }: Welcomed,
): Promise<Welcome> {
  const proposes = (member.permissions & PERMISSION.propose) !== 0;
  return {
    ref: vault.ref,
    visibilityKey,
    memberId: hexToBytes(member.id),
    class: member.class,
    epoch: plan.epoch,
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

/** Listed readers whose grants the owner asked to end, or who go with their grant still on chain. */
export function revokedIn(plan: Plan, gone: ReadonlyMap<string, boolean>): string[] {
  const asked = new Set(
    [...plan.outcomes.values()].flatMap((outcome) =>
      outcome.kind === "dismissed" ? [outcome.memberId] : "removed" in outcome ? outcome.removed : [],
    ),
  );
  return plan.dismissed.flatMap(({ id, listed, grantee }) =>
    listed && grantee !== null && (asked.has(id) || gone.get(id) === true) ? [grantee] : [],
  );
}

/** Grants of listed readers, given or given anew, as they go on chain beside the commit. */
export function grantCallsOf(plan: Plan, welcomes: readonly PendingWelcome[]): VaultCall[] {
  return [...plan.admitted, ...plan.reissued].flatMap(({ member, onChain }): VaultCall[] => {
    if (!onChain || member.grantee === null || member.expiresAt === null) return [];
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
