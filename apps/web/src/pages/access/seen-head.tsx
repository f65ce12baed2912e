import { useState, type ReactNode } from "react";

import type { ReceiptAudit } from "../../../../../client/agents.ts";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { countText, numberText, timeText } from "../../ui/texts.ts";
import { seenText, verdictText } from "./receipts.ts";

interface SeenHeadProps {
  /** The agent's account. */
  readonly agent: string;
  readonly name: string;
}

type Look = "none" | "looking" | { readonly audit: ReceiptAudit | null } | { readonly fault: unknown };

/** The newest head that an agent says it has seen, looked up when it is asked for. */
export function SeenHead({ agent, name }: SeenHeadProps): ReactNode {
  const { vault } = useSession();
  const [look, setLook] = useState<Look>("none");
  const begin = (): void => {
    setLook("looking");
    auditOf(vault, agent).then(
      (audit) => setLook({ audit }),
      (fault: unknown) => setLook({ fault }),
    );
  };
  if (look === "looking")
    return (
      <p role="status">
        Looking through the chain’s log…
        <progress aria-label={`Looking for the receipts of ${name}`} />
      </p>
    );
  if (look !== "none" && "audit" in look) return <Audit audit={look.audit} />;
  return (
    <>
      {look !== "none" && <FaultNotice fault={look.fault} />}
      <Button onClick={begin} aria-label={`What has it seen? ${name}`}>
        What has it seen?
      </Button>
    </>
  );
}

/** @returns `null` for an account of a key, which leaves no receipts. */
async function auditOf(
  vault: ReturnType<typeof useSession>["vault"],
  agent: string,
): Promise<ReceiptAudit | null> {
  if ((await vault.provider.getCode(agent)) === "0x") return null;
  const { auditReceipts } = await import("../../../../../client/agents.ts");
  return auditReceipts(vault, agent);
}

/** Most exchanges that are listed. */
const MOST_LISTED = 40;

function Audit({ audit }: { readonly audit: ReceiptAudit | null }): ReactNode {
  if (audit === null)
    return <p className="quiet">It is an account of a key: such a one leaves no receipts.</p>;
  const { text, tone } = seenText(audit);
  const newest = audit.exchanges.slice(-MOST_LISTED).reverse();
  return (
    <div role="status">
      <p className={`access-${tone}`}>
        {tone === "bad" && <strong>Not sound: </strong>}
        {text}
      </p>
      <details>
        <summary>{countText(audit.exchanges.length, "exchange")}</summary>
        <p className="quiet">A receipt says which commit was named, not that the answer follows from it.</p>
        {audit.exchanges.length > newest.length && <p>The newest {numberText(newest.length)} are listed.</p>}
        <ul className="access-list">
          {newest.map(({ requestId, question, answer }, i) => (
            <li key={i}>
              {numberText(requestId)}:{" "}
              {question === null ? "no question was logged" : `asked ${timeText(question.time * 1_000)}`};{" "}
              {answer === null ? "not answered" : verdictText(answer)}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
