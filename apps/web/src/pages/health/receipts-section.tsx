import { useCallback, type ReactNode } from "react";

import { dropReceipt, receipts } from "../../../../../client/manage.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { receiptFacts } from "./receipt-text.ts";
import { useLoaded } from "./use-loaded.ts";

/** What was forgotten for good, and what nobody can undo; nothing where there is no receipt. */
export function ReceiptsSection(): ReactNode {
  const { vault } = useSession();
  const { value, reload } = useLoaded(useCallback(() => receipts(vault), [vault]));
  const { running, fault, run } = useAct();
  if (value === null || value.length === 0) return null;
  const drop = async (id: string): Promise<void> => {
    await run("Letting go…", null, () => dropReceipt(vault, id));
    reload();
  };
  return (
    <section className="card" aria-labelledby="health-receipts">
      <h2 id="health-receipts">What is gone for good</h2>
      <FaultNotice fault={fault} />
      {value.map((receipt) => (
        <div key={receipt.id} className="stack">
          <Facts
            facts={receiptFacts(receipt, vault.store.permanent === true).map(([name, text]) => [
              name,
              <PlainText key={name} text={text} />,
            ])}
          />
          <div className="row">
            <Button busy={running !== null} onClick={() => void drop(receipt.id)}>
              I have seen this receipt
            </Button>
          </div>
        </div>
      ))}
    </section>
  );
}
