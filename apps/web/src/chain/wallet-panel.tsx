import { useRef, useState, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Facts } from "../ui/facts.tsx";
import { FaultNotice, Notice } from "../ui/notice.tsx";
import { PlainText } from "../ui/plain-text.tsx";
import { HostNotice } from "./host-notice.tsx";
import type { NetworkConfig } from "./network.ts";
import { wallets } from "./page.ts";
import "./transactions.css";
import { useWallets } from "./use-page.ts";
import type { Connected, FoundWallet } from "./wallets.ts";

interface WalletPanelProps {
  /** The network that the wallet should be on; `null` while none is set. */
  readonly config: NetworkConfig | null;
}

/** The person's wallet: connect one, put it on the right chain, let it go. */
export function WalletPanel({ config }: WalletPanelProps): ReactNode {
  const { found, connected } = useWallets();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const panel = useRef<HTMLDivElement>(null);
  const run = (work: () => Promise<unknown>): void => {
    setBusy(true);
    setFault(null);
    void work()
      .catch(setFault)
      .finally(() => {
        setBusy(false);
        setTimeout(() => keepFocus(panel.current), 0);
      });
  };
  return (
    <div ref={panel} className="stack wallet-panel" tabIndex={-1} role="group" aria-label="Your wallet">
      {connected === null ? (
        <Choice found={found} busy={busy} connect={(wallet) => run(() => wallets.connect(wallet))} />
      ) : (
        <Chosen connected={connected} config={config} busy={busy} run={run} />
      )}
      <FaultNotice fault={fault} />
    </div>
  );
}

/** The button that was pressed is gone, or could not be pressed meanwhile: what it was for has the focus then, or the page's title. */
function keepFocus(panel: HTMLElement | null): void {
  if (document.activeElement !== document.body) return;
  (panel ?? document.querySelector("h1"))?.focus();
}

interface ChoiceProps {
  readonly found: readonly FoundWallet[];
  readonly busy: boolean;
  readonly connect: (wallet: FoundWallet) => void;
}

function Choice({ found, busy, connect }: ChoiceProps): ReactNode {
  if (found.length === 0)
    return (
      <Notice>
        No wallet was found in this browser. Install a wallet extension that announces itself to pages, such
        as MetaMask, Rabby or Frame, and reload. Reading works without one.
      </Notice>
    );
  return (
    <>
      {found.some((wallet) => isDouble(found, wallet, "rdns")) && (
        <Notice tone="warn">
          Two wallets say that they are the same one, and one of them may be an impostor. None was connected
          by itself. Look at your browser&apos;s extensions before you choose.
        </Notice>
      )}
      <div className="row">
        {found.map((wallet) => (
          <Button key={wallet.uuid} busy={busy} onClick={() => connect(wallet)}>
            <span className="wallet-button">
              {wallet.icon !== null && <img className="wallet-icon" src={wallet.icon} alt="" />}
              <span>
                Connect <PlainText text={wallet.name} />
                {isDouble(found, wallet, "name") && (
                  <>
                    {" "}
                    (<PlainText text={wallet.rdns} />)
                  </>
                )}
              </span>
            </span>
          </Button>
        ))}
      </div>
    </>
  );
}

const isDouble = (found: readonly FoundWallet[], wallet: FoundWallet, by: "name" | "rdns"): boolean =>
  found.some((each) => each !== wallet && each[by] === wallet[by]);

interface ChosenProps extends WalletPanelProps {
  readonly connected: Connected;
  readonly busy: boolean;
  readonly run: (work: () => Promise<unknown>) => void;
}

function Chosen({ connected: { wallet, account, chainId }, config, busy, run }: ChosenProps): ReactNode {
  return (
    <>
      <Facts
        facts={[
          ["Wallet", <PlainText key="wallet" text={wallet.name} />],
          ["Account", <code key="account">{account}</code>],
          ["Chain", String(chainId)],
        ]}
      />
      {config !== null && config.deployment.chainId !== chainId && (
        <WrongChainNotice wallet={wallet} chainId={chainId} config={config} busy={busy} run={run} />
      )}
      <div className="row">
        <Button busy={busy} onClick={() => run(() => wallets.disconnect())}>
          Disconnect the wallet
        </Button>
      </div>
    </>
  );
}

interface WrongChainProps {
  readonly wallet: FoundWallet;
  readonly chainId: bigint;
  readonly config: NetworkConfig;
  readonly busy: boolean;
  readonly run: (work: () => Promise<unknown>) => void;
}

/** The wallet is on another chain: nothing is sent before it is switched. */
function WrongChainNotice({ wallet, chainId, config, busy, run }: WrongChainProps): ReactNode {
  const { name, rpc, deployment } = config;
  const offer = { chainId: deployment.chainId, name, rpc };
  return (
    <Notice tone="warn">
      <p>
        <PlainText text={wallet.name} /> is on chain {String(chainId)}, and this network is chain{" "}
        {String(deployment.chainId)}. Reading goes on; nothing is sent before it is switched.
      </p>
      <div className="row">
        <Button busy={busy} onClick={() => run(() => wallets.switchTo(offer))}>
          Switch to {name}
        </Button>
      </div>
    </Notice>
  );
}

/** The notice about a wallet on another chain, for every page; nothing where all is well. */
export function ChainNotice({ config }: { readonly config: NetworkConfig }): ReactNode {
  const { connected } = useWallets();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  if (connected === null || connected.chainId === config.deployment.chainId)
    return <HostNotice config={config} />;
  const run = (work: () => Promise<unknown>): void => {
    setBusy(true);
    void work()
      .then(() => setFault(null), setFault)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <HostNotice config={config} />
      <WrongChainNotice {...{ ...connected, config, busy, run }} />
      <FaultNotice fault={fault} />
    </>
  );
}
