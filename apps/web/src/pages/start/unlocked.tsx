import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from "react";

import type { Network } from "../../chain/network.ts";
import { useDevice } from "../../device/context.tsx";
import type { KnownVault } from "../../device/profile.ts";
import { openSession } from "../../session/open.ts";
import type { Session } from "../../session/session.tsx";
import { Begin } from "./begin.tsx";
import { FinishMint } from "./finish-mint.tsx";
import { FinishRecovery } from "./finish-recovery.tsx";
import type { Plan, TypedSheet } from "./plan.ts";
import { PickVault } from "./pick-vault.tsx";
import { VaultsContext } from "./vaults-context.ts";
import { Waiting } from "./waiting.tsx";

interface UnlockedProps {
  readonly network: Network;
  /** What somebody came for before the device was made. */
  readonly plan: Plan | null;
  /** It is done with, or given up: nothing of it is to be kept. */
  readonly onPlanned: () => void;
  readonly lock: () => void;
  readonly children: (session: Session) => ReactNode;
}

/** Few open a welcome, and none twice: it is fetched when it is needed. */
const Accept = lazy(async () => ({ default: (await import("./accept.tsx")).Accept }));

/** What an unlocked device shows. */
type View =
  | { readonly at: "looking" }
  | { readonly at: "begin"; readonly sheet: TypedSheet | null }
  | { readonly at: "mint" }
  | { readonly at: "recover"; readonly sheet: TypedSheet }
  | { readonly at: "accept"; readonly as: KnownVault["role"] }
  | { readonly at: "pick"; readonly vaults: readonly KnownVault[] }
  | { readonly at: "open"; readonly session: Session };

/** An unlocked device: goes on with what was begun, or opens a vault. */
export function Unlocked({ network, plan, onPlanned, lock, children }: UnlockedProps): ReactNode {
  const { device } = useDevice();
  const [view, setView] = useState<View>({ at: "looking" });
  // Followed once: when it is done, its seed is wiped.
  const planned = useRef(plan);
  const [fault, setFault] = useState<unknown>(null);
  const open = useCallback(
    (known: KnownVault): void => {
      try {
        setView({ at: "open", session: openSession({ profile: device, known, network, lock }) });
      } catch (thrown) {
        setFault(thrown);
      }
    },
    [device, network, lock],
  );
  const look = useCallback(async (): Promise<void> => {
    // What was begun goes first: its words are on somebody's paper.
    const unfinished = await device.unfinished();
    const vaults = await device.vaults();
    const [only] = vaults;
    if (unfinished !== null) setView({ at: "mint" });
    else if (only === undefined) setView({ at: "begin", sheet: null });
    else if (vaults.length === 1) open(only);
    else setView({ at: "pick", vaults });
  }, [device, open]);
  const follow = useCallback(
    async (begun: Plan | null): Promise<void> => {
      if (begun?.kind === "accept") setView({ at: "accept", as: begun.as });
      else if (begun?.kind === "recover") setView({ at: "recover", sheet: begun });
      else if (begun?.kind === "create") {
        await device.keepUnfinished({ seed: begun.seed, label: begun.label });
        begun.seed.fill(0);
        setView({ at: "mint" });
      } else await look();
    },
    [device, look],
  );
  useEffect(() => {
    follow(planned.current).catch(setFault);
  }, [follow]);
  const dropSheet = ({ seed }: { readonly seed: Uint8Array }): void => {
    seed.fill(0);
    planned.current = null;
    onPlanned();
  };
  const showVaults = useCallback((): void => {
    device.vaults().then((vaults) => setView({ at: "pick", vaults }), setFault);
  }, [device]);
  const back = (): void => {
    setFault(null);
    look().catch(setFault);
  };
  if (fault !== null) return <Waiting fault={fault} onAgain={back} lock={lock} />;
  switch (view.at) {
    case "looking":
      return <Waiting />;
    case "begin":
      return (
        <Begin
          sheet={view.sheet}
          onPlan={(begun) => void follow(begun).catch(setFault)}
          onBack={back}
          lock={lock}
        />
      );
    case "mint":
      return <FinishMint network={network} onVault={open} onLeave={back} />;
    case "recover":
      return (
        <FinishRecovery
          network={network}
          sheet={view.sheet}
          onVault={(known) => {
            dropSheet(view.sheet);
            open(known);
          }}
          onBack={() => {
            dropSheet(view.sheet);
            setView({ at: "begin", sheet: view.sheet });
          }}
        />
      );
    case "accept":
      return (
        <Suspense fallback={<Waiting />}>
          <Accept as={view.as} network={network} onVault={open} onBack={back} />
        </Suspense>
      );
    case "pick":
      return (
        <PickVault
          vaults={view.vaults}
          onPick={open}
          onAnother={() => setView({ at: "begin", sheet: null })}
          lock={lock}
        />
      );
    case "open":
      return <VaultsContext value={showVaults}>{children(view.session)}</VaultsContext>;
  }
}
