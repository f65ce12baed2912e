import type { ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { countText, numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import type { SeenEvent, SeenTransaction } from "./outsider/seen.ts";
import { momentText } from "./plot/words.ts";
import { Table } from "./table.tsx";

interface EventsProps {
  readonly events: readonly SeenEvent[];
  readonly transactions: readonly SeenTransaction[];
}

/** Everything else: each event and each transaction, with nothing left out. */
export const EventsCard = ({ events, transactions }: EventsProps): ReactNode => (
  <section className="card" aria-labelledby="others-events">
    <h2 id="others-events">All of it</h2>
    <p className="quiet">
      Every event that the chain logged about this vault and its accounts, and the transactions that left
      them.
    </p>
    <Table
      summary={`All ${countText(events.length, "event")}`}
      head={["Block", "Event", "Says", "Contract"]}
      rows={[...events].reverse().map((event) => ({
        key: `${event.block} ${event.index}`,
        cells: [
          numberText(event.block),
          event.name,
          <Says key="says" event={event} />,
          <Address key="address" of={event.address} />,
        ],
      }))}
    />
    <Table
      summary={`All ${countText(transactions.length, "transaction")}`}
      head={["Time", "Block", "From", "To", "Calls", "Bytes", "Gas", "Fee in wei", "Transaction"]}
      rows={[...transactions].reverse().map((seen) => ({ key: seen.hash, cells: cellsOf(seen) }))}
    />
  </section>
);

const cellsOf = ({ time, block, from, to, calls, bytes, gas, fee, hash }: SeenTransaction): ReactNode[] => [
  momentText(time),
  numberText(block),
  from === null ? "not told" : <Address key="from" of={from} />,
  to === null ? "not told" : <Address key="to" of={to} />,
  calls.join(", "),
  bytes === null ? "not told" : numberText(bytes),
  gas === null ? "not told" : numberText(gas),
  fee === null ? "not told" : numberText(fee),
  <Address key="hash" of={hash} />,
];

const Says = ({ event }: { readonly event: SeenEvent }): ReactNode => (
  <ul className="others-args">
    {Object.entries(event.args).map(([name, value]) => (
      <li key={name}>
        {name} {value.length > 20 ? <Address of={value} /> : <PlainText text={value} />}
      </li>
    ))}
  </ul>
);
