import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { putVerified } from "../../client/storage/store.ts";
import { ratchet, scopeKey, SCOPE_ZERO } from "../../client/crypto/keys.ts";
import type { Vault } from "../../client/index.ts";
import { buildCommit, type ScopeDraft } from "../../client/vault/commit.ts";
import {
  deltaAfter,
  readChainHead,
  signDelta,
  vaultContract,
  type ChainHead,
  type Delta,
} from "../../client/vault/contract.ts";
import { drawKeyring } from "../../client/vault/keyring.ts";
import { placeKeyring } from "../../client/vault/pages.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import {
  encodeMember,
  encodeScopeName,
  encodeSecret,
  isInternal,
  ONE,
  ZERO,
  type RosterMember,
} from "../../client/vault/roster.ts";
import { openWith, stateOf } from "../../client/vault/session.ts";
import { claiming } from "./furnished.ts";
import type { World } from "./world.ts";

/** Lands a commit by the signature of whoever has the key. */
export async function land(world: World, { ref }: Vault, delta: Delta, key: string): Promise<void> {
  const signature = await signDelta(key, ref, delta);
  await (await world.memoryVault.connect(world.relayer).commitTransition(delta, signature)).wait();
}

/** Writes a head that points nowhere, on top of whatever is there. */
export async function junk(world: World, vault: Vault, commitKey: string): Promise<void> {
  const head = await readChainHead(vault.contract, vault.ref);
  const random = () => hexlify(randomBytes(32));
  await land(world, vault, deltaAfter(head, vault.ref, random(), random()), commitKey);
}

/** What a device that turned hostile writes instead of what there is. */
export interface Rewriting {
  /** The roster as it would have it. */
  readonly roster?: (members: readonly RosterMember[]) => readonly RosterMember[];
  /** Whether the keyring lets this device in though no record names it any more. */
  readonly hides?: boolean;
  /** Whether everything that is remembered goes. */
  readonly empties?: boolean;
  /** What every scope but the internal ones is to hold besides. */
  readonly plants?: readonly Uint8Array[];
  /** By name, what scopes are to be called. */
  readonly renames?: ReadonlyMap<string, string>;
  /** The commit key of before, where the head has none any more. */
  readonly commitKey?: string;
}

/**
 * Writes a head that every member takes for honest, under a new epoch and with nothing listed: all that a device of the owner
 * can do to the others.
 *
 * @returns the digests of its blobs.
 */
export async function rewrite(world: World, vault: Vault, rewriting: Rewriting = {}): Promise<string[]> {
  const head = await readChainHead(vault.contract, vault.ref);
  const state = await stateOf(vault);
  const whole = await openWith(vault, state, head);
  const commitKey = rewriting.commitKey ?? hexlify(secretsOf(whole).commitKey!);
  const { ref, visibilityKey } = state;
  const secrets = secretsOf(whole).members;
  const before = [...rosterOf(whole).members.values()];
  const after = rewriting.roster?.(before) ?? before;
  const epoch = whole.data.epoch + 1;
  const epochKey = randomBytes(32);
  const own = ratchet(state.secret, epoch - state.epoch);
  const fresh = new Map(after.map(({ id }) => [id, randomBytes(32)]));
  const secretOf = (id: string): Uint8Array => {
    const present = secrets.get(id);
    if (present !== undefined) return ratchet(present);
    return id === state.memberId ? own : (fresh.get(id) ?? randomBytes(32));
  };
  const hidden =
    rewriting.hides === true
      ? [
          {
            secret: own,
            locator: state.locator,
            welcomeDigest: null,
            keys: [{ scopeId: SCOPE_ZERO, key: epochKey }],
          },
        ]
      : [];
  const drawn = drawKeyring(
    [
      ...hidden,
      ...after.map(({ id, class: kind, scopes, locator, welcomeDigest }) => ({
        ...{ secret: secretOf(id), locator, welcomeDigest },
        keys:
          kind === "owner"
            ? [{ scopeId: SCOPE_ZERO, key: epochKey }]
            : scopes.map((scope) => ({
                scopeId: hexToBytes(scope),
                key: scopeKey(epochKey, hexToBytes(scope)),
              })),
      })),
    ],
    randomBytes,
  );
  const put = (live: Map<string, Uint8Array>, records: readonly Uint8Array[]): void => {
    for (const record of records) live.set(bytesToHex(record.subarray(3, 19)), record);
  };
  const renamed = [...rosterOf(whole).scopeNames].flatMap(([id, name]) => {
    const other = rewriting.renames?.get(name);
    return other === undefined ? [] : [encodeScopeName(id, other, randomBytes)];
  });
  const scopes = new Map(
    [...whole.scopes.values()].map(({ id, live, segments }): [string, ScopeDraft] => {
      const now = new Map(rewriting.empties === true && !isInternal(id) ? [] : live);
      if (!isInternal(id)) put(now, rewriting.plants ?? []);
      if (id === ONE || id === ZERO) for (const member of before) now.delete(member.id);
      if (id === ONE)
        put(
          now,
          after.map((member) => encodeMember(member, randomBytes)),
        );
      if (id === ONE) put(now, renamed);
      if (id === ZERO)
        put(
          now,
          after.map((member) => encodeSecret(member.id, secretOf(member.id), randomBytes)),
        );
      return [id, { id, live: now, items: [], segments, snapshot: true }];
    }),
  );
  const keyring = placeKeyring(drawn, { ref, visibilityKey, epoch }, randomBytes);
  const draft = { ref, chain: head, visibilityKey, epoch, epochKey, keyring, scopes };
  const built = buildCommit(draft, randomBytes);
  const digests: string[] = [];
  for (const blob of built.blobs) digests.push(await putVerified(vault.store, blob));
  await land(world, vault, built.delta, commitKey);
  return digests;
}

/** The present head as somebody with its keys would write it with another epoch: it stands on no chain. */
export async function claimingEpoch(world: World, vault: Vault, epoch: number): Promise<ChainHead> {
  const provider = await claiming(
    world,
    vault,
    epoch,
    (await readChainHead(vault.contract, vault.ref)).sequence,
  );
  return readChainHead(vaultContract(world.address, provider), vault.ref);
}
