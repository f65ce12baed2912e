import { lazy, useCallback, useEffect, useRef, useState, type ReactNode } from "react";

import { transactions } from "../../chain/page.ts";
import { TransactionCenter } from "../../chain/transaction-center.tsx";
import { hasDevice, type Device } from "../../device/device.ts";
import { DeviceContext } from "../../device/context.tsx";
import { home, turns } from "../../device/this-browser.ts";
import { TurnDialog } from "../../device/turn-dialog.tsx";
import { useIdleLock } from "../../device/use-idle-lock.ts";
import type { Session } from "../../session/session.tsx";
import { tabs } from "../../session/tabs.ts";
import { typed } from "../../ui/unsaved.ts";
import { Begin } from "./begin.tsx";
import type { Plan } from "./plan.ts";
import { SetWays } from "./set-ways.tsx";
import { Unlock } from "./unlock.tsx";
import { Waiting } from "./waiting.tsx";
import { WithNetwork } from "./with-network.tsx";
import "./start.css";

/** Brings the client along: nothing of it is needed before. */
const Unlocked = lazy(async () => ({ default: (await import("./unlocked.tsx")).Unlocked }));

interface StartProps {
  readonly children: (session: Session) => ReactNode;
}

type Stage =
  | { readonly at: "looking" }
  | { readonly at: "begin" }
  /** Somebody said what for; the device is to be made. */
  | { readonly at: "ways"; readonly plan: Plan }
  | {
      readonly at: "locked";
      /** Whether something was typed that the lock took. */
      readonly discarded: boolean;
    }
  | { readonly at: "unlocked"; readonly device: Device; readonly plan: Plan | null };

/** Everything before a vault is open, and what locks it again. */
export function Start({ children }: StartProps): ReactNode {
  const [stage, setStage] = useState<Stage>({ at: "looking" });
  const [fault, setFault] = useState<unknown>(null);
  const look = useCallback(async (): Promise<void> => {
    setFault(null);
    setStage((await hasDevice(home)) ? { at: "locked", discarded: false } : { at: "begin" });
  }, []);
  useEffect(() => {
    look().catch(setFault);
  }, [look]);
  const relock = useCallback((): void => setStage({ at: "locked", discarded: typed.any }), []);
  const dropPlan = useCallback(
    (): void => setStage((now) => (now.at === "unlocked" ? { ...now, plan: null } : now)),
    [],
  );
  switch (stage.at) {
    case "looking":
      return <Waiting fault={fault} onAgain={() => void look().catch(setFault)} />;
    case "begin":
      return <Begin onPlan={(plan) => setStage({ at: "ways", plan })} />;
    case "ways": {
      const { plan } = stage;
      return (
        <SetWays
          seed={plan.kind === "accept" ? null : plan.seed}
          onDevice={async (device) => {
            if (plan.kind === "create") await device.keepUnfinished({ seed: plan.seed, label: plan.label });
            // From here on a reload loses nothing of it, and the device has what is to be made.
            if (plan.kind === "create") plan.seed.fill(0);
            setStage({ at: "unlocked", device, plan: plan.kind === "create" ? null : plan });
          }}
          onBack={() => {
            wipe(plan);
            setStage({ at: "begin" });
          }}
        />
      );
    }
    case "locked":
      return (
        <Unlock
          discarded={stage.discarded}
          onDevice={(device) => setStage({ at: "unlocked", device, plan: null })}
        />
      );
    case "unlocked":
      return (
        <Opened device={stage.device} plan={stage.plan} dropPlan={dropPlan} relock={relock}>
          {children}
        </Opened>
      );
  }
}

/** Done with, or given up: the seed of the words stays in no tab. */
function wipe(plan: Plan | null): void {
  if (plan !== null && plan.kind !== "accept") plan.seed.fill(0);
}

interface OpenedProps extends StartProps {
  readonly device: Device;
  readonly plan: Plan | null;
  readonly dropPlan: () => void;
  readonly relock: () => void;
}

/** Holds the device's keys, and gives them up. */
function Opened({ device, plan, dropPlan, relock, children }: OpenedProps): ReactNode {
  const planned = useRef(plan);
  const lockHere = useCallback((): void => {
    // Whoever waits for an answer gets a no before the keys go.
    transactions.lock();
    turns.lock();
    device.lock();
    wipe(planned.current);
    relock();
  }, [device, relock]);
  const lock = useCallback((): void => {
    tabs.tell("locked");
    lockHere();
  }, [lockHere]);
  const idle = useIdleLock(device, lockHere);
  return (
    <DeviceContext value={{ device, ...idle }}>
      <WithNetwork lock={lock}>
        {(network) => (
          <Unlocked network={network} plan={plan} onPlanned={dropPlan} lock={lock}>
            {children}
          </Unlocked>
        )}
      </WithNetwork>
      <TransactionCenter />
      <TurnDialog lock={lock} />
    </DeviceContext>
  );
}
