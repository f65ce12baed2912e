import { useContext, useEffect, useState, type ReactNode, type SubmitEvent } from "react";

import { useDevice } from "../../device/context.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { LabelField } from "../start/recover-form.tsx";
import { TaskNotice } from "../start/task-notice.tsx";
import { useTask } from "../start/use-task.ts";
import { VaultsContext } from "../start/vaults-context.ts";

/** Names this vault, and leads to the other vaults of this browser, and to new ones. */
export function VaultsSection(): ReactNode {
  const leave = useContext(VaultsContext);
  return (
    <section className="card">
      <h2>Vaults in this browser</h2>
      <VaultName />
      {leave !== null && (
        <>
          <p className="quiet">Open another one, create one, or accept one that was granted to you.</p>
          <div className="row">
            <Button onClick={leave}>Other vaults</Button>
          </div>
        </>
      )}
    </section>
  );
}

/** What the person calls the open vault. */
function VaultName(): ReactNode {
  const { known } = useSession();
  const { device } = useDevice();
  const [kept, setKept] = useState(known.label);
  const [typed, setTyped] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const task = useTask();
  useEffect(() => {
    // The session has it as it was when the vault was opened; it may have another name since.
    device.vaults().then(
      (vaults) =>
        setKept((before) => vaults.find(({ vaultId }) => vaultId === known.vaultId)?.label ?? before),
      () => undefined,
    );
  }, [device, known.vaultId]);
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const label = (typed ?? kept).trim();
    task.run("Keeping it…", async () => {
      await device.remember({ ...known, label });
      setKept(label);
      setTyped(null);
      setDone(true);
    });
  };
  return (
    <form className="stack" onSubmit={send}>
      <LabelField
        value={typed ?? kept}
        onChange={(label) => {
          setTyped(label);
          setDone(false);
        }}
      />
      <TaskNotice task={task} />
      {done && <Notice>This vault has its new name in this browser.</Notice>}
      <div className="row">
        <Button type="submit" busy={task.running !== null} disabled={typed === null}>
          Rename it
        </Button>
      </div>
    </form>
  );
}
