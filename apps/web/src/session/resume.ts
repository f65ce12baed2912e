import { useEffect, useRef, useState } from "react";

import { JournalBusy, settle, type Vault } from "../../../../client/index.ts";
import { useTransactions } from "../chain/use-page.ts";
import { backoff, isConnection } from "./faults.ts";
import type { Session } from "./session.tsx";
import { tabs } from "./tabs.ts";
import { useView } from "./view.tsx";

/**
 * Takes up what a reload, a lost connection or another tab left: what was sent and landed is settled, and the vault read again; at
 * once when the page opens, when the browser is back online, and when a transaction becomes final.
 *
 * @returns What kept it from that; `null` when nothing did.
 */
export function useResume({ vault, network: { signer } }: Pick<Session, "vault" | "network">): unknown {
  const { refresh, fault } = useView();
  const [unsettled, setUnsettled] = useState<unknown>(null);
  const final = useTransactions().filter(({ stage }) => stage.kind === "landed" && stage.final).length;
  useEffect(() => {
    let isOver = false;
    const failed = (fault: unknown): void => {
      // Another tab works: nobody asked for anything here, and each try waits for that tab.
      if (!(fault instanceof JournalBusy)) setUnsettled(fault);
      else if (!isOver) again();
    };
    const again = (): void => {
      void resume(vault, signer)
        .then(() => setUnsettled(null), failed)
        .then(refresh);
    };
    again();
    addEventListener("online", again);
    return () => {
      isOver = true;
      removeEventListener("online", again);
    };
  }, [vault, signer, refresh, final]);
  useRetries(isConnection(fault), refresh);
  return unsettled;
}

/** @throws what kept it from being settled. */
async function resume(vault: Vault, signer: Session["network"]["signer"]): Promise<void> {
  // What was sent before a reload: nothing is known of it until it is in a block.
  await signer.resume();
  await settle(vault);
  // Other tabs show what waits.
  tabs.tell("changed");
}

function useRetries(failed: boolean, retry: () => Promise<void>): void {
  const tries = useRef(0);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!failed) {
      tries.current = 0;
      return undefined;
    }
    const timer = setTimeout(
      () => {
        tries.current++;
        void retry().then(() => setTurn((before) => before + 1));
      },
      backoff(tries.current) * 1_000,
    );
    return () => clearTimeout(timer);
  }, [failed, retry, turn]);
}
