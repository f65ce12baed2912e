import type { Beside } from "./clock.ts";
import type { Plot } from "./plot.ts";
import type { Report } from "./report.ts";

/** The curves of a report, by the name of the file below `docs/bench`. */
export function plotsOf({ open, append, rotate, lookUp, search }: Report): Readonly<Record<string, Plot>> {
  const both = <T extends Beside>(measured: readonly T[], at: (each: T) => number, floor: string) => [
    { name: "ours", points: measured.map((each) => [at(each), each.ours] as const) },
    { name: floor, points: measured.map((each) => [at(each), each.floor] as const) },
  ];
  return {
    open: {
      ...{ title: "Open a vault and prove it whole, nothing cached", x: "memories", y: "milliseconds" },
      curves: both(open, ({ memories }) => memories, "without leaves and trees"),
    },
    append: {
      ...{ title: "Append one memory to ten thousand", x: "commits before it", y: "milliseconds" },
      curves: append.map(({ scopes, commits }) => ({
        name: scopes === 1 ? "in one scope" : `in ${scopes} scopes`,
        points: commits.map(({ ours }, i) => [i, ours] as const),
      })),
    },
    rotate: {
      ...{
        title: "Turn every key when one reader leaves",
        x: "members of one scope each",
        y: "milliseconds",
      },
      curves: both(rotate, ({ members }) => members, "its entries, bare"),
    },
    lookup: {
      ...{ title: "Find one member's key in the keyring", x: "members", y: "milliseconds" },
      curves: both(lookUp, ({ members }) => members, "one page, bare"),
    },
    search: {
      ...{ title: "Search the turns of a dialogue by words", x: "turns", y: "milliseconds, the median" },
      curves: both(search, ({ turns }) => turns, "every text read"),
    },
  };
}
