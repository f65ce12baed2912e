import {
  collectWelcome,
  grants,
  headOf,
  pending,
  settle,
  VaultError,
  withdraw,
  type GrantEntry,
  type Vault,
} from "../../../../../client/index.ts";
import { grantState, type GrantState } from "./grant-state.ts";

/** A grant, where it stands, and its welcome. */
export interface LedgerLine {
  readonly entry: GrantEntry;
  readonly state: GrantState;
  /** The file to hand over; `null` while the grant is not final, and once it was handed over. */
  readonly welcome: Uint8Array | null;
  /** Whether it is to be handed over once the grant is final. */
  readonly notFinal: boolean;
}

/** Who may read, as of a commit. */
export interface Ledger {
  readonly sequence: bigint;
  /** The chain's time, in unix seconds. */
  readonly time: number;
  readonly lines: readonly LedgerLine[];
}

/**
 * Reads who may read what: the newest roster, what the chain says of it, and what waits on this device.
 *
 * @throws {VaultError} when the newest head cannot be read.
 */
export async function readLedger(vault: Vault): Promise<Ledger> {
  // What became final has its welcome ready; if that cannot be seen now, the ledger still can.
  await settle(vault).catch(onlyVaultErrors);
  const { sequence } = await headOf(vault);
  const entries = await grants(vault);
  const waiting = await pending(vault);
  const revoking = new Set(waiting.flatMap((each) => (each.kind === "dismiss" ? [each.memberId] : [])));
  const admitting = new Set(waiting.flatMap((each) => (each.kind === "admit" ? [each.id] : [])));
  const time = (await vault.provider.getBlock("latest"))?.timestamp ?? Math.floor(vault.now() / 1_000);
  const lines = entries.map(async (entry): Promise<LedgerLine> => {
    const welcome = await collectWelcome(vault, entry.id);
    const notFinal = welcome === null && admitting.has(entry.id);
    return { entry, welcome, notFinal, state: grantState(entry, time, revoking.has(entry.id)) };
  });
  return { sequence, time, lines: await Promise.all(lines) };
}

/** Takes back what was to end grants and is in no commit yet. One that was sent already may still land. */
export async function takeRevokesBack(vault: Vault): Promise<void> {
  const waiting = await pending(vault);
  await withdraw(
    vault,
    waiting.filter(({ kind }) => kind === "dismiss").map(({ id }) => id),
  );
}

function onlyVaultErrors(fault: unknown): void {
  if (!(fault instanceof VaultError)) throw fault;
}
