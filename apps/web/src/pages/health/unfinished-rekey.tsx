import { useCallback, useState, type ReactNode } from "react";

import { pending } from "../../../../../client/index.ts";
import {
  RecipientsUnconfirmed,
  rekey,
  resumeRekey,
  type UnconfirmedMember,
} from "../../../../../client/manage.ts";
import { useDevice } from "../../device/context.tsx";
import { drawing } from "../../device/this-browser.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { GIVING_UP_ACT, GOING_ON_ACT, RENEWAL_ACT } from "./rekey-acts.ts";
import { useLoaded } from "./use-loaded.ts";
import { isVouched, VouchList } from "./vouch-list.tsx";

/** A change of all keys, or new words, that were begun and are not done: nothing else is written before a change of keys is. */
export function UnfinishedRekey(): ReactNode {
  const { vault } = useSession();
  const { device } = useDevice();
  const load = useCallback(
    async () => ({
      rekeying: (await pending(vault)).findLast((operation) => operation.kind === "rekey") ?? null,
      renewal: await device.renewal(vault.ref),
    }),
    [vault, device],
  );
  const { value, reload } = useLoaded(load);
  const { running, fault, run } = useAct();
  const [asked, setAsked] = useState<readonly UnconfirmedMember[]>([]);
  const [vouched, setVouched] = useState<ReadonlySet<string>>(new Set());
  if (value === null || (value.rekeying === null && value.renewal === null)) return null;
  const { rekeying, renewal } = value;
  const goOn = async (): Promise<void> => {
    await run("Going on…", renewal === null ? GOING_ON_ACT : RENEWAL_ACT, async () => {
      try {
        if (renewal !== null) {
          const { finishRenewal } = await import("./renewal.ts");
          await finishRenewal({ device, vault, drawing }, [...vouched]);
        } else if (asked.length === 0 || rekeying === null) await resumeRekey(vault);
        else {
          const base = rekeying.base === null ? undefined : BigInt(rekeying.base);
          await rekey(vault, {
            remove: rekeying.remove,
            base,
            confirmed: [...rekeying.confirmed, ...vouched],
          });
        }
        setAsked([]);
      } catch (thrown) {
        if (!(thrown instanceof RecipientsUnconfirmed)) throw thrown;
        setAsked(thrown.members);
      }
    });
    reload();
  };
  const giveUp = async (): Promise<void> => {
    await run("Giving them up…", GIVING_UP_ACT, async () => {
      const { giveUpRenewal } = await import("./renewal.ts");
      await giveUpRenewal({ device, vault });
    });
    reload();
  };
  return (
    <Notice tone="warn">
      {rekeying === null ? (
        <p>
          <strong>New words were written down, and are not in force yet.</strong> Go on, and every key
          changes; or give them up, and the words before stay.
        </p>
      ) : (
        <p>
          <strong>A change of all keys was begun and is not done.</strong> Nothing else is written before it
          is.
          {renewal !== null && " It puts the new 24 words in force that you wrote down."}
        </p>
      )}
      {rekeying !== null && rekeying.newWords !== null && renewal === null && asked.length > 0 && (
        <p>
          The new words are not in this browser any more: the change goes on without them, and the old ones
          stay.
        </p>
      )}
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
        {rekeying === null && (
          <Button busy={running !== null} onClick={() => void giveUp()}>
            Give the new words up
          </Button>
        )}
      </div>
    </Notice>
  );
}
