import { useEffect, useState, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { PlainText } from "../ui/plain-text.tsx";
import type { TransactionCost } from "./transactions.ts";

/** Milliseconds that a wallet has before this is shown: most come up at once. */
const SOON = 3_000;

interface WalletDialogProps {
  readonly cost: TransactionCost;
  readonly onStop: () => void;
}

/** A wallet that does not answer: whatever else is open waits for it, and this ends the wait. */
export function WalletDialog({ cost, onStop }: WalletDialogProps): ReactNode {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SOON);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Dialog title="Waiting for your wallet">
      <p>
        <PlainText text={cost.wallet} /> was asked to send this, and has not answered. Look into the wallet.
      </p>
      <ul className="transaction-what">
        {cost.what.map((sentence, i) => (
          <li key={i}>{sentence}</li>
        ))}
      </ul>
      <div className="row">
        <Button onClick={onStop}>Stop waiting</Button>
      </div>
    </Dialog>
  );
}
