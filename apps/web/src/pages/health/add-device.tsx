import { useState, type ReactNode } from "react";

import { recipientBytes } from "../../../../../client/index.ts";
import { addDevice, devices, type DeviceEntry } from "../../../../../client/manage.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { faultText } from "../../ui/fault-text.ts";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { DeviceWelcome } from "./device-welcome.tsx";
import { keyDigest } from "./key-digest.ts";

/** Lets another device of the owner's in: its key comes here, a welcome goes back to it. */
export function AddDevice({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const [typed, setTyped] = useState("");
  const [label, setLabel] = useState("");
  const [compared, setCompared] = useState(false);
  const [added, setAdded] = useState<DeviceEntry | null>(null);
  const recipient = typed.replace(/\s/g, "");
  const { digest, wrong } = digestOf(recipient);
  const add = async (): Promise<void> => {
    const device = await run(
      "Letting it in…",
      `Adds the device ${label.trim() === "" ? "that shows this key" : label.trim()}: it reads and writes everything.`,
      async () => {
        const { memberId } = await addDevice(vault, { recipient, label: label.trim() });
        return (await devices(vault)).find(({ id }) => id === memberId);
      },
    );
    if (device !== undefined) setAdded(device);
  };
  if (added !== null) return <DeviceWelcome device={added} onClose={onClose} />;
  return (
    <Dialog title="Add a device" {...(running === null && { onClose })}>
      <p>
        Open Memory Vault on the other device and choose “Use your vault on a further device”: it shows its
        key. It will read and write everything, and can add others.
      </p>
      <Field label="Its key" hint="It begins with age1pq1." fault={wrong}>
        {(ids) => (
          <textarea
            {...ids}
            spellCheck={false}
            value={typed}
            onChange={({ target }) => {
              setTyped(target.value);
              setCompared(false);
            }}
          />
        )}
      </Field>
      <Field label="What you call it" hint="Sealed: nobody else reads it.">
        {(ids) => <input {...ids} value={label} onChange={({ target }) => setLabel(target.value)} />}
      </Field>
      {digest !== null && (
        <Notice>
          <p>
            Its key is <code>{digest}</code>.
          </p>
          <label className="choice">
            <input
              type="checkbox"
              checked={compared}
              onChange={({ target }) => setCompared(target.checked)}
            />
            The other device shows the same
          </label>
        </Notice>
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button
          kind="primary"
          busy={running !== null}
          disabled={digest === null || label.trim() === "" || !compared}
          onClick={() => void add()}
        >
          {running ?? "Let it in"}
        </Button>
        <Button disabled={running !== null} onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Dialog>
  );
}

function digestOf(recipient: string): { readonly digest: string | null; readonly wrong: string | null } {
  if (recipient === "") return { digest: null, wrong: null };
  try {
    return { digest: keyDigest(recipientBytes(recipient)), wrong: null };
  } catch (fault) {
    return { digest: null, wrong: faultText(fault).message };
  }
}
