import { useState, type ReactNode } from "react";

import type { InboxEntry } from "../../../../../client/agents.ts";
import { sync } from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { countText } from "../../ui/texts.ts";
import { acceptedAct, acceptedOf, entryKey, isAcceptable, leftOut } from "./inbox-facts.ts";
import { InboxRules } from "./inbox-rules.tsx";
import type { LedgerLine } from "./ledger.ts";
import { ProposalCard } from "./proposal-card.tsx";
import { toggled } from "./terms.ts";
import { useInbox } from "./use-inbox.ts";

/** How many proposals are shown at first, and more at a time. */
const SHOWN = 20;

/** What agents propose to remember. */
export function InboxSection({ lines }: { readonly lines: readonly LedgerLine[] }): ReactNode {
  const { vault } = useSession();
  const { inbox, rules, taken, looking, fault, look } = useInbox();
  const { running, fault: failed, run } = useAct();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [shown, setShown] = useState(SHOWN);
  const [said, setSaid] = useState("");
  const entries = inbox?.entries ?? [];
  const isKnown = inbox !== null || (!looking && fault === null);
  const picked = entries.filter((entry) => chosen.includes(entryKey(entry)) && isAcceptable(entry));
  const decide = async (label: string, work: () => Promise<string>): Promise<void> => {
    const done = await run(label, null, work);
    setSaid(done ?? "");
    setChosen([]);
    // What was decided before something failed is decided.
    await look();
  };
  const accept = (which: readonly InboxEntry[]): Promise<void> =>
    decide("Accepting…", async () => {
      const { acceptProposal } = await import("../../../../../client/agents.ts");
      let memories = 0;
      for (const { id } of which) memories += (await acceptProposal(vault, id)).length;
      return `Accepted ${countText(memories, "memory", "memories")}. The next commit puts ${memories === 1 ? "it" : "them"} into the vault.`;
    });
  const refuse = ({ id, proposer }: InboxEntry): Promise<void> =>
    decide("Refusing…", async () => {
      const { refuseProposal } = await import("../../../../../client/agents.ts");
      await refuseProposal(vault, id, proposer);
      return "Refused, for good on this device. Its sender may write another.";
    });
  return (
    <section className="stack" aria-labelledby="access-inbox">
      <div className="page-head">
        <h2 id="access-inbox">Inbox</h2>
        <Button busy={looking} disabled={running !== null} onClick={() => void look()}>
          Look again
        </Button>
      </div>
      <p className="quiet">
        What agents propose to remember is their words. It does nothing until you, or a rule of yours, make
        memories of it. Rules and refusals are this device’s: your others do not know them.
      </p>
      <FaultNotice fault={fault} />
      <FaultNotice fault={failed} />
      <p role="status" className={said === "" && running === null && !looking ? "hidden-visually" : ""}>
        {running ?? (looking ? "Looking into the inbox…" : said)}
      </p>
      {taken.length > 0 && (
        <Notice>
          <p>Your rules accepted {countText(taken.length, "proposal")}.</p>
        </Notice>
      )}
      <WaitingMemories />
      {isKnown && entries.length === 0 && <p className="card">Nothing waits in the inbox.</p>}
      {picked.length > 0 && (
        <div className="row">
          <Button kind="primary" busy={running !== null} onClick={() => void accept(picked)}>
            Accept {countText(picked.length, "proposal")}
          </Button>
        </div>
      )}
      <ul className="access-plain" aria-label="Proposals">
        {entries.slice(0, shown).map((entry) => (
          <ProposalCard
            key={entryKey(entry)}
            entry={entry}
            chosen={chosen.includes(entryKey(entry))}
            choose={() => setChosen(toggled(chosen, entryKey(entry)))}
            busy={running !== null}
            accept={() => void accept([entry])}
            refuse={() => void refuse(entry)}
          />
        ))}
      </ul>
      {entries.length > shown && (
        <Button onClick={() => setShown(shown + SHOWN)}>
          Show more: {countText(entries.length - shown, "proposal")}
        </Button>
      )}
      {inbox !== null && leftOut(inbox).map((sentence) => <p key={sentence}>{sentence}</p>)}
      <InboxRules lines={lines} rules={rules} changed={look} />
    </section>
  );
}

/** What was accepted and is in no commit yet. */
function WaitingMemories(): ReactNode {
  const { vault } = useSession();
  const { waiting } = useView();
  const { running, fault, run } = useAct();
  const many = acceptedOf(waiting);
  if (many === 0) return <FaultNotice fault={fault} />;
  return (
    <Notice>
      <p>
        {countText(many, "accepted memory waits", "accepted memories wait")} on this device for the next
        commit.
      </p>
      <div className="row">
        <Button
          busy={running !== null}
          onClick={() => void run("Writing to the vault…", acceptedAct, () => sync(vault))}
        >
          {many === 1 ? "Put it into the vault" : "Put them into the vault"}
        </Button>
        <span role="status">{running}</span>
      </div>
      <FaultNotice fault={fault} />
    </Notice>
  );
}
