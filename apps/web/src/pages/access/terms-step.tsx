import { useState, type ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { DayChoice } from "./day-choice.tsx";
import type { Grantee } from "./grantee.ts";
import { KeyFacts } from "./key-facts.tsx";
import { ScopeChoice } from "./scope-choice.tsx";
import { termsFaults, type TermsForm } from "./terms.ts";
import { useArrival } from "./use-arrival.ts";

interface TermsProps {
  readonly grantee: Grantee;
  readonly terms: TermsForm;
  readonly setTerms: (terms: TermsForm) => void;
  readonly counts: ReadonlyMap<string, number>;
  readonly back: () => void;
  readonly next: () => void;
}

/** What, and until when. */
export function TermsStep({ grantee, terms, setTerms, counts, back, next }: TermsProps): ReactNode {
  const arrival = useArrival<HTMLFormElement>();
  const [tried, setTried] = useState(false);
  const now = Date.now();
  const faults = termsFaults(terms, now);
  const faulty = faults.scopes !== null || faults.lastDay !== null;
  return (
    <form
      ref={arrival}
      tabIndex={-1}
      className="stack access-step"
      aria-label="What it may read, and until when"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!faulty) next();
      }}
    >
      <KeyFacts grantee={grantee} />
      <Field label="Your own words for it" hint="Sealed: nobody else reads them.">
        {(ids) => (
          <input
            {...ids}
            value={terms.label}
            maxLength={128}
            onChange={({ target }) => setTerms({ ...terms, label: target.value })}
          />
        )}
      </Field>
      <ScopeChoice
        counts={counts}
        chosen={terms.scopes}
        choose={(scopes) => setTerms({ ...terms, scopes })}
        fault={tried ? faults.scopes : null}
      />
      <DayChoice
        day={terms.lastDay}
        choose={(lastDay) => setTerms({ ...terms, lastDay })}
        fault={tried ? faults.lastDay : null}
        now={now}
      />
      {grantee.account !== null && <Listing terms={terms} setTerms={setTerms} />}
      <div className="row">
        <Button type="submit" kind="primary">
          Continue
        </Button>
        <Button onClick={back}>Back</Button>
      </div>
    </form>
  );
}

/** What of a grant to an account is on chain, and what it may do there. */
function Listing({ terms, setTerms }: Pick<TermsProps, "terms" | "setTerms">): ReactNode {
  const boxes = [
    [
      "listed",
      "List it on chain",
      "Contracts can check it. Everybody sees that this account has a grant, and until when.",
    ],
    ["propose", "May propose memories", "They wait in your inbox. Only a listed account can propose."],
    [
      "storeWelcome",
      "Leave the welcome in the store as well",
      "For a program that runs unattended and finds it by itself.",
    ],
  ] as const;
  return (
    <fieldset className="access-fieldset">
      <legend>On chain and in the store</legend>
      {boxes.map(([name, label, hint]) => (
        <label key={name} className="choice">
          <input
            type="checkbox"
            checked={terms[name] && (name === "listed" || terms.listed)}
            disabled={name !== "listed" && !terms.listed}
            onChange={({ target }) => setTerms(withBox(terms, name, target.checked))}
          />
          <span>
            {label} <span className="quiet">{hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What is not listed cannot propose, and is not found through the chain. */
const withBox = (terms: TermsForm, name: "listed" | "propose" | "storeWelcome", on: boolean): TermsForm =>
  name === "listed" && !on
    ? { ...terms, listed: false, propose: false, storeWelcome: false }
    : { ...terms, [name]: on };
