import type { ReactNode } from "react";

import { faultText } from "./fault-text.ts";
import { PlainText } from "./plain-text.tsx";

interface NoticeProps {
  readonly tone?: "info" | "warn" | "bad";
  readonly children: ReactNode;
}

/** Something to know. What is `bad` interrupts a screen reader; the rest waits its turn. */
export function Notice({ tone = "info", children }: NoticeProps): ReactNode {
  return (
    <div className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** A failure, by its name and with what to do; nothing where there is none. Its message may quote others: a file, a node, a store. */
export function FaultNotice({ fault }: { readonly fault: unknown }): ReactNode {
  if (fault === null || fault === undefined) return null;
  const { name, message } = faultText(fault);
  return (
    <Notice tone="bad">
      <strong>{name}</strong>
      <p>
        <PlainText text={message} />
      </p>
    </Notice>
  );
}
