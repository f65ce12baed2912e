import { useState, type ReactNode } from "react";

import { NetworkForm } from "../../chain/network-form.tsx";
import type { NetworkConfig } from "../../chain/network.ts";
import { forgetNetwork } from "../../chain/page.ts";
import { WalletPanel } from "../../chain/wallet-panel.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { About } from "./about.tsx";
import { UnlockWays } from "./unlock-ways.tsx";
import { VaultsSection } from "./vaults-section.tsx";

/** What this device is set to: network, store, wallet, ways to unlock. */
export function SettingsPage(): ReactNode {
  const { network } = useSession();
  return (
    <Page title="Settings">
      <section className="card">
        <h2>Wallet</h2>
        <p className="quiet">
          It pays and signs for the vault. It never holds the keys that open your memories.
        </p>
        <WalletPanel config={network.config} />
      </section>
      <section className="card">
        <h2>Network and store</h2>
        <NetworkSection config={network.config} />
      </section>
      <UnlockWays />
      <VaultsSection />
      <section className="card">
        <h2>About</h2>
        <About />
      </section>
    </Page>
  );
}

function NetworkSection({ config }: { readonly config: NetworkConfig }): ReactNode {
  const [changing, setChanging] = useState(false);
  const [saved, setSaved] = useState(false);
  if (saved) return <Saved />;
  return (
    <>
      {changing ? (
        <NetworkForm config={config} onSaved={() => setSaved(true)} />
      ) : (
        <NetworkFacts config={config} />
      )}
      <div className="row">
        <Button onClick={() => setChanging(!changing)}>{changing ? "Leave it as it is" : "Change"}</Button>
        {changing && (
          <Button onClick={() => void forgetNetwork().then(() => setSaved(true))}>
            Use what this page was made for
          </Button>
        )}
      </div>
    </>
  );
}

const Saved = (): ReactNode => (
  <Notice>
    <p>Saved. It is used when this page is opened again.</p>
    <div className="row">
      <Button kind="primary" onClick={() => location.reload()}>
        Open it again now
      </Button>
    </div>
  </Notice>
);

function NetworkFacts({ config }: { readonly config: NetworkConfig }): ReactNode {
  const { name, rpc, secondRpc, deployment, store } = config;
  return (
    <>
      <Facts
        facts={[
          ["Name", name],
          ["Chain", String(deployment.chainId)],
          ["RPC", rpc === null ? "your wallet's own" : new URL(rpc).host],
          ["Second RPC", secondRpc === null ? "none" : new URL(secondRpc).host],
          ["Vaults", <code key="vaults">{deployment.memoryVault}</code>],
          ["Keys", <code key="keys">{deployment.keyRegistry}</code>],
          ["Blobs on chain", <code key="blobs">{deployment.blobLog}</code>],
          ["Store", store],
        ]}
      />
      {secondRpc === null && (
        <p className="quiet">
          One RPC alone could show an old state. Name a second one, of another provider, and both must agree.
        </p>
      )}
    </>
  );
}
