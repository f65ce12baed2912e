import type { ReactNode } from "react";

import { reinforce, type Previewed } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";

/** What the dialog shows below the memory. */
export type Panel = "look" | "forget" | "prove" | "history";

interface ActionsProps {
  readonly found: Previewed;
  readonly panel: Panel;
  readonly onPanel: (panel: Panel) => void;
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

/** What can be done with a memory; a reader looks and proves. */
export function Actions({ found, panel, onPanel, onEdit, onClose }: ActionsProps): ReactNode {
  const { known, vault } = useSession();
  const act = useAct();
  const toggle = (wanted: Panel): void => onPanel(panel === wanted ? "look" : wanted);
  return (
    <div className="row memory-actions">
      <FaultNotice fault={act.fault} />
      {known.role === "owner" && (
        <>
          <Button kind="primary" onClick={onEdit}>
            Edit
          </Button>
          <Button
            busy={act.running !== null}
            title="It proved true once more: it is found sooner."
            onClick={() => void act.run("Reinforcing…", null, () => reinforce(vault, found.memory))}
          >
            Reinforce
          </Button>
        </>
      )}
      <Button aria-expanded={panel === "prove"} onClick={() => toggle("prove")}>
        Prove it
      </Button>
      <Button aria-expanded={panel === "history"} onClick={() => toggle("history")}>
        History
      </Button>
      {known.role === "owner" && (
        <Button kind="danger" onClick={() => onPanel("forget")}>
          Forget…
        </Button>
      )}
      <Button onClick={onClose}>Close</Button>
    </div>
  );
}
