import { useEffect, useState, type ReactNode } from "react";

import type { AcceptedTerms, CheckedRequest } from "../../../../../client/agents.ts";
import { AlreadyMember, grant, MalformedData, type Vault } from "../../../../../client/index.ts";
import { useAct, type Act } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { shortText } from "../../ui/texts.ts";
import type { OpenDialog } from "./access-dialogs.tsx";
import { RequestBroken, RequestTooLong } from "./errors.ts";
import { RequestPage } from "./request-page.tsx";
import { asksToPropose, daysOf, inDates, isOpen, newScopes, tooLong } from "./request-facts.ts";
import { Sentences } from "./sentences-list.tsx";
import { grantAct, grantSentences } from "./sentences.ts";
import { MOST_DAYS } from "./terms.ts";

interface RequestProps {
  readonly line: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly open: OpenDialog;
  readonly close: () => void;
}

/** A request as this device found it: in order, begun already, or not in order. */
type Look =
  | { readonly kind: "looking" }
  | { readonly kind: "checked"; readonly checked: CheckedRequest; readonly time: number }
  | { readonly kind: "begun"; readonly id: string }
  /** `kept`: its id, where this device keeps it and it is not decided. */
  | { readonly kind: "fault"; readonly fault: unknown; readonly kept: string | null };

/** A signed request in full, and what its owner decides. */
export function RequestDialog({ line, counts, open, close }: RequestProps): ReactNode {
  const { vault, network } = useSession();
  const { keyRegistry } = network.config.deployment;
  const act = useAct();
  const [look, setLook] = useState<Look>({ kind: "looking" });
  useEffect(() => {
    let over = false;
    void lookAt(vault, keyRegistry, line).then((found) => {
      if (!over) setLook(found);
    });
    return () => {
      over = true;
    };
  }, [vault, keyRegistry, line]);
  const escape = act.running === null ? { onClose: close } : {};
  return (
    <Dialog title="A request to read" {...escape}>
      {look.kind === "looking" && <p role="status">Checking it against the chain…</p>}
      {look.kind === "fault" && <FaultNotice fault={look.fault} />}
      {look.kind === "checked" && <RequestPage checked={look.checked} counts={counts} />}
      {look.kind === "begun" && (
        <Notice tone="warn">
          <p>It was accepted here, and its grant was begun. Accept it again to go on with it.</p>
        </Notice>
      )}
      {look.kind === "checked" || look.kind === "begun" ? (
        <Decision look={look} counts={counts} act={act} open={open} close={close} />
      ) : (
        <NoDecision kept={look.kind === "fault" ? look.kept : null} act={act} close={close} />
      )}
    </Dialog>
  );
}

/** What cannot be granted can still be refused, where it is kept. */
function NoDecision({
  kept,
  act: { running, fault, run },
  close,
}: {
  readonly kept: string | null;
  readonly act: Act;
  readonly close: () => void;
}): ReactNode {
  const { vault } = useSession();
  return (
    <>
      <FaultNotice fault={fault} />
      <div className="row">
        {kept !== null && (
          <Button
            kind="danger"
            busy={running !== null}
            onClick={() =>
              void run("Refusing…", null, () => refused(vault, kept)).then((done) => done && close())
            }
          >
            Refuse
          </Button>
        )}
        <Button onClick={close}>Close</Button>
      </div>
    </>
  );
}

interface DecisionProps extends Omit<RequestProps, "line"> {
  readonly look: Extract<Look, { readonly kind: "checked" | "begun" }>;
  readonly act: Act;
}

/** Accepts exactly that, or refuses it. */
function Decision({ look, counts, act, open, close }: DecisionProps): ReactNode {
  const { vault, network } = useSession();
  const { keyRegistry } = network.config.deployment;
  const { running, fault, run } = act;
  const [label, setLabel] = useState("");
  const [agreed, setAgreed] = useState(false);
  const id = look.kind === "begun" ? look.id : look.checked.id;
  const isNew = look.kind === "checked" && newScopes(look.checked.request, counts).length > 0;
  const accept = async (): Promise<void> => {
    const made = await run("Granting, and changing all keys…", actOf(look, label), () =>
      accepted(vault, keyRegistry, id, label),
    );
    if (made === undefined) return;
    if (made === null) close();
    else open({ kind: "welcome", memberId: made });
  };
  const refuse = async (): Promise<void> => {
    if (await run("Refusing…", null, () => refused(vault, id))) close();
  };
  return (
    <>
      <Field
        label="Your own words for it"
        hint="Sealed: nobody else reads them, and no request names itself."
      >
        {(ids) => (
          <input {...ids} value={label} maxLength={128} onChange={({ target }) => setLabel(target.value)} />
        )}
      </Field>
      {look.kind === "checked" && <Meaning look={look} counts={counts} label={label} />}
      {isNew && (
        <label className="choice">
          <input type="checkbox" checked={agreed} onChange={({ target }) => setAgreed(target.checked)} />
          Make the scopes that are not there yet, for good
        </label>
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button
          kind="primary"
          busy={running !== null}
          disabled={isNew && !agreed}
          onClick={() => void accept()}
        >
          Grant exactly that
        </Button>
        <Button kind="danger" disabled={running !== null} onClick={() => void refuse()}>
          Refuse
        </Button>
        <Button disabled={running !== null} onClick={close}>
          Decide later
        </Button>
        <span role="status">{running}</span>
      </div>
      <p className="quiet">If you refuse, the agent is not told.</p>
    </>
  );
}

/** What is granted, in one sentence. */
const actOf = (look: DecisionProps["look"], label: string): string =>
  look.kind === "begun"
    ? "Goes on with the grant that you accepted before."
    : grantAct({
        ...{ scopes: look.checked.request.scopes, expiresAt: look.checked.request.expiresAt },
        name: nameFor(look, label),
      });

/** The owner's words for who asks, else the account. */
const nameFor = (
  { checked: { request } }: Extract<Look, { readonly kind: "checked" }>,
  label: string,
): string => (label.trim() === "" ? shortText(request.account) : label.trim());

function Meaning({
  look,
  counts,
  label,
}: Pick<DecisionProps, "counts"> & {
  readonly look: Extract<Look, { readonly kind: "checked" }>;
  readonly label: string;
}): ReactNode {
  const { request } = look.checked;
  return (
    <Sentences
      sentences={grantSentences({
        name: nameFor(look, label),
        scopes: request.scopes.map((name) => ({ name, count: counts.get(name) ?? 0 })),
        expiresAt: request.expiresAt,
        listed: true,
        propose: asksToPropose(request),
      })}
    />
  );
}

/** Checks a request and keeps it, or finds that its grant was begun already. */
async function lookAt(vault: Vault, keyRegistry: string, line: string): Promise<Look> {
  const { decodeRequest, checkRequest, keepRequest, requestIdOf, requests } =
    await import("../../../../../client/agents.ts");
  let begun: string | null = null;
  try {
    const id = requestIdOf(decodeRequest(line).request);
    const kept = (await requests(vault)).find((each) => each.id === id);
    if (kept?.state === "accepting" && kept.line === line) begun = id;
    const checked = await (begun === null ? keepRequest : checkRequest)(vault, keyRegistry, line);
    const time = (await vault.provider.getBlock("latest"))?.timestamp ?? 0;
    // As with a grant by hand: what one would not choose oneself, one is not asked for either.
    if (tooLong(checked.request, time)) throw new RequestTooLong(daysOf(checked.request, time), MOST_DAYS);
    return { kind: "checked", checked, time };
  } catch (fault) {
    if (begun !== null && fault instanceof AlreadyMember) return { kind: "begun", id: begun };
    const kept = (await requests(vault).catch(() => [])).find((each) => each.line === line);
    const open = kept !== undefined && isOpen(kept.state) ? kept.id : null;
    // All of it was pasted: what cannot be read was cut on its way, or altered.
    const told = fault instanceof MalformedData ? new RequestBroken(fault.where, { cause: fault }) : fault;
    return { kind: "fault", fault: inDates(told), kept: open };
  }
}

/** Refuses a request that is kept. */
async function refused(vault: Vault, id: string): Promise<true> {
  const { refuseRequest } = await import("../../../../../client/agents.ts");
  await refuseRequest(vault, id);
  return true;
}

/** @returns the member's id; `null` when there was nothing left to do. */
async function accepted(
  vault: Vault,
  keyRegistry: string,
  id: string,
  label: string,
): Promise<string | null> {
  const { acceptRequest } = await import("../../../../../client/agents.ts");
  const make = async ({ account, recipient, scopes, expiresAt, propose, label: own }: AcceptedTerms) => {
    // A contract's program runs unattended, and looks for its welcome in the store.
    const storeWelcome = (await vault.provider.getCode(account)) !== "0x";
    return grant(vault, { account, recipient, scopes, expiresAt, propose, label: own, storeWelcome });
  };
  return (await acceptRequest(vault, keyRegistry, id, label.trim(), make))?.memberId ?? null;
}
