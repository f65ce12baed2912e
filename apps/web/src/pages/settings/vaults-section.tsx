import { useContext, type ReactNode } from "react";

import { VaultsContext } from "../start/vaults-context.ts";
import { Button } from "../../ui/button.tsx";

/** Leads to the other vaults of this browser, and to new ones. */
export function VaultsSection(): ReactNode {
  const leave = useContext(VaultsContext);
  if (leave === null) return null;
  return (
    <section className="card">
      <h2>Vaults in this browser</h2>
      <p className="quiet">Open another one, create one, or accept one that was granted to you.</p>
      <div className="row">
        <Button onClick={leave}>Other vaults</Button>
      </div>
    </section>
  );
}
