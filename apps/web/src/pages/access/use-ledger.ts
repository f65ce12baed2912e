import { useEffect, useState } from "react";

import type { Vault } from "../../../../../client/index.ts";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { commitDates } from "./commit-dates.ts";
import { readLedger, type Ledger } from "./ledger.ts";

/** The ledger as it was last read. */
export interface LedgerReading {
  /** `null` before the first reading is done. */
  readonly ledger: Ledger | null;
  /** Why the last reading failed; the ledger before it stays, and is named old by its commit. */
  readonly fault: unknown;
  /** When commits were made, as far as that is known: unix seconds by their sequences. */
  readonly dates: ReadonlyMap<bigint, number>;
}

/** What was read last of each open vault: the page is left, and the RPC may be silent when somebody comes back. */
const lastRead = new WeakMap<Vault, Ledger>();

/** Reads the ledger, again whenever the vault was read again. */
export function useLedger(): LedgerReading {
  const { vault } = useSession();
  const { reading } = useView();
  const [found, setFound] = useState<LedgerReading>(() => ({
    ledger: lastRead.get(vault) ?? null,
    fault: null,
    dates: new Map(),
  }));
  useEffect(() => {
    if (reading) return undefined;
    let over = false;
    readLedger(vault).then(
      (ledger) => {
        lastRead.set(vault, ledger);
        if (!over) setFound((before) => ({ ...before, ledger, fault: null }));
      },
      (fault: unknown) => {
        if (!over) setFound((before) => ({ ...before, fault }));
      },
    );
    return () => {
      over = true;
    };
  }, [vault, reading]);
  const { ledger } = found;
  useEffect(() => {
    if (ledger === null) return;
    const since = new Set(ledger.lines.map(({ entry }) => entry.since));
    // A date is a comfort: without it the commit's number stands alone.
    const known = commitDates(vault, since).catch(() => new Map<bigint, number>());
    void known.then((dates) => setFound((before) => ({ ...before, dates })));
  }, [vault, ledger]);
  return found;
}
