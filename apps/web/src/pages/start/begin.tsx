import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";

import type { Sample } from "../../chain/config.ts";
import { hosted, networkConfig } from "../../chain/page.ts";
import { Button } from "../../ui/button.tsx";
import { Choices, type Choice } from "./choices.tsx";
import type { Plan, TypedSheet } from "./plan.ts";
import { Waiting } from "./waiting.tsx";

/** Most hosts name a network: the question is fetched where none does. */
const AskNetwork = lazy(async () => ({ default: (await import("./ask-network.tsx")).AskNetwork }));
/** Both check what is typed with the client, which the choice can be made without. */
const CreateForm = lazy(async () => ({ default: (await import("./create-form.tsx")).CreateForm }));
const RecoverForm = lazy(async () => ({ default: (await import("./recover-form.tsx")).RecoverForm }));

const ROLES = { accept: "reader", join: "owner" } as const;

interface BeginProps {
  readonly onPlan: (plan: Plan) => void;
  /** A sheet to be looked at again. */
  readonly sheet?: TypedSheet | null;
  /** These are there where a device is unlocked. */
  readonly lock?: () => void;
  readonly onBack?: () => void;
}

/** Asks what somebody came for, and what that takes. */
export function Begin({ onPlan, sheet = null, onBack, lock }: BeginProps): ReactNode {
  const [choice, setChoice] = useState<Choice | null>(sheet === null ? null : "recover");
  const [unnamed, setUnnamed] = useState<{ readonly chosen: Choice; readonly fault: unknown } | null>(null);
  const [sample, setSample] = useState<Sample | null>(null);
  useEffect(() => {
    // A file that cannot be used is named where the network is needed.
    hosted().then(
      (file) => setSample(file?.sample ?? null),
      () => undefined,
    );
  }, []);
  const goOn = (chosen: Choice): void => {
    setUnnamed(null);
    if (chosen === "accept" || chosen === "join") onPlan({ kind: "accept", as: ROLES[chosen] });
    else setChoice(chosen);
  };
  // Before words are on paper: what cannot be reached is no place for a vault.
  const choose = (chosen: Choice): void =>
    void networkConfig().then(
      (config) => (config === null ? setUnnamed({ chosen, fault: null }) : goOn(chosen)),
      (fault: unknown) => setUnnamed({ chosen, fault }),
    );
  const back = (): void => {
    setChoice(null);
    setUnnamed(null);
  };
  if (unnamed !== null)
    return (
      <Suspense fallback={<Waiting />}>
        <AskNetwork fault={unnamed.fault} onNamed={() => goOn(unnamed.chosen)} onBack={back} />
      </Suspense>
    );
  if (choice === "create")
    return <CreateForm onDone={(begun) => onPlan({ kind: "create", ...begun })} onBack={back} />;
  if (choice === "recover" || choice === "sample")
    return (
      <RecoverForm
        sample={choice === "sample" ? sample : null}
        typed={choice === "recover" ? sheet : null}
        onDone={(typed) => onPlan({ kind: "recover", ...typed })}
        onBack={back}
      />
    );
  return (
    <Choices sample={sample !== null} onChoose={choose}>
      {lock !== undefined && (
        <div className="row">
          <Button onClick={onBack}>Your vaults</Button>
          <Button onClick={lock}>Lock</Button>
        </div>
      )}
    </Choices>
  );
}
