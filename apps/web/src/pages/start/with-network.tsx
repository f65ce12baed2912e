import { useCallback, useEffect, useState, type ReactNode } from "react";

import { NetworkForm } from "../../chain/network-form.tsx";
import type { Network, NetworkConfig } from "../../chain/network.ts";
import { networkConfig, reach } from "../../chain/page.ts";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { Waiting } from "./waiting.tsx";

interface WithNetworkProps {
  readonly lock: () => void;
  readonly children: (network: Network) => ReactNode;
}

/** Reaches the network, and asks for one where nobody named it, or it cannot be reached. */
export function WithNetwork({ lock, children }: WithNetworkProps): ReactNode {
  const [network, setNetwork] = useState<Network | null>(null);
  const [config, setConfig] = useState<NetworkConfig | null>(null);
  const [asking, setAsking] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const look = useCallback(async (): Promise<void> => {
    setFault(null);
    const found = await networkConfig();
    setConfig(found);
    if (found === null) setAsking(true);
    else setNetwork(await reach(found));
  }, []);
  useEffect(() => {
    look().catch(setFault);
  }, [look]);
  if (network !== null) return children(network);
  if (asking)
    return (
      <Page title="Which network?">
        <p>Name the chain and the store that your vault is reached through.</p>
        <NetworkForm config={config} onSaved={setNetwork} />
      </Page>
    );
  return (
    <>
      <Waiting
        label="Reaching the network…"
        fault={fault}
        onAgain={() => void look().catch(setFault)}
        lock={lock}
      />
      {fault !== null && (
        <div className="page">
          <div className="row">
            <Button onClick={() => setAsking(true)}>Change the network</Button>
          </div>
        </div>
      )}
    </>
  );
}
