import type { ReactNode } from "react";

import { CostDialog } from "./cost-dialog.tsx";
import { transactions } from "./page.ts";
import { TransactionCard } from "./transaction-card.tsx";
import "./transactions.css";
import { useTransactions } from "./use-page.ts";
import { WalletDialog } from "./wallet-dialog.tsx";

/** Transactions of this page, over every page of an unlocked device: the question about the next one's cost, and how far the others are. */
export function TransactionCenter(): ReactNode {
  const shown = useTransactions();
  const asking = shown.find(({ stage }) => stage.kind === "asking");
  const waiting = shown.find(({ stage }) => stage.kind === "wallet");
  const others = shown.filter(({ stage }) => stage.kind !== "asking");
  return (
    <>
      {asking !== undefined && (
        <CostDialog
          key={asking.id}
          cost={asking.cost}
          answer={(yes) => transactions.answer(asking.id, yes)}
        />
      )}
      {asking === undefined && waiting !== undefined && (
        <WalletDialog
          key={waiting.id}
          cost={waiting.cost}
          onStop={() => transactions.stopWaiting(waiting.id)}
        />
      )}
      <section className="transactions" aria-label="Transactions" aria-live="polite">
        {others.map((each) => (
          <TransactionCard
            key={each.id}
            shown={each}
            dismiss={() => transactions.dismiss(each.id)}
            stop={() => transactions.stopWaiting(each.id)}
          />
        ))}
      </section>
    </>
  );
}
