import { useCallback, useState, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { QuickCheck } from "./quick-check.tsx";
import { useLoaded } from "./use-loaded.ts";
import { WholeCheck } from "./whole-check.tsx";

/** Whether the person still has the 24 words: three of them now and then, all of them once. */
export function RecoverySection({ onRenew }: { readonly onRenew: () => void }): ReactNode {
  const { vault } = useSession();
  const load = useCallback(async () => {
    const { askedWords } = await import("../../../../../client/words.ts");
    return { places: await askedWords(vault) };
  }, [vault]);
  const { value, fault, reload } = useLoaded(load);
  const [said, setSaid] = useState<string | null>(null);
  const [whole, setWhole] = useState(false);
  const [enough, setEnough] = useState(false);
  const done = (text: string): void => {
    setSaid(text);
    setWhole(false);
    reload();
  };
  const places = value?.places ?? null;
  return (
    <section className="card" aria-labelledby="health-recovery">
      <h2 id="health-recovery">Recovery check</h2>
      <p>
        With the 24 words and your address everything comes back on a new machine. Find out whether you still
        have them before you need them: get the sheet, and do not write the words anywhere else.
      </p>
      <FaultNotice fault={fault} />
      {said !== null && <Notice>{said}</Notice>}
      {places !== null && !whole && enough && (
        <div className="row">
          <Button onClick={() => setEnough(false)}>Ask for three others</Button>
        </div>
      )}
      {places !== null && !whole && !enough && (
        <>
          <QuickCheck
            key={places.join()}
            places={places}
            onRight={(text) => {
              setEnough(true);
              done(text);
            }}
          />
          <div className="row">
            <Button onClick={() => setWhole(true)}>Check all 24 words instead</Button>
          </div>
        </>
      )}
      {value !== null && (places === null || whole) && <WholeCheck onRight={done} />}
      <div className="row">
        <Button onClick={onRenew}>Renew the 24 words…</Button>
      </div>
    </section>
  );
}
