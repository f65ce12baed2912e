import { use, useEffect, useState, type ReactNode } from "react";

import { status, type VaultStatus } from "../../../../../client/index.ts";
import { isEnd } from "../../session/faults.ts";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { countText, dateText, numberText, timeText } from "../../ui/texts.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { VaultsContext } from "../start/vaults-context.ts";

/** What this device may read until when. Who else may is the owner's to know. */
export function ReaderAccess(): ReactNode {
  const { vault } = useSession();
  const { view, reading, fault } = useView();
  const [terms, setTerms] = useState<VaultStatus | null>(null);
  const [unread, setUnread] = useState<unknown>(null);
  useEffect(() => {
    if (reading) return;
    status(vault).then(setTerms, setUnread);
  }, [vault, reading]);
  return (
    <Page title="Access">
      <Notice>
        <p>
          {isEnd(fault)
            ? "You do not read this vault any more. What it said while you did, you have read; ask its owner for a new grant."
            : "You read this vault by its owner’s grant. Who else may read it, its owner alone knows."}
        </p>
      </Notice>
      {isEnd(fault) && <NewWelcome />}
      <FaultNotice fault={fault === null ? unread : null} />
      {isEnd(fault) ? null : terms === null ? (
        <p aria-live="polite">Reading…</p>
      ) : (
        <section className="card" aria-labelledby="own-terms">
          <h2 id="own-terms">What you may read</h2>
          <Facts facts={termFacts(terms, view === null ? null : view.sequence)} />
          <ul className="access-list">
            {terms.scopes.map((name) => (
              <li key={name}>
                <PlainText text={name} />
                {countOf(name, view?.scopes ?? [])}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

/** Where the welcome of a new grant is opened. */
function NewWelcome(): ReactNode {
  const leave = use(VaultsContext);
  if (leave === null) return null;
  return (
    <div className="stack">
      <p>
        The welcome of a new grant is opened from the list of your vaults: choose “Another vault”, then “Read
        a vault that was granted to you”.
      </p>
      <div className="row">
        <Button onClick={leave}>Your vaults</Button>
      </div>
    </div>
  );
}

const termFacts = ({ expiresAt, sequence }: VaultStatus, read: bigint | null) =>
  [
    ["Until", expiresAt === null ? "for good" : timeText(expiresAt * 1_000)],
    ["Newest commit", numberText(sequence)],
    ["Read", read === null ? "nothing yet" : `as of commit ${numberText(read)}`],
    [
      "After that",
      expiresAt === null
        ? ""
        : `You keep what you have read. For more, ask the owner before ${dateText(expiresAt * 1_000)}.`,
    ],
  ] as const;

function countOf(name: string, scopes: readonly { name: string; memories: readonly unknown[] }[]): string {
  const found = scopes.find((scope) => scope.name === name);
  return found === undefined ? "" : `: ${countText(found.memories.length, "memory", "memories")}`;
}
