import { useMemo, useState, type ReactNode } from "react";

import type { ExportReader } from "../../../../../../client/exporters/index.ts";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultNotice, Notice } from "../../../ui/notice.tsx";
import { saveFile } from "../../../ui/save.ts";
import { countText, numberText, sizeText } from "../../../ui/texts.ts";
import { FormatChoice } from "./format-choice.tsx";
import { encryptApart } from "./encrypt-apart.ts";
import { makeExport, type ExportFile } from "./make.ts";
import { ProtectionChoice } from "./protection-choice.tsx";
import { FIRST_PROTECTION, protectionFault, readerOf } from "./protection.ts";
import { scopeCounts, type Format } from "./render.ts";
import { ScopesChoice } from "./scopes-choice.tsx";
import "./export.css";

/** Writes memories to a file that other tools open. */
export function ExportMemories({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { vault } = useSession();
  const { preview } = useView();
  const counts = useMemo(() => scopeCounts(preview?.memories.values() ?? []), [preview]);
  const [format, setFormat] = useState<Format>("pam");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [protection, setProtection] = useState(FIRST_PROTECTION);
  const [state, setState] = useState<ExportState>(IDLE);
  const scopes = new Set([...counts.keys()].filter((name) => !left.has(name)));
  const total = [...scopes].reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
  const write = async (reader: ExportReader | null): Promise<void> => {
    setState({ ...IDLE, busy: true });
    try {
      const file = await makeExport(vault, { format, scopes, reader }, encryptApart);
      saveFile(file.name, file.bytes);
      setState({ ...IDLE, file });
    } catch (fault) {
      setState({ ...IDLE, fault });
    }
  };
  /** What failed, or was saved, was of other choices. */
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T): void => {
      setState(IDLE);
      set(value);
    };
  const wrong = protectionFault(protection);
  return (
    <Dialog title="Export memories" {...(!state.busy && { onClose })}>
      <p>
        The file is made in this browser, and nothing is sent anywhere. It has memories only: keys, grants and
        who may read what are never in it.
      </p>
      <FormatChoice format={format} onChange={changed(setFormat)} />
      <ScopesChoice counts={counts} left={left} onChange={changed(setLeft)} />
      <ProtectionChoice protection={protection} onChange={changed(setProtection)} />
      <div aria-live="polite">
        <FaultNotice fault={state.fault} />
        {state.file !== null && <Saved file={state.file} />}
      </div>
      <div className="row">
        <Button
          kind="primary"
          busy={state.busy}
          disabled={total === 0 || wrong !== null}
          onClick={() => void write(readerOf(protection))}
        >
          {state.busy ? "Writing the file…" : `Save ${countText(total, "memory", "memories")}`}
        </Button>
        <Button onClick={onClose} disabled={state.busy}>
          Close
        </Button>
        {wrong !== null && <span className="quiet">{wrong}</span>}
      </div>
    </Dialog>
  );
}

interface ExportState {
  readonly busy: boolean;
  readonly fault: unknown;
  readonly file: ExportFile | null;
}

const IDLE: ExportState = { busy: false, fault: null, file: null };

const Saved = ({ file }: { readonly file: ExportFile }): ReactNode => (
  <Notice>
    <p>
      <strong>{file.name}</strong>: {countText(file.memories, "memory", "memories")} as of commit{" "}
      {numberText(file.sequence)}, {sizeText(file.bytes.length)},{" "}
      {file.encrypted ? "encrypted" : "not encrypted"}.
    </p>
    {file.waiting > 0 && (
      <p>
        {countText(file.waiting, "of them waits", "of them wait")} on this device and{" "}
        {file.waiting === 1 ? "is" : "are"} in no commit yet; the file has{" "}
        {file.waiting === 1 ? "it" : "them"} as you see {file.waiting === 1 ? "it" : "them"} here.
      </p>
    )}
    {file.classic && (
      <p>
        A recipient that does not begin with age1pq1 is not post-quantum: whoever keeps the file may open it
        one day.
      </p>
    )}
  </Notice>
);
