import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { dateText, numberText, shortText, timeText } from "../../ui/texts.ts";
import type { OpenDialog } from "./access-dialogs.tsx";
import { digestOfKey } from "./grantee.ts";
import { mayPropose, nameOf, stateText } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { SeenHead } from "./seen-head.tsx";

interface GrantLineProps {
  readonly line: LedgerLine;
  /** When its commit was made, in unix seconds; `null` where that is not known. */
  readonly since: number | null;
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly open: OpenDialog;
}

/** One grant: a row, on a phone a card. */
export function GrantLine({ line, since, chosen, choose, open }: GrantLineProps): ReactNode {
  const { entry } = line;
  const name = nameOf(entry);
  return (
    <li className="access-grant" aria-label={name}>
      <div className="access-who">
        <label className="choice">
          <input type="checkbox" checked={chosen} onChange={choose} aria-label={`Choose ${name}`} />
          <strong>
            <PlainText text={entry.label === "" ? shortText(name) : name} />
          </strong>
        </label>
        <Identity line={line} />
      </div>
      <div>
        <PlainText text={entry.scopeNames.join(", ")} />
        {mayPropose(entry) && <p className="quiet">may propose memories</p>}
        {entry.admission === "joined" && <p className="quiet">reads earlier texts of these scopes as well</p>}
      </div>
      <div>
        <p>until {entry.expiresAt === null ? "for good" : timeText(entry.expiresAt * 1_000)}</p>
        <p className="quiet">
          since commit {numberText(entry.since)}
          {since === null ? "" : `, ${dateText(since * 1_000)}`}
        </p>
      </div>
      <State line={line} open={open} />
      <div className="row access-acts">
        <Button onClick={() => open({ kind: "change", line })} aria-label={`Change the grant of ${name}`}>
          Change
        </Button>
        <Button
          kind="danger"
          onClick={() => open({ kind: "revoke", lines: [line] })}
          aria-label={`Revoke the grant of ${name}`}
        >
          Revoke
        </Button>
      </div>
    </li>
  );
}

function Identity({ line: { entry } }: { readonly line: LedgerLine }): ReactNode {
  const { grantee } = entry;
  const digest = digestOfKey(entry.recipient);
  return (
    <p className="quiet">
      {grantee !== null && (
        <>
          <code title={grantee}>{shortText(grantee)}</code>,{" "}
        </>
      )}
      {entry.listed ? "listed on chain" : "not listed"}, key <code title={digest}>{shortText(digest)}</code>
    </p>
  );
}

function State({ line, open }: { readonly line: LedgerLine; readonly open: OpenDialog }): ReactNode {
  const { entry, state, welcome, notFinal } = line;
  const { text, tone } = stateText(state);
  return (
    <div className="access-state">
      <p>
        <span className={`badge badge-${tone}`}>{text}</span>
      </p>
      {welcome !== null && (
        <Button onClick={() => open({ kind: "welcome", memberId: entry.id })}>Hand over its welcome</Button>
      )}
      {notFinal && <p className="quiet">not final yet</p>}
      {entry.listed && entry.grantee !== null && <SeenHead agent={entry.grantee} name={nameOf(entry)} />}
    </div>
  );
}
