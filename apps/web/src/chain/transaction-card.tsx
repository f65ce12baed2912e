import { useState, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { faultText } from "../ui/fault-text.ts";
import { PlainText } from "../ui/plain-text.tsx";
import { shortText } from "../ui/texts.ts";
import { stageText } from "./stage-text.ts";
import type { ShownTransaction } from "./transactions.ts";

interface CardProps {
  readonly shown: ShownTransaction;
  readonly dismiss: () => void;
  /** The person waits no more for what was sent before. */
  readonly stop: () => void;
}

/** How far one transaction is. */
export function TransactionCard({ shown: { cost, stage }, dismiss, stop }: CardProps): ReactNode {
  const hash = "hash" in stage ? stage.hash : null;
  const failed = stage.kind === "failed" || stage.kind === "uncertain";
  const over = failed || stage.kind === "landed";
  return (
    <div className="card transaction" data-stage={stage.kind}>
      <p>
        <strong>{stageText(stage, cost.wallet)}</strong>{" "}
        <span className="quiet">
          {over && "What it was for: "}
          {cost.what.join(" ")}
        </span>
      </p>
      {failed && (
        <p>
          <PlainText text={faultText(stage.fault).message} />
        </p>
      )}
      <div className="row">
        {hash !== null && <CopyHash hash={hash} />}
        {stage.kind === "behind" && <Button onClick={stop}>Stop waiting</Button>}
        {over && <Button onClick={dismiss}>Dismiss</Button>}
      </div>
    </div>
  );
}

function CopyHash({ hash }: { readonly hash: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(hash);
    setCopied(true);
  };
  return (
    <>
      <code className="transaction-hash" title={hash}>
        {shortText(hash)}
      </code>
      <Button onClick={() => void copy().catch(() => setCopied(false))}>
        {copied ? "Copied" : "Copy hash"}
      </Button>
    </>
  );
}
