import type { ReactNode } from "react";

import { withdraw } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { operationsOf, waitingText } from "../logic/waiting.ts";

/** What of this memory waits, and how to take it back. */
export function Waiting({ id }: { readonly id: string }): ReactNode {
  const { vault } = useSession();
  const { waiting } = useView();
  const act = useAct();
  const operations = operationsOf(waiting, id);
  if (operations.length === 0) return null;
  const ids = operations.map((operation) => operation.id);
  return (
    <>
      <Notice>
        <p>Waits to be committed: {waitingText(operations)}.</p>
        <div className="row">
          <Button
            busy={act.running !== null}
            onClick={() => void act.run("Withdrawing…", null, () => withdraw(vault, ids))}
          >
            Withdraw
          </Button>
        </div>
      </Notice>
      <FaultNotice fault={act.fault} />
    </>
  );
}
