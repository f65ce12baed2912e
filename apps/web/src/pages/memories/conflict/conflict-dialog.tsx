import { useState, type ReactNode } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { resolveConflict, type Conflict } from "../../../../../../client/manage.ts";
import { useAct } from "../../../session/act.tsx";
import { useSession } from "../../../session/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { countText } from "../../../ui/texts.ts";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { textFault } from "../logic/draft.ts";
import { Unsaved } from "../one/unsaved.tsx";
import { VersionColumn } from "./version-column.tsx";

interface ConflictDialogProps {
  /** As it stood when the dialog was opened: what changes behind it changes nothing of what is chosen from. */
  readonly conflict: Conflict;
  readonly onClose: () => void;
}

/** What stays: a version, with the text that the person makes of it. */
interface Choice {
  readonly kept: Previewed;
  readonly text: string;
}

/** The versions of a memory side by side; one is chosen, and its text may be written anew. Nothing is decided for the person. */
export function ConflictDialog({ conflict, onClose }: ConflictDialogProps): ReactNode {
  const { vault, known } = useSession();
  const act = useAct();
  const [choice, setChoice] = useState<Choice | null>(null);
  const [asking, setAsking] = useState(false);
  const written = choice !== null && choice.text !== choice.kept.memory.text;
  useUnsaved(written);
  const close = (): void => (written ? setAsking(true) : onClose());
  const resolve = async ({ kept, text }: Choice): Promise<void> => {
    const id = await act.run("Keeping it…", null, () => resolveConflict(vault, conflict, kept, text));
    if (id !== undefined) onClose();
  };
  const { versions, forgotten } = conflict;
  const mayWrite = known.role === "owner";
  return (
    <Dialog title="Versions side by side" onClose={close}>
      {asking && <Unsaved onKeep={() => setAsking(false)} onDiscard={onClose} />}
      <p className="quiet">
        {forgotten
          ? "The memory that these stood beside was forgotten. What was written meanwhile is left."
          : "This memory was changed in several places at once. Words that the others lack are marked."}
      </p>
      <div className="conflict-columns">
        {versions.map((version, i) => (
          <VersionColumn
            key={version.memory.id}
            version={version}
            number={i + 1}
            beside={versions[i === 0 ? 1 : 0] ?? null}
            chosen={choice?.kept.memory.id === version.memory.id}
            onChoose={
              mayWrite
                ? () => setChoice({ kept: version, text: written ? choice.text : version.memory.text })
                : null
            }
          />
        ))}
      </div>
      {mayWrite && choice !== null && (
        <Merged choice={choice} onText={(text) => setChoice({ ...choice, text })} />
      )}
      <FaultNotice fault={act.fault} />
      {choice !== null && (
        <Notice tone="warn">{outcomeText(conflict, choice)} It waits until you commit it.</Notice>
      )}
      <div className="row">
        {mayWrite && (
          <Button
            kind="primary"
            busy={act.running !== null}
            disabled={choice === null || textFault(choice.text) !== null}
            onClick={() => choice !== null && void resolve(choice)}
          >
            Keep what is chosen
          </Button>
        )}
        <Button onClick={close}>Decide later</Button>
      </div>
    </Dialog>
  );
}

const Merged = (props: { readonly choice: Choice; readonly onText: (text: string) => void }): ReactNode => (
  <Field
    label="What it says from now on"
    hint="As chosen, or write it anew: both at once, for instance."
    fault={textFault(props.choice.text)}
  >
    {(ids) => (
      <textarea
        {...ids}
        dir="auto"
        rows={4}
        value={props.choice.text}
        onChange={({ target }) => props.onText(target.value)}
      />
    )}
  </Field>
);

function outcomeText({ versions, forgotten }: Conflict, { kept }: Choice): string {
  const number = versions.findIndex(({ memory }) => memory.id === kept.memory.id) + 1;
  const others = versions.length - 1;
  if (others === 0) return "It stays, as a memory of its own.";
  const which = `Version ${number.toLocaleString()} stays`;
  return forgotten
    ? `${which}, as a memory of its own; ${countText(others, "other")} will be forgotten.`
    : `${which}; ${countText(others, "other")} will be forgotten.`;
}
