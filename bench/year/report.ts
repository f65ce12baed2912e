import { aligned } from "../table.ts";
import type { Plot } from "../speed/plot.ts";
import type { Month } from "./simulate.ts";

/** A line for each month. */
export function yearTable(months: readonly Month[]): string {
  const head = [
    ...["month", "memories", "scopes", "commits", "gas each", "stored each", "ms each", "slowest", "revoke"],
    ...["needed", "held", "open", "index", "read", "day in", "written", "search"],
  ];
  const rows = months.map((month, i) => [
    ...[String(i + 1), count(month.memories), String(month.scopes), String(month.commits), count(month.gas)],
    ...[kib(month.stored), ms(month.commitMs), ms(month.slowestMs), ms(month.revokeMs)],
    ...[
      mib(month.neededBytes),
      mib(month.heldBytes),
      ms(month.openMs),
      mib(month.indexBytes),
      ms(month.indexMs),
    ],
    ...[ms(month.dayMs), kib(month.dayBytes), `${month.searchMs.toFixed(2)} ms`],
  ]);
  return aligned([head, ...rows]);
}

/** The year's curves, by the name of the file below `docs/bench`. Whatever is proportional to the memories is a straight line. */
export function yearPlots(months: readonly Month[]): Readonly<Record<string, Plot>> {
  const curve = (name: string, of: (month: Month) => number) => ({
    name,
    points: [[0, 0] as const, ...months.map((month) => [month.memories, of(month)] as const)],
  });
  const x = "memories";
  return {
    "year-costs": {
      ...{
        title: "A year: what a tool's commit of a day takes",
        x,
        y: "milliseconds, KiB, thousands of gas",
      },
      curves: [
        curve("ms of processor", ({ commitMs }) => commitMs),
        curve("KiB stored", ({ stored }) => stored / 1_024),
        curve("thousands of gas", ({ gas }) => gas / 1_000),
      ],
    },
    "year-sizes": {
      ...{ title: "A year: what lies there at the end of each month", x, y: "MiB" },
      curves: [
        curve("the head needs", ({ neededBytes }) => neededBytes / MIB),
        curve("the store holds", ({ heldBytes }) => heldBytes / MIB),
        curve("index on disk", ({ indexBytes }) => indexBytes / MIB),
      ],
    },
    "year-times": {
      ...{ title: "A year: a process that just began", x, y: "milliseconds of processor" },
      curves: [
        curve("open and prove", ({ openMs }) => openMs),
        curve("read the index", ({ indexMs }) => indexMs),
      ],
    },
    "year-search": {
      ...{ title: "A year: searching, and a day's index", x, y: "milliseconds" },
      curves: [
        curve("one search, median", ({ searchMs }) => searchMs),
        curve("a day taken in and kept", ({ dayMs }) => dayMs),
      ],
    },
  };
}

const MIB = 1_048_576;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const ms = (value: number): string => `${count(value)} ms`;
const kib = (bytes: number): string => `${count(bytes / 1_024)} KiB`;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
