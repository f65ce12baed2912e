import { useEffect, useState, type ReactNode } from "react";

import { NotAMember, sync, VaultEmpty, type Preview, type SyncResult } from "../../../../client/index.ts";
import { isOfSent, WalletMissing } from "../chain/errors.ts";
import { useWallets } from "../chain/use-page.ts";
import { ChainNotice, WalletPanel } from "../chain/wallet-panel.tsx";
import { Button } from "../ui/button.tsx";
import { FaultNotice, Notice } from "../ui/notice.tsx";
import { countText, numberText } from "../ui/texts.ts";
import { useAct } from "./act.tsx";
import { syncSentences } from "./outcomes.ts";
import { isConnection } from "./faults.ts";
import { useResume } from "./resume.ts";
import { useSession, type Session } from "./session.tsx";
import { useView } from "./view.tsx";
import { commitAct, ownSentence, waitingOf } from "./waiting.ts";

/** Over every page: what is shown, as of when, what waits on this device, and the button that commits it. */
export function WaitingBar(): ReactNode {
  const session = useSession();
  const { vault, known, network } = session;
  const { view, preview, waiting, fault: unread } = useView();
  const { running, fault, run, clear } = useAct();
  const { account, chainId } = useWallets().connected ?? {};
  // What was true of another wallet, or without a connection, is not any more.
  useEffect(clear, [clear, account, chainId, isConnection(unread)]);
  const unsettled = useResume(session);
  const { changes, ...rest } = waitingOf(waiting);
  const more = ownSentence({ changes, ...rest });
  const [done, setDone] = useState<SyncResult | null>(null);
  const commit = async (): Promise<void> => {
    setDone(null);
    setDone((await run("Committing…", commitAct, () => sync(vault))) ?? null);
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
            {more !== null && <span className="quiet">{more}</span>}
            <Button
              kind={changes > 0 || rest.joins ? "primary" : "plain"}
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
      {/* What keeps the vault from being read keeps it from being settled too, and is said above. Only here it says what became of what was sent. */}
      {fault === null &&
        (unread === null || unread instanceof VaultEmpty || isOfSent(unsettled)) &&
        !isConnection(unsettled) &&
        !isRemoved(session, unsettled) && <FaultNotice fault={unsettled} />}
      <FaultNotice fault={fault} />
      {fault instanceof WalletMissing && <WalletPanel config={network.config} />}
      {done !== null && (view === null || view.sequence <= done.sequence) && (
        <Done result={done} seen={preview} dismiss={() => setDone(null)} />
      )}
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
  const session = useSession();
  const { view, fault, reading, refresh } = useView();
  if (fault === null || fault instanceof VaultEmpty) return null;
  if (isRemoved(session, fault)) return <RemovedNotice />;
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

/** Whether it was a device of the owner's that another one removed: a reader is told by the fault itself. */
const isRemoved = ({ known }: Session, fault: unknown): boolean =>
  known.role === "owner" && fault instanceof NotAMember;

/** What a further device of the owner's shows once another one removed it. */
function RemovedNotice(): ReactNode {
  const { view, waiting } = useView();
  const { changes } = waitingOf(waiting);
  return (
    <Notice tone="bad">
      <strong>This device was removed from the vault</strong>
      <p>
        Another device of the owner&apos;s removed it and changed every key: what is written from then on is
        closed to this one. {view !== null && `What you see is as of commit ${numberText(view.sequence)}. `}
        {changes > 0 &&
          `${countText(changes, "change")} written here ${changes === 1 ? "was" : "were"} never committed: copy what you want to keep. `}
        To use the vault here again, remove this browser&apos;s data in the settings, and let this browser in
        anew, or recover with the 24 words.
      </p>
    </Notice>
  );
}

interface DoneProps {
  readonly result: SyncResult;
  readonly seen: Preview | null;
  readonly dismiss: () => void;
}

function Done({ result, seen, dismiss }: DoneProps): ReactNode {
  return (
    <Notice tone={[...result.outcomes.values()].some(({ kind }) => kind === "refused") ? "warn" : "info"}>
      {syncSentences(result, seen).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <div className="row">
        <Button onClick={dismiss}>Dismiss</Button>
      </div>
    </Notice>
  );
}
