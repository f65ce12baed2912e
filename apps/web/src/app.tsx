import { lazy, Suspense, useEffect, type ReactNode } from "react";

import { startWallets } from "./chain/page.ts";
import { Start } from "./pages/start/index.tsx";
import { Boundary } from "./ui/boundary.tsx";

/** The client with all that opens a vault, which the first screen can be used without. */
const Open = lazy(async () => ({ default: (await import("./open.tsx")).Open }));

/** The whole app: what opens a vault, and the pages of an open one. */
export function App(): ReactNode {
  useEffect(startWallets, []);
  return (
    <Boundary>
      <Suspense fallback={<p className="page quiet">Loading…</p>}>
        <Start>{(session) => <Open session={session} />}</Start>
      </Suspense>
    </Boundary>
  );
}
