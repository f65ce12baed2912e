import { useId, useState, type ReactNode } from "react";

import { droppedFiles, pickedFiles, type PickedFile } from "../../../../../../client/browser.ts";
import { DropZone } from "../../../ui/drop-zone.tsx";
import { FileField } from "../../../ui/file-field.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import type { Extraction } from "./words.ts";

interface ChooseFilesProps {
  readonly onChosen: (files: readonly PickedFile[], as: Extraction) => void;
}

/** Takes files: dropped, or chosen by a button. */
export function ChooseFiles({ onChosen }: ChooseFilesProps): ReactNode {
  const id = useId();
  const [as, setAs] = useState<Extraction>("statements");
  const [fault, setFault] = useState<unknown>(null);
  const take = (picked: readonly PickedFile[]): void => {
    if (picked.length > 0) onChosen(picked, as);
  };
  const choose = (chosen: readonly File[]): void => {
    try {
      take(pickedFiles(chosen));
    } catch (tooMany) {
      setFault(tooMany);
    }
  };
  return (
    <>
      <p>
        Exports of ChatGPT, Claude, Gemini, mem0, MemSync, Letta and the MCP memory server, Portable AI
        Memory, JSON lines, Markdown and text; a zip as it came, or a folder. The files are read in this
        browser: <strong>nothing leaves this device</strong>, and nothing is written before you have looked at
        it.
      </p>
      <FaultNotice fault={fault} />
      <DropZone onDrop={({ items }) => void droppedFiles(items).then(take, setFault)}>
        <div className="import-drop">
          <p>Drop files or a folder here, or</p>
          <div className="row">
            <FileField kind="primary" button="Choose files" of="several" onFiles={choose} />
            <FileField button="Choose a folder" of="folder" onFiles={choose} />
          </div>
        </div>
      </DropZone>
      <div className="field">
        <label htmlFor={id}>Conversations become</label>
        <select id={id} value={as} onChange={({ target }) => setAs(target.value as Extraction)}>
          <option value="statements">what I said, one memory each</option>
          <option value="exchanges">what I said, together with the answer</option>
        </select>
      </div>
    </>
  );
}
