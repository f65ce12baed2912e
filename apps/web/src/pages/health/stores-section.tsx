import { useState, type ReactNode } from "react";

import type { Audit, Repair } from "../../../../../client/stores.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";
import { remarksOf, repairSentences, storeLine, verdictOf, verdictText } from "./audit-text.ts";
import { counted } from "./counted-store.ts";
import { GarbageDialog } from "./garbage-dialog.tsx";

/** What a repair is, for the question about its cost: a store on the chain has one. */
const REPAIR_ACT = "Copies what is missing in a store to it. The vault stays as it is.";

/** Where the blobs are, whether they are there, and what mends it. */
export function StoresSection(): ReactNode {
  const { vault, known } = useSession();
  const act = useAct();
  const [reads, setReads] = useState(0);
  const [found, setFound] = useState<Audit | null>(null);
  const [lines, setLines] = useState<readonly string[]>([]);
  const [clearing, setClearing] = useState(false);
  const stores = vault.store.parts?.stores ?? [vault.store];
  const look = async (): Promise<void> => {
    const { audit } = await import("../../../../../client/stores.ts");
    setReads(0);
    setFound(await audit(counted(vault, setReads)));
  };
  const check = (): void => {
    setLines([]);
    setFound(null);
    void act.run("Reading every copy…", null, look);
  };
  const mend = (): void => {
    setFound(null);
    void act.run("Copying what is missing…", REPAIR_ACT, async () => {
      const { repair } = await import("../../../../../client/stores.ts");
      setReads(0);
      const done: Repair = await repair(counted(vault, setReads));
      setLines([...repairSentences(done), ...remarksOf(done)]);
      await look();
    });
  };
  return (
    <section className="card" aria-labelledby="health-stores">
      <h2 id="health-stores">Stores</h2>
      <p>
        {stores.length === 1
          ? "Your vault’s blobs are in one store"
          : `Your vault’s blobs are in ${stores.length} stores`}
        : {stores.map(({ name, readOnly }) => `${name}${readOnly === true ? " (read only)" : ""}`).join(", ")}
        .
      </p>
      {found !== null && <AuditResult found={found} />}
      {lines.length > 0 && (
        <Notice>
          {lines.map((line) => (
            <p key={line}>
              <PlainText text={line} />
            </p>
          ))}
        </Notice>
      )}
      {act.running !== null && (
        <label className="stack" role="status">
          <span>
            {act.running} {reads > 0 && `${countText(reads, "copy", "copies")} read.`}
          </span>
          <progress />
        </label>
      )}
      <FaultNotice fault={act.fault} />
      <div className="row">
        <Button kind="primary" busy={act.running !== null} onClick={check}>
          Check every copy
        </Button>
        <Button disabled={act.running !== null} onClick={mend}>
          Repair
        </Button>
        {known.role === "owner" && (
          <Button disabled={act.running !== null} onClick={() => setClearing(true)}>
            Clear out…
          </Button>
        )}
      </div>
      {clearing && (
        <GarbageDialog
          onClose={() => setClearing(false)}
          onDone={(blobs) => {
            setClearing(false);
            setLines([`${countText(blobs, "blob")} that no commit needs any more given up.`]);
          }}
        />
      )}
    </section>
  );
}

function AuditResult({ found }: { readonly found: Audit }): ReactNode {
  const verdict = verdictOf(found);
  return (
    <>
      <Notice tone={verdict === "well" ? "info" : verdict === "lost" ? "bad" : "warn"}>
        <p>{verdictText(found)}</p>
        {remarksOf(found, found.givenUp).map((remark) => (
          <p key={remark}>{remark}</p>
        ))}
      </Notice>
      <div className="table-wrap">
        <table>
          <thead>
            <tr>
              <th scope="col">Store</th>
              <th scope="col">Intact copies</th>
              <th scope="col">What is not as it should be</th>
            </tr>
          </thead>
          <tbody>
            {found.stores.map(storeLine).map(({ name, present, faults }) => (
              <tr key={name}>
                <td>
                  <PlainText text={name} />
                </td>
                <td>
                  {present} of {found.blobs}
                </td>
                <td>
                  {faults.length === 0 ? (
                    <span className="badge badge-good">all there</span>
                  ) : (
                    <PlainText text={faults.join("; ")} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
