import { aligned } from "../table.ts";
import { OPERATIONS, type Operation } from "./operations.ts";
import type { Figures, Report, Rollup } from "./report.ts";

const names = Object.entries(OPERATIONS) as [Operation, string][];

/** The tables of a report, as they are printed and as `docs/gas.md` has them. */
export const tablesOf = (report: Report): readonly string[] => [
  gasTable(report),
  besidesTable(report),
  rollupTable(report.l2),
];

/** Every operation of every party. */
function gasTable({ ours, oursOwner, naive, floor, transactions }: Report): string {
  const rows = names.map(([key, name]) => [
    ...[name, count(floor[key]), count(ours[key]), count(oursOwner[key])],
    ...[inTransactions(naive[key], transactions[key]), ratio(naive[key], ours[key])],
  ]);
  const head = ["", "floor", "ours, by the key", "ours, by the owner", "naive", "naive / ours"];
  return [
    "Gas of whole transactions, base and calldata included\n",
    `${aligned([head, ...rows])}\n`,
    `A bare transaction: ${count(floor["bare"])}. One that changes a slot: ${count(floor["updateOne"])}.`,
  ].join("\n");
}

const BESIDES = {
  lostDeviceTwo: `${OPERATIONS.lostDevice}, in two transactions`,
  add1WithoutKey: "add, if the owner is its own commit key",
  transfer1: "transfer with 1 grantee",
  unlock: "unlock, which a transfer needs before it",
} as const;

/** What only our vault has. */
function besidesTable({ ours, oursOwner }: Report): string {
  const rows = Object.entries(BESIDES).map(([key, name]) => [name, count(ours[key]), count(oursOwner[key])]);
  return aligned([["Ours besides", "by the key", "by the owner"], ...rows]);
}

/** What the client sent, beside what was measured of the same by the owner. */
export function sentTable(sent: Figures, { oursOwner }: Report): string {
  const rows = names
    .filter(([key]) => sent[key] !== undefined)
    .map(([key, name]) => [name, count(sent[key]), count(oursOwner[key])]);
  return aligned([["Sent by the client, with an owner's wallet", "gas", "above"], ...rows]);
}

/** Execution, data and their sum on a rollup. */
function rollupTable({ fees, ours, naive }: Rollup): string {
  const rows = names.map(([key, name]) => {
    const [mine, theirs] = [ours[key], naive[key]];
    return [
      ...[name, count(mine?.gas), gwei(mine?.dataFee), gwei(mine?.total)],
      ...[count(theirs?.gas), gwei(theirs?.dataFee), gwei(theirs?.total), ratio(theirs?.total, mine?.total)],
    ];
  });
  const head = ["", "ours: gas", "data fee", "total", "naive: gas", "data fee", "total", "naive / ours"];
  return [
    "On an OP rollup, ours by the key; fees in gwei, a billionth of an ether",
    `baseFeeScalar ${count(fees.baseFeeScalar)}, blobBaseFeeScalar ${count(fees.blobBaseFeeScalar)}; base fee of ` +
      `mainnet ${inGwei(fees.l1BaseFee)}, of its blobs ${inGwei(fees.l1BlobBaseFee)}, of the rollup ${inGwei(fees.l2BaseFee)}`,
    `\n${aligned([head, ...rows])}`,
  ].join("\n");
}

const count = (value: number | undefined): string =>
  value === undefined ? "" : value.toLocaleString("en-US");

const inTransactions = (gas: number | undefined, transactions: number | undefined): string =>
  transactions === undefined ? count(gas) : `${count(gas)} in ${count(transactions)}`;

const gwei = (value: number | undefined): string =>
  value === undefined ? "" : value < 1_000 ? value.toFixed(1) : count(Math.round(value));

const inGwei = (wei: number): string => `${wei / 1e9} gwei`;

function ratio(value: number | undefined, beside: number | undefined): string {
  if (value === undefined || beside === undefined) return "";
  const quotient = value / beside;
  return quotient < 10 ? quotient.toFixed(2) : count(Math.round(quotient));
}
