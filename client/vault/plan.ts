import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { generateIdentity } from "../crypto/identity.ts";
import { ratchet, SCOPE_ZERO, scopeKey } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { ContentTooLarge, MalformedData, OwnerClassOnly, TooManyScopes, VaultError } from "../errors.ts";
import { decodeRecord } from "../memory/codec.ts";
import { applyOperation, type Operation, type Outcome, type ShredOperation } from "../memory/operations.ts";
import { versionsOf } from "../memory/versions.ts";
import type { Random } from "../crypto/seal.ts";
import { MAX_SCOPES } from "./blob.ts";
import type { Draft, ScopeDraft } from "./commit.ts";
import { PERMISSION, type ChainHead } from "./contract.ts";
import type { OpenedHead, ScopeState } from "./head.ts";
import { drawKeyring, type KeyringMember } from "./keyring.ts";
import { entriesOf, Members } from "./members.ts";
import type {
  AdmitOperation,
  ChangeOperation,
  NoteOperation,
  HandoverOperation,
  RekeyOperation,
  RenewOperation,
  RotateOperation,
  Terms,
  VaultOperation,
} from "./operations.ts";
import { MAX_KEYRING_ENTRIES, placeKeyring, standingKeyring } from "./pages.ts";
import {
  decodeRoster,
  decodeSecrets,
  encodeBatch,
  encodeCommitKey,
  encodeInbox,
  encodeMember,
  encodeRekey,
  encodeScopeName,
  encodeSecret,
  encodeShred,
  COMMIT_KEY_ID,
  INBOX_ID,
  isInternal,
  KEPT_BATCHES,
  KEPT_SHREDDED,
  ONE,
  REKEY_ID,
  SHRED_ID,
  ZERO,
} from "./roster.ts";
import type { NewestShred, Roster, RosterMember, Secrets } from "./roster.ts";

/** What a vault starts from: kept by the minting device until its first commit is final. */
export interface Genesis {
  readonly commitKey: Uint8Array | null;
  readonly inbox: string;
  readonly members: readonly { readonly member: RosterMember; readonly secret: Uint8Array }[];
}

/** What the next commit builds on: an opened head, or nothing yet. */
export type Base =
  | { readonly chain: ChainHead; readonly opened: OpenedHead }
  | {
      readonly chain: ChainHead;
      readonly opened: null;
      readonly genesis: Genesis;
      /** What a new owner begins with; a vault that was just minted has nothing before it. */
      readonly inherited?: Inherited;
    };

/** What a first commit takes from heads that others wrote. */
export interface Inherited {
  readonly epoch: number;
  readonly scopes: readonly {
    readonly id: string;
    readonly name: string;
    readonly live: ReadonlyMap<string, Uint8Array>;
  }[];
}

/** A member that the next commit gives a new secret, with everything that its welcome needs. */
export interface Welcomed {
  readonly member: RosterMember;
  readonly secret: Uint8Array;
  readonly scopes: readonly { readonly id: string; readonly name: string }[];
  /** Whether its grant is to be given on chain beside the commit. */
  readonly onChain: boolean;
}

/** A member that the next commit admits. */
export interface Admitted extends Welcomed {
  /** Whether the welcome also goes to the store, for a reader that runs unattended. */
  readonly store: boolean;
}

/** What a shred does to the next head. */
export interface Shredded {
  readonly kind: "shredded";
  readonly operationId: string;
  /** All that were asked for, and the records that conflict with them. */
  readonly memoryIds: readonly string[];
  /** Those among them that no scope has any more: for their sake every scope is written anew. */
  readonly unknown: readonly string[];
  /** Names of the scopes that are written anew. */
  readonly scopes: readonly string[];
}

/** What became of one operation. */
export type OperationOutcome =
  | Outcome
  | { readonly kind: "admitted"; readonly operationId: string; readonly memberId: string }
  | { readonly kind: "dismissed"; readonly operationId: string; readonly memberId: string }
  | {
      readonly kind: "changed";
      readonly operationId: string;
      readonly memberId: string;
      /** What the grant says now. */
      readonly terms: Terms;
      /** What was asked for, where another device had changed the grant and only what is narrower stands. */
      readonly overruled: Terms | null;
    }
  | { readonly kind: "renewed"; readonly operationId: string; readonly memberId: string }
  | { readonly kind: "rekeyed"; readonly operationId: string; readonly removed: readonly string[] }
  | Shredded
  /** A device's word, which goes along with what else is written. */
  | { readonly kind: "noted"; readonly operationId: string; readonly memberId: string }
  /** The epoch turned; where it must turn again, the operation stays in the journal. */
  | { readonly kind: "rotated"; readonly operationId: string; readonly again: boolean }
  | {
      readonly kind: "handedOver";
      readonly operationId: string;
      readonly memberId: string;
      /** Everybody else. */
      readonly removed: readonly string[];
    }
  /** It cannot be applied: it stays in the journal until it is withdrawn. */
  | { readonly kind: "refused"; readonly operationId: string; readonly fault: VaultError }
  /** The grantee is a member already, or the member is gone: the operation changes nothing. */
  | { readonly kind: "unchanged"; readonly operationId: string; readonly why: string };

/** The next commit, decided and not yet sealed. */
export interface Plan {
  readonly epoch: number;
  readonly rotated: boolean;
  /**
   * Whether, stored and lost, it would open what is still in use: it turns by everybody's ratcheted secret (a rekey draws them), or
   * its stored welcomes lead to scopes that their members did not have.
   */
  readonly ratcheted: boolean;
  readonly admitted: readonly Admitted[];
  /** Members that find their new welcome by their locator. */
  readonly reissued: readonly Welcomed[];
  readonly dismissed: readonly RosterMember[];
  /** Ids of the owner class behind it. */
  readonly owners: readonly string[];
  readonly outcomes: ReadonlyMap<string, OperationOutcome>;
  readonly inbox: string;
  /** Sequence of the newest shred that the base has; 0 for none. */
  readonly shredded: bigint;
  /**
   * Draws the commit, once.
   *
   * @param welcomes - the digest of the stored welcome of each reissued member, by its id.
   */
  readonly draft: (welcomes?: ReadonlyMap<string, Uint8Array>) => Draft;
}

/** A rekey, with what it takes from beyond the head that it builds on. */
export interface RekeyPlan {
  readonly operation: RekeyOperation;
  readonly epoch: number;
  /** Ids of the members that leave. */
  readonly remove: readonly string[];
  /** The member that this device is. */
  readonly own: string;
  /** Records that this device knows better than the roster: its own, and the words'. */
  readonly known: readonly RosterMember[];
  /** The words that come under a visibility key of their own; `null` where that stays. */
  readonly renewed: { readonly member: RosterMember; readonly firstSecret: Uint8Array } | null;
}

/** Arguments of {@link planCommit}. */
export interface PlanRequest {
  readonly ref: VaultRef;
  readonly visibilityKey: Uint8Array;
  readonly base: Base;
  readonly operations: readonly VaultOperation[];
  /** What the rekey among the operations takes, if there is one. */
  readonly rekey: RekeyPlan | null;
  /** Members whose grant the chain shows revoked, void or expired. */
  readonly gone: ReadonlySet<string>;
  /** 16 random bytes, hex: tells a batch that landed from one that did not. */
  readonly batchId: string;
  /** Unix seconds by the chain's clock. */
  readonly now: number;
  readonly random: Random;
}

/**
 * Applies operations to a head, in order, and decides what the next commit writes: operations and never a live set,
 * so that the loser of a race brings no deleted memory and no revoked member back (SPEC §7).
 */
export function planCommit(request: PlanRequest): Plan {
  const work = new Work(request);
  for (const memberId of request.gone) work.dismiss(memberId);
  if (request.rekey !== null) work.rekey(request.rekey);
  const handover = request.operations.findLast((each) => each.kind === "handover");
  for (const operation of request.operations) if (operation !== handover) work.tryToApply(operation);
  if (handover !== undefined) work.handOver(handover);
  return work.finish();
}

/** The roster of a base. */
export const rosterOf = (opened: OpenedHead): Roster => decodeRoster(recordsOf(opened, ONE));

/**
 * Whether a head's roster names a member of the owner class. One that was handed over still opens to those whom it names no
 * more (SPEC §10).
 */
export const namesOwner = (opened: OpenedHead, { locator }: { readonly locator: Uint8Array }): boolean =>
  [...rosterOf(opened).members.values()].some((member) => equalBytes(member.locator, locator));

/** The newest shred of a base. One of a head that is still to come is the word of nobody who shreds. */
export function newestShredOf(
  opened: OpenedHead,
  { newestShred }: Roster = rosterOf(opened),
): NewestShred | null {
  return newestShred === null || newestShred.sequence > opened.chain.sequence ? null : newestShred;
}

/** Scope zero of a base. */
export const secretsOf = (opened: OpenedHead): Secrets => decodeSecrets(recordsOf(opened, ZERO));

function recordsOf(opened: OpenedHead, id: string): Iterable<Uint8Array> {
  const scope = opened.scopes.get(id);
  if (scope === undefined) throw new OwnerClassOnly("open the internal scopes");
  return scope.live.values();
}

class WorkingScope {
  readonly live: Map<string, Uint8Array>;
  items: Uint8Array[] = [];
  snapshot = false;
  readonly id: string;
  readonly state: ScopeState | undefined;

  constructor(id: string, state?: ScopeState) {
    this.id = id;
    this.state = state;
    this.live = new Map(state?.live);
  }

  put(id: string, record: Uint8Array): void {
    this.live.set(id, record);
    this.items.push(record);
  }

  remove(id: string): void {
    if (this.live.delete(id)) this.items.push(hexToBytes(id));
  }

  draft(): ScopeDraft {
    const { id, live, items, snapshot, state } = this;
    return { id, live, items, snapshot, segments: state?.segments ?? [], ...(state && { before: state }) };
  }
}

/** One commit in the making. */
class Work {
  readonly #request: PlanRequest;
  readonly #sequence: bigint;
  readonly #scopes = new Map<string, WorkingScope>();
  readonly #members: Members;
  readonly #scopeIds: Map<string, string>;
  #secrets: Secrets;
  readonly #admitted = new Map<string, Admitted>();
  readonly #reissued = new Map<string, Welcomed>();
  /** Secrets that are neither drawn here nor of the head before. */
  readonly #given = new Map<string, Uint8Array>();
  readonly #dismissed: RosterMember[] = [];
  readonly #outcomes = new Map<string, OperationOutcome>();
  readonly #newestShred: NewestShred | null;
  #shredded: readonly string[];
  /** Members whom the keyring still lets in, and no record names. */
  #unnamed: readonly RosterMember[] = [];
  #rotate = false;
  #widens = false;

  constructor(request: PlanRequest) {
    this.#request = request;
    const { base } = request;
    this.#sequence = base.chain.sequence + 1n;
    if (base.opened === null) {
      for (const id of [ZERO, ONE]) this.#scopes.set(id, new WorkingScope(id));
      this.#members = new Members();
      this.#scopeIds = new Map();
      [this.#newestShred, this.#shredded] = [null, []];
      const { commitKey, inbox, members } = base.genesis;
      const secrets = members.map(({ member, secret }) => [member.id, secret] as const);
      this.#secrets = { members: new Map(secrets), commitKey, inbox, batches: new Map() };
      for (const { member } of members)
        this.#enter({ ...member, since: this.#sequence, written: this.#sequence });
      if (base.inherited !== undefined) this.#inherit(base.inherited);
      return;
    }
    for (const [id, state] of base.opened.scopes) this.#scopes.set(id, new WorkingScope(id, state));
    const roster = rosterOf(base.opened);
    this.#members = new Members(roster.members.values());
    this.#scopeIds = new Map([...roster.scopeNames].map(([id, name]) => [name, id]));
    this.#secrets = secretsOf(base.opened);
    this.#newestShred = newestShredOf(base.opened, roster);
    this.#shredded = this.#newestShred?.memoryIds ?? [];
  }

  #inherit({ scopes }: Inherited): void {
    for (const { id, name, live } of scopes) {
      const scope = new WorkingScope(id);
      for (const [recordId, record] of live) scope.live.set(recordId, record);
      scope.snapshot = true;
      this.#scopes.set(id, scope);
      this.#nameScope(id, name);
    }
  }

  #nameScope(id: string, name: string): void {
    this.#scopeIds.set(name, id);
    this.#scope(ONE).put(id, encodeScopeName(id, name, this.#request.random));
  }

  /** One operation that cannot be applied must not keep all others in the journal. */
  tryToApply(operation: VaultOperation): void {
    try {
      this.#apply(operation);
    } catch (fault) {
      if (!(fault instanceof VaultError)) throw fault;
      this.#outcomes.set(operation.id, { kind: "refused", operationId: operation.id, fault });
    }
  }

  #apply(operation: VaultOperation): void {
    switch (operation.kind) {
      case "admit":
        this.#admit(operation);
        return;
      case "change":
        this.#change(operation);
        return;
      case "renew":
        this.#renew(operation);
        return;
      case "rekey":
      case "handover":
        this.#supersede(operation);
        return;
      case "shred":
        this.#shred(operation);
        return;
      case "note":
        this.#note(operation);
        return;
      case "rotate":
        this.#turnAbove(operation);
        return;
      case "dismiss": {
        const { id: operationId, memberId } = operation;
        const done = this.dismiss(memberId);
        this.#outcomes.set(
          operationId,
          done
            ? { kind: "dismissed", operationId, memberId }
            : { kind: "unchanged", operationId, why: "the member is gone already" },
        );
        return;
      }
      case "create":
      case "update":
      case "reinforce":
      case "forget":
        this.#applyToMemory(operation);
    }
  }

  /** Takes a member out of the roster; the epoch turns, and the next keyring has no entry for it. */
  dismiss(memberId: string): boolean {
    const member = this.#members.get(memberId);
    // Dropping an owner-class member takes new secrets for all others: that is a rekey, not this.
    if (member?.class !== "reader") return false;
    this.#drop(member);
    return true;
  }

  #drop(member: RosterMember): void {
    this.#members.delete(member.id);
    this.#admitted.delete(member.id);
    this.#reissued.delete(member.id);
    this.#scope(ONE).remove(member.id);
    this.#dismissed.push(member);
    this.#rotate = true;
  }

  /**
   * Who leaves had every secret of the vault, everybody's own among them: all are drawn anew, and reach who stays by its
   * locator. It comes before all other operations, for these are to be written under the new keys.
   */
  rekey({ operation, remove, own, known, epoch, renewed }: RekeyPlan): void {
    const { random, base } = this.#request;
    const { id: operationId, commitKey } = operation;
    const leaving = remove.flatMap((id) => this.#members.get(id) ?? []);
    for (const member of leaving) this.#drop(member);
    for (const member of known) this.#correct(member);
    this.#requireEntries([...this.#members.ids()].filter((id) => !this.#isLed(id)).length);
    for (const id of [...this.#members.ids()]) this.#giveSecret(id, renewed === null || id === own);
    if (renewed !== null) this.#renewWords(renewed, epoch);
    this.#secrets = { ...this.#secrets, commitKey, inbox: generateIdentity(random) };
    this.#rotate = true;
    const built = { sequence: this.#sequence, base: base.opened?.chain.sequence ?? 0n };
    this.#scope(ONE).put(REKEY_ID, encodeRekey(built, random));
    const removed = leaving.map(({ id }) => id);
    this.#outcomes.set(operationId, { kind: "rekeyed", operationId, removed });
  }

  /** A record that this device knows better than the roster, with the dates that this commit gives it. */
  #correct(member: RosterMember): void {
    const standing = this.#members.get(member.id);
    const same = standing !== undefined && equalBytes(standing.recipient, member.recipient);
    const written = same ? standing.written : this.#sequence;
    this.#enter({ ...member, since: standing?.since ?? this.#sequence, written });
  }

  #isLed = (id: string): boolean => this.#members.get(id)?.welcomeDigest != null;

  /** A fresh secret under the same terms, in a welcome that the locator leads to, or that is handed over. */
  #giveSecret(id: string, byLocator: boolean): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const names = new Map([...this.#scopeIds].map(([name, scopeId]) => [scopeId, name]));
    const next = { ...member, welcomeDigest: byLocator ? (member.welcomeDigest ?? UNWRITTEN) : null };
    const scopes = member.scopes.map((scopeId) => ({ id: scopeId, name: names.get(scopeId) ?? scopeId }));
    const welcomed = { member: next, secret: this.#request.random(32), scopes, onChain: false };
    if (byLocator) this.#reissued.set(id, welcomed);
    else this.#admitted.set(id, { ...welcomed, store: false });
    this.#enter(next);
  }

  /**
   * Under another visibility key nobody finds a head by what it has: welcomes are handed over, and nothing is listed that was
   * sealed under the old one. The new words ratchet from epoch 0, as words do.
   */
  #renewWords({ member, firstSecret }: NonNullable<RekeyPlan["renewed"]>, epoch: number): void {
    this.#given.set(member.id, ratchet(firstSecret, epoch));
    this.#correct(member);
    for (const scope of this.#scopes.values()) scope.snapshot = true;
  }

  /** The last one that was journalled counts; a rekey took on the commit key of those before it. */
  #supersede({ id: operationId, kind }: RekeyOperation | HandoverOperation): void {
    if (this.#outcomes.get(operationId)?.kind === "rekeyed") return;
    this.#outcomes.set(operationId, { kind: "unchanged", operationId, why: `a later ${kind} replaced it` });
  }

  /**
   * Leaves what lives to one new member: every scope is written anew, and the internal ones have its record and the scopes'
   * names. The owner class of before keeps its entries in the keyring, so that a failed deal loses nothing (SPEC §10). It
   * comes after all other operations.
   */
  handOver({ id: operationId, recipient, label }: HandoverOperation): void {
    const { random } = this.#request;
    const before = [...this.#members.ids()].flatMap((id) => this.#members.get(id) ?? []);
    for (const member of before) this.#drop(member);
    for (const [id, { kind }] of this.#outcomes)
      if (MEMBERS.has(kind))
        this.#outcomes.set(id, { kind: "unchanged", operationId: id, why: "the vault is handed over" });
    this.#unnamed = before.filter(({ id, class: kind }) => kind === "owner" && this.#secrets.members.has(id));
    for (const scope of this.#scopes.values()) scope.snapshot = true;
    const names = [...this.#scopeIds];
    this.#scope(ONE).live.clear();
    for (const [name, id] of names) this.#nameScope(id, name);
    const member: RosterMember = {
      ...{ id: operationId, class: "owner", recipient, locator: random(32), label, grantee: null },
      ...{ listed: false, scopes: [], expiresAt: null, permissions: PERMISSION.read },
      ...{ admission: "fresh", since: this.#sequence, written: this.#sequence },
      ...{ welcomeDigest: null, erased: 0n },
    };
    this.#admitted.set(member.id, { member, secret: random(32), scopes: [], onChain: false, store: false });
    this.#enter(member);
    this.#secrets = {
      members: this.#secrets.members,
      ...{ commitKey: null, inbox: generateIdentity(random), batches: new Map() },
    };
    this.#rotate = true;
    const removed = before.map(({ id }) => id);
    this.#outcomes.set(operationId, { kind: "handedOver", operationId, memberId: member.id, removed });
  }

  #applyToMemory(operation: Operation): void {
    const touched = operation.kind === "create" ? operation.id : operation.memoryId;
    const holder = this.#holderOf(touched);
    const records = [touched, operation.id].map((id) => [id, this.#holderOf(id)?.live.get(id)] as const);
    const live = new Map(
      records.flatMap(([id, record]) => (record === undefined ? [] : [[id, decodeRecord(record)]])),
    );
    const outcome = applyOperation(live, operation, this.#request.random);
    this.#outcomes.set(operation.id, outcome);
    if (outcome.kind === "put" || outcome.kind === "conflict") {
      const scope =
        holder ?? this.#scope(this.#scopeNamed(operation.kind === "create" ? operation.scope : ""));
      scope.put(outcome.memory.id, outcome.record);
    } else if (outcome.kind === "removed") holder?.remove(touched);
  }

  #holderOf(memoryId: string): WorkingScope | undefined {
    return [...this.#scopes.values()].find(({ id, live }) => !isInternal(id) && live.has(memoryId));
  }

  #admit(operation: AdmitOperation): void {
    const { id: operationId } = operation;
    const why = this.#refusal(operation);
    if (why !== null) {
      this.#outcomes.set(operationId, { kind: "unchanged", operationId, why });
      return;
    }
    const { random } = this.#request;
    const names = operation.class === "owner" ? [] : operation.scopes;
    this.#requireEntries(Math.max(1, names.length));
    const scopes = this.#scopesNamed(names);
    const { recipient, grantee, listed, expiresAt, permissions, admission, label, storeWelcome } = operation;
    const member: RosterMember = {
      ...{ id: operationId, class: operation.class, recipient, locator: random(32), grantee, listed },
      ...{ scopes: scopes.map(({ id }) => id), expiresAt, permissions, admission, label },
      ...{ since: this.#sequence, written: this.#sequence, welcomeDigest: null, erased: 0n },
    };
    const welcomed = { member, secret: random(32), scopes, onChain: listed, store: storeWelcome };
    this.#admitted.set(member.id, welcomed);
    this.#enter(member);
    this.#outcomes.set(operationId, { kind: "admitted", operationId, memberId: member.id });
    this.#open(member, scopes);
  }

  /** Nothing earlier can be read by who is admitted fresh: a new epoch, and a new snapshot of these scopes. */
  #open({ admission }: RosterMember, scopes: Welcomed["scopes"]): void {
    if (admission !== "fresh" || scopes.length === 0) return;
    this.#rotate = true;
    for (const { id } of scopes) this.#scope(id).snapshot = true;
  }

  #change(operation: ChangeOperation): void {
    const { id: operationId, memberId } = operation;
    const member = this.#members.get(memberId);
    const unchanged = (why: string): void =>
      void this.#outcomes.set(operationId, { kind: "unchanged", operationId, why });
    if (member?.class !== "reader") {
      unchanged("the member is gone already");
      return;
    }
    const { terms, overruled } = this.#agreed(member, operation);
    if (terms.expiresAt !== null && terms.expiresAt <= this.#request.now) {
      // Whoever wanted an end that is over by now wanted an end.
      this.dismiss(memberId);
      this.#outcomes.set(operationId, { kind: "dismissed", operationId, memberId });
      return;
    }
    const label = operation.label ?? member.label;
    const same = sameTerms(terms, this.#termsOf(member));
    const newWelcome = !same || (operation.wanted === null && operation.label === null);
    if (!newWelcome && label === member.label) {
      unchanged(overruled === null ? "the grant says so already" : "another device's narrower change stands");
      return;
    }
    if (newWelcome) this.#reissue({ ...member, label }, terms, operation.anew);
    else this.#enter({ ...member, label });
    this.#outcomes.set(operationId, { kind: "changed", operationId, memberId, terms, overruled });
  }

  /** Two changes of one grant make no second record: what is narrower of each stands (SPEC §7). */
  #agreed(
    member: RosterMember,
    { seen, wanted }: ChangeOperation,
  ): { terms: Terms; overruled: Terms | null } {
    const present = this.#termsOf(member);
    if (wanted === null || sameTerms(seen, present)) return { terms: wanted ?? present, overruled: null };
    const scopes = present.scopes.filter((name) => wanted.scopes.includes(name));
    if (scopes.length === 0) return { terms: present, overruled: wanted };
    const expiresAt = earlier(present.expiresAt, wanted.expiresAt);
    const terms = { scopes, expiresAt, permissions: present.permissions & wanted.permissions };
    return { terms, overruled: sameTerms(terms, wanted) ? null : wanted };
  }

  /** New terms take a new secret, in a new welcome: the member's locator leads to it. */
  #reissue(member: RosterMember, { scopes: names, expiresAt, permissions }: Terms, anew: boolean): void {
    const { id } = member;
    const admitted = this.#admitted.get(id);
    const welcomeDigest = admitted === undefined ? (member.welcomeDigest ?? UNWRITTEN) : null;
    this.#requireEntries(names.length + (welcomeDigest === null ? 0 : 1) - entriesOf(member));
    const scopes = this.#scopesNamed(names);
    const next = {
      ...{ ...member, expiresAt, permissions, welcomeDigest },
      scopes: scopes.map((scope) => scope.id),
    };
    const differs = anew || expiresAt !== member.expiresAt || permissions !== member.permissions;
    const onChain = (member.listed && differs) || (admitted ?? this.#reissued.get(id))?.onChain === true;
    const welcomed = { member: next, secret: this.#request.random(32), scopes, onChain };
    if (admitted === undefined) this.#reissued.set(id, welcomed);
    else this.#admitted.set(id, { ...admitted, ...welcomed });
    this.#enter(next);
    this.#open(
      next,
      scopes.filter((scope) => !member.scopes.includes(scope.id)),
    );
    if (admitted === undefined && scopes.some(({ id: scope }) => !member.scopes.includes(scope)))
      this.#widens = true;
    // What is taken away must not be opened by what is written next.
    if (member.scopes.some((scope) => !next.scopes.includes(scope))) this.#rotate = true;
  }

  #termsOf({ scopes, expiresAt, permissions }: RosterMember): Terms {
    const names = [...this.#scopeIds].filter(([, id]) => scopes.includes(id)).map(([name]) => name);
    return { scopes: names, expiresAt, permissions };
  }

  #renew({ id: operationId, memberId, recipient }: RenewOperation): void {
    const member = this.#members.get(memberId);
    if (member?.class !== "owner") {
      this.#outcomes.set(operationId, { kind: "unchanged", operationId, why: "the member is gone already" });
      return;
    }
    this.#enter({ ...member, recipient, written: this.#sequence });
    this.#outcomes.set(operationId, { kind: "renewed", operationId, memberId });
  }

  /** Takes all versions of memories out, and leaves nothing of their scopes that an earlier epoch opens (SPEC §9). */
  #shred({ id: operationId, memoryIds }: ShredOperation): void {
    const scopes = [...this.#scopes.values()].filter(({ id }) => !isInternal(id));
    const memories = scopes.flatMap(({ live }) => [...live.values()].map(decodeRecord));
    const [removed, holders, unknown] = [new Set<string>(), new Set<WorkingScope>(), new Set<string>()];
    for (const [asked, versions] of versionsOf(memories, memoryIds)) {
      const held = [...versions].flatMap((id) => this.#holderOf(id) ?? []);
      if (held.length === 0) unknown.add(asked);
      for (const scope of held) holders.add(scope);
      for (const id of versions) removed.add(id);
    }
    for (const id of removed) this.#holderOf(id)?.remove(id);
    const cut = unknown.size === 0 ? [...holders] : scopes;
    for (const scope of cut) scope.snapshot = true;
    this.#rotate = true;
    this.#shredded = [...new Set([...this.#shredded, ...removed])].slice(-KEPT_SHREDDED);
    const record = { sequence: this.#sequence, memoryIds: this.#shredded };
    this.#scope(ONE).put(SHRED_ID, encodeShred(record, this.#request.random));
    const names = [...this.#scopeIds].filter(([, id]) => cut.some((scope) => scope.id === id));
    this.#outcomes.set(operationId, {
      ...{ kind: "shredded", operationId, memoryIds: [...removed], unknown: [...unknown] },
      scopes: names.map(([name]) => name),
    });
  }

  #note({ id: operationId, memberId, erased }: NoteOperation): void {
    const member = this.#members.get(memberId);
    if (member?.class !== "owner" || member.erased >= erased) {
      this.#outcomes.set(operationId, { kind: "unchanged", operationId, why: "the roster says so already" });
      return;
    }
    this.#enter({ ...member, erased });
    this.#outcomes.set(operationId, { kind: "noted", operationId, memberId });
  }

  /** What was stored and lost opens with everybody's secret, up to its epoch: secrets must pass it (SPEC §9). */
  #turnAbove({ id: operationId, above }: RotateOperation): void {
    const epoch = this.#request.base.opened?.data.epoch ?? 0;
    if (epoch > above) {
      this.#outcomes.set(operationId, { kind: "unchanged", operationId, why: "the epoch turned already" });
      return;
    }
    this.#rotate = true;
    // An epoch never rises by more than the sequence does; no drawn secret leads to what was lost.
    const again = this.#request.rekey === null && epoch + 1 <= above;
    this.#outcomes.set(operationId, { kind: "rotated", operationId, again });
  }

  /** Refused here, an admission stays alone with its fault; refused with the keyring, it would stop all others. */
  #requireEntries(more: number): void {
    const total = this.#members.entries + more;
    if (total > MAX_KEYRING_ENTRIES) throw new ContentTooLarge("keyring", total, MAX_KEYRING_ENTRIES);
  }

  #refusal({ class: kind, grantee, recipient, expiresAt }: AdmitOperation): string | null {
    if (this.#members.knows({ grantee, recipient })) return "the grantee is a member already";
    return kind === "reader" && expiresAt !== null && expiresAt <= this.#request.now
      ? "the grant has expired"
      : null;
  }

  #enter(member: RosterMember): void {
    this.#members.set(member);
    this.#scope(ONE).put(member.id, encodeMember(member, this.#request.random));
  }

  #scope(id: string): WorkingScope {
    const scope = this.#scopes.get(id);
    if (scope === undefined)
      throw new MalformedData("roster", `names scope ${id}, which the head does not have`);
    return scope;
  }

  #scopesNamed(names: readonly string[]): Welcomed["scopes"] {
    this.#requireRoom(new Set(names.filter((name) => !this.#scopeIds.has(name))).size);
    return names.map((name) => ({ id: this.#scopeNamed(name), name }));
  }

  /** A scope exists from its first memory or grant on. */
  #scopeNamed(name: string): string {
    const known = this.#scopeIds.get(name);
    if (known !== undefined) return known;
    this.#requireRoom(1);
    const id = bytesToHex(this.#request.random(16));
    this.#scopes.set(id, new WorkingScope(id));
    this.#nameScope(id, name);
    return id;
  }

  /** Asked before anything changes: what is refused leaves no scope behind. */
  #requireRoom(more: number): void {
    const scopes = this.#scopes.size + more;
    if (scopes > MAX_SCOPES) throw new TooManyScopes(scopes - 2, MAX_SCOPES - 2);
  }

  finish(): Plan {
    const { base, rekey } = this.#request;
    const epoch =
      base.opened === null
        ? (base.inherited?.epoch ?? 0)
        : (rekey?.epoch ?? base.opened.data.epoch + (this.#rotate ? 1 : 0));
    return {
      epoch,
      rotated: this.#rotate,
      ratcheted: (this.#rotate || this.#widens) && rekey === null,
      admitted: [...this.#admitted.values()],
      reissued: [...this.#reissued.values()],
      dismissed: this.#dismissed,
      owners: [...this.#members.ids()].filter((id) => this.#members.get(id)?.class === "owner"),
      outcomes: this.#outcomes,
      inbox: this.#secrets.inbox,
      shredded: this.#newestShred?.sequence ?? 0n,
      draft: (welcomes = new Map()) => this.#draft(epoch, welcomes),
    };
  }

  #draft(epoch: number, welcomes: ReadonlyMap<string, Uint8Array>): Draft {
    const { ref, visibilityKey, base, random } = this.#request;
    const { opened } = base;
    const turned = opened === null || this.#rotate;
    for (const id of this.#reissued.keys()) {
      const [member, welcomeDigest] = [this.#members.get(id), welcomes.get(id)];
      if (member === undefined || welcomeDigest === undefined) throw new TypeError(`no welcome of ${id}`);
      this.#enter({ ...member, welcomeDigest });
    }
    const epochKey = turned || opened.epochKey === null ? random(32) : opened.epochKey;
    const secrets = this.#memberSecrets(opened !== null && this.#rotate);
    this.#writeScopeZero(secrets, turned);
    const place = { ref, visibilityKey, epoch };
    const keyring =
      turned || this.#admitted.size + this.#reissued.size > 0
        ? placeKeyring(drawKeyring(this.#keyringMembers(secrets, epochKey), random), place, random)
        : standingKeyring(opened.data);
    const scopes = new Map([...this.#scopes].map(([id, scope]) => [id, scope.draft()]));
    return { ref, chain: base.chain, visibilityKey, epoch, epochKey, keyring, scopes };
  }

  /** Everybody's secret at the new epoch: ratcheted, so that a dismissed member cannot follow. */
  #memberSecrets(turn: boolean): ReadonlyMap<string, Uint8Array> {
    const secretOf = (id: string): Uint8Array => {
      const drawn = this.#admitted.get(id) ?? this.#reissued.get(id);
      const given = drawn?.secret ?? this.#given.get(id);
      if (given !== undefined) return given;
      const present = this.#secrets.members.get(id);
      if (present === undefined) throw new MalformedData("scope zero", `no secret of member ${id}`);
      return turn ? ratchet(present, 1) : present;
    };
    return new Map([...this.#members.ids()].map((id) => [id, secretOf(id)]));
  }

  /** Scope zero keeps each secret at this head's epoch only: a new epoch writes it as a snapshot (SPEC §4). */
  #writeScopeZero(secrets: ReadonlyMap<string, Uint8Array>, turned: boolean): void {
    const zero = this.#scope(ZERO);
    const { random, batchId } = this.#request;
    if (turned) {
      const { commitKey, inbox, batches } = this.#secrets;
      zero.live.clear();
      zero.snapshot = true;
      for (const [id, secret] of secrets) zero.put(id, encodeSecret(id, secret, random));
      for (const [id, sequence] of batches) zero.put(id, encodeBatch(id, sequence, random));
      zero.put(INBOX_ID, encodeInbox(inbox, random));
      if (commitKey !== null) zero.put(COMMIT_KEY_ID, encodeCommitKey(commitKey, random));
    } else {
      for (const { member, secret } of [...this.#admitted.values(), ...this.#reissued.values()])
        zero.put(member.id, encodeSecret(member.id, secret, random));
    }
    zero.put(batchId, encodeBatch(batchId, this.#sequence, random));
    const oldest = [...this.#secrets.batches].sort(([, a], [, b]) => Number(a - b));
    for (const [id] of oldest.slice(0, Math.max(0, oldest.length + 1 - KEPT_BATCHES))) zero.remove(id);
  }

  #keyringMembers(secrets: ReadonlyMap<string, Uint8Array>, epochKey: Uint8Array): KeyringMember[] {
    const keyOf = scopeKeysOf(epochKey);
    const unnamed = this.#unnamed.flatMap((member) => {
      const present = this.#secrets.members.get(member.id);
      return present === undefined
        ? []
        : [{ secret: ratchet(present, 1), ...keyringEntriesOf(member, epochKey, keyOf) }];
    });
    const named = [...secrets].flatMap(([id, secret]) => {
      const member = this.#members.get(id);
      return member === undefined ? [] : [{ secret, ...keyringEntriesOf(member, epochKey, keyOf) }];
    });
    return [...named, ...unnamed];
  }
}

/** Outcomes that say something of members. */
const MEMBERS: ReadonlySet<OperationOutcome["kind"]> = new Set(["admitted", "changed", "renewed"]);

/** Stands for the digest of a welcome that is still to be written. */
const UNWRITTEN = new Uint8Array(32);

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Whether two say the same, in whatever order. */
export const sameTerms = (a: Terms, b: Terms): boolean =>
  a.expiresAt === b.expiresAt &&
  a.permissions === b.permissions &&
  a.scopes.toSorted().join("\0") === b.scopes.toSorted().join("\0");

type KeyOfScope = (id: string) => KeyringMember["keys"][number];

/** The keys of scopes in one epoch, each derived once however many members have it. */
function scopeKeysOf(epochKey: Uint8Array): KeyOfScope {
  const known = new Map<string, KeyringMember["keys"][number]>();
  return (id) => {
    const scopeId = hexToBytes(id);
    const held = known.get(id) ?? { scopeId, key: scopeKey(epochKey, scopeId) };
    known.set(id, held);
    return held;
  };
}

const keyringEntriesOf = (
  member: RosterMember,
  epochKey: Uint8Array,
  keyOf: KeyOfScope,
): Omit<KeyringMember, "secret"> => ({
  locator: member.locator,
  welcomeDigest: member.welcomeDigest,
  keys: member.class === "owner" ? [{ scopeId: SCOPE_ZERO, key: epochKey }] : member.scopes.map(keyOf),
});
