import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";

interface WaitingProps {
  /** What is waited for. */
  readonly label?: string;
  /** Why it failed. */
  readonly fault?: unknown;
  readonly onAgain?: () => void;
  readonly lock?: () => void;
}

/** Something that is not there yet, or failed and can be tried again. */
export const Waiting = ({ label = "Opening…", fault = null, onAgain, lock }: WaitingProps): ReactNode => (
  <Page title="Memory Vault">
    {fault === null ? (
      <p role="status" className="quiet">
        {label}
      </p>
    ) : (
      <FaultNotice fault={fault} />
    )}
    <div className="row">
      {fault !== null && onAgain !== undefined && (
        <Button kind="primary" onClick={onAgain}>
          Try again
        </Button>
      )}
      {lock !== undefined && <Button onClick={lock}>Lock</Button>}
    </div>
  </Page>
);
