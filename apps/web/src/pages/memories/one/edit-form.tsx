import { useState, type ReactNode } from "react";

import { scopeName } from "../../../../../../client/index.ts";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { NewScope } from "../add/new-scope.tsx";
import { isNew, scopeFault } from "../add/scope-choice.ts";
import { ScopeField } from "../add/scope-field.tsx";
import { textFault } from "../logic/draft.ts";
import { DraftFields } from "./draft-fields.tsx";
import { isMoved, type Edit } from "./edit.ts";

interface EditFormProps {
  readonly edit: Edit;
  readonly onEdit: (edit: Edit) => void;
  /** Names of the scopes that there are. */
  readonly scopes: readonly string[];
  readonly busy: boolean;
  readonly fault: unknown;
  /** Saves, with the memory in the scope of this name. */
  readonly onSave: (scope: string) => void;
  readonly onCancel: () => void;
}

/** What a person should know before a memory goes to another scope. */
const MOVED =
  " There it is a new memory, with its date, tags and source, and the one here is forgotten. How often it was reinforced, and its history, begin anew. Readers keep what they have read.";

/** Changes a memory; what was typed stays until it is saved or let go. */
export function EditForm(props: EditFormProps): ReactNode {
  const { edit, onEdit, scopes, busy, fault, onSave, onCancel } = props;
  const { draft, chosen } = edit;
  const [tried, setTried] = useState(false);
  const [asking, setAsking] = useState(false);
  const wrong = textFault(draft.text);
  const wrongScope = scopeFault(chosen);
  const submit = (): void => {
    setTried(true);
    if (wrong !== null || wrongScope !== null) return;
    if (isNew(chosen, scopes)) setAsking(true);
    else onSave(scopeName(chosen.name));
  };
  if (asking)
    return (
      <>
        <NewScope
          name={scopeName(chosen.name)}
          scopes={scopes}
          busy={busy}
          onUse={onSave}
          onBack={() => setAsking(false)}
        />
        <FaultNotice fault={fault} />
      </>
    );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {/* What is typed from here on would go with the form. */}
      <fieldset className="fields" disabled={busy}>
        <DraftFields
          draft={draft}
          onDraft={(changed) => onEdit({ ...edit, draft: changed })}
          fault={tried ? wrong : null}
        />
        <ScopeField
          scopes={scopes}
          chosen={chosen}
          onChoose={(changed) => onEdit({ ...edit, chosen: changed })}
          fault={tried ? wrongScope : null}
          hint={isMoved(edit) ? MOVED : ""}
        />
      </fieldset>
      <FaultNotice fault={fault} />
      <p className="quiet">The change waits on this device until you commit it.</p>
      <div className="row">
        <Button kind="primary" type="submit" busy={busy}>
          Save
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}
