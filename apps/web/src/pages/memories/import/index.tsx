import { useEffect, useRef, type ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { countText, numberText } from "../../../ui/texts.ts";
import { ChooseFiles } from "./choose-files.tsx";
import { ReadingStep } from "./reading-step.tsx";
import { ReviewStep } from "./review-step.tsx";
import { useImport, type Import } from "./use-import.ts";
import "./import.css";

/** Brings memories from another tool: files are read here, reviewed, and only then written. */
export function ImportMemories({ onClose }: { readonly onClose: () => void }): ReactNode {
  const run = useImport();
  const { step } = run;
  const close = (): void => {
    run.cancel();
    onClose();
  };
  // Each step is announced, and keyboards begin there.
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.focus(), [step.kind]);
  return (
    <Dialog title="Import memories" {...(step.kind !== "writing" && { onClose: close })}>
      <div className="stack" ref={top} tabIndex={-1} aria-live="polite">
        <FaultNotice fault={run.fault} />
        <Step run={run} />
      </div>
      <div className="row">
        {step.kind === "writing" ? (
          <Button onClick={run.cancel}>Stop here</Button>
        ) : (
          <Button onClick={close}>{step.kind === "done" ? "Close" : "Cancel"}</Button>
        )}
        {step.kind === "done" && <Button onClick={run.restart}>Import something else</Button>}
      </div>
    </Dialog>
  );
}

function Step({ run }: { readonly run: Import }): ReactNode {
  const { step } = run;
  switch (step.kind) {
    case "choosing":
      return <ChooseFiles onChosen={run.read} />;
    case "reading":
      return <ReadingStep progress={step.progress} />;
    case "comparing":
      return <p role="status">Looking what the vault has already…</p>;
    case "review":
      return (
        <ReviewStep
          gathered={step.gathered}
          compared={step.compared}
          onWrite={run.write}
          onBack={run.restart}
        />
      );
    case "writing":
      return (
        <label className="stack">
          <span>
            Writing {numberText(step.written)} of {countText(step.total, "memory", "memories")}. What is
            written is safe, whatever happens to this page.
          </span>
          <progress value={step.written} max={step.total} />
        </label>
      );
    case "done":
      return <Done written={step.written} total={step.total} />;
  }
}

const Done = ({ written, total }: { readonly written: number; readonly total: number }): ReactNode => (
  <Notice tone={written < total ? "warn" : "info"}>
    <p>
      {countText(written, "memory is", "memories are")} written on this device, and wait for your next commit.
    </p>
    {written < total && (
      <p>
        {countText(total - written, "memory was", "memories were")} not written. Import the same files again:
        only what is missing is brought.
      </p>
    )}
  </Notice>
);
