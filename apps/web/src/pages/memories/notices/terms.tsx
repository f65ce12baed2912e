import { useEffect, useState, type ReactNode } from "react";

import { status, type VaultStatus } from "../../../../../../client/index.ts";
import { isEnd } from "../../../session/faults.ts";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { timeText } from "../../../ui/texts.ts";

/** What a reader was granted, and until when. */
export function ReaderTerms(): ReactNode {
  const { vault } = useSession();
  const { view, fault } = useView();
  const [terms, setTerms] = useState<VaultStatus | null>(null);
  useEffect(() => {
    let wanted = true;
    // Why the vault cannot be read is said by the reading of the page.
    status(vault).then(
      (found) => wanted && setTerms(found),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [vault, view]);
  if (terms === null || isEnd(fault)) return null;
  return (
    <Notice>
      <p>
        You read what you were granted: <PlainText text={terms.scopes.join(", ")} />
        {terms.expiresAt === null ? "." : `, until ${timeText(terms.expiresAt * 1_000)}.`} Only the owner
        writes.
      </p>
    </Notice>
  );
}
