import { useEffect, useState, type ReactNode } from "react";

import { dropReceipt, receipts, type ShredReceipt } from "../../../../../../client/manage.ts";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { Facts } from "../../../ui/facts.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { countText, numberText } from "../../../ui/texts.ts";

/** Shreds that are done: what was destroyed, and what is left. */
export function Receipts(): ReactNode {
  const { vault, network } = useSession();
  const { view } = useView();
  const [done, setDone] = useState<readonly ShredReceipt[]>([]);
  const [fault, setFault] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    receipts(vault).then(
      (found) => wanted && setDone(found),
      (thrown: unknown) => wanted && setFault(thrown),
    );
    return () => {
      wanted = false;
    };
  }, [vault, view, turn]);
  const drop = (id: string): void =>
    void dropReceipt(vault, id).then(() => setTurn((before) => before + 1), setFault);
  return (
    <>
      {done.map((receipt) => (
        <details key={receipt.id} className="card fold">
          <summary>
            Shredded: {countText(receipt.memoryIds.length, "memory", "memories")}, done behind commit{" "}
            {numberText(receipt.doneAt)}.
          </summary>
          <Facts facts={factsOf(receipt, network.store.permanent === true)} />
          <div className="row">
            <Button onClick={() => drop(receipt.id)}>Noted, let the receipt go</Button>
          </div>
        </details>
      ))}
      <FaultNotice fault={fault} />
    </>
  );
}

/** What was done, and in the same breath what was not. */
function factsOf(receipt: ShredReceipt, onChain: boolean): [string, ReactNode][] {
  const { scopes, blobs, listed, followed, silent, readers, unknown } = receipt;
  return [
    ["Written anew", scopes.length === 0 ? "No scope." : <PlainText text={scopes.join(", ")} />],
    ...(unknown.length === 0
      ? []
      : [
          ["Not found", `${numberText(unknown.length)}: every scope was written anew for them.`] as [
            string,
            ReactNode,
          ],
        ]),
    [
      "Stored copies",
      `${numberText(blobs)} given up. ${numberText(listed)} stay for other scopes, and have no key for these memories.`,
    ],
    [
      "Your devices",
      `${numberText(followed.length)} followed. ${numberText(silent.length)} did not say so yet, and may still open them.`,
    ],
    [
      "Readers",
      readers.length === 0 ? "None." : `${countText(readers.length, "reader")}: what they read they keep.`,
    ],
    ...(onChain
      ? [["On chain", "The sealed bytes stay for ever: only the keys are gone."] as [string, ReactNode]]
      : []),
    [
      "What remains",
      "Whoever kept old copies opens them with the 24 words, an old welcome's key or an old backup.",
    ],
  ];
}
