import { useState, type SyntheticEvent, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";

/** Takes all 24 words, and proves that they open this vault. */
export function WholeCheck({ onRight }: { readonly onRight: (said: string) => void }): ReactNode {
  const { vault } = useSession();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const [unnamed, setUnnamed] = useState(false);
  const check = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      const { checkWords } = await import("../../../../../client/words.ts");
      const { sequence, inRoster } = await checkWords(vault, typed);
      setTyped("");
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
      <Field
        label="All 24 words"
        hint="They stay on this device, and are not kept: your vault’s newest commit is opened by them alone, as on a new machine. What is kept lets this device ask for three of them later, and tells nobody the words."
      >
        {(ids) => (
          <textarea
            {...ids}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        )}
      </Field>
      {unnamed && (
        <Notice tone="warn">
          These words open the newest commit, but your vault does not name them any more: the next change of
          all keys would leave them out. Choose “Renew the 24 words…” below.
        </Notice>
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button type="submit" kind="primary" busy={busy} disabled={typed.trim() === ""}>
          {busy ? "Opening your vault by them…" : "Check all 24 words"}
        </Button>
      </div>
    </form>
  );
}
