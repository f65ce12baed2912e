import type { ReactNode } from "react";

import { withdraw } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { numberText } from "../../../ui/texts.ts";
import { leavingOf, leavingText, type Leaving } from "../logic/waiting.ts";

/** More than so many are not listed: they are counted. */
const SHOWN = 50;

/** Memories that the next commit takes out, and the way to keep them. */
export function LeavingMemories(): ReactNode {
  const { vault } = useSession();
  const { view, preview, waiting } = useView();
  const act = useAct();
  const leaving = leavingOf(view, preview, waiting);
  if (leaving.length === 0) return <FaultNotice fault={act.fault} />;
  const keep = ({ operations }: Leaving): Promise<unknown> =>
    act.run("Keeping it…", null, () =>
      withdraw(
        vault,
        operations.map(({ id }) => id),
      ),
    );
  return (
    <details className="card fold">
      <summary>{leavingText(leaving)}</summary>
      <ul>
        {leaving.slice(0, SHOWN).map((each) => (
          <li key={each.memory.id} className="row">
            <span className="leaving-text">
              <PlainText text={each.memory.text.slice(0, 300)} />
            </span>
            <span className="badge">{each.how === "shred" ? "Will be shredded" : "Will be forgotten"}</span>
            <Button busy={act.running !== null} onClick={() => void keep(each)}>
              Keep it
            </Button>
          </li>
        ))}
      </ul>
      {leaving.length > SHOWN && <p className="quiet">And {numberText(leaving.length - SHOWN)} more.</p>}
      <FaultNotice fault={act.fault} />
    </details>
  );
}
