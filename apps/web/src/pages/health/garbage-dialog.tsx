import type { ReactNode } from "react";

import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FaultNotice } from "../../ui/notice.tsx";

interface GarbageDialogProps {
  readonly onClose: () => void;
  /** Gets how many blobs were given up. */
  readonly onDone: (blobs: number) => void;
}

/** Asks before blobs that nothing needs any more are given up. */
export function GarbageDialog({ onClose, onDone }: GarbageDialogProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const clear = async (): Promise<void> => {
    const blobs = await run("Giving up…", null, async () => {
      const { collectGarbage } = await import("../../../../../client/stores.ts");
      return collectGarbage(vault);
    });
    if (blobs !== undefined) onDone(blobs);
  };
  return (
    <Dialog title="Clear out the stores" {...(running === null && { onClose })}>
      <p>
        What this device saw drop out of your vault is given up in the stores, to make room. Every blob that
        is needed is read first; if one is missing, nothing goes.
      </p>
      <p>
        Earlier commits cannot be gone back to afterwards, and a device of yours that slept may miss them
        until it reads a newer one. No key is destroyed: that is what “forget for good” does.
      </p>
      <FaultNotice fault={fault} />
      <div className="row">
        <Button kind="danger" busy={running !== null} onClick={() => void clear()}>
          {running ?? "Give them up"}
        </Button>
        <Button disabled={running !== null} onClick={onClose}>
          Keep them
        </Button>
      </div>
    </Dialog>
  );
}
