import type { ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/notice.tsx";

/** Asks before what was typed is let go. */
export const Unsaved = (props: {
  readonly onKeep: () => void;
  readonly onDiscard: () => void;
}): ReactNode => (
  <Notice tone="warn">
    <p>What you typed is not saved.</p>
    <div className="row">
      <Button autoFocus onClick={props.onKeep}>
        Go on editing
      </Button>
      <Button kind="danger" onClick={props.onDiscard}>
        Discard it
      </Button>
    </div>
  </Notice>
);
