import { useState, type ReactNode } from "react";

import { DropZone } from "../../ui/drop-zone.tsx";
import { FileField } from "../../ui/file-field.tsx";
import { textOfFile } from "./dropped.ts";

interface TextDropProps {
  readonly label: string;
  readonly found: (text: string) => void;
  readonly failed: (fault: unknown) => void;
}

/** Takes a file's text, or that of the code in a picture: dropped, or chosen. */
export function TextDrop({ label, found, failed }: TextDropProps): ReactNode {
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
  return (
    <DropZone onDrop={({ files }) => void take(files[0])}>
      <FileField
        label={label}
        button="Choose a file"
        accept="image/*,text/plain,.txt"
        said={said}
        onFiles={([file]) => void take(file)}
      />
    </DropZone>
  );
}
