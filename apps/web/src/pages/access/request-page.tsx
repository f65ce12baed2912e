import type { ReactNode } from "react";

import type { CheckedRequest } from "../../../../../client/agents.ts";
import { Facts } from "../../ui/facts.tsx";
import { countText, timeText } from "../../ui/texts.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { accountText, asksToPropose, notProven, signerText } from "./request-facts.ts";

interface RequestPageProps {
  readonly checked: CheckedRequest;
  readonly counts: ReadonlyMap<string, number>;
}

/** All that a request says, and what was found of who says it. */
export function RequestPage({ checked, counts }: RequestPageProps): ReactNode {
  const { request, key, id } = checked;
  return (
    <div className="stack">
      <Facts
        facts={[
          ["Account", accountText(checked)],
          ["Signed by", signerText(checked)],
          ["Asks to read", <Asked key="scopes" names={request.scopes} counts={counts} />],
          ["May", asksToPropose(request) ? "read, and propose memories" : "read"],
          ["Until", timeText(request.expiresAt * 1_000)],
          ["Check digits of its key", <code key="key">{key.digest}</code>],
          [
            "Purpose",
            <span key="purpose">
              <span className="quiet">Its own words, which nobody checked:</span> “
              <PlainText text={request.purpose} />”
            </span>,
          ],
          ["Request", <code key="id">{id.slice(0, 8)}</code>],
          ["Costs", "one transaction of yours; its cost is shown before"],
        ]}
      />
      <div>
        <h3>What this does not show</h3>
        <ul className="access-list">
          {notProven(checked).map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

const Asked = ({
  names,
  counts,
}: {
  readonly names: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}): ReactNode => (
  <ul className="access-list">
    {names.map((name) => (
      <li key={name}>
        “<PlainText text={name} />
        ”,{" "}
        {counts.has(name) ? countText(counts.get(name) ?? 0, "memory", "memories") : "which is not there yet"}
      </li>
    ))}
  </ul>
);
