import type { ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import type { SeenHead } from "./outsider/seen.ts";
import { ringsOf, type Ring } from "./proof.ts";

/** What only a member has: the proof that what it read is all, as it was written, and the newest. */
export function ProofCard({ head }: { readonly head: SeenHead | null }): ReactNode {
  const { view, fault } = useView();
  const { network } = useSession();
  const rings = ringsOf({ view, fault, head, rpcs: network.secondProvider === undefined ? 1 : 2 });
  const closed = rings.filter((ring) => ring.closed).length;
  return (
    <section className="card others-proof" aria-labelledby="others-proof">
      <Rings rings={rings} />
      <div className="stack">
        <h2 id="others-proof">What only you see: proof</h2>
        <p className="quiet">
          {closed === rings.length
            ? "Your last reading was proven against the chain."
            : "Not everything is proven. What is open says why."}
        </p>
        <dl className="others-claims">
          {rings.map(({ name, closed: isClosed, why }) => [
            <dt key={name}>
              {name}{" "}
              <span className={isClosed ? "badge badge-good" : "badge badge-bad"}>
                {isClosed ? "proven" : "open"}
              </span>
            </dt>,
            <dd key={`${name} why`}>{why}</dd>,
          ])}
        </dl>
      </div>
    </section>
  );
}

/** From the outside in. */
const RADII = [86, 62, 38] as const;

/** Three rings; one that is not proven has a gap. The words beside them say the same. */
const Rings = ({ rings }: { readonly rings: readonly Ring[] }): ReactNode => (
  <svg className="others-rings" viewBox="-100 -100 200 200" aria-hidden="true">
    {rings.map(({ name, closed }, i) => (
      <circle
        key={name}
        className={closed ? "others-ring" : "others-ring others-ring-open"}
        r={RADII[i]}
        pathLength={100}
        transform={`rotate(${-90 + 30 * i})`}
      />
    ))}
  </svg>
);
