import type { ReactNode } from "react";

import type { Ledger, LedgerLine } from "./ledger.ts";
import { ChangeDialog } from "./change-dialog.tsx";
import { GrantDialog } from "./grant-dialog.tsx";
import { RequestDialog } from "./request-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { WelcomeDialog } from "./welcome-dialog.tsx";

/** What is open over the page. */
export type AccessDialog =
  | { readonly kind: "grant" }
  | { readonly kind: "request"; readonly line: string }
  | { readonly kind: "revoke"; readonly lines: readonly LedgerLine[] }
  | { readonly kind: "change"; readonly line: LedgerLine }
  | { readonly kind: "welcome"; readonly memberId: string };

/** Opens a dialog, in place of the one that is open. */
export type OpenDialog = (dialog: AccessDialog) => void;

interface DialogsProps {
  readonly dialog: AccessDialog;
  readonly ledger: Ledger | null;
  /** How many memories each scope has. */
  readonly counts: ReadonlyMap<string, number>;
  readonly open: OpenDialog;
  readonly close: () => void;
}

/** The dialog that is open. */
export function AccessDialogs({ dialog, ledger, counts, open, close }: DialogsProps): ReactNode {
  const lines = ledger?.lines ?? [];
  switch (dialog.kind) {
    case "grant":
      return <GrantDialog lines={lines} counts={counts} open={open} close={close} />;
    case "request":
      return <RequestDialog line={dialog.line} counts={counts} open={open} close={close} />;
    case "revoke":
      return <RevokeDialog lines={dialog.lines} close={close} />;
    case "change":
      return <ChangeDialog line={dialog.line} counts={counts} close={close} />;
    case "welcome":
      return <WelcomeDialog memberId={dialog.memberId} lines={lines} close={close} />;
  }
}
