import { useCallback, useEffect, useState } from "react";

import { VaultEmpty } from "../../../../../client/index.ts";
import type { Applied, Inbox, RuleEntry } from "../../../../../client/agents.ts";
import { useSession } from "../../session/session.tsx";
import { tabs } from "../../session/tabs.ts";
import { useView } from "../../session/view.tsx";

/** The inbox as it was last looked into. */
export interface InboxReading {
  readonly inbox: Inbox | null;
  readonly rules: readonly RuleEntry[];
  /** What rules of this device accepted since the page was opened. */
  readonly taken: Applied["taken"];
  readonly looking: boolean;
  readonly fault: unknown;
  readonly look: () => Promise<void>;
}

const NOTHING = { inbox: null, rules: [], taken: [], looking: true, fault: null } as const;

/** Looks into the inbox, which accepts what the owner's rules cover. */
export function useInbox(): InboxReading {
  const { vault } = useSession();
  const { refresh } = useView();
  const [reading, setReading] = useState<Omit<InboxReading, "look">>(NOTHING);
  const look = useCallback(async (): Promise<void> => {
    setReading((before) => ({ ...before, looking: true }));
    try {
      const { applyRules, rules } = await import("../../../../../client/agents.ts");
      const { taken, inbox } = await applyRules(vault);
      const known = await rules(vault);
      setReading((before) => ({
        ...{ inbox, rules: known, looking: false, fault: null },
        taken: [...before.taken, ...taken],
      }));
      if (taken.length === 0) return;
      tabs.tell("changed");
      await refresh();
    } catch (thrown) {
      // Before the first commit there are no keys for anybody to propose with: an empty inbox.
      const fault = thrown instanceof VaultEmpty ? null : thrown;
      setReading((before) => ({ ...before, looking: false, fault }));
    }
  }, [vault, refresh]);
  useEffect(() => void look(), [look]);
  return { ...reading, look };
}
