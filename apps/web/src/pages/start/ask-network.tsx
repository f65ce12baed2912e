import type { ReactNode } from "react";

import { NetworkForm } from "../../chain/network-form.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";

interface AskNetworkProps {
  /** Why what names the network cannot be used; `null` where nothing names it. */
  readonly fault: unknown;
  readonly onNamed: () => void;
  readonly onBack: () => void;
}

/** Asks for the network before anything is begun on it. */
export const AskNetwork = ({ fault, onNamed, onBack }: AskNetworkProps): ReactNode => (
  <Page title="Which network?">
    <p>Name the chain and the store that your vault is reached through. It is asked once.</p>
    <FaultNotice fault={fault} />
    <NetworkForm config={null} onSaved={onNamed} />
    <div className="row">
      <Button onClick={onBack}>Back</Button>
    </div>
  </Page>
);
