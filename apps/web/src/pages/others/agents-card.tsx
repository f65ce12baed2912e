import { useMemo, type ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { LeftOutList } from "./left-out-list.tsx";
import { LongList } from "./long-list.tsx";
import { saidIn, type Said } from "./outsider/said.ts";
import type { LeftOut, SeenEvent, SeenGrant } from "./outsider/seen.ts";

/** What a person calls these. */
const KINDS = { Requested: ["question"], Answered: ["answer"] } as const;

interface AgentsProps {
  readonly events: readonly SeenEvent[];
  readonly leftOut: readonly LeftOut[];
  readonly grants: readonly SeenGrant[];
}

/** Whoever talks much does not push down what agents say that the owner named. */
function listedFirst(said: readonly Said[], grants: readonly SeenGrant[]): Said[] {
  const listed = new Set(grants.map(({ grantee }) => grantee));
  const rank = ({ agent }: Said): number => (listed.has(agent) ? 0 : 1);
  return said.toSorted((a, b) => rank(a) - rank(b));
}

/** What was asked of agents about the vault, and answered, in the open. */
export function AgentsCard({ events, leftOut, grants }: AgentsProps): ReactNode {
  const said = useMemo(() => listedFirst(saidIn(events), grants), [events, grants]);
  const more = leftOut.filter(({ name }) => name in KINDS);
  if (said.length === 0 && more.length === 0) return null;
  return (
    <section className="card" aria-labelledby="others-agents">
      <h2 id="others-agents">Questions to agents, and answers</h2>
      <p className="quiet">
        Any contract can log any of this about any vault, and any number of it: of each the newest are here,
        those of listed agents first. Questions stand there as they were written; sealed answers show their
        size only.
      </p>
      <LongList>
        {said.map(({ key, kind, agent, who, text, bytes, head }) => (
          <li key={key}>
            {kind === "question" ? (
              <>
                Asked by <Address of={who ?? ""} /> of{" "}
              </>
            ) : (
              <>Answered by </>
            )}
            <Address of={agent} />
            {head === null ? "" : `, from commit ${head} by its own word`}:{" "}
            {text === null ? (
              `${countText(bytes, "byte")} that are no text`
            ) : (
              <q>
                <PlainText text={text} />
              </q>
            )}
          </li>
        ))}
      </LongList>
      <LeftOutList leftOut={more} kinds={KINDS} />
    </section>
  );
}
