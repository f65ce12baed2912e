import { useEffect, useState, type ReactNode } from "react";

import { collectWelcome, dropWelcome, settle } from "../../../../../client/index.ts";
import { welcomeText, type DeviceEntry } from "../../../../../client/manage.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { saveFile } from "../../ui/save.ts";

interface DeviceWelcomeProps {
  readonly device: Pick<DeviceEntry, "id" | "label">;
  readonly onClose: () => void;
}

/** Milliseconds between two looks whether it may be handed over. */
const POLL = 3_000;

/** The welcome of a device, to be carried to it once nobody can undo its admission. */
export function DeviceWelcome({ device, onClose }: DeviceWelcomeProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const [welcome, looking] = useWelcome(device.id);
  const [copied, setCopied] = useState(false);
  const handedOver = async (): Promise<void> => {
    const done = await run("Letting go…", null, async () => {
      await dropWelcome(vault, device.id);
      return true;
    });
    if (done === true) onClose();
  };
  return (
    <Dialog title="Hand over its welcome" onClose={onClose}>
      <p>
        Carry this to <PlainText text={device.label} />, accept it there, and commit there once: it then
        replaces the key that the welcome came to. It opens for that device alone.
      </p>
      <FaultNotice fault={fault ?? looking} />
      {welcome === null ? (
        <label className="stack" role="status">
          <span>
            Waiting until the commit is final. You may close this: the welcome stays here, beside the device
            in the list.
          </span>
          <progress />
        </label>
      ) : (
        <div className="row">
          <Button kind="primary" onClick={() => saveFile(`welcome-${device.id.slice(0, 8)}.age`, welcome)}>
            Save the file
          </Button>
          <Button
            onClick={() =>
              void navigator.clipboard.writeText(welcomeText(welcome)).then(() => setCopied(true))
            }
          >
            Copy it as text
          </Button>
          <Button busy={running !== null} onClick={() => void handedOver()}>
            The device has it
          </Button>
        </div>
      )}
      <p role="status">{copied ? "Copied." : ""}</p>
      <div className="row">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

/** @returns the welcome once it may be handed over, and why the last look failed. */
function useWelcome(memberId: string): readonly [Uint8Array<ArrayBuffer> | null, unknown] {
  const { vault } = useSession();
  const [welcome, setWelcome] = useState<Uint8Array<ArrayBuffer> | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOpen = true;
    const look = async (): Promise<void> => {
      try {
        await settle(vault);
        const found = await collectWelcome(vault, memberId);
        if (!isOpen) return;
        setFault(null);
        if (found !== null) {
          setWelcome(new Uint8Array(found));
          return;
        }
      } catch (thrown) {
        if (isOpen) setFault(thrown);
      }
      if (isOpen) timer = setTimeout(() => void look(), POLL);
    };
    void look();
    return () => {
      isOpen = false;
      clearTimeout(timer);
    };
  }, [vault, memberId]);
  return [welcome, fault];
}
