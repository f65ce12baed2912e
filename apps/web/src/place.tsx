import { useState, type ReactNode } from "react";

import { VaultError } from "../../../client/errors.ts";
import { Button } from "./ui/button.tsx";
import { FaultNotice, Notice } from "./ui/notice.tsx";
import { Page } from "./ui/page.tsx";
import { isPathGateway } from "./where.ts";

/** Another page shows this one within itself, and could lay what it likes over its buttons. */
export class PageFramed extends VaultError {
  constructor() {
    super(
      "Another page shows this one within itself, and could have you press what you do not see. Open it in a tab of its own.",
    );
  }
}

interface PlaceProps {
  readonly window: Pick<Window, "self" | "top" | "location">;
  readonly children: ReactNode;
}

/** What stands before the app: it does not start within another page, and says so where other pages share its storage. */
export function Place({ window: { self, top, location }, children }: PlaceProps): ReactNode {
  const [accepted, setAccepted] = useState(false);
  if (self !== top)
    return (
      <Page title="Memory Vault">
        <FaultNotice fault={new PageFramed()} />
        <p>
          <a href={location.href} target="_blank" rel="noopener">
            Open it in a tab of its own
          </a>
        </p>
      </Page>
    );
  if (accepted || !isPathGateway(location.pathname)) return children;
  return (
    <Page title="Memory Vault">
      <Notice tone="warn">
        <strong>Other pages share this place</strong>
        <p>
          {location.host} shows pages of anybody below {location.pathname.slice(0, 6)}, and a browser keeps
          one storage for all of them: another page there can read what is not sealed, and take your
          passphrase while you type it. Open this page at a name of its own, such as a gateway that gives each
          CID its own subdomain.
        </p>
      </Notice>
      <div className="row">
        <Button kind="danger" onClick={() => setAccepted(true)}>
          Open it here all the same
        </Button>
      </div>
    </Page>
  );
}
