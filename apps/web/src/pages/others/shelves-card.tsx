import type { ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { countText, sizeText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { LongList } from "./long-list.tsx";
import type { NamedBlob, Shelf } from "./outsider/seen.ts";
import { classesOf } from "./plot/geometry.ts";
import { Table } from "./table.tsx";

interface ShelvesProps {
  readonly shelves: readonly Shelf[];
  readonly named: readonly NamedBlob[];
}

/** What whoever keeps a store sees there. */
export const ShelvesCard = ({ shelves, named }: ShelvesProps): ReactNode => (
  <section className="card" aria-labelledby="others-store">
    <h2 id="others-store">At the store</h2>
    <p className="quiet">
      Its keeper sees sealed blobs of four sizes, and when each was written and read, and from where. A
      stranger who knows a blob's digest can fetch it; what is in it stays closed.
    </p>
    {shelves.map((shelf) => (
      <ShelfView key={shelf.store} shelf={shelf} />
    ))}
    {named.length > 0 && (
      <>
        <h3>Blobs that the chain names</h3>
        <LongList>
          {named.map((blob) => (
            <li key={blob.digest}>
              A {blob.what}, <Address of={blob.digest} />: {stateOf(blob)}
            </li>
          ))}
        </LongList>
      </>
    )}
  </section>
);

function stateOf({ size, age, fault }: NamedBlob): ReactNode {
  if (size !== null) return `${sizeText(size)}${age ? ", visibly an age file" : ""}.`;
  if (fault === null) return "not in this store.";
  return (
    <>
      the store did not hand it out. <PlainText text={fault} />
    </>
  );
}

function ShelfView({ shelf: { store, blobs, whole, fault } }: { readonly shelf: Shelf }): ReactNode {
  if (blobs === null)
    return (
      <p>
        <PlainText text={store} /> does not tell this page what lies there
        {fault === null ? "." : <PlainText text={`: ${fault}`} />} Its keeper knows.
      </p>
    );
  return (
    <div className="stack">
      <p>
        <PlainText text={store} />: {whole ? "" : "the newest "}
        {countText(blobs.length, "blob")}, whoever put them there.
        {whole ? "" : " There are older ones, which are not counted here."}
      </p>
      <dl className="others-bars">
        {classesOf(blobs).map(({ size, count, width }) => [
          <dt key={`${size ?? 0} name`}>{size === null ? "other sizes" : sizeText(size)}</dt>,
          <dd key={size ?? 0}>
            <span className="others-bar" aria-hidden="true" style={{ inlineSize: `${width * 100}%` }} />
            <span>{count}</span>
          </dd>,
        ])}
      </dl>
      <Table
        summary={`${whole ? "All" : "The newest"} ${countText(blobs.length, "blob")} of ${store}`}
        head={["Digest", "Size"]}
        rows={blobs.map(({ digest, size }, i) => ({
          key: `${i}`,
          cells: [<Address key="digest" of={digest} />, sizeText(size)],
        }))}
      />
    </div>
  );
}
