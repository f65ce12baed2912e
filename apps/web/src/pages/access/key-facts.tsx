import type { ReactNode } from "react";

import { Facts } from "../../ui/facts.tsx";
import type { Grantee } from "./grantee.ts";

/** Whom a grant is made to, and what to compare before it is. */
export const KeyFacts = ({ grantee }: { readonly grantee: Grantee }): ReactNode => (
  <Facts
    facts={[
      ["Reader", grantee.account === null ? "a key alone, on no list" : accountOf(grantee)],
      [
        "Check digits",
        <>
          <code>{grantee.digest}</code> <span className="quiet">Compare it with what the reader shows.</span>
        </>,
      ],
      ...(grantee.attestation === null
        ? []
        : [
            [
              "Attestation",
              <>
                <code>{grantee.attestation}</code>{" "}
                <span className="quiet">
                  This page does not verify it; memvault grant --require-attestation does.
                </span>
              </>,
            ] as const,
          ]),
    ]}
  />
);

const accountOf = ({ account, isContract }: Grantee): ReactNode => (
  <>
    <code>{account}</code>, {isContract ? "a contract: its operator reads" : "an account of a key"}
  </>
);
