import { useState, type ReactNode } from "react";

import { sync } from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { countText, numberText } from "../../ui/texts.ts";
import type { OpenDialog } from "./access-dialogs.tsx";
import { GrantLine } from "./grant-line.tsx";
import { isUnfinished } from "./grant-state.ts";
import { endedAct } from "./sentences.ts";
import { takeRevokesBack, type LedgerLine } from "./ledger.ts";
import { toggled } from "./terms.ts";
import type { LedgerReading } from "./use-ledger.ts";

interface GrantsProps {
  readonly reading: LedgerReading;
  readonly open: OpenDialog;
}

/** Who can read what until when. */
export function GrantsSection({ reading: { ledger, fault, dates }, open }: GrantsProps): ReactNode {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const lines = ledger?.lines ?? [];
  const picked = lines.filter(({ entry }) => chosen.includes(entry.id));
  return (
    <section className="stack" aria-labelledby="access-grants">
      <div className="page-head">
        <h2 id="access-grants">Who can read</h2>
        {picked.length > 0 && (
          <Button kind="danger" onClick={() => open({ kind: "revoke", lines: picked })}>
            Revoke {countText(picked.length, "grant")}
          </Button>
        )}
      </div>
      {fault !== null && ledger !== null && (
        <Notice tone="warn">
          <p>This is as of commit {numberText(ledger.sequence)}. The newest could not be read.</p>
        </Notice>
      )}
      <FaultNotice fault={fault} />
      <Unfinished lines={lines} />
      {ledger === null ? (
        fault === null && <p aria-live="polite">Reading who can read…</p>
      ) : lines.length === 0 ? (
        <p className="card">Nobody else can read this vault.</p>
      ) : (
        <div className="access-grants">
          <div className="access-grants-head quiet" aria-hidden="true">
            <span>Who</span>
            <span>Scopes</span>
            <span>Since and until</span>
            <span>State</span>
          </div>
          <ul className="access-grants-list" aria-label="Grants">
            {lines.map((line) => (
              <GrantLine
                key={line.entry.id}
                line={line}
                since={dates.get(line.entry.since) ?? null}
                chosen={chosen.includes(line.entry.id)}
                choose={() => setChosen(toggled(chosen, line.entry.id))}
                open={open}
              />
            ))}
          </ul>
        </div>
      )}
      {ledger !== null && fault === null && (
        <p className="quiet">
          As of commit {numberText(ledger.sequence)}. The sealed list of readers decides, not the chain.
        </p>
      )}
    </section>
  );
}

/** What was begun and is not in the vault yet: a revoke that was cut half-way, or a grant that ended. */
function Unfinished({ lines }: { readonly lines: readonly LedgerLine[] }): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const many = lines.filter(({ state }) => isUnfinished(state)).length;
  const revoking = lines.some(({ state }) => state.kind === "revoking");
  if (many === 0) return <FaultNotice fault={fault} />;
  return (
    <Notice tone="warn">
      <p>
        {countText(many, "grant")} ended and {many === 1 ? "is" : "are"} not out of the vault yet. What is in
        the vault now stays open to {many === 1 ? "that reader" : "those readers"}; the next commit changes
        all keys.
      </p>
      <div className="row">
        <Button
          busy={running !== null}
          onClick={() => void run("Changing all keys…", endedAct(many), () => sync(vault))}
        >
          Finish now
        </Button>
        {revoking && (
          <Button
            busy={running !== null}
            onClick={() => void run("Taking the revoke back…", null, () => takeRevokesBack(vault))}
          >
            Do not revoke
          </Button>
        )}
        {running !== null && <span role="status">{running}</span>}
      </div>
      <FaultNotice fault={fault} />
    </Notice>
  );
}
