import { expect } from "chai";

import { svgOf } from "../../bench/speed/plot.ts";
import { yearPlots, yearTable } from "../../bench/year/report.ts";
import { liveYear, WHOLE_YEAR, type Month } from "../../bench/year/simulate.ts";

describe("The bench of a year", () => {
  let months: readonly Month[];
  before(async function () {
    this.timeout(120_000);
    months = await liveYear({ months: 3, days: 6, notes: 8, scopes: 3 });
  });

  it("comes to 100,000 memories in 50 scopes, by three tools", () => {
    const { days, notes, scopes, months: count } = WHOLE_YEAR;
    expect(days * notes * 3).to.be.within(100_000, 103_000);
    expect([scopes, count]).to.deep.equal([50, 12]);
  });

  it("has its months, in which everything that was noted and not removed stands", () => {
    expect(months).to.have.length(3);
    const last = months.at(-1)!;
    // Three tools, six days, eight notes; at most one forgotten by each from the second day on, and one shredded.
    expect(last.memories).to.be.within(3 * 6 * 8 - 3 * 5 - 1, 3 * 6 * 8 - 1);
    expect(last.scopes).to.equal(3);
    for (const { commits, gas, heldBytes, neededBytes, indexBytes, dayBytes } of months) {
      expect(commits).to.equal(6);
      expect(gas).to.be.above(21_000);
      expect(heldBytes).to.be.at.least(neededBytes);
      expect(Math.min(neededBytes, indexBytes, dayBytes)).to.be.above(0);
    }
  });

  it("prints a line for each month, and draws every curve", () => {
    expect(yearTable(months).split("\n")).to.have.length(4);
    for (const plot of Object.values(yearPlots(months))) {
      const svg = svgOf(plot);
      expect(svg.match(/<polyline/g)).to.have.length(plot.curves.length);
      expect(svg).to.not.match(/NaN|Infinity|undefined/);
    }
  });
});
