import { useId, useRef, useState, type DragEvent, type ReactNode } from "react";

import { droppedFiles, pickedFiles, type PickedFile } from "../../../../../../client/browser.ts";
import { Button } from "../../../ui/button.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import type { Extraction } from "./words.ts";

interface ChooseFilesProps {
  readonly onChosen: (files: readonly PickedFile[], as: Extraction) => void;
}

/** Takes files: dropped, or chosen by a button. */
export function ChooseFiles({ onChosen }: ChooseFilesProps): ReactNode {
  const id = useId();
  const [as, setAs] = useState<Extraction>("statements");
  const [over, setOver] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (picked: readonly PickedFile[]): void => {
    if (picked.length > 0) onChosen(picked, as);
  };
  const choose = ({ files: chosen }: HTMLInputElement): void => {
    try {
      take(pickedFiles(chosen ?? []));
    } catch (tooMany) {
      setFault(tooMany);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    droppedFiles(event.dataTransfer.items).then(take, setFault);
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
      <div
        className={`import-drop${over ? " import-drop-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>Drop files or a folder here, or</p>
        <div className="row">
          <Button kind="primary" onClick={() => files.current?.click()}>
            Choose files
          </Button>
          <Button onClick={() => clickFolder(folder.current)}>Choose a folder</Button>
        </div>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          data-testid="import-files"
          onChange={({ currentTarget }) => choose(currentTarget)}
        />
        <input ref={folder} type="file" hidden onChange={({ currentTarget }) => choose(currentTarget)} />
      </div>
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

/** React knows no such attribute, browsers do. */
function clickFolder(input: HTMLInputElement | null): void {
  if (input === null) return;
  input.webkitdirectory = true;
  input.click();
}
