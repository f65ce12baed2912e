import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { shortText } from "../../ui/texts.ts";
import type { Grantee } from "./grantee.ts";
import { KeyFacts } from "./key-facts.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { Sentences } from "./sentences-list.tsx";
import { grantSentences, inRow } from "./sentences.ts";
import { endOfDay, type TermsForm } from "./terms.ts";
import { useArrival } from "./use-arrival.ts";

interface ConfirmProps {
  readonly grantee: Grantee;
  readonly terms: TermsForm;
  readonly counts: ReadonlyMap<string, number>;
  readonly running: string | null;
  readonly fault: unknown;
  readonly back: () => void;
  readonly make: () => void;
}

/** What will be, in sentences, before it is. */
export function ConfirmStep({ grantee, terms, counts, running, fault, back, make }: ConfirmProps): ReactNode {
  const arrival = useArrival<HTMLDivElement>();
  const made = terms.scopes.filter((name) => !counts.has(name));
  const sentences = grantSentences({
    name: terms.label.trim() === "" ? shortText(grantee.account ?? grantee.digest) : terms.label.trim(),
    scopes: terms.scopes.map((name) => ({ name, count: counts.get(name) ?? 0 })),
    expiresAt: endOfDay(terms.lastDay) ?? 0,
    listed: terms.listed,
    propose: terms.propose,
  });
  return (
    <div
      ref={arrival}
      tabIndex={-1}
      className="stack access-step"
      role="group"
      aria-label="What the grant does"
    >
      <Sentences sentences={sentences} />
      <KeyFacts grantee={grantee} />
      {made.length > 0 && (
        <Notice tone="warn">
          <p>
            <PlainText text={`There is no scope ${inRow(made)} yet. The grant makes it, for good.`} />
          </p>
        </Notice>
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button kind="primary" busy={running !== null} onClick={make}>
          Grant
        </Button>
        <Button disabled={running !== null} onClick={back}>
          Back
        </Button>
        <span role="status">{running}</span>
      </div>
    </div>
  );
}
