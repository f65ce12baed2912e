import { useEffect, useState, type ReactNode } from "react";

interface DropZoneProps {
  /** Called in the drop's own event: what it holds is gone after it. */
  readonly onDrop: (dropped: DataTransfer) => void;
  readonly children: ReactNode;
}

/** A place that files can be dropped on, which shows so. What it holds must choose them too: not everybody can drop. */
export function DropZone({ onDrop, children }: DropZoneProps): ReactNode {
  const [over, setOver] = useState(false);
  useEffect(refuseBeside, []);
  return (
    <div
      className={`drop${over ? " drop-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDrop(event.dataTransfer);
      }}
    >
      {children}
    </div>
  );
}

/** A file that misses the place is for nobody: left to itself, the browser opens it, and the page may go. */
function refuseBeside(): () => void {
  const refuse = (event: DragEvent): void => {
    if (event.defaultPrevented || event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  addEventListener("dragover", refuse);
  addEventListener("drop", refuse);
  return () => {
    removeEventListener("dragover", refuse);
    removeEventListener("drop", refuse);
  };
}
