import type { ReactNode } from "react";

import { countText, numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import type { SeenAccount, SeenKey } from "./outsider/seen.ts";
import { momentText } from "./plot/words.ts";

interface AccountsProps {
  readonly accounts: readonly SeenAccount[];
  readonly keys: readonly SeenKey[];
}

/** Whose addresses stand beside the vault's. */
export const AccountsCard = ({ accounts, keys }: AccountsProps): ReactNode => (
  <section className="card" aria-labelledby="others-accounts">
    <h2 id="others-accounts">Addresses</h2>
    <p className="quiet">
      Everybody who knows whose an address is knows what they had to do with this vault.
    </p>
    <ul className="others-list">
      {accounts.map(({ address, roles, sent }) => (
        <li key={address}>
          <Address of={address} />: {roles.join(", ")}
          {sent === 0 ? "" : `, sent ${countText(sent, "transaction")}`}
        </li>
      ))}
    </ul>
    <h3>Public keys of these accounts</h3>
    {keys.length === 0 ? (
      <p>None is published.</p>
    ) : (
      <ul className="others-list">
        {keys.map(({ account, digest, expiresAt, block, attestation }) => (
          <li key={account}>
            <Address of={account} /> has key <Address of={digest} /> until {momentText(expiresAt)}, since
            block {numberText(block)}
            {attestation === null ? (
              "."
            ) : (
              <>
                , with the attestation <Address of={attestation} />.
              </>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);
