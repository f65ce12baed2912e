import { useSyncExternalStore, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { turns } from "./this-browser.ts";

/** Says why nothing goes on here: another tab goes first. Gone by itself when that one is done. */
export function TurnDialog(): ReactNode {
  const [wait] = useSyncExternalStore(turns.subscribe, turns.get);
  if (wait === undefined) return null;
  const { stop } = wait;
  return (
    <Dialog title="Another tab goes first" {...(stop !== null && { onClose: stop })}>
      <p>
        Another tab of this page is at work with this vault. It may wait for your answer about a cost, or for
        your wallet. Go to that tab and answer, or close it.
      </p>
      <p role="status">This tab then goes on by itself. What you typed stays.</p>
      {stop !== null && (
        <div className="row">
          <Button onClick={stop}>Stop waiting</Button>
        </div>
      )}
    </Dialog>
  );
}
