import { useState, type ReactNode } from "react";

import { sync, VaultEmpty, type SyncResult } from "../../../../client/index.ts";
import { ChainNotice } from "../chain/wallet-panel.tsx";
import { Button } from "../ui/button.tsx";
import { FaultNotice, Notice } from "../ui/notice.tsx";
import { countText, numberText } from "../ui/texts.ts";
import { useAct } from "./act.tsx";
import { syncSentences } from "./outcomes.ts";
import { isConnection } from "./faults.ts";
import { useResume } from "./resume.ts";
import { useSession } from "./session.tsx";
import { useView } from "./view.tsx";

/** Over every page: what is shown, as of when, what waits on this device, and the button that commits it. */
export function WaitingBar(): ReactNode {
  const session = useSession();
  const { vault, known, network } = session;
  const { waiting } = useView();
  const { running, fault, run } = useAct();
  const unsettled = useResume(session);
  // A device renews its own key by the way, and notes what it let go of: nobody must hurry for that.
  const changes = waiting.filter(({ kind }) => kind !== "renew" && kind !== "note").length;
  const [done, setDone] = useState<SyncResult | null>(null);
  const commit = async (): Promise<void> => {
    setDone(null);
    setDone((await run("Committing…", () => sync(vault))) ?? null);
  };
  return (
    <div className="waiting-bar">
      <div className="row">
        <HeadLine />
        {known.role === "owner" && waiting.length > 0 && (
          <>
            {changes > 0 && (
              <span className="badge badge-warn">{countText(changes, "change waits", "changes wait")}</span>
            )}
            {changes < waiting.length && (
              <span className="quiet">
                {changes > 0
                  ? "A new key of this device goes along."
                  : "A new key of this device goes along with the next commit."}
              </span>
            )}
            <Button
              kind={changes > 0 ? "primary" : "plain"}
              busy={running !== null}
              onClick={() => void commit()}
            >
              {running ?? "Commit"}
            </Button>
          </>
        )}
      </div>
      <ChainNotice config={network.config} />
      <ReadingNotice />
      {fault === null && !isConnection(unsettled) && <FaultNotice fault={unsettled} />}
      <FaultNotice fault={fault} />
      {done !== null && <Done result={done} dismiss={() => setDone(null)} />}
    </div>
  );
}

/** As of when everything below is. */
function HeadLine(): ReactNode {
  const { view, reading, fault } = useView();
  const text =
    view !== null
      ? `As of commit ${numberText(view.sequence)}${view.final ? "" : ", which is not final yet"}.`
      : fault instanceof VaultEmpty
        ? "Nothing was committed yet."
        : reading
          ? "Reading the vault…"
          : fault === null
            ? "Nothing was committed yet."
            : "The vault was not read.";
  return (
    <span className="quiet" role="status">
      {text}
      {view !== null && reading ? " Looking for a newer one…" : ""}
    </span>
  );
}

/** Why nothing newer is shown. */
function ReadingNotice(): ReactNode {
  const { view, fault, reading, refresh } = useView();
  if (fault === null || fault instanceof VaultEmpty) return null;
  if (!isConnection(fault)) return <FaultNotice fault={fault} />;
  return (
    <Notice tone="warn">
      <p>
        The connection is lost.{" "}
        {view === null ? "" : `What you see is as of commit ${numberText(view.sequence)}. `}
        What you write is kept on this device. It is tried again by itself.
      </p>
      <div className="row">
        <Button busy={reading} onClick={() => void refresh()}>
          Try now
        </Button>
      </div>
    </Notice>
  );
}

function Done({ result, dismiss }: { readonly result: SyncResult; readonly dismiss: () => void }): ReactNode {
  return (
    <Notice tone={[...result.outcomes.values()].some(({ kind }) => kind === "refused") ? "warn" : "info"}>
      {syncSentences(result).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <div className="row">
        <Button onClick={dismiss}>Dismiss</Button>
      </div>
    </Notice>
  );
}
