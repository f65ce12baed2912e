import { aligned } from "../table.ts";
import { meanOf } from "./append.ts";
import { ratioOf, type Beside } from "./clock.ts";
import type { Report } from "./report.ts";

/** The tables of a report, as they are printed and as `docs/bench.md` has them. */
export const tablesOf = (report: Report): readonly string[] => [floorTable(report), withoutTable(report)];

/** Every figure beside its floor. */
function floorTable({ open, append, rotate, lookUp, seal, search, warm, bundleBytes }: Report): string {
  const row = (what: string, of: Beside, target: string, ...more: string[]): string[] => [
    ...[what, ms(of.ours), ms(of.floor), `${ratioOf(of).toFixed(2)} ×`, target, ...more],
  ];
  const rows = [
    ...open.map((opening) =>
      row(
        `open ${count(opening.memories)} memories`,
        opening,
        "3 ×",
        `${times(opening.ours / opening.bare)} the bare libraries`,
      ),
    ),
    ...append.map(({ memories, scopes, commits }) =>
      row(
        `append one to ${count(memories)}, in ${scopes === 1 ? "one scope" : `${scopes} scopes`}`,
        meanOf(commits),
        "50 ms",
        `the mean of ${commits.length} commits`,
      ),
    ),
    ...rotate.map((rotation) =>
      row(
        `rotate with ${count(rotation.members)} members`,
        rotation,
        rotation.members === 1_000 ? "60 ms" : "",
        `${count(rotation.bytes)} bytes of entries, ${count(rotation.uploadBytes)} uploaded`,
      ),
    ),
    ...lookUp.map((each) =>
      row(`look a key up among ${count(each.members)} members`, each, "", `${each.blobs} fetched`),
    ),
    ...search.map((each) =>
      row(
        `search ${count(each.turns)} turns`,
        each,
        each.turns === 10_000 ? "5 ms" : "",
        `${(each.recall * 100).toFixed(0)} of 100 found; indexed in ${ms(each.index)}, one more in ${ms(each.append)}`,
      ),
    ),
    ...seal.map((sealing) => row(`seal and open ${kib(sealing.bytes)}`, sealing, "1.25 ×")),
  ];
  return [
    aligned([["", "ours", "floor", "ratio", "target", ""], ...rows]),
    "",
    `Opening again an unchanged head asks the RPC ${warm.owner} × for the owner, ${warm.reader} × for a reader: for its end, the chain's clock too.`,
    `The core entry for browsers, without ethers: ${count(bundleBytes)} bytes gzipped, of at most 90,000.`,
  ].join("\n");
}

/** What the vault costs beside doing without it. */
function withoutTable({ without }: Report): string {
  const rows = without.map(({ what, unit, ours, without: other, than }) => {
    const shown = unit === "ms" ? ms : kib;
    return [what, shown(ours), `${shown(other)} ${than}`, times(ours / other)];
  });
  return aligned([["", "ours", "without", "ratio"], ...rows]);
}

const count = (value: number): string => value.toLocaleString("en-US");
const ms = (value: number): string =>
  `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : count(Math.round(value))} ms`;
const kib = (bytes: number): string => `${count(Math.round(bytes / 1_024))} KiB`;
const times = (ratio: number): string => `${ratio.toPrecision(2)} ×`;
