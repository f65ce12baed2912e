import { useCallback, useState, type ReactNode } from "react";

import { pending } from "../../../../../client/index.ts";
import {
  RecipientsUnconfirmed,
  rekey,
  resumeRekey,
  type UnconfirmedMember,
} from "../../../../../client/manage.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { useLoaded } from "./use-loaded.ts";
import { isVouched, VouchList } from "./vouch-list.tsx";

/** A change of all keys that was begun and is not done: nothing else is written before it is. */
export function UnfinishedRekey(): ReactNode {
  const { vault } = useSession();
  const load = useCallback(
    async () => (await pending(vault)).findLast((operation) => operation.kind === "rekey") ?? null,
    [vault],
  );
  const { value, reload } = useLoaded(load);
  const { running, fault, run } = useAct();
  const [asked, setAsked] = useState<readonly UnconfirmedMember[]>([]);
  const [vouched, setVouched] = useState<ReadonlySet<string>>(new Set());
  if (value === null) return null;
  const goOn = async (): Promise<void> => {
    await run("Going on…", async () => {
      try {
        if (asked.length === 0) await resumeRekey(vault);
        else {
          const base = value.base === null ? undefined : BigInt(value.base);
          await rekey(vault, { remove: value.remove, base, confirmed: [...value.confirmed, ...vouched] });
        }
        setAsked([]);
      } catch (thrown) {
        if (!(thrown instanceof RecipientsUnconfirmed)) throw thrown;
        setAsked(thrown.members);
      }
    });
    reload();
  };
  const renews = value.newWords !== null;
  return (
    <Notice tone="warn">
      <p>
        <strong>A change of all keys was begun and is not done.</strong> Nothing else is written before it is.
      </p>
      {renews && asked.length > 0 ? (
        <p>
          It renews the 24 words, and somebody came in meanwhile whom you have to vouch for. Go on with it on
          the command line: memvault words renew.
        </p>
      ) : (
        <>
          <VouchList members={asked} vouched={vouched} onChange={setVouched} />
          <FaultNotice fault={fault} />
          <div className="row">
            <Button
              kind="primary"
              busy={running !== null}
              disabled={!isVouched(asked, vouched)}
              onClick={() => void goOn()}
            >
              {running ?? "Go on with it"}
            </Button>
          </div>
        </>
      )}
    </Notice>
  );
}
