import { useState, type ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { textFault, type Draft } from "../logic/draft.ts";
import { DraftFields } from "./draft-fields.tsx";

interface EditFormProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  readonly busy: boolean;
  readonly fault: unknown;
  readonly onSave: () => void;
  readonly onCancel: () => void;
}

/** Changes a memory; what was typed stays until it is saved or let go. */
export function EditForm({ draft, onDraft, busy, fault, onSave, onCancel }: EditFormProps): ReactNode {
  const [tried, setTried] = useState(false);
  const wrong = textFault(draft.text);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (wrong === null) onSave();
      }}
    >
      <DraftFields draft={draft} onDraft={onDraft} fault={tried ? wrong : null} />
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
