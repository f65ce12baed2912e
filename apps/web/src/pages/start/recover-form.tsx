import { useState, type ReactNode, type SubmitEvent } from "react";

import { networkConfig, reach } from "../../chain/page.ts";
import type { Sample } from "../../chain/config.ts";
import { WalletPanel } from "../../chain/wallet-panel.tsx";
import { useWallets } from "../../chain/use-page.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { besideWords, WordsField } from "../../ui/words-field.tsx";
import { wordsIn } from "../../ui/words-text.ts";
import { checkedSheet, lookUp, type TypedSheet } from "./plan.ts";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

interface RecoverFormProps {
  /** The sample's sheet, where that is what is opened. */
  readonly sample: Sample | null;
  /** What was typed before; `null` at first. */
  readonly typed: TypedSheet | null;
  readonly onDone: (sheet: TypedSheet) => void;
  readonly onBack: () => void;
}

/** The sheet: words, the first owner's address, or an id. */
export function RecoverForm({ sample, typed, onDone, onBack }: RecoverFormProps): ReactNode {
  const { connected } = useWallets();
  const [typedOwner, setOwner] = useState<string | null>(typed?.owner ?? sample?.owner ?? null);
  const [vaultId, setVaultId] = useState(typed?.vaultId ?? "");
  const [label, setLabel] = useState(typed?.label ?? sample?.label ?? "");
  const task = useTask();
  const owner = typedOwner ?? connected?.account ?? "";
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const words = wordsIn(event.currentTarget);
    task.run("Looking for the vault…", async () => {
      const { wordsToSeed } = await import("../../../../../client/words.ts");
      const seed = wordsToSeed(words);
      const sheet = { seed, words, owner, vaultId, label };
      try {
        checkedSheet(sheet);
        // Looked up before this browser is locked for it: a slip of the pen costs no second typing.
        const config = await networkConfig();
        if (config !== null) await lookUp(await reach(config), sheet);
      } catch (fault) {
        seed.fill(0);
        throw fault;
      }
      onDone(sheet);
    });
  };
  return (
    <Page title={sample === null ? "Recover with the 24 words" : "Open the sample vault"}>
      <form className="stack card" onSubmit={send}>
        <WordsField
          hint="In their order, with spaces between them. They stay in this browser."
          fault={task.fault}
          initial={typed?.words ?? sample?.words ?? ""}
        />
        <Field
          label="The first owner's address"
          hint="The account that minted the vault, as it stands on the sheet."
        >
          {(ids) => (
            <input
              {...ids}
              autoComplete="off"
              spellCheck={false}
              value={owner}
              onChange={({ target }) => setOwner(target.value)}
            />
          )}
        </Field>
        {sample === null && typedOwner === null && connected === null && <WalletPanel config={null} />}
        <Field
          label="The vault's id (only for renewed words, or a vault that you bought)"
          hint="0x and 64 digits. Leave it empty if your sheet has none."
        >
          {(ids) => (
            <input
              {...ids}
              autoComplete="off"
              spellCheck={false}
              value={vaultId}
              onChange={({ target }) => setVaultId(target.value)}
            />
          )}
        </Field>
        <LabelField value={label} onChange={setLabel} />
        <TaskNotice task={{ ...task, fault: besideWords(task.fault) }} />
        <div className="row">
          <Button kind="primary" type="submit" busy={task.running !== null}>
            Go on
          </Button>
          <Button onClick={onBack}>Back</Button>
        </div>
      </form>
    </Page>
  );
}

/** The person's own words for a vault. */
export const LabelField = (props: {
  readonly value: string;
  readonly onChange: (label: string) => void;
}): ReactNode => (
  <Field label="Your name for it" hint="It stays in this browser, sealed.">
    {(ids) => (
      <input
        {...ids}
        autoComplete="off"
        maxLength={100}
        value={props.value}
        onChange={({ target }) => props.onChange(target.value)}
      />
    )}
  </Field>
);
