import type { ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { saidIn } from "./outsider/said.ts";
import type { SeenEvent } from "./outsider/seen.ts";

/** What was asked of agents about the vault, and answered, in the open. */
export function AgentsCard({ events }: { readonly events: readonly SeenEvent[] }): ReactNode {
  const said = saidIn(events);
  if (said.length === 0) return null;
  return (
    <section className="card" aria-labelledby="others-agents">
      <h2 id="others-agents">Questions to agents, and answers</h2>
      <p className="quiet">
        Any contract can log any of this about any vault. Questions stand there as they were written; sealed
        answers show their size only.
      </p>
      <ul className="others-list">
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
      </ul>
    </section>
  );
}
