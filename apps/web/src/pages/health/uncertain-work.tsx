import { useState, type ReactNode } from "react";

import {
  isOfMemory,
  sync,
  UncertainBatch,
  withdraw,
  type VaultOperation,
} from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { commitAct, commitLabel } from "../../session/waiting.ts";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { countText } from "../../ui/texts.ts";

/** Changes that were sent so long ago that nobody can tell whether they landed: the person looks, and decides. */
export function UncertainWork(): ReactNode {
  const { vault } = useSession();
  const { view, waiting } = useView();
  const { running, fault, run } = useAct();
  const [found, setFound] = useState<UncertainBatch | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const commit = async (): Promise<void> => {
    setSaid(null);
    await run("Committing…", commitAct, async () => {
      try {
        const { sequence } = await sync(vault);
        setSaid(`Commit ${sequence} has all of it.`);
      } catch (thrown) {
        if (!(thrown instanceof UncertainBatch)) throw thrown;
        setFound(thrown);
      }
    });
  };
  const takeBack = async (operations: readonly string[]): Promise<void> => {
    const done = await run("Taking back…", null, async () => {
      await withdraw(vault, operations);
      return true;
    });
    if (done !== true) return;
    setFound(null);
    setSaid("Taken back.");
  };
  const live = new Map(
    (view?.scopes ?? []).flatMap(({ memories }) =>
      memories.map((memory) => [memory.id, memory.text] as const),
    ),
  );
  return (
    <>
      {said !== null && <Notice>{said}</Notice>}
      <FaultNotice fault={fault} />
      {found === null && waiting.length > 0 && (
        <div className="row">
          <Button busy={running !== null} onClick={() => void commit()}>
            {running ?? commitLabel(waiting)}
          </Button>
        </div>
      )}
      {found !== null && (
        <Notice tone="warn">
          <p>
            {countText(found.operations.length, "change was", "changes were")} signed more than 128 commits
            ago, and may have landed. They are not sent again by themselves. Look whether they are there:
          </p>
          <ul>
            {waiting
              .filter(({ id }) => found.operations.includes(id))
              .map((operation) => (
                <li key={operation.id}>
                  <PlainText text={whatIs(operation)} />: {isThere(operation, live) ? "there" : "not there"}
                </li>
              ))}
          </ul>
          <p>
            Take them back where they are there, or where you do not want them any more. What is not there and
            is wanted you write again.
          </p>
          <div className="row">
            <Button kind="danger" busy={running !== null} onClick={() => void takeBack(found.operations)}>
              Take them back
            </Button>
          </div>
        </Notice>
      )}
    </>
  );
}

const whatIs = (operation: VaultOperation): string =>
  operation.kind === "create" ? `A memory: ${operation.text.slice(0, 120)}` : `A change (${operation.kind})`;

const isThere = (operation: VaultOperation, live: ReadonlyMap<string, string>): boolean =>
  isOfMemory(operation) && operation.kind === "create" && live.has(operation.id);
