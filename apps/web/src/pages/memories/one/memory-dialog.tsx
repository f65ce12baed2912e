import { useEffect, useMemo, useState, type ReactNode } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { conflictsIn } from "../../../../../../client/manage.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { Actions, type Panel } from "./actions.tsx";
import { editOf, isEdited, saveEdit, type Edit } from "./edit.ts";
import { EditForm } from "./edit-form.tsx";
import { ForgetPanel } from "./forget-panel.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { LookPanel } from "./look-panel.tsx";
import { ProvePanel } from "./prove-panel.tsx";
import { Unsaved } from "./unsaved.tsx";
import { Waiting } from "./waiting.tsx";

interface MemoryDialogProps {
  /** The memory's id. */
  readonly id: string;
  /** Names of the scopes that there are. */
  readonly scopes: readonly string[];
  readonly onClose: () => void;
  /** Its versions are to be looked at side by side. */
  readonly onConflict: () => void;
  /** It stands in another scope now, under this id. */
  readonly onMoved: (id: string) => void;
}

/** One memory: all that is known of it, and what can be done with it. */
export function MemoryDialog({ id, scopes, onClose, onConflict, onMoved }: MemoryDialogProps): ReactNode {
  const { preview } = useView();
  const found = preview?.memories.get(id);
  const [edit, setEdit] = useState<Edit | null>(null);
  const [asking, setAsking] = useState(false);
  const inConflict = useMemo(() => preview !== null && isInConflict(preview.memories, id), [preview, id]);
  const unsaved = edit !== null && isEdited(edit);
  useUnsaved(unsaved);
  const close = (): void => (unsaved ? setAsking(true) : onClose());
  return (
    <Dialog title={edit === null ? "Memory" : "Edit memory"} onClose={close}>
      {asking && <Unsaved onKeep={() => setAsking(false)} onDiscard={onClose} />}
      {found === undefined && edit === null ? (
        <Gone onClose={onClose} />
      ) : (
        <Inside
          {...{ found, inConflict, edit, setEdit, scopes, onConflict, onMoved }}
          onClose={close}
          onDone={onClose}
        />
      )}
    </Dialog>
  );
}

const isInConflict = (memories: ReadonlyMap<string, Previewed>, id: string): boolean =>
  conflictsIn(memories).some(({ versions }) => versions.some(({ memory }) => memory.id === id));

const Gone = ({ onClose }: { readonly onClose: () => void }): ReactNode => (
  <>
    <p>This memory is no longer in the vault, or waits to leave it.</p>
    <div className="row">
      <Button onClick={onClose}>Close</Button>
    </div>
  </>
);

interface InsideProps extends Pick<MemoryDialogProps, "scopes" | "onConflict" | "onMoved"> {
  readonly found: Previewed | undefined;
  /** Whether it has versions: the other tab's and this one's, for instance. */
  readonly inConflict: boolean;
  readonly edit: Edit | null;
  readonly setEdit: (edit: Edit | null) => void;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Inside(props: InsideProps): ReactNode {
  const { found, inConflict, edit, setEdit, scopes, onClose, onDone, onConflict, onMoved } = props;
  const { vault } = useSession();
  const act = useAct();
  const [panel, setPanel] = useState<Panel>("look");
  const [saved, setSaved] = useState(false);
  // What was saved stands beside what came from elsewhere meanwhile: here it would look as if it were lost.
  useEffect(() => {
    if (saved && inConflict) onConflict();
  }, [saved, inConflict, onConflict]);
  if (edit !== null) {
    const save = async (scope: string): Promise<void> => {
      const id = await act.run("Saving…", null, () => saveEdit(vault, edit, scope));
      if (id === undefined) return;
      setEdit(null);
      if (id === edit.seen.id) setSaved(true);
      else onMoved(id);
    };
    return (
      <EditForm
        {...{ edit, scopes }}
        onEdit={setEdit}
        busy={act.running !== null}
        fault={act.fault}
        onSave={(scope) => void save(scope)}
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
          <LookPanel {...{ found, inConflict, onConflict }} />
          {/* Taken back here, both tabs' changes would go. */}
          {!inConflict && <Waiting id={found.memory.id} />}
        </>
      )}
      {panel === "prove" && <ProvePanel found={found} />}
      {panel === "history" && <HistoryPanel memory={found.memory} />}
      {panel !== "forget" && (
        <Actions
          found={found}
          panel={panel}
          onPanel={setPanel}
          onEdit={() => {
            setSaved(false);
            setEdit(editOf(found));
          }}
          onClose={onClose}
        />
      )}
    </>
  );
}
