import type { ReactNode } from "react";

import { CLAIMS } from "./claims.ts";

/** What is not on this page, because nobody sees it, each with its limit. */
export const UnseenCard = (): ReactNode => (
  <section className="card" aria-labelledby="others-unseen">
    <h2 id="others-unseen">What is not there</h2>
    <dl className="others-claims">
      {CLAIMS.map(({ unseen, limit }) => [<dt key={unseen}>{unseen}</dt>, <dd key={limit}>{limit}</dd>])}
    </dl>
  </section>
);
