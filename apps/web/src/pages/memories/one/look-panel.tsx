import type { ReactNode } from "react";

import type { Previewed } from "../../../../../../client/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Facts } from "../../../ui/facts.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { factsOf } from "../logic/facts.ts";
import { SourceLink } from "./source-link.tsx";

interface LookPanelProps {
  readonly found: Previewed;
  readonly onConflict: () => void;
}

/** All that is known of a memory beside its text. */
export function LookPanel({ found, onConflict }: LookPanelProps): ReactNode {
  const { memory } = found;
  return (
    <>
      {memory.conflictsWith !== null && (
        <Notice tone="warn">
          <p>It was changed on two devices at once. Both versions stand until you choose.</p>
          <div className="row">
            <Button onClick={onConflict}>Look at the versions</Button>
          </div>
        </Notice>
      )}
      <Facts
        facts={[
          ...factsOf(found).map(([name, text]): [string, ReactNode] => [name, <PlainText text={text} />]),
          ...(memory.source.url === null
            ? []
            : [["Address", <SourceLink url={memory.source.url} />] as [string, ReactNode]]),
        ]}
      />
    </>
  );
}
