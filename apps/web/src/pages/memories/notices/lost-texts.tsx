import { useEffect, useState, type ReactNode } from "react";

import { dropLostText, lostTexts, type LostText } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { AddDialog } from "../add/add-dialog.tsx";

/** What this device wrote and another one forgot at the same time: put back, or let go. */
export function LostTexts({ scopes }: { readonly scopes: readonly string[] }): ReactNode {
  const { vault } = useSession();
  const { view } = useView();
  const act = useAct();
  const [lost, setLost] = useState<readonly LostText[]>([]);
  const [putBack, setPutBack] = useState<LostText | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    // A journal that does not open is said by the reading of the page.
    lostTexts(vault).then(
      (found) => wanted && setLost(found),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [vault, view, turn]);
  const drop = async ({ operationId }: LostText): Promise<void> => {
    await dropLostText(vault, operationId);
    setTurn((before) => before + 1);
  };
  if (lost.length === 0) return null;
  return (
    <>
      <Notice tone="warn">
        <strong>Forgotten elsewhere while you changed it here</strong>
        {lost.map((each) => (
          <div key={each.operationId} className="stack lost-text">
            <PlainText text={each.text} lines />
            <div className="row">
              <Button onClick={() => setPutBack(each)}>Put it back…</Button>
              <Button
                busy={act.running !== null}
                onClick={() => void act.run("Letting it go…", null, () => drop(each))}
              >
                Let it go
              </Button>
            </div>
          </div>
        ))}
        <FaultNotice fault={act.fault} />
      </Notice>
      {putBack !== null && (
        <AddDialog
          scopes={scopes}
          scope={null}
          text={putBack.text}
          onAdded={() => drop(putBack)}
          onClose={() => setPutBack(null)}
        />
      )}
    </>
  );
}
