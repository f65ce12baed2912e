import { useCallback, type ReactNode } from "react";

import { settle, status, type VaultOperation } from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { ownSentence, waitingOf } from "../../session/waiting.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { countText, numberText } from "../../ui/texts.ts";
import { useLoaded } from "./use-loaded.ts";
import { UnfinishedRekey } from "./unfinished-rekey.tsx";
import { UncertainWork } from "./uncertain-work.tsx";

function waitingText(operations: readonly VaultOperation[]): string {
  const waiting = waitingOf(operations);
  const changes =
    waiting.changes === 0 ? [] : [`${countText(waiting.changes, "change")} that no commit has yet.`];
  const all = [...changes, ownSentence(waiting) ?? []].flat();
  return all.length === 0 ? "nothing" : all.join(" ");
}

/** Whom this device asks, what they say, and what is not finished. */
export function ChainSection(): ReactNode {
  const { vault, known, network } = useSession();
  const { view, waiting } = useView();
  const { value, fault, reload } = useLoaded(useCallback(() => status(vault), [vault]));
  const act = useAct();
  const look = async (): Promise<void> => {
    await act.run("Looking…", null, () => settle(vault));
    reload();
  };
  const { rpc, secondRpc, name } = network.config;
  return (
    <section className="card" aria-labelledby="health-chain">
      <h2 id="health-chain">Chain</h2>
      <FaultNotice fault={fault} />
      {value !== null && (
        <Facts
          facts={[
            ["Network", `${name}, chain ${String(value.chainId)}`],
            [
              "Who is asked about the chain",
              [rpc ?? "the wallet’s own RPC", secondRpc].filter((each) => each !== null).join(" and "),
            ],
            [
              "Agreement",
              value.rpcs === 2
                ? "Both RPCs agree on the newest commit."
                : "One RPC is asked. If it lied, it could show a new device an old state: name a second one on the page Settings.",
            ],
            ["Newest commit", `${numberText(value.sequence)}${finalText(value.sequence, value.pinned)}`],
            [
              "Read by this browser",
              view === null ? "not yet" : `commit ${numberText(view.sequence)}, complete and unaltered`,
            ],
            ["Waiting here", waitingText(waiting)],
          ]}
        />
      )}
      {known.role === "owner" && (
        <>
          <UnfinishedRekey />
          <UncertainWork />
        </>
      )}
      <FaultNotice fault={act.fault} />
      <div className="row">
        <Button busy={act.running !== null} onClick={() => void look()}>
          Look again
        </Button>
      </div>
    </section>
  );
}

const finalText = (sequence: bigint, pinned: bigint | null): string => {
  if (sequence === 0n) return ": nothing was committed yet";
  if (pinned === sequence) return ", final: the chain will not take it back";
  return pinned === null
    ? ", not final yet"
    : `, not final yet; the newest final one known here is ${numberText(pinned)}`;
};
