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
  readonly inConflict: boolean;
  readonly onConflict: () => void;
}

/** All that is known of a memory beside its text. */
export function LookPanel({ found, inConflict, onConflict }: LookPanelProps): ReactNode {
  const { memory } = found;
  return (
    <>
      {inConflict && (
        <Notice tone="warn">
          <p>It was changed in several places at once. All versions stand until you choose.</p>
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
