import { decodeCbor, encodeCbor } from "../cbor.ts";
import { NotGranted, OwnerClassOnly, VaultEmpty } from "../errors.ts";
import { PERMISSION } from "../vault/contract.ts";
import { newestHead } from "../vault/grant.ts";
import { scopeName } from "../vault/memories.ts";
import { goneMembers } from "../vault/owed.ts";
import { rosterOf } from "../vault/plan.ts";
import type { Roster } from "../vault/roster.ts";
import { newestBlock, stateOf, type Vault } from "../vault/session.ts";
import { MayNotPropose, ScopeNotGranted, UnknownProposal } from "./errors.ts";
import { EMPTY, take, type Inbox } from "./inbox.ts";
import { notesNamed, readNote, removeNote, writeNote } from "./journal.ts";
import { lookIn, type InboxEntry, type Judged } from "./judged.ts";

/** The owner's word that what one grant brings for one scope is accepted without a look. */
export interface Rule {
  /** Of the grant: whoever is granted anew needs a new rule. */
  readonly memberId: string;
  /** The scope's id. */
  readonly scope: string;
  /** The block when it was made: what was proposed before is not its concern. */
  readonly block: number;
}

/** A rule as its owner reads it. */
export interface RuleEntry extends Rule {
  readonly label: string;
  readonly grantee: string | null;
  readonly scopeName: string;
  /** Whether its grant is over, or reads that scope no more: it does nothing then. */
  readonly ended: boolean;
}

/** Names a rule. */
export interface RuleRequest {
  /** The grant's member id. */
  readonly member: string;
  /** The scope's name. */
  readonly scope: string;
}

/** What rules accepted. */
export interface Applied {
  readonly taken: readonly { readonly entry: InboxEntry; readonly memoryIds: readonly string[] }[];
  /** What is left. */
  readonly inbox: Inbox;
}

const RULE = "rule-";

const ruleName = (memberId: string, scope: string): string => `${RULE}${memberId}-${scope}`;

/**
 * Has what a grantee proposes for a scope accepted without a look, from now on, while its grant lasts: at most 32 proposals within
 * 24 hours, when a device of the owner that has the rule looks into the inbox. The rule stays on this device, and knows nothing of what another
 * device refused, or accepted and forgot: rules belong on one device.
 *
 * @throws {NotGranted} when there is no such grant, or it is over. {MayNotPropose} when it may not propose.
 * @throws {ScopeNotGranted} for a scope that it does not read.
 */
export async function allow(vault: Vault, { member: memberId, scope: name }: RuleRequest): Promise<Rule> {
  const { roster, gone, block } = await ledger(vault);
  const member = roster.members.get(memberId);
  if (member?.class !== "reader" || gone.has(memberId)) throw new NotGranted(memberId);
  if ((member.permissions & PERMISSION.propose) === 0) throw new MayNotPropose(member.grantee ?? memberId);
  const scope = scopeIdOf(roster, name);
  if (scope === undefined || !member.scopes.includes(scope)) throw new ScopeNotGranted(name);
  const rule = { memberId, scope, block };
  await writeNote(vault.journal, ruleName(memberId, scope), encodeCbor(rule));
  return rule;
}

/**
 * Takes a rule back. What it accepted stays.
 *
 * @returns whether there was one.
 */
export async function disallow(vault: Vault, { member, scope: name }: RuleRequest): Promise<boolean> {
  const scope = scopeIdOf((await ledger(vault)).roster, name);
  const known = (await readRules(vault)).some((rule) => rule.memberId === member && rule.scope === scope);
  if (known && scope !== undefined) await removeNote(vault.journal, ruleName(member, scope));
  return known;
}

/** The rules of this device. */
export async function rules(vault: Vault): Promise<RuleEntry[]> {
  const { roster, gone } = await ledger(vault);
  return (await readRules(vault)).map((rule) => {
    const member = roster.members.get(rule.memberId);
    return {
      ...rule,
      label: member?.label ?? "",
      grantee: member?.grantee ?? null,
      scopeName: roster.scopeNames.get(rule.scope) ?? rule.scope,
      ended: member === undefined || gone.has(rule.memberId) || !member.scopes.includes(rule.scope),
    };
  });
}

async function ledger(
  vault: Vault,
): Promise<{ roster: Roster; gone: ReadonlyMap<string, unknown>; block: number }> {
  if ((await stateOf(vault)).class !== "owner") throw new OwnerClassOnly("make rules for the inbox");
  const { number: block, timestamp } = await newestBlock(vault);
  const opened = await newestHead(vault, block);
  if (opened === null) throw new VaultEmpty(vault.ref.vaultId);
  return { roster: rosterOf(opened), gone: await goneMembers(vault, opened, block, timestamp), block };
}

const scopeIdOf = ({ scopeNames }: Roster, name: string): string | undefined =>
  [...scopeNames].find(([, each]) => each === scopeName(name))?.[0];

/** What is sealed under the device's own key was written above: its bytes are authentic. */
async function readRules({ journal }: Vault): Promise<Rule[]> {
  const names = await notesNamed(journal, RULE);
  const notes = await Promise.all(names.map((name) => readNote(journal, name)));
  return notes.flatMap((bytes) => (bytes === null ? [] : [decodeCbor(bytes) as Rule]));
}

/**
 * Looks into the inbox, and accepts what the owner's rules cover whole: genuine, final, of a grant that stands, every memory for a
 * scope that a rule names. The rest stays for the owner.
 *
 * @returns what was accepted, which the next sync sends, and what is left.
 * @throws {OwnerClassOnly} for a reader. All that looking throws.
 */
export async function applyRules(vault: Vault): Promise<Applied> {
  const looked = await lookIn(vault);
  if (looked === null) return { taken: [], inbox: EMPTY };
  const known = await readRules(vault);
  const taken: { entry: InboxEntry; memoryIds: readonly string[] }[] = [];
  const left: Judged[] = [];
  for (const judged of looked.judged) {
    const memoryIds = isCovered(judged.entry, known) ? await takeByRule(vault, judged) : null;
    if (memoryIds === null) left.push(judged);
    else taken.push({ entry: judged.entry, memoryIds });
  }
  const { more, strange, withheld } = looked;
  return { taken, inbox: { entries: left.map(({ entry }) => entry), more, strange, withheld } };
}

function isCovered({ fault, final, grant, memories, block }: InboxEntry, known: readonly Rule[]): boolean {
  if (fault !== null || !final || grant === null || grant.ended || memories === null) return false;
  const own = known.filter(({ memberId, block: made }) => memberId === grant.memberId && made < block);
  return memories.every(({ scope }) => own.some((rule) => rule.scope === scope));
}

async function takeByRule(vault: Vault, judged: Judged): Promise<readonly string[] | null> {
  try {
    return await take(vault, judged, true);
  } catch (fault) {
    // Another process decided meanwhile.
    if (fault instanceof UnknownProposal) return null;
    throw fault;
  }
}
