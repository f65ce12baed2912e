import { useSyncExternalStore, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { turns } from "./this-browser.ts";
import type { TabWait } from "./turns.ts";

interface TurnDialogProps {
  /** Locks this browser, which ends all waits. */
  readonly lock: () => void;
}

/** Says why nothing goes on here: another tab goes first. Gone by itself when that one is done. */
export function TurnDialog({ lock }: TurnDialogProps): ReactNode {
  const [wait] = useSyncExternalStore(turns.subscribe, turns.get);
  return wait === undefined ? null : <OneWait wait={wait} lock={lock} />;
}

/** One wait, and the way out of it: where something was begun, what was noted of it is gone on with after the next unlocking. */
export function OneWait({ wait: { stop }, lock }: TurnDialogProps & { readonly wait: TabWait }): ReactNode {
  return (
    <Dialog title="Another tab goes first" {...(stop !== null && { onClose: stop })}>
      <p>
        Another tab of this page is at work with this vault. It may wait for your answer about a cost, or for
        your wallet. Go to that tab and answer, or close it.
      </p>
      <p role="status">This tab then goes on by itself. What you typed stays.</p>
      <div className="row">
        {stop === null ? <Button onClick={lock}>Lock</Button> : <Button onClick={stop}>Stop waiting</Button>}
      </div>
    </Dialog>
  );
}
