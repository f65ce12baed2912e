import { useState, type ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { countText } from "../../../ui/texts.ts";
import type { Gathered } from "./collected.ts";
import type { Compared } from "./compare.ts";
import { BrokenFiles, LeftOut } from "./left-out.tsx";
import { ScopeRow } from "./scope-row.tsx";
import { choicesOf, nameFault, type ScopeChoice } from "./scopes.ts";
import { toolName } from "./tools.ts";

interface ReviewStepProps {
  readonly gathered: Gathered;
  readonly compared: Compared;
  readonly onWrite: (choices: readonly ScopeChoice[]) => void;
  readonly onBack: () => void;
}

/** What was found, before any of it is written. */
export function ReviewStep({ gathered, compared, onWrite, onBack }: ReviewStepProps): ReactNode {
  const [again, setAgain] = useState(false);
  const [choices, setChoices] = useState(() => choicesOf(compared.fresh));
  const { fresh, known, forgotten, changed } = compared;
  const gone = [...forgotten, ...changed];
  const bring = (all: boolean): void => {
    setAgain(all);
    setChoices((before) => choicesOf(all ? [...fresh, ...gone] : fresh, before));
  };
  const change = (changedChoice: ScopeChoice): void =>
    setChoices((before) =>
      before.map((each) => (each.suggested === changedChoice.suggested ? changedChoice : each)),
    );
  const included = choices.filter((choice) => choice.included);
  const total = included.reduce((sum, { memories }) => sum + memories.length, 0);
  const isNamed = included.every(({ name }) => nameFault(name) === null);
  return (
    <>
      <BrokenFiles broken={gathered.broken} />
      {gathered.importers.length > 0 && (
        <p role="status">
          From {gathered.importers.map(toolName).join(", ")}: {countText(fresh.length, "memory", "memories")}{" "}
          to bring, {known} in the vault already, {gathered.duplicates} repeated in the export and brought
          once, {gathered.skippedInAll} left out.
        </p>
      )}
      {gone.length > 0 && (
        <Notice>
          <p>
            You forgot {forgotten.length} and changed {changed.length} of these since this device brought
            them. They stay so, unless you want them again.
          </p>
          <label className="choice">
            <input type="checkbox" checked={again} onChange={({ target }) => bring(target.checked)} />
            Bring them again
          </label>
        </Notice>
      )}
      {choices.length > 0 && (
        <>
          <p>
            Where each would go is a guess from its words. A scope is what you grant: change the names, or
            leave one out. A single memory is given another scope afterwards, by its Edit: until you commit,
            nobody else reads any of them.
          </p>
          <ul className="import-scopes" aria-label="Scopes">
            {choices.map((choice) => (
              <ScopeRow key={choice.suggested} choice={choice} onChange={change} />
            ))}
          </ul>
        </>
      )}
      <LeftOut gathered={gathered} />
      <div className="row">
        <Button kind="primary" disabled={total === 0 || !isNamed} onClick={() => onWrite(choices)}>
          {total === 0 ? "Nothing to bring" : `Bring ${countText(total, "memory", "memories")}`}
        </Button>
        <Button onClick={onBack}>Choose other files</Button>
      </div>
    </>
  );
}
