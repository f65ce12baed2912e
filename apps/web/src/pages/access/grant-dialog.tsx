import { useState, type ReactNode } from "react";

import { grant, type Granted } from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import type { OpenDialog } from "./access-dialogs.tsx";
import { ConfirmStep } from "./confirm-step.tsx";
import type { Grantee } from "./grantee.ts";
import type { LedgerLine } from "./ledger.ts";
import { grantAct } from "./sentences.ts";
import { TermsStep } from "./terms-step.tsx";
import { endOfDay, type TermsForm } from "./terms.ts";
import { WelcomeHandover } from "./welcome-handover.tsx";
import { WhoStep } from "./who-step.tsx";

interface GrantProps {
  readonly lines: readonly LedgerLine[];
  readonly counts: ReadonlyMap<string, number>;
  readonly open: OpenDialog;
  readonly close: () => void;
}

type Step = "who" | "terms" | "confirm";

const NO_TERMS: TermsForm = {
  scopes: [],
  lastDay: "",
  label: "",
  listed: false,
  propose: false,
  storeWelcome: false,
};

/** Grants access: who, what and until when, in sentences, and the welcome to hand over. */
export function GrantDialog({ lines, counts, open, close }: GrantProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const [step, setStep] = useState<Step>("who");
  const [who, setWho] = useState("");
  const [grantee, setGrantee] = useState<Grantee | null>(null);
  const [terms, setTerms] = useState(NO_TERMS);
  const [granted, setGranted] = useState<Granted | null>(null);
  const found = (next: Grantee): void => {
    // A contract is asked on chain, and its program runs unattended; whoever gave a key alone is not on chain.
    if (next.digest !== grantee?.digest || next.account !== grantee.account)
      setTerms({ ...terms, listed: next.account !== null, propose: false, storeWelcome: next.isContract });
    setGrantee(next);
    setStep("terms");
  };
  const make = async (): Promise<void> => {
    if (grantee === null) return;
    const made = await run(
      "Granting, and changing all keys…",
      grantAct({ name: terms.label, scopes: terms.scopes, expiresAt: endOfDay(terms.lastDay) ?? 0 }),
      () =>
        grant(vault, {
          ...{
            recipient: grantee.recipient,
            account: terms.listed ? (grantee.account ?? undefined) : undefined,
          },
          ...{ scopes: terms.scopes, expiresAt: endOfDay(terms.lastDay) ?? 0, label: terms.label },
          ...{ propose: terms.listed && terms.propose, storeWelcome: terms.storeWelcome },
        }),
    );
    if (made !== undefined) setGranted(made);
  };
  const escape = running === null ? { onClose: close } : {};
  if (granted !== null)
    return (
      <Dialog title="Granted" {...escape}>
        <WelcomeHandover memberId={granted.memberId} stored={terms.storeWelcome} close={close} />
      </Dialog>
    );
  return (
    <Dialog title="Grant access" {...escape}>
      {step === "who" && (
        <WhoStep text={who} setText={setWho} lines={lines} found={found} open={open} close={close} />
      )}
      {step === "terms" && grantee !== null && (
        <TermsStep
          grantee={grantee}
          terms={terms}
          setTerms={setTerms}
          counts={counts}
          back={() => setStep("who")}
          next={() => setStep("confirm")}
        />
      )}
      {step === "confirm" && grantee !== null && (
        <ConfirmStep
          grantee={grantee}
          terms={terms}
          counts={counts}
          running={running}
          fault={fault}
          back={() => setStep("terms")}
          make={() => void make()}
        />
      )}
    </Dialog>
  );
}
