import type { ReactNode } from "react";

import { countText, numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { LongList } from "./long-list.tsx";
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
      Everybody who knows whose an address is knows what they had to do with this vault. Transactions are
      counted as far as they were looked up.
    </p>
    <LongList>
      {accounts.map(({ address, roles, sent }) => (
        <li key={address}>
          <Address of={address} />: {roles.join(", ")}
          {sent === 0 ? "" : `, sent ${countText(sent, "transaction")}`}
        </li>
      ))}
    </LongList>
    <h3>Public keys of these accounts</h3>
    {keys.length === 0 ? (
      <p>None is in force.</p>
    ) : (
      <LongList>
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
      </LongList>
    )}
  </section>
);
