import { useId, useState, type DragEvent, type ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { textOfFile } from "./dropped.ts";

interface TextDropProps {
  readonly label: string;
  readonly found: (text: string) => void;
  readonly failed: (fault: unknown) => void;
}

/** Takes a file's text, or that of the code in a picture: dropped, or chosen. */
export function TextDrop({ label, found, failed }: TextDropProps): ReactNode {
  const id = useId();
  const [over, setOver] = useState(false);
  const [said, setSaid] = useState("");
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setSaid(`Reading ${file.name}…`);
    try {
      found((await textOfFile(file)).trim());
      setSaid(`Read ${file.name}.`);
    } catch (fault) {
      setSaid("");
      failed(fault);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <div
      className={`access-drop${over ? " access-drop-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept="image/*,text/plain,.txt"
        onChange={({ target }) => {
          void take(target.files?.[0]);
          target.value = "";
        }}
      />
      <span role="status">
        <PlainText text={said} />
      </span>
    </div>
  );
}
