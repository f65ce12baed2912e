import { useEffect, useState, type ReactNode } from "react";

import type { Sample } from "../../chain/config.ts";
import { hosted } from "../../chain/page.ts";
import { Button } from "../../ui/button.tsx";
import { Choices, type Choice } from "./choices.tsx";
import { CreateForm } from "./create-form.tsx";
import type { Plan } from "./plan.ts";
import { RecoverForm } from "./recover-form.tsx";

interface BeginProps {
  readonly onPlan: (plan: Plan) => void;
  /** These are there where a device is unlocked. */
  readonly lock?: () => void;
  readonly onBack?: () => void;
}

/** Asks what somebody came for, and what that takes. */
export function Begin({ onPlan, onBack, lock }: BeginProps): ReactNode {
  const [choice, setChoice] = useState<Choice | null>(null);
  const [sample, setSample] = useState<Sample | null>(null);
  useEffect(() => {
    // A file that cannot be used is named where the network is needed.
    hosted().then(
      (file) => setSample(file?.sample ?? null),
      () => undefined,
    );
  }, []);
  const choose = (chosen: Choice): void => {
    if (chosen === "accept") onPlan({ kind: "accept" });
    else setChoice(chosen);
  };
  const back = (): void => setChoice(null);
  if (choice === "create")
    return <CreateForm onDone={(begun) => onPlan({ kind: "create", ...begun })} onBack={back} />;
  if (choice === "recover" || choice === "sample")
    return (
      <RecoverForm
        sample={choice === "sample" ? sample : null}
        onDone={(sheet) => onPlan({ kind: "recover", ...sheet })}
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
