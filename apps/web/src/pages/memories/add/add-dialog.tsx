import { useState, type ReactNode } from "react";

import { remember, scopeName } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { EMPTY_DRAFT, endOfDay, tagsOf, textFault, type Draft } from "../logic/draft.ts";
import { DraftFields } from "../one/draft-fields.tsx";
import { Unsaved } from "../one/unsaved.tsx";
import { NewScope } from "./new-scope.tsx";
import { isNew, scopeFault, type ScopeChoice } from "./scope-choice.ts";
import { ScopeField } from "./scope-field.tsx";

interface AddDialogProps {
  /** Names of the scopes that there are. */
  readonly scopes: readonly string[];
  /** The scope that was looked at; `null` for all: none is chosen for the person. */
  readonly scope: string | null;
  /** What it begins with: a text that is put back. */
  readonly text?: string;
  /** Called when it is in the journal. */
  readonly onAdded?: () => Promise<void>;
  readonly onClose: () => void;
}

/** Writes a memory down. A scope that is new is asked about once. */
export function AddDialog({ scopes, scope, text = "", onAdded, onClose }: AddDialogProps): ReactNode {
  const { vault } = useSession();
  const act = useAct();
  const [draft, setDraft] = useState<Draft>({ ...EMPTY_DRAFT, text });
  const [chosen, setChosen] = useState<ScopeChoice | null>(
    scope === null ? null : { name: scope, isTyped: false },
  );
  const [tried, setTried] = useState(false);
  const [step, setStep] = useState<"write" | "ask scope" | "ask close">("write");
  const unsaved = draft.text !== text || draft.tags !== "";
  useUnsaved(unsaved);
  const close = (): void => (unsaved ? setStep("ask close") : onClose());
  const wrong = textFault(draft.text);
  const wrongScope = scopeFault(chosen);
  const save = async (name: string): Promise<void> => {
    const added = await act.run("Adding…", null, async () => {
      await remember(vault, inputOf(draft, name));
      await onAdded?.();
      return true;
    });
    if (added === true) onClose();
  };
  const submit = (): void => {
    setTried(true);
    if (chosen === null || wrong !== null || wrongScope !== null) return;
    if (isNew(chosen, scopes)) setStep("ask scope");
    else void save(scopeName(chosen.name));
  };
  return (
    <Dialog title="Add a memory" onClose={close}>
      {step === "ask close" && <Unsaved onKeep={() => setStep("write")} onDiscard={onClose} />}
      {step === "ask scope" && chosen !== null ? (
        <NewScope
          name={scopeName(chosen.name)}
          scopes={scopes}
          busy={act.running !== null}
          onUse={(name) => {
            setChosen({ name, isTyped: !scopes.includes(name) });
            void save(name);
          }}
          onBack={() => setStep("write")}
        />
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          {/* What is typed from here on would go with the form. */}
          <fieldset className="fields" disabled={act.running !== null}>
            <ScopeField
              scopes={scopes}
              chosen={chosen}
              onChoose={setChosen}
              fault={tried ? wrongScope : null}
            />
            <DraftFields draft={draft} onDraft={setDraft} fault={tried ? wrong : null} />
          </fieldset>
          <p className="quiet">It waits on this device until you commit it.</p>
          <div className="row">
            <Button kind="primary" type="submit" busy={act.running !== null}>
              Add
            </Button>
            <Button onClick={close}>Cancel</Button>
          </div>
        </form>
      )}
      <FaultNotice fault={act.fault} />
    </Dialog>
  );
}

const inputOf = ({ text, type, importance, tags, until }: Draft, scope: string) => ({
  ...{ scope, text, type, importance },
  tags: tagsOf(tags),
  validUntil: endOfDay(until),
});
