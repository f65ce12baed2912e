import { useEffect, useState, type ReactNode } from "react";

import type { Memory } from "../../../../../../client/index.ts";
import { useSession } from "../../../session/session.tsx";
import { useView } from "../../../session/view.tsx";
import { FaultNotice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { numberText, timeText } from "../../../ui/texts.ts";
import { wordDiff } from "../logic/word-diff.ts";
import { pastOf, type Past } from "./history.ts";

/** What a memory said before, as far as this device still opens earlier commits. */
export function HistoryPanel({ memory }: { readonly memory: Memory }): ReactNode {
  const { vault } = useSession();
  const { view } = useView();
  const [past, setPast] = useState<Past | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const sequence = view?.sequence ?? 0n;
  useEffect(() => {
    let wanted = true;
    pastOf(vault, memory, sequence).then(
      (found) => wanted && setPast(found),
      (thrown: unknown) => wanted && setFault(thrown),
    );
    return () => {
      wanted = false;
    };
  }, [vault, memory, sequence]);
  return (
    <section className="stack" aria-label="History">
      <h3>History</h3>
      <FaultNotice fault={fault} />
      {past === null ? (
        fault === null && <p role="status">Looking at earlier commits…</p>
      ) : (
        <>
          {past.versions.map(({ sequence: at, memory: earlier }) => (
            <div key={at.toString()} className="history-version">
              <p className="quiet">
                Up to commit {numberText(at)}, revision {numberText(earlier.revision)},{" "}
                {timeText(earlier.updatedAt)}
              </p>
              <PlainText text={earlier.text} marks={wordDiff(earlier.text, memory.text).before} lines />
            </div>
          ))}
          <p className="quiet" role="status">
            {endText(past)}
          </p>
        </>
      )}
    </section>
  );
}

function endText({ versions, since, ended }: Past): string {
  const none = versions.length === 0 ? "It said nothing else in the commits that were looked at. " : "";
  if (since === null) return "There is no earlier commit that this device opens.";
  if (ended === "beginning") return `${none}It came with commit ${numberText(since)}.`;
  if (ended === "far enough") return `${none}Looked back to commit ${numberText(since)}.`;
  return `${none}Looked back to commit ${numberText(since)}: this device has let go of the keys of earlier ones.`;
}
