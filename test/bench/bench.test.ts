import { expect } from "chai";

import { svgOf } from "../../bench/speed/plot.ts";
import { plotsOf } from "../../bench/speed/plots.ts";
import { figuresOf, measureAll, WHOLE, type Extent, type Report } from "../../bench/speed/report.ts";
import { tablesOf } from "../../bench/speed/tables.ts";

/** Enough to run every line of it. */
const LITTLE: Extent = {
  targets: { open: [20, 40], rotate: 300, search: 200 },
  open: [
    [20, 1],
    [40, 1],
  ],
  scopes: 2,
  append: { memories: 20, commits: 3, rounds: 1 },
  rotate: { members: [20, 300], rounds: 1 },
  lookUp: { members: [16, 1_000], rounds: 1 },
  seal: { bytes: [65_536], rounds: 1 },
  search: { turns: [200], questions: 8 },
  without: { memories: 20, readers: 2, rounds: 1 },
};

describe("The bench", () => {
  let report: Report;
  before(async function () {
    this.timeout(120_000);
    report = await measureAll(LITTLE);
  });

  it("has a figure for every target, and no other", () => {
    const { open, rotate1000, ...rest } = figuresOf(report, LITTLE);
    expect(open).to.have.all.keys("20", "40");
    expect(rotate1000).to.have.all.keys("ms", "bytes", "uploadBytes");
    expect(rest).to.have.all.keys("append10000ms", "search10000ms", "seal64k", "bundleGzipKB");
    for (const figure of Object.values({ ...open, ...rotate1000, ...rest })) expect(figure).to.be.above(0);
  });

  it("measures at the sizes of the targets, in increasing order", () => {
    expect(WHOLE.targets).to.deep.equal({ open: [1_000, 10_000, 100_000], rotate: 1_000, search: 10_000 });
    expect(WHOLE.open.map(([memories]) => memories)).to.include.members([...WHOLE.targets.open]);
    expect(WHOLE.rotate.members).to.include(WHOLE.targets.rotate);
    expect(WHOLE.search.turns).to.include(WHOLE.targets.search);
    expect([WHOLE.append.memories, WHOLE.seal.bytes[0]]).to.deep.equal([10_000, 65_536]);
  });

  it("counts the entries of a keyring before they are padded", () => {
    // The readers who stay and the owner's device, to a multiple of sixteen.
    expect(report.rotate.map(({ bytes }) => bytes)).to.deep.equal([32 * 80, 304 * 80]);
    for (const { bytes, uploadBytes } of report.rotate) expect(uploadBytes).to.be.above(bytes);
  });

  it("fetches one page at most for a look-up", () => {
    expect(report.lookUp.map(({ blobs }) => blobs)).to.deep.equal([0, 1]);
  });

  it("asks the RPC once to open an unchanged head again, and a reader for the time as well", () => {
    expect(report.warm).to.deep.equal({ owner: 1, reader: 2 });
  });

  it("prints a table, and draws every curve", () => {
    const tables = tablesOf(report).join("\n");
    for (const what of [
      "open 40 memories",
      "append one to 20",
      "rotate with 300 members",
      "search 200 turns",
      "seal and open 64 KiB",
    ])
      expect(tables).to.contain(what);
    const plots = Object.entries(plotsOf(report));
    for (const [, plot] of plots) {
      const svg = svgOf(plot);
      expect(svg.match(/<polyline/g)).to.have.length(plot.curves.length);
      expect(svg).to.not.match(/NaN|Infinity|undefined/);
    }
  });
});
