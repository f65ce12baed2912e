import { useEffect, useRef, type ReactNode } from "react";

import type { Network } from "../../chain/network.ts";
import { useDevice } from "../../device/context.tsx";
import type { KnownVault } from "../../device/profile.ts";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { recover, type Recovery } from "./plan.ts";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

interface FinishRecoveryProps {
  readonly network: Network;
  readonly sheet: Recovery;
  readonly onVault: (known: KnownVault) => void;
  readonly onBack: () => void;
}

/** Recovers the vault of a sheet: by itself at first, and again when somebody says so. */
export function FinishRecovery({ network, sheet, onVault, onBack }: FinishRecoveryProps): ReactNode {
  const { device } = useDevice();
  const begun = useRef(false);
  const { run, ...task } = useTask();
  const again = (): void =>
    run("Reading the vault, and proving all of it…", async () =>
      onVault(await recover(device, network, sheet)),
    );
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    again();
  });
  return (
    <Page title="Recovering your vault">
      <p>Everything is read and proven before anything is kept.</p>
      <TaskNotice task={{ run, ...task }} />
      <div className="row">
        {task.fault !== null && (
          <Button kind="primary" onClick={again}>
            Try again
          </Button>
        )}
        <Button disabled={task.running !== null} onClick={onBack}>
          Change what is on the sheet
        </Button>
      </div>
    </Page>
  );
}
