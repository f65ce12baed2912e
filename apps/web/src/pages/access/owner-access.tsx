import { useMemo, useState, type ReactNode } from "react";

import { useView } from "../../session/view.tsx";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { AccessDialogs, type AccessDialog } from "./access-dialogs.tsx";
import { GrantsSection } from "./grants-section.tsx";
import { InboxSection } from "./inbox-section.tsx";
import { RequestsSection } from "./requests-section.tsx";
import { useLedger } from "./use-ledger.ts";
import { WelcomesSection } from "./welcomes-section.tsx";

/** Who can read what until when, what is to be handed over, and what others ask for and bring. */
export function OwnerAccess(): ReactNode {
  const reading = useLedger();
  const { view } = useView();
  const [dialog, setDialog] = useState<AccessDialog | null>(null);
  const counts = useMemo(
    () => new Map((view?.scopes ?? []).map(({ name, memories }) => [name, memories.length])),
    [view],
  );
  const { ledger } = reading;
  return (
    <Page
      title="Access"
      actions={
        <Button kind="primary" disabled={ledger === null} onClick={() => setDialog({ kind: "grant" })}>
          Grant access
        </Button>
      }
    >
      <GrantsSection reading={reading} open={setDialog} />
      <WelcomesSection lines={ledger?.lines ?? []} open={setDialog} />
      <RequestsSection open={setDialog} over={dialog !== null} />
      <InboxSection lines={ledger?.lines ?? []} />
      {dialog !== null && (
        <AccessDialogs
          dialog={dialog}
          ledger={ledger}
          counts={counts}
          open={setDialog}
          close={() => setDialog(null)}
        />
      )}
    </Page>
  );
}
