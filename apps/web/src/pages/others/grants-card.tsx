import type { ReactNode } from "react";

import { Address } from "./address.tsx";
import type { SeenGrant } from "./outsider/seen.ts";
import { endText, momentText, permissionText } from "./plot/words.ts";

/** Listed grants: whom everybody may see. */
export const GrantsCard = ({ grants }: { readonly grants: readonly SeenGrant[] }): ReactNode => (
  <section className="card" aria-labelledby="others-grants">
    <h2 id="others-grants">Listed grants</h2>
    <p className="quiet">
      Everybody sees who has one, since when and until when, and whether they may read or propose: not which
      scopes. Unlisted grants are not here, and nowhere on chain.
    </p>
    {grants.length === 0 ? (
      <p>None: an outsider knows of nobody who reads this vault.</p>
    ) : (
      <ul className="others-list">
        {[...grants].reverse().map((grant) => (
          <li key={`${grant.hash} ${grant.grantee} ${grant.from}`}>
            <span className={grant.stands ? "badge badge-good" : "badge"}>
              {grant.stands ? "stands" : "ended"}
            </span>{" "}
            <Address of={grant.grantee} /> may {permissionText(grant)}, from {momentText(grant.from)};{" "}
            {endText(grant)}
            {grant.welcome === null ? (
              "."
            ) : (
              <>
                ; its welcome is blob <Address of={grant.welcome} />.
              </>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);
