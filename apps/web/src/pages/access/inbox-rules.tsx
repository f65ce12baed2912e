import { useState, type ReactNode } from "react";

import type { RuleEntry } from "../../../../../client/agents.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { shortText } from "../../ui/texts.ts";
import { nameOf } from "./grant-state.ts";
import { ruleChoices } from "./inbox-facts.ts";
import type { LedgerLine } from "./ledger.ts";
import { PlainText } from "../../ui/plain-text.tsx";

interface RulesProps {
  readonly lines: readonly LedgerLine[];
  readonly rules: readonly RuleEntry[];
  readonly changed: () => Promise<void>;
}

/** Rules that accept without a look. */
export function InboxRules({ lines, rules, changed }: RulesProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const [picked, setPicked] = useState("");
  const choices = ruleChoices(lines);
  const choice = choices.find((each) => keyOf(each.memberId, each.scope) === picked);
  const act = async (label: string, work: () => Promise<unknown>): Promise<void> => {
    await run(label, null, work);
    await changed();
  };
  const allow = (): Promise<void> =>
    act("Making the rule…", async () => {
      const { allow: makeRule } = await import("../../../../../client/agents.ts");
      if (choice !== undefined) await makeRule(vault, { member: choice.memberId, scope: choice.scope });
      setPicked("");
    });
  const disallow = ({ memberId, scopeName }: RuleEntry): Promise<void> =>
    act("Taking the rule back…", async () => {
      const { disallow: takeRule } = await import("../../../../../client/agents.ts");
      await takeRule(vault, { member: memberId, scope: scopeName });
    });
  return (
    <details className="card">
      <summary>Rules: accept without a look</summary>
      <p>
        A rule accepts what one reader proposes for one scope, from now on and while that very grant lasts,
        when this device looks into the inbox: at most 32 proposals a day. What it accepted stays when you
        take it back. Whoever is granted anew needs a new rule. Make rules on one device: another does not
        know what was refused or forgotten elsewhere.
      </p>
      {rules.length === 0 ? (
        <p className="quiet">No rule: every proposal waits for you.</p>
      ) : (
        <ul className="access-plain" aria-label="Rules">
          {rules.map((rule) => (
            <li key={keyOf(rule.memberId, rule.scope)} className="access-row">
              <span>
                <PlainText text={ruleName(rule)} /> for <PlainText text={rule.scopeName} />
                {rule.ended && <span className="badge badge-warn">its grant ended: it does nothing</span>}
              </span>
              <Button
                kind="danger"
                busy={running !== null}
                onClick={() => void disallow(rule)}
                aria-label={`Take back the rule for ${ruleName(rule)} and ${rule.scopeName}`}
              >
                Take back
              </Button>
            </li>
          ))}
        </ul>
      )}
      {choices.length === 0 ? (
        <p className="quiet">Nobody who may propose has a grant.</p>
      ) : (
        <Field label="Reader and scope">
          {(ids) => (
            <select {...ids} value={picked} onChange={({ target }) => setPicked(target.value)}>
              <option value="">Choose</option>
              {choices.map(({ memberId, scope, line }) => (
                <option key={keyOf(memberId, scope)} value={keyOf(memberId, scope)}>
                  {nameOf(line.entry)}: {scope}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {choices.length > 0 && (
        <Button busy={running !== null} disabled={choice === undefined} onClick={() => void allow()}>
          Accept those without a look
        </Button>
      )}
      <FaultNotice fault={fault} />
    </details>
  );
}

const keyOf = (memberId: string, scope: string): string => `${memberId}-${scope}`;

const ruleName = ({ label, grantee, memberId }: RuleEntry): string =>
  label === "" ? (grantee ?? shortText(memberId)) : label;
