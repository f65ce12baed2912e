import { useCallback, type ReactNode } from "react";

import { receipts } from "../../../../../../client/manage.ts";
import { useSession } from "../../../session/session.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { countText, numberText } from "../../../ui/texts.ts";
import { useLoaded } from "../../health/use-loaded.ts";

/** Shreds that are done, and where their receipts are. */
export function Receipts(): ReactNode {
  const { vault } = useSession();
  const { value, fault } = useLoaded(useCallback(() => receipts(vault), [vault]));
  return (
    <>
      {(value ?? []).map(({ id, memoryIds, doneAt }) => (
        <Notice key={id}>
          <p>
            Shredded: {countText(memoryIds.length, "memory", "memories")}, done behind commit{" "}
            {numberText(doneAt)}. <a href="#/health">The receipt says what is gone, and what is left.</a>
          </p>
        </Notice>
      ))}
      <FaultNotice fault={fault} />
    </>
  );
}
