import type { ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Facts } from "../ui/facts.tsx";
import { PlainText } from "../ui/plain-text.tsx";
import { numberText, shortText } from "../ui/texts.ts";
import { coinText } from "./coin.ts";
import type { TransactionCost } from "./transactions.ts";

interface CostDialogProps {
  readonly cost: TransactionCost;
  readonly answer: (yes: boolean) => void;
}

/** What a transaction does and costs, before anything is sent. */
export function CostDialog({ cost, answer }: CostDialogProps): ReactNode {
  const { what, likely, most, gas, gasLimit, account, wallet, network, balance, chainId, vaults } = cost;
  return (
    <Dialog title="Send this transaction?" onClose={() => answer(false)} fromTitle>
      <ul className="transaction-what">
        {what.map((sentence, i) => (
          <li key={i}>
            <PlainText text={sentence} />
          </li>
        ))}
      </ul>
      <Facts
        facts={[
          ...vaults.map(
            (id) =>
              [
                "Vault",
                <code key={id} title={id}>
                  {shortText(id)}
                </code>,
              ] as const,
          ),
          ["Cost now", coinText(likely, chainId)],
          ["At most", coinText(most, chainId)],
          ["Gas", `${numberText(gas)}, at most ${numberText(gasLimit)}`],
          ["Paid by", <code key="account">{account}</code>],
          ["It has", coinText(balance, chainId)],
          ["Wallet", <PlainText key="wallet" text={wallet} />],
          ["Network", <PlainText key="network" text={network} />],
        ]}
      />
      {balance < most && (
        <p className="quiet">The account has less than the most that it may cost: the wallet may refuse.</p>
      )}
      <p className="quiet">Your wallet asks once more. On a rollup a fee for data may come on top.</p>
      <div className="row">
        <Button kind="primary" onClick={() => answer(true)}>
          Send
        </Button>
        <Button onClick={() => answer(false)}>Not now</Button>
      </div>
    </Dialog>
  );
}
