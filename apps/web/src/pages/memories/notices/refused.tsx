import type { ReactNode } from "react";

import { withdraw } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";

/** Changes that no commit can carry, why, and the way to take them back. */
export function Refused(): ReactNode {
  const { vault } = useSession();
  const { preview } = useView();
  const act = useAct();
  const refused = [...(preview?.refused ?? [])];
  if (refused.length === 0) return <FaultNotice fault={act.fault} />;
  const ids = refused.map(([id]) => id);
  return (
    <Notice tone="warn">
      <strong>Some changes cannot be committed</strong>
      {refused.map(([id, fault]) => (
        <p key={id}>{fault.message}</p>
      ))}
      <div className="row">
        <Button
          busy={act.running !== null}
          onClick={() => void act.run("Withdrawing…", null, () => withdraw(vault, ids))}
        >
          Withdraw them
        </Button>
      </div>
      <FaultNotice fault={act.fault} />
    </Notice>
  );
}
