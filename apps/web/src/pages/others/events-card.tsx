import type { ReactNode } from "react";

import { PlainText } from "../../ui/plain-text.tsx";
import { countText, numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { LeftOutList } from "./left-out-list.tsx";
import type { LeftOut, SeenEvent, SeenTransaction } from "./outsider/seen.ts";
import { momentText, unknownText } from "./plot/words.ts";
import { Table } from "./table.tsx";

interface EventsProps {
  readonly events: readonly SeenEvent[];
  readonly transactions: readonly SeenTransaction[];
  readonly leftOut: readonly LeftOut[];
  /** Whether these are all. */
  readonly whole: boolean;
}

/** Everything else: each event and each transaction, and how many are left out. */
export const EventsCard = ({ events, transactions, leftOut, whole }: EventsProps): ReactNode => (
  <section className="card" aria-labelledby="others-events">
    <h2 id="others-events">{whole ? "All of it" : "The newest of it"}</h2>
    <p className="quiet">
      {whole ? "Every event" : "The newest events"} that the chain logged about this vault and its accounts,
      and the transactions that left them.
    </p>
    <Table
      summary={`${whole ? "All" : "The newest"} ${countText(events.length, "event")}`}
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
      summary={`${whole ? "All" : "The newest"} ${countText(transactions.length, "transaction")}`}
      head={["Time", "Block", "From", "To", "Calls", "Bytes", "Gas", "Fee in wei", "Transaction"]}
      rows={[...transactions].reverse().map((seen) => ({ key: seen.hash, cells: cellsOf(seen) }))}
    />
    <LeftOutList leftOut={leftOut} kinds={{}} />
  </section>
);

const cellsOf = (seen: SeenTransaction): ReactNode[] => {
  const { time, block, from, to, calls, bytes, gas, fee, hash } = seen;
  const unknown = unknownText(seen);
  return [
    time === null ? unknown : momentText(time),
    numberText(block),
    from === null ? unknown : <Address key="from" of={from} />,
    to === null ? unknown : <Address key="to" of={to} />,
    calls.length === 0 ? unknown : calls.join(", "),
    bytes === null ? unknown : numberText(bytes),
    gas === null ? unknown : numberText(gas),
    fee === null ? unknown : numberText(fee),
    <Address key="hash" of={hash} />,
  ];
};

const Says = ({ event }: { readonly event: SeenEvent }): ReactNode => (
  <ul className="others-args">
    {Object.entries(event.args).map(([name, value]) => (
      <li key={name}>
        {name} {value.length > 20 ? <Address of={value} /> : <PlainText text={value} />}
      </li>
    ))}
  </ul>
);
