import { useState, type ReactNode } from "react";

import { settings } from "../../chain/page.ts";
import { removeEverything } from "../../device/this-browser.ts";
import { tabs } from "../../session/tabs.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

/** What is typed to mean it. */
const WORD = "remove";

/** Removes what this browser keeps, once somebody says that it is meant. */
export function RemoveDevice(): ReactNode {
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const task = useTask();
  const remove = (): void =>
    task.run("Removing…", async () => {
      tabs.tell("locked");
      // What is kept of chain and wallet goes too.
      await settings.clear();
      await removeEverything();
      location.reload();
    });
  return (
    <div className="row">
      <Button kind="danger" onClick={() => setAsking(true)}>
        Remove this browser&apos;s data
      </Button>
      {asking && (
        <Dialog title="Remove this browser's data?" onClose={() => setAsking(false)}>
          <p>
            The keys of this browser, its list of vaults, and what waits here to be committed are gone for
            ever. Vaults stay where they are: your own comes back with its 24 words only, and a vault that was
            granted to you with a new welcome only.
          </p>
          <Field label={`Type "${WORD}" to go on`}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                autoCapitalize="none"
                value={typed}
                onChange={({ target }) => setTyped(target.value)}
              />
            )}
          </Field>
          <TaskNotice task={task} />
          <div className="row">
            <Button
              kind="danger"
              disabled={typed.trim() !== WORD}
              busy={task.running !== null}
              onClick={remove}
            >
              Remove for ever
            </Button>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
