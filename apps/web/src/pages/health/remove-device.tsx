import { useCallback, useState, type ReactNode } from "react";

import { rekey, unconfirmed, type DeviceEntry, type RekeyResult } from "../../../../../client/manage.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";
import { removeAct } from "./rekey-acts.ts";
import { useLoaded } from "./use-loaded.ts";
import { isVouched, VouchList } from "./vouch-list.tsx";

interface RemoveDeviceProps {
  readonly device: DeviceEntry;
  readonly onClose: () => void;
}

/** What a vault calls the member that its words open. */
const WORDS = "the 24 words";

/** Removes a lost or hostile device, and changes every key. */
export function RemoveDevice({ device, onClose }: RemoveDeviceProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const isWords = device.label === WORDS;
  const [sure, setSure] = useState(false);
  const [vouched, setVouched] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState<RekeyResult | null>(null);
  const asked = useLoaded(useCallback(() => unconfirmed(vault, { remove: [device.id] }), [vault, device.id]));
  const remove = async (): Promise<void> => {
    const result = await run("Changing every key…", removeAct(device.label, isWords), () =>
      rekey(vault, { remove: [device.id], confirmed: [...vouched] }),
    );
    if (result !== undefined) setDone(result);
  };
  const name = <PlainText text={device.label} />;
  return (
    <Dialog
      title={isWords ? "Remove the 24 words" : "Remove a device"}
      {...(running === null && { onClose })}
    >
      {done === null ? (
        <>
          <p>
            {name} will read and write nothing that is written from then on. The key that commits is replaced
            first, in a transaction of its own, then every key changes: that makes two transactions. Your
            other devices and readers find their new keys by themselves.
          </p>
          <p>What it has read, it has read: nobody can take that back.</p>
          {isWords && <WordsWarning sure={sure} onChange={setSure} />}
          <VouchList members={asked.value ?? []} vouched={vouched} onChange={setVouched} />
          <FaultNotice fault={fault ?? asked.fault} />
        </>
      ) : (
        <Notice>
          <p>
            {name} is removed, by commit {String(done.sequence)}. Every key was changed.
          </p>
          {done.leftOut.length > 0 && (
            <p>
              {countText(done.leftOut.length, "commit was", "commits were")} left out: your devices send again
              what they wrote there.
            </p>
          )}
        </Notice>
      )}
      <div className="row">
        {done === null && (
          <Button
            kind="danger"
            busy={running !== null}
            disabled={asked.value === null || !isVouched(asked.value, vouched) || (isWords && !sure)}
            onClick={() => void remove()}
          >
            {running ?? "Remove it, and change every key"}
          </Button>
        )}
        <Button disabled={running !== null} onClick={onClose}>
          {done === null ? "Cancel" : "Close"}
        </Button>
      </div>
    </Dialog>
  );
}

interface WordsWarningProps {
  readonly sure: boolean;
  readonly onChange: (sure: boolean) => void;
}

/** A vault without words is lost with its last device. */
const WordsWarning = ({ sure, onChange }: WordsWarningProps): ReactNode => (
  <Notice tone="bad">
    <p>
      <strong>After this no words recover your vault.</strong> If all your devices are lost or cleared,
      everything that is written from then on is lost for ever. If somebody saw the words, close this and
      choose “Renew the 24 words…” instead: it puts new ones in their place.
    </p>
    <label className="choice">
      <input type="checkbox" checked={sure} onChange={({ target }) => onChange(target.checked)} />I want a
      vault that no words recover
    </label>
  </Notice>
);
