import { useCallback, useState } from "react";

import type { VaultOperation } from "../../../../client/index.ts";
import { transactions } from "../chain/page.ts";
import { awake } from "../device/awake.ts";
import { journalNameOf } from "../device/journals.ts";
import { turns } from "../device/this-browser.ts";
import { useSession } from "./session.tsx";
import { tabs } from "./tabs.ts";
import { useView } from "./view.tsx";
import { carriedText, waitingNow } from "./waiting.ts";

/** What a page does on somebody's word, one thing at a time. */
export interface Act {
  /** What runs, in the words it was begun with; `null` when nothing does. */
  readonly running: string | null;
  /** Why the last one failed; gone when the next begins. */
  readonly fault: unknown;
  /**
   * Does something that may change the vault, and reads it again afterwards, in all tabs.
   *
   * @param label - What is done, as a person reads it: "Revoking…".
   * @param what - The same in a sentence, for the question about its cost: "Revokes Ann's grant." `null` where it sends nothing. A function
   * where it depends on what waits: it is asked once it is this act's turn, for another tab may have committed some of it meanwhile.
   * @returns What came of it; `undefined` when it failed, or something runs already.
   */
  readonly run: <T>(label: string, what: Sentence | null, work: () => Promise<T>) => Promise<T | undefined>;
  readonly clear: () => void;
}

/** What an act does, in a sentence. */
type Sentence = string | ((waiting: readonly VaultOperation[]) => string);

/** Runs what the buttons of a page are for. */
export function useAct(): Act {
  const { view, refresh } = useView();
  const {
    profile,
    vault,
    network: { signer },
  } = useSession();
  const [running, setRunning] = useState<string | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const run = useCallback(
    async <T,>(label: string, what: Sentence | null, work: () => Promise<T>): Promise<T | undefined> => {
      if (running !== null) return undefined;
      setRunning(label);
      setFault(null);
      try {
        // It may hold a lock, or wait for a transaction: the device does not lock by itself under it.
        return await awake.during(() =>
          what === null
            ? turns.act(work)
            : turns.send(journalNameOf(profile.keys.journalKey, vault.ref), async () => {
                // What was sent before lands first: what is said and done is of after that.
                await signer.settled();
                // Where it cannot be read, the work says so.
                const before = await waitingNow(vault, view).catch(() => []);
                const said = typeof what === "string" ? what : what(before);
                return transactions.during(said, work, carriedText(said, before));
              }),
        );
      } catch (thrown) {
        setFault(thrown);
        return undefined;
      } finally {
        // A failure may come after something was kept.
        tabs.tell("changed");
        await refresh();
        setRunning(null);
      }
    },
    [running, refresh, profile, vault, view, signer],
  );
  const clear = useCallback(() => setFault(null), []);
  return { running, fault, run, clear };
}
