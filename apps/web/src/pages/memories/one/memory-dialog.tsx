import { useState, type ReactNode } from "react";

import { update, type Memory, type Previewed } from "../../../../../../client/index.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { changesOf, draftOf, isChanged, type Draft } from "../logic/draft.ts";
import { Actions, type Panel } from "./actions.tsx";
import { EditForm } from "./edit-form.tsx";
import { ForgetPanel } from "./forget-panel.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { LookPanel } from "./look-panel.tsx";
import { ProvePanel } from "./prove-panel.tsx";
import { Unsaved, useUnsaved } from "./unsaved.tsx";
import { Waiting } from "./waiting.tsx";

interface MemoryDialogProps {
  /** The memory's id. */
  readonly id: string;
  readonly onClose: () => void;
  /** Its versions are to be looked at side by side. */
  readonly onConflict: () => void;
}

/** A form, and the revision that it was begun from: whoever changes the memory meanwhile is seen to conflict. */
interface Edit {
  readonly seen: Memory;
  readonly draft: Draft;
}

/** One memory: all that is known of it, and what can be done with it. */
export function MemoryDialog({ id, onClose, onConflict }: MemoryDialogProps): ReactNode {
  const { preview } = useView();
  const found = preview?.memories.get(id);
  const [edit, setEdit] = useState<Edit | null>(null);
  const [asking, setAsking] = useState(false);
  const unsaved = edit !== null && isChanged(edit.seen, edit.draft);
  useUnsaved(unsaved);
  const close = (): void => (unsaved ? setAsking(true) : onClose());
  return (
    <Dialog title={edit === null ? "Memory" : "Edit memory"} onClose={close}>
      {asking && <Unsaved onKeep={() => setAsking(false)} onDiscard={onClose} />}
      {found === undefined && edit === null ? (
        <Gone onClose={onClose} />
      ) : (
        <Inside {...{ found, edit, setEdit, onClose: close, onConflict }} onDone={onClose} />
      )}
    </Dialog>
  );
}

const Gone = ({ onClose }: { readonly onClose: () => void }): ReactNode => (
  <>
    <p>This memory is no longer in the vault, or waits to leave it.</p>
    <div className="row">
      <Button onClick={onClose}>Close</Button>
    </div>
  </>
);

interface InsideProps {
  readonly found: Previewed | undefined;
  readonly edit: Edit | null;
  readonly setEdit: (edit: Edit | null) => void;
  readonly onClose: () => void;
  readonly onDone: () => void;
  readonly onConflict: () => void;
}

function Inside({ found, edit, setEdit, onClose, onDone, onConflict }: InsideProps): ReactNode {
  const { vault } = useSession();
  const act = useAct();
  const [panel, setPanel] = useState<Panel>("look");
  if (edit !== null) {
    const save = async (): Promise<void> => {
      const changes = changesOf(edit.seen, edit.draft);
      const saved = await act.run("Saving…", null, async () => {
        if (Object.keys(changes).length > 0) await update(vault, edit.seen, changes);
        return true;
      });
      if (saved === true) setEdit(null);
    };
    return (
      <EditForm
        draft={edit.draft}
        onDraft={(draft) => setEdit({ ...edit, draft })}
        busy={act.running !== null}
        fault={act.fault}
        onSave={() => void save()}
        onCancel={onClose}
      />
    );
  }
  if (found === undefined) return null;
  return (
    <>
      <div className="memory-text">
        <PlainText text={found.memory.text} lines />
      </div>
      {panel === "forget" ? (
        <ForgetPanel found={found} onDone={onDone} onBack={() => setPanel("look")} />
      ) : (
        <>
          <LookPanel found={found} onConflict={onConflict} />
          <Waiting id={found.memory.id} />
        </>
      )}
      {panel === "prove" && <ProvePanel found={found} />}
      {panel === "history" && <HistoryPanel memory={found.memory} />}
      {panel !== "forget" && (
        <Actions
          found={found}
          panel={panel}
          onPanel={setPanel}
          onEdit={() => setEdit({ seen: found.memory, draft: draftOf(found.memory) })}
          onClose={onClose}
        />
      )}
    </>
  );
}
