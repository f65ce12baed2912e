import type { ReactNode } from "react";

/** What this app is, and what it does not do. */
export const About = (): ReactNode => (
  <>
    <p>
      Memory Vault is free software under the MIT licence. This page is static files: it runs in your browser,
      talks to the RPC, the store and the wallet that you chose, and to nobody else.
    </p>
    <p className="quiet">
      Your keys are sealed in this browser. Whoever serves this page could serve another one: to be sure, run
      it from your own copy.
    </p>
  </>
);
