import { useEffect, useState, type ReactNode } from "react";

import { drawing, passkeys } from "../../device/this-browser.ts";
import { newPasskey, type NewWay } from "../../device/ways.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

interface PasskeyOfferProps {
  readonly onMade: (way: NewWay) => void | Promise<void>;
  readonly kind?: "primary" | "plain";
}

/** Whether passkeys can seal keys in this browser; `null` until it said. */
export function usePasskeys(): boolean | null {
  const [available, setAvailable] = useState<boolean | null>(null);
  useEffect(() => {
    passkeys.available().then(setAvailable, () => setAvailable(false));
  }, []);
  return available;
}

/** Makes a passkey, where the browser has any that can seal keys; says what to do where it has none. */
export function PasskeyOffer({ onMade, kind = "plain" }: PasskeyOfferProps): ReactNode {
  const available = usePasskeys();
  const task = useTask();
  if (available === null) return null;
  if (!available)
    return (
      <Notice>
        This browser, or the address of this page, has no passkeys that can seal keys (PRF). A passphrase and
        24 words do as well.
      </Notice>
    );
  const make = (): void =>
    task.run("Your browser asks twice: to make the passkey, and to use it.", async () =>
      onMade(await newPasskey(passkeys, "Memory Vault", drawing)),
    );
  return (
    <>
      <div className="row">
        <Button kind={kind} busy={task.running !== null} onClick={make}>
          Add a passkey
        </Button>
      </div>
      <TaskNotice task={task} />
    </>
  );
}
