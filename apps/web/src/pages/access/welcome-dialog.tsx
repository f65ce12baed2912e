import type { ReactNode } from "react";

import { Dialog } from "../../ui/dialog.tsx";
import { nameOf } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { WelcomeHandover } from "./welcome-handover.tsx";

interface WelcomeProps {
  readonly memberId: string;
  readonly lines: readonly LedgerLine[];
  readonly close: () => void;
}

/** One welcome to hand over. */
export function WelcomeDialog({ memberId, lines, close }: WelcomeProps): ReactNode {
  const line = lines.find(({ entry }) => entry.id === memberId);
  return (
    <Dialog title="Hand the welcome over" onClose={close}>
      {line !== undefined && (
        <p>
          It is for <PlainText text={nameOf(line.entry)} />.
        </p>
      )}
      <WelcomeHandover memberId={memberId} stored={false} close={close} />
    </Dialog>
  );
}
