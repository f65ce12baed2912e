import { useState, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import type { OpenDialog } from "./access-dialogs.tsx";
import { CameraScan } from "./camera-scan.tsx";
import { digestOfKey, granteeOf, namedBy, type Grantee } from "./grantee.ts";
import type { LedgerLine } from "./ledger.ts";
import { TextDrop } from "./text-drop.tsx";
import { AlreadyMember } from "../../../../../client/index.ts";

interface WhoProps {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly lines: readonly LedgerLine[];
  readonly found: (grantee: Grantee) => void;
  readonly open: OpenDialog;
  readonly close: () => void;
}

/** Who: a key, an address, a code or a request. */
export function WhoStep({ text, setText, lines, found, open, close }: WhoProps): ReactNode {
  const { vault, network } = useSession();
  const [looking, setLooking] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const { keyRegistry } = network.config.deployment;
  const readIn = (read: string): void => {
    setFault(null);
    setText(read);
  };
  const look = async (): Promise<void> => {
    setLooking(true);
    setFault(null);
    try {
      const named = namedBy(text);
      if (named.kind === "request") open({ kind: "request", line: named.line });
      else found(refusingMembers(await granteeOf(vault, keyRegistry, named), lines));
    } catch (thrown) {
      setFault(thrown);
    } finally {
      setLooking(false);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void look();
      }}
    >
      <Field
        label="Who is to read?"
        hint="Paste the key that the reader shows (age1pq1…), an account’s address (0x…), or an agent’s request."
      >
        {(ids) => (
          <textarea
            {...ids}
            className="mono"
            autoFocus
            rows={4}
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={({ target }) => readIn(target.value)}
          />
        )}
      </Field>
      <TextDrop label="Or drop a picture of its QR code, or a file" found={readIn} failed={setFault} />
      <CameraScan found={readIn} />
      <FaultNotice fault={fault} />
      <div className="row">
        <Button type="submit" kind="primary" busy={looking}>
          Continue
        </Button>
        <Button onClick={close}>Cancel</Button>
        <span role="status">{looking ? "Looking…" : ""}</span>
      </div>
    </form>
  );
}

/** @throws {AlreadyMember} when the key or the account has a grant that is not over. */
function refusingMembers(grantee: Grantee, lines: readonly LedgerLine[]): Grantee {
  const known = lines.find(
    ({ entry }) =>
      !entry.ended &&
      (digestOfKey(entry.recipient) === grantee.digest ||
        (grantee.account !== null && entry.grantee === grantee.account.toLowerCase())),
  );
  if (known !== undefined) throw new AlreadyMember(known.entry.grantee ?? known.entry.label, known.entry.id);
  return grantee;
}
