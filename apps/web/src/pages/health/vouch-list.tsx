import type { ReactNode } from "react";

import type { UnconfirmedMember } from "../../../../../client/manage.ts";
import { PlainText } from "../../ui/plain-text.tsx";

interface VouchListProps {
  readonly members: readonly UnconfirmedMember[];
  /** Fingerprints that the person vouches for. */
  readonly vouched: ReadonlySet<string>;
  readonly onChange: (vouched: ReadonlySet<string>) => void;
}

/** Whether the person vouches for everybody who is asked about. */
export const isVouched = (members: readonly UnconfirmedMember[], vouched: ReadonlySet<string>): boolean =>
  members.every(({ fingerprint }) => vouched.has(fingerprint));

/** Who stays, and may have been put in by who leaves: each is compared, and vouched for by itself. */
export function VouchList({ members, vouched, onChange }: VouchListProps): ReactNode {
  if (members.length === 0) return null;
  const set = (fingerprint: string, on: boolean): void => {
    const next = new Set(vouched);
    if (on) next.add(fingerprint);
    else next.delete(fingerprint);
    onChange(next);
  };
  return (
    <fieldset className="health-vouch">
      <legend>Whoever leaves may have put these in</legend>
      <p>
        Compare each key with what its own device shows, and what it reads with what you gave. Vouch for those
        that are right; remove the others too.
      </p>
      {members.map(({ fingerprint, label, recipientDigest, scopes }) => (
        <label key={fingerprint} className="choice">
          <input
            type="checkbox"
            checked={vouched.has(fingerprint)}
            onChange={({ target }) => set(fingerprint, target.checked)}
          />
          <span>
            <strong>
              <PlainText text={label} />
            </strong>
            , key <code>{recipientDigest}</code>
            {scopes.length > 0 && (
              <>
                , reads <PlainText text={scopes.join(", ")} />
              </>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
