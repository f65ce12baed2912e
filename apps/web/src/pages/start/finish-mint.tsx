import { useState, type ReactNode } from "react";

import type { Network } from "../../chain/network.ts";
import { transactions } from "../../chain/page.ts";
import { useWallets } from "../../chain/use-page.ts";
import { WalletPanel } from "../../chain/wallet-panel.tsx";
import { useDevice } from "../../device/context.tsx";
import type { KnownVault } from "../../device/profile.ts";
import { turns } from "../../device/this-browser.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { letGo, mintInTurn } from "./plan.ts";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

interface FinishMintProps {
  readonly network: Network;
  readonly onVault: (known: KnownVault) => void;
  readonly onLeave: () => void;
}

/** Mints the vault whose words were shown: now, or after a reload, with the same words. */
export function FinishMint({ network, onVault, onLeave }: FinishMintProps): ReactNode {
  const { device } = useDevice();
  const { connected } = useWallets();
  const [leaving, setLeaving] = useState(false);
  const task = useTask();
  const mint = (): void =>
    task.run("Minting your vault…", async () => {
      const known = await mintInTurn({ turns, transactions }, device, network);
      if (known === null) onLeave();
      else onVault(known);
    });
  const leave = (): void =>
    task.run("Letting it go…", async () => {
      await letGo({ turns }, device);
      onLeave();
    });
  return (
    <Page title="Mint your vault">
      <p>
        Your wallet mints the vault in one transaction, and owns it from then on. If this is interrupted, go
        on here: the words stay the same.
      </p>
      <section className="card">
        <h2>1. Your wallet</h2>
        <WalletPanel config={network.config} />
      </section>
      <section className="card">
        <h2>2. Mint</h2>
        {connected !== null && (
          <Notice>
            <p>Write this address on the sheet with the 24 words:</p>
            <code>{connected.account}</code>
          </Notice>
        )}
        <TaskNotice task={task} />
        <div className="row">
          <Button kind="primary" disabled={connected === null} busy={task.running !== null} onClick={mint}>
            Mint the vault
          </Button>
          <Button disabled={task.running !== null} onClick={() => setLeaving(true)}>
            Do not mint it
          </Button>
        </div>
      </section>
      {leaving && (
        <Dialog title="Let this vault go?" onClose={() => setLeaving(false)}>
          <p>
            This browser forgets its words. If it was minted already, it comes back with the words on your
            paper; else they are of no use any more.
          </p>
          <div className="row">
            <Button kind="danger" busy={task.running !== null} onClick={leave}>
              Let it go
            </Button>
            <Button onClick={() => setLeaving(false)}>Keep it</Button>
          </div>
        </Dialog>
      )}
    </Page>
  );
}
