import { useState, type ReactNode } from "react";

import { forget, type Previewed } from "../../../../../../client/index.ts";
import { shred } from "../../../../../../client/manage.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { HoldButton } from "./hold-button.tsx";

interface ForgetPanelProps {
  readonly found: Previewed;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** Takes a memory out, or shreds it: says first what that does, and what it does not. */
export function ForgetPanel({ found, onDone, onBack }: ForgetPanelProps): ReactNode {
  const { vault } = useSession();
  const act = useAct();
  const [deep, setDeep] = useState(false);
  const busy = act.running !== null;
  const take = async (work: () => Promise<unknown>): Promise<void> => {
    const done = await act.run(deep ? "Shredding…" : "Forgetting…", null, async () => {
      await work();
      return true;
    });
    if (done === true) onDone();
  };
  return (
    <section className="stack forget-panel" aria-label="Forget this memory">
      <h3>Forget this memory</h3>
      <label className="choice">
        <input type="radio" checked={!deep} onChange={() => setDeep(false)} />
        Forget it
      </label>
      <p className="quiet">
        The next commit and those after it do not carry it. Sealed copies of earlier commits stay where they
        are stored, and readers keep what they have read. Until you commit, you can take this back.
      </p>
      <label className="choice">
        <input type="radio" checked={deep} onChange={() => setDeep(true)} />
        Shred it, with all its versions
      </label>
      <p className="quiet">
        Also changes every key and writes its scope anew. Once that commit is final, this device destroys the
        keys that opened earlier copies, and gives those copies up; your other devices do so at their next
        sync.
      </p>
      {deep && <ShredLimits />}
      <FaultNotice fault={act.fault} />
      <div className="row">
        {deep ? (
          <HoldButton busy={busy} onHeld={() => void take(() => shred(vault, found.memory))}>
            Shred
          </HoldButton>
        ) : (
          <Button kind="danger" busy={busy} onClick={() => void take(() => forget(vault, found.memory))}>
            Forget
          </Button>
        )}
        <Button onClick={onBack}>Keep it</Button>
      </div>
    </section>
  );
}

function ShredLimits(): ReactNode {
  const { network } = useSession();
  return (
    <Notice tone="warn">
      <p>
        Nobody can take back what readers, agents and exports have already. Whoever kept old copies still
        opens them with the 24 words, an old welcome&rsquo;s key or an old backup.
      </p>
      {network.store.permanent === true && (
        <p>Part of this vault is stored on chain: its sealed bytes stay there for ever. Only the keys go.</p>
      )}
      <p>When it is done, this page shows a receipt of what was destroyed.</p>
    </Notice>
  );
}
