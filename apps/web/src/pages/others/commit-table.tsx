import type { ReactNode } from "react";

import { countText, numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import type { SeenCommit } from "./outsider/seen.ts";
import { momentText, unknownText } from "./plot/words.ts";
import { Table } from "./table.tsx";

const HEAD = [
  "Commit",
  "Time",
  "Block",
  "Sent by",
  "May commit",
  "Bytes",
  "Gas",
  "Beside it",
  "Root",
  "Pointer",
  "State root",
  "Transaction",
];

/** Commits, with all that anybody knows of it. */
export const CommitTable = ({
  commits,
  whole,
}: {
  readonly commits: readonly SeenCommit[];
  readonly whole: boolean;
}): ReactNode => (
  <Table
    summary={`${whole ? "All" : "The newest"} ${countText(commits.length, "commit")}, as a table`}
    head={HEAD}
    rows={[...commits].reverse().map(rowOf)}
  />
);

const rowOf = ({
  sequence,
  beside,
  foreign,
  authorizer,
  root,
  pointer,
  stateRoot,
  transaction,
}: SeenCommit) => ({
  key: String(sequence),
  cells: [
    `${numberText(sequence)}${foreign ? " (foreign)" : ""}`,
    transaction.time === null ? unknownText(transaction) : momentText(transaction.time),
    numberText(transaction.block),
    transaction.from === null ? unknownText(transaction) : <Address of={transaction.from} />,
    <Address of={authorizer} />,
    transaction.bytes === null ? unknownText(transaction) : numberText(transaction.bytes),
    transaction.gas === null ? unknownText(transaction) : numberText(transaction.gas),
    beside.join(", "),
    <Address of={root} />,
    <Address of={pointer} />,
    <Address of={stateRoot} />,
    <Address of={transaction.hash} />,
  ] as ReactNode[],
});
