import { lazy, Suspense, useState, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Page } from "../../ui/page.tsx";
import { ChainSection } from "./chain-section.tsx";
import { DevicesSection } from "./devices-section.tsx";
import { ReceiptsSection } from "./receipts-section.tsx";
import { RecoverySection } from "./recovery-section.tsx";
import { StoresSection } from "./stores-section.tsx";
import "./health.css";

/** Few renew their words, and seldom: it is fetched when it is needed. */
const RenewWords = lazy(async () => ({ default: (await import("./renew-words.tsx")).RenewWords }));

/** Whether all is there, who is let in, and whether it could be had back. */
export function HealthPage(): ReactNode {
  const { known } = useSession();
  const [renewing, setRenewing] = useState(false);
  if (renewing)
    return (
      <Suspense fallback={<p className="page quiet">Loading…</p>}>
        <RenewWords onClose={() => setRenewing(false)} />
      </Suspense>
    );
  return (
    <Page title="Health">
      <StoresSection />
      <ChainSection />
      {known.role === "owner" && (
        <>
          <DevicesSection />
          <RecoverySection onRenew={() => setRenewing(true)} />
          <ReceiptsSection />
        </>
      )}
    </Page>
  );
}
