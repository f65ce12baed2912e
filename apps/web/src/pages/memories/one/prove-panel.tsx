import { useState, type ReactNode } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { Facts } from "../../../ui/facts.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { saveFile } from "../../../ui/save.ts";
import { numberText } from "../../../ui/texts.ts";
import { proofJson, prove, verifiedOnChain, type Proven } from "./proof.ts";

/** Proves a memory against the root on chain. */
export function ProvePanel({ found: { memory, pending } }: { readonly found: Previewed }): ReactNode {
  const { vault } = useSession();
  const { view } = useView();
  const act = useAct();
  const [proven, setProven] = useState<Proven | null>(null);
  const [onChain, setOnChain] = useState<boolean | null>(null);
  const isCommitted =
    view?.scopes.some(({ memories }) => memories.some(({ id }) => id === memory.id)) ?? false;
  if (!isCommitted) return <Notice>It is in no commit yet. Commit it first, then it can be proven.</Notice>;
  const begin = async (): Promise<void> => {
    setOnChain(null);
    setProven((await act.run("Proving…", null, () => prove(vault, memory.id))) ?? null);
  };
  const ask = async ({ proof }: Proven): Promise<void> =>
    setOnChain((await act.run("Asking the contract…", null, () => verifiedOnChain(vault, proof))) ?? null);
  return (
    <section className="stack" aria-label="Proof">
      <h3>Proof</h3>
      {proven === null ? (
        <>
          <p className="quiet">
            Reads the whole vault again, holds it against the root on chain, and makes a file by which anyone
            can check this one memory. The file discloses the whole memory, and how many its scope has.
          </p>
          {pending && <p className="quiet">It proves the memory as it was committed, without what waits.</p>}
        </>
      ) : (
        <Result proven={proven} onChain={onChain} />
      )}
      <FaultNotice fault={act.fault} />
      <div className="row">
        <Button busy={act.running !== null} onClick={() => void begin()}>
          {proven === null ? "Prove it now" : "Prove it again"}
        </Button>
        {proven !== null && (
          <>
            <Button
              onClick={() =>
                saveFile(
                  `memory-${memory.id.slice(0, 8)}-proof.json`,
                  new TextEncoder().encode(proofJson(vault, proven)),
                  "application/json",
                )
              }
            >
              Download the proof
            </Button>
            <Button
              busy={act.running !== null}
              title="Whoever answers for the chain sees this memory."
              onClick={() => void ask(proven)}
            >
              Have the contract check it
            </Button>
          </>
        )}
      </div>
    </section>
  );
}

const Result = ({
  proven,
  onChain,
}: {
  readonly proven: Proven;
  readonly onChain: boolean | null;
}): ReactNode => (
  <>
    <Notice tone={onChain === false ? "bad" : "info"}>
      <p>
        The vault is complete and unaltered, and this memory is in it, as of commit{" "}
        {numberText(proven.sequence)}
        {proven.final ? "." : ", which is not final yet."}
      </p>
      {onChain === true && <p>The contract finds it under its present head.</p>}
      {onChain === false && <p>The contract does not find it under its present head. Prove it again.</p>}
    </Notice>
    <Facts
      facts={[
        ["Fingerprint of all memories (root)", <span className="mono">{proven.root}</span>],
        ["Fingerprint of the vault's state (state root)", <span className="mono">{proven.stateRoot}</span>],
      ]}
    />
  </>
);
