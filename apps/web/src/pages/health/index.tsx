import type { ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Page } from "../../ui/page.tsx";
import { ChainSection } from "./chain-section.tsx";
import { DevicesSection } from "./devices-section.tsx";
import { ReceiptsSection } from "./receipts-section.tsx";
import { RecoverySection } from "./recovery-section.tsx";
import { StoresSection } from "./stores-section.tsx";
import "./health.css";

/** Whether all is there, who is let in, and whether it could be had back. */
export function HealthPage(): ReactNode {
  const { known } = useSession();
  return (
    <Page title="Health">
      <StoresSection />
      <ChainSection />
      {known.role === "owner" && (
        <>
          <DevicesSection />
          <RecoverySection />
          <ReceiptsSection />
        </>
      )}
    </Page>
  );
}
