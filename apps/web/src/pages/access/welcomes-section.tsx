import type { ReactNode } from "react";

import { useView } from "../../session/view.tsx";
import { Button } from "../../ui/button.tsx";
import type { OpenDialog } from "./access-dialogs.tsx";
import { nameOf } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { usePoll } from "./use-poll.ts";

interface WelcomesProps {
  readonly lines: readonly LedgerLine[];
  readonly open: OpenDialog;
}

/** Milliseconds between two looks whether a grant became final. */
const POLL = 15_000;

/** Welcomes that wait on this device, to be handed over. */
export function WelcomesSection({ lines, open }: WelcomesProps): ReactNode {
  const { refresh } = useView();
  const waiting = lines.filter(({ welcome, notFinal }) => welcome !== null || notFinal);
  usePoll(
    refresh,
    POLL,
    waiting.some(({ notFinal }) => notFinal),
  );
  if (waiting.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="access-welcomes">
      <h2 id="access-welcomes">Welcomes to hand over</h2>
      <p className="quiet">Each opens the vault for one reader. They are on this device alone.</p>
      <ul className="access-plain">
        {waiting.map(({ entry, welcome }) => (
          <li key={entry.id} className="card access-row">
            <strong>
              <PlainText text={nameOf(entry)} />
            </strong>
            {welcome === null ? (
              <span>The grant is not final yet. Its welcome comes here then.</span>
            ) : (
              <Button
                onClick={() => open({ kind: "welcome", memberId: entry.id })}
                aria-label={`Hand over the welcome of ${nameOf(entry)}`}
              >
                Hand over
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
