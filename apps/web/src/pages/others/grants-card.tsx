import type { ReactNode } from "react";

import { Address } from "./address.tsx";
import { LongList } from "./long-list.tsx";
import type { SeenGrant } from "./outsider/seen.ts";
import { endText, permissionText, whenText } from "./plot/words.ts";

interface GrantsProps {
  readonly grants: readonly SeenGrant[];
  /** Whether all of the vault's own events were looked at: else there may be more. */
  readonly whole: boolean;
}

/** Listed grants: whom everybody may see. */
export const GrantsCard = ({ grants, whole }: GrantsProps): ReactNode => (
  <section className="card" aria-labelledby="others-grants">
    <h2 id="others-grants">Listed grants</h2>
    <p className="quiet">
      Everybody sees who has one, since when and until when, and whether they may read or propose: not which
      scopes. Unlisted grants are not here, and nowhere on chain.
    </p>
    {grants.length === 0 ? (
      <p>
        {whole
          ? "None: an outsider knows of nobody who reads this vault."
          : "None in what was looked at. Older ones may stand."}
      </p>
    ) : (
      <LongList>
        {[...grants].reverse().map((grant, i) => (
          <li key={`${grant.hash} ${grant.grantee} ${i}`}>
            <span className={grant.stands ? "badge badge-good" : "badge"}>
              {grant.stands ? "stands" : "ended"}
            </span>{" "}
            <Address of={grant.grantee} /> may {permissionText(grant)}, from{" "}
            {whenText({ time: grant.from, block: grant.block })}; {endText(grant)}
            {grant.welcome === null ? (
              "."
            ) : (
              <>
                ; its welcome is blob <Address of={grant.welcome} />.
              </>
            )}
          </li>
        ))}
      </LongList>
    )}
  </section>
);
