import type { ReactNode } from "react";

import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { countText } from "../../ui/texts.ts";
import { nameOf } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";
import { Sentences } from "./sentences-list.tsx";
import { revokeAct, revokeSentences } from "./sentences.ts";

interface RevokeProps {
  readonly lines: readonly LedgerLine[];
  readonly close: () => void;
}

/** Ends grants, after saying what that does and what it cannot do. */
export function RevokeDialog({ lines, close }: RevokeProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const revoke = async (): Promise<void> => {
    const done = await run(
      "Revoking, and changing all keys…",
      revokeAct(lines.map(({ entry }) => nameOf(entry))),
      async () => {
        const { revokeAll } = await import("../../../../../client/manage.ts");
        return revokeAll(
          vault,
          lines.map(({ entry }) => entry.id),
        );
      },
    );
    if (done !== undefined) close();
  };
  const escape = running === null ? { onClose: close } : {};
  return (
    <Dialog title={`Revoke ${countText(lines.length, "grant")}?`} {...escape}>
      <Sentences sentences={revokeSentences(lines.map(({ entry }) => nameOf(entry)))} />
      <FaultNotice fault={fault} />
      {fault !== null && (
        <p>
          What was begun is kept on this device and shown on the page: the next commit finishes it, or take it
          back there.
        </p>
      )}
      <div className="row">
        <Button kind="danger" busy={running !== null} onClick={() => void revoke()}>
          Revoke
        </Button>
        <Button disabled={running !== null} onClick={close}>
          {fault === null ? "Keep" : "Close"}
        </Button>
        <span role="status">{running}</span>
      </div>
    </Dialog>
  );
}
