import { useEffect, useState, type ReactNode } from "react";

import type { KeptRequest } from "../../../../../client/agents.ts";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { dateText, shortText } from "../../ui/texts.ts";
import type { OpenDialog } from "./access-dialogs.tsx";
import { namedBy } from "./grantee.ts";
import { NotARequest } from "./errors.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { isOpen, REQUEST_STATES } from "./request-facts.ts";
import { TextDrop } from "./text-drop.tsx";

interface RequestsProps {
  readonly open: OpenDialog;
  /** Whether a dialog lies over the page: it may keep a request. */
  readonly over: boolean;
}

/** What agents ask for, and what became of it on this device. */
export function RequestsSection({ open, over }: RequestsProps): ReactNode {
  const { kept, fault } = useRequests(over);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<unknown>(null);
  const readIn = (read: string): void => {
    setWrong(null);
    setText(read);
  };
  const look = (): void => {
    try {
      const named = namedBy(text);
      if (named.kind !== "request") throw new NotARequest();
      setWrong(null);
      open({ kind: "request", line: named.line });
    } catch (thrown) {
      setWrong(thrown);
    }
  };
  return (
    <section className="stack" aria-labelledby="access-requests">
      <h2 id="access-requests">Requests</h2>
      <p className="quiet">
        A program that wants to read asks with one signed line. It gets nothing before you accept exactly
        that. Your other devices do not know what you decide here.
      </p>
      <FaultNotice fault={fault} />
      {kept.length > 0 && (
        <ul className="access-plain" aria-label="Requests kept here">
          {kept.map((each) => (
            <RequestRow key={each.id} kept={each} open={open} />
          ))}
        </ul>
      )}
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          look();
        }}
      >
        <Field label="Look at a request" hint="It begins with memvault-request:.">
          {(ids) => (
            <textarea
              {...ids}
              className="mono"
              rows={3}
              spellCheck={false}
              value={text}
              onChange={({ target }) => readIn(target.value)}
            />
          )}
        </Field>
        <TextDrop label="Or drop its file here" found={readIn} failed={setWrong} />
        <FaultNotice fault={wrong} />
        <div className="row">
          <Button type="submit">Show it in full</Button>
        </div>
      </form>
    </section>
  );
}

function RequestRow({ kept, open }: { readonly kept: KeptRequest; readonly open: OpenDialog }): ReactNode {
  const { request, state, label, id, line } = kept;
  const name = label === "" ? shortText(request.account) : label;
  return (
    <li className="card access-row">
      <div>
        <strong>
          <PlainText text={name} />
        </strong>{" "}
        <span className="badge">{REQUEST_STATES[state]}</span>
        <p className="quiet">
          <code>{id.slice(0, 8)}</code>: asks to read <PlainText text={request.scopes.join(", ")} /> until{" "}
          {dateText(request.expiresAt * 1_000)}
        </p>
      </div>
      {isOpen(state) && (
        <Button
          onClick={() => open({ kind: "request", line })}
          aria-label={`Decide on the request of ${name}`}
        >
          Decide
        </Button>
      )}
    </li>
  );
}

/** Requests that this device keeps, read again whenever the vault was, and when a dialog is gone. */
function useRequests(over: boolean): { readonly kept: readonly KeptRequest[]; readonly fault: unknown } {
  const { vault } = useSession();
  const { reading } = useView();
  const [found, setFound] = useState<{ kept: readonly KeptRequest[]; fault: unknown }>({
    kept: [],
    fault: null,
  });
  useEffect(() => {
    if (reading || over) return;
    const asked = import("../../../../../client/agents.ts").then(({ requests }) => requests(vault));
    asked.then(
      (kept) => setFound({ kept, fault: null }),
      (fault: unknown) => setFound((before) => ({ ...before, fault })),
    );
  }, [vault, reading, over]);
  return found;
}
