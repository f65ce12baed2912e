import { useState, type ReactNode, type SubmitEvent } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { besideWords, WordsField } from "../../ui/words-field.tsx";
import { wordsIn } from "../../ui/words-text.ts";

/** Takes all 24 words, and proves that they open this vault. */
export function WholeCheck({ onRight }: { readonly onRight: (said: string) => void }): ReactNode {
  const { vault } = useSession();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const [unnamed, setUnnamed] = useState(false);
  const check = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setFault(null);
    try {
      const { checkWords } = await import("../../../../../client/words.ts");
      const { sequence, inRoster } = await checkWords(vault, wordsIn(form));
      form.reset();
      setUnnamed(!inRoster);
      if (inRoster)
        onRight(
          `These words open your vault: commit ${String(sequence)} was opened by them alone. From now on three of them are asked for.`,
        );
    } catch (thrown) {
      setFault(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void check(event)}>
      <WordsField
        label="All 24 words"
        hint="They stay on this device, and are not kept: your vault’s newest commit is opened by them alone, as on a new machine. What is kept lets this device ask for three of them later, and tells nobody the words."
        fault={fault}
      />
      {unnamed && (
        <Notice tone="warn">
          These words open the newest commit, but your vault does not name them any more: the next change of
          all keys would leave them out. Choose “Renew the 24 words…” below.
        </Notice>
      )}
      <FaultNotice fault={besideWords(fault)} />
      <div className="row">
        <Button type="submit" kind="primary" busy={busy}>
          {busy ? "Opening your vault by them…" : "Check all 24 words"}
        </Button>
      </div>
    </form>
  );
}
