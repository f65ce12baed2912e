import type { ReactNode } from "react";

import type { KnownVault } from "../../device/profile.ts";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { shortText } from "../../ui/texts.ts";

interface PickVaultProps {
  readonly vaults: readonly KnownVault[];
  readonly onPick: (known: KnownVault) => void;
  readonly onAnother: () => void;
  readonly lock: () => void;
}

/** The vaults of this device, where there are several. */
export const PickVault = ({ vaults, onPick, onAnother, lock }: PickVaultProps): ReactNode => (
  <Page title="Which vault?">
    <ul className="stack vault-list">
      {vaults.map((known) => (
        <li key={`${known.chainId}/${known.contract}/${known.vaultId}`} className="card">
          <strong>
            <PlainText text={known.label || "A vault without a name"} />
          </strong>
          <p className="quiet">
            {known.role === "owner" ? "Yours" : "Granted to you"}, <code>{shortText(idText(known))}</code> on
            chain {String(known.chainId)}
          </p>
          <div className="row">
            <Button kind="primary" onClick={() => onPick(known)}>
              Open <span className="hidden-visually">{known.label || shortText(idText(known))}</span>
            </Button>
          </div>
        </li>
      ))}
    </ul>
    <div className="row">
      <Button onClick={onAnother}>Another vault</Button>
      <Button onClick={lock}>Lock</Button>
    </div>
  </Page>
);

const idText = ({ vaultId }: KnownVault): string => `0x${vaultId.toString(16).padStart(64, "0")}`;
