import { useState, type ReactNode } from "react";

import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { expectAsShown } from "./as-shown.ts";
import { changedTerms, type ChangeForm } from "./changed-terms.ts";
import { DayChoice } from "./day-choice.tsx";
import { mayPropose, nameOf } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";
import { ScopeChoice } from "./scope-choice.tsx";
import { Sentences } from "./sentences-list.tsx";
import { changeAct, changeSentences } from "./sentences.ts";
import { dayFault, dayText } from "./terms.ts";

interface ChangeProps {
  readonly line: LedgerLine;
  readonly counts: ReadonlyMap<string, number>;
  readonly close: () => void;
}

/** Changes what a grant opens, until when, and what its owner calls it. */
export function ChangeDialog({ line: { entry }, counts, close }: ChangeProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const [form, setForm] = useState<ChangeForm>({
    scopes: entry.scopeNames,
    lastDay: entry.expiresAt === null ? "" : dayText(entry.expiresAt * 1_000),
    label: entry.label,
    propose: mayPropose(entry),
  });
  const [narrowed, setNarrowed] = useState(false);
  const now = Date.now();
  const { request, expiresAt } = changedTerms(entry, form);
  const dayWrong = request.expiresAt === undefined ? null : dayFault(form.lastDay, now);
  const faulty = form.scopes.length === 0 || dayWrong !== null;
  const change = async (): Promise<void> => {
    const done = await run("Changing the grant…", changeAct(plan, request), async () => {
      const { change: changeGrant } = await import("../../../../../client/manage.ts");
      await expectAsShown(vault, entry);
      return changeGrant(vault, entry.id, request);
    });
    if (done === undefined) return;
    if (done.overruled === null) close();
    else setNarrowed(true);
  };
  const plan = {
    name: nameOf(entry),
    before: { scopes: entry.scopeNames, expiresAt: entry.expiresAt ?? 0 },
    after: { scopes: form.scopes, expiresAt },
    counts,
  };
  const escape = running === null ? { onClose: close } : {};
  return (
    <Dialog title="Change the grant" {...escape}>
      <Field label="Your own words for it" hint="Sealed: nobody else reads them.">
        {(ids) => (
          <input
            {...ids}
            value={form.label}
            maxLength={128}
            onChange={({ target }) => setForm({ ...form, label: target.value })}
          />
        )}
      </Field>
      <ScopeChoice
        counts={counts}
        chosen={form.scopes}
        choose={(scopes) => setForm({ ...form, scopes })}
        fault={form.scopes.length === 0 ? "Choose at least one scope, or revoke the grant." : null}
      />
      <DayChoice
        day={form.lastDay}
        choose={(lastDay) => setForm({ ...form, lastDay })}
        fault={dayWrong}
        now={now}
      />
      {entry.listed && (
        <label className="choice">
          <input
            type="checkbox"
            checked={form.propose}
            onChange={({ target }) => setForm({ ...form, propose: target.checked })}
          />
          May propose memories
        </label>
      )}
      <Sentences sentences={changeSentences(plan)} />
      <p className="quiet">
        {Object.keys(request).length === 0
          ? "As it stands, this only leaves a new welcome, for a reader whose own was lost."
          : "The new welcome is found at the next reading, by itself."}
      </p>
      <FaultNotice fault={fault} />
      {narrowed && (
        <Notice tone="warn">
          <p>Another of your devices had changed this grant as well: of both, what is narrower stands.</p>
        </Notice>
      )}
      <div className="row">
        <Button
          kind="primary"
          busy={running !== null}
          disabled={faulty || narrowed}
          onClick={() => void change()}
        >
          {Object.keys(request).length === 0 ? "Send a new welcome" : "Change the grant"}
        </Button>
        <Button disabled={running !== null} onClick={close}>
          Close
        </Button>
        <span role="status">{running}</span>
      </div>
    </Dialog>
  );
}
