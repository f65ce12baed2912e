import type { ReactNode } from "react";

import type { InboxEntry, InboxMemory } from "../../../../../client/agents.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { shortText, timeText } from "../../ui/texts.ts";
import { detailsOf, isAcceptable, proposalText, scopesOf, senderText } from "./inbox-facts.ts";
import { PlainText } from "../../ui/plain-text.tsx";

interface ProposalProps {
  readonly entry: InboxEntry;
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly busy: boolean;
  readonly accept: () => void;
  readonly refuse: () => void;
}

/** A proposal whole: its words as somebody else's, whence it comes, and what can be done with it. */
export function ProposalCard({ entry, chosen, choose, busy, accept, refuse }: ProposalProps): ReactNode {
  const { id, memories, transaction, time, grant, proposer, final } = entry;
  const name = `proposal ${id.slice(0, 8)}`;
  const acceptable = isAcceptable(entry);
  return (
    <li className="card" aria-label={name}>
      <div className="access-row">
        <label className="choice">
          <input
            type="checkbox"
            checked={chosen}
            disabled={!acceptable}
            onChange={choose}
            aria-label={`Choose ${name}`}
          />
          <strong>
            <PlainText text={senderText(entry)} />
          </strong>
        </label>
        <span className={acceptable ? "" : "access-warn"}>
          <PlainText text={proposalText(entry)} />
        </span>
      </div>
      {(memories ?? []).map((memory, i) => (
        <Proposed key={i} memory={memory} />
      ))}
      <details>
        <summary>Where it comes from</summary>
        <Facts
          facts={[
            ["Proposal", <code key="id">{id}</code>],
            ["From", <code key="from">{proposer}</code>],
            [
              "Grant",
              grant === null ? "none any more" : <code key="grant">{shortText(grant.memberId)}</code>,
            ],
            ["Left on chain", `${timeText(time * 1_000)}${final ? "" : ", not final yet"}`],
            ["Transaction", <code key="transaction">{transaction}</code>],
          ]}
        />
      </details>
      <div className="row">
        <Button disabled={busy || !acceptable} onClick={accept} aria-label={`${acceptText(entry)}: ${name}`}>
          {acceptText(entry)}
        </Button>
        <Button kind="danger" disabled={busy || !final} onClick={refuse} aria-label={`Refuse ${name}`}>
          Refuse
        </Button>
      </div>
    </li>
  );
}

const acceptText = (entry: InboxEntry): string =>
  isAcceptable(entry) ? `Accept into ${scopesOf(entry.memories ?? []).join(", ")}` : "Accept";

/** Somebody else's words, marked as such. */
const Proposed = ({ memory }: { readonly memory: InboxMemory }): ReactNode => (
  <blockquote className="access-quote">
    <p className="quiet">
      for <PlainText text={memory.scopeName ?? memory.scope} />
    </p>
    <p className="access-text">
      <PlainText text={memory.text} />
    </p>
    {detailsOf(memory).map((line) => (
      <p key={line} className="quiet">
        <PlainText text={line} />
      </p>
    ))}
  </blockquote>
);
