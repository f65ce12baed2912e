import { expect } from "chai";

import type { SeenCommit, SeenGrant } from "../../../apps/web/src/pages/others/outsider/seen.ts";
import {
  classesOf,
  markAfter,
  nearestMark,
  plotOf,
} from "../../../apps/web/src/pages/others/plot/geometry.ts";
import { commitText, endText, permissionText } from "../../../apps/web/src/pages/others/plot/words.ts";

const commit = (sequence: number, time: number | null, bytes: number | null = 400): SeenCommit => ({
  ...{
    sequence,
    root: "0x1",
    pointer: "0x2",
    stateRoot: "0x3",
    authorizer: "0x4",
    foreign: false,
    beside: [],
  },
  transaction: {
    ...{
      hash: `0x${sequence}`,
      block: sequence,
      looked: true,
      time,
      from: "0xf",
      to: "0xt",
      fee: 1n,
      calls: [],
    },
    ...{ bytes, gas: bytes === null ? null : bytes * 100 },
  },
});

const grant = (changes: Partial<SeenGrant> = {}): SeenGrant => ({
  ...{ grantee: "0xa", mayRead: true, mayPropose: false, from: 1_000, expiresAt: 5_000, hash: "0x" },
  ...{ ended: null, endedBy: null, endedIn: null, stands: true, welcome: null, block: 1 },
  ...changes,
});

describe("the plot of commits", () => {
  it("has time go from left to right, and all of it within the plot", () => {
    const commits = [commit(1, 1_000), commit(2, 1_500), commit(3, 3_000)];
    const { marks, now, ticks } = plotOf(commits, [], 3_000, "bytes");
    const places = marks.map(({ x }) => x);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    // In whole millionths: beside Hardhat's matchers, which count in whole numbers, chai's own of closeness is gone.
    const millionths = (place = 0): number => Math.round(place * 1_000_000);
    expect(places.map(millionths)).to.deep.equal([20_000, 260_000, 980_000]);
    expect(places[2]).to.equal(now);
    expect(ticks.map(({ time }) => time)).to.deep.equal([1_000, 2_000, 3_000]);
  });

  it("has the highest mark for the most bytes, or the most gas, and none for what nobody tells", () => {
    const commits = [commit(1, 1_000, 800), commit(2, 2_000, 400), commit(3, 3_000, null)];
    const bytes = plotOf(commits, [], 3_000, "bytes");
    expect([bytes.most, ...bytes.marks.map(({ height }) => height)]).to.deep.equal([800, 1, 0.5, null]);
    expect(plotOf(commits, [], 3_000, "gas").most).to.equal(80_000);
  });

  it("stands where there is but one moment, or nothing at all", () => {
    const one = plotOf([commit(1, 1_000)], [], 1_000, "bytes");
    expect(one.marks.map(({ x }) => x)).to.deep.equal([0.5]);
    expect(one.ticks).to.have.lengthOf(1);
    expect(plotOf([], [], 1_000, "bytes")).to.deep.include({ marks: [], spans: [], lanes: [], most: 0 });
  });

  it("has a lane for each account, a span for each grant, and tells three ends apart", () => {
    const grants = [
      grant({ from: 1_000, ended: 2_000, endedBy: "revoked", stands: false }),
      grant({ from: 1_500, expiresAt: 2_500, stands: false, grantee: "0xb" }),
      grant({ from: 3_000, expiresAt: 9_000 }),
    ];
    const { spans, lanes, now } = plotOf([commit(1, 1_000)], grants, 4_000, "bytes");
    expect(lanes).to.deep.equal(["0xa", "0xb"]);
    expect(spans.map(({ lane, end }) => [lane, end])).to.deep.equal([
      [0, "cut"],
      [1, "over"],
      [0, "open"],
    ]);
    // What goes on does so beyond the present, and within the plot.
    expect(spans[2]?.to).to.be.above(now);
    expect(spans[2]?.to).to.be.at.most(0.98);
    for (const { from, to } of spans) expect(from).to.be.below(to);
  });

  it("has nothing at a time that nobody looked up, and says how much that is", () => {
    const grants = [
      grant({ from: null }),
      grant({ stands: false, endedBy: "revoked", endedIn: 7 }),
      grant({ from: 1_000 }),
    ];
    const { marks, spans, hidden, ticks } = plotOf([commit(1, null), commit(2, 2_000)], grants, 3_000, "gas");
    expect(marks.map(({ commit: { sequence } }) => sequence)).to.deep.equal([2]);
    expect(spans.map(({ grant: { from } }) => from)).to.deep.equal([1_000]);
    expect(hidden).to.deep.equal({ commits: 1, grants: 2 });
    expect(ticks[0]?.time).to.equal(1_000);
    expect(commitText(commit(1, null))).to.match(/^Commit 1, block 1: /);
    expect(endText(grant({ stands: false, endedBy: "revoked", endedIn: 7 }))).to.equal("revoked in block 7");
  });

  it("has lanes for the accounts that were listed last, and marks for the newest commits, however many there are", () => {
    const grants = Array.from({ length: 5_000 }, (_, i) => grant({ grantee: `0x${i}`, from: 1_000 + i }));
    const commits = Array.from({ length: 5_000 }, (_, i) => commit(i + 1, 1_000 + i));
    const { lanes, marks, hidden } = plotOf(commits, grants, 9_000, "bytes");
    expect([lanes.length, lanes.at(-1), marks.length]).to.deep.equal([12, "0x4999", 1_000]);
    expect(marks.at(-1)?.commit.sequence).to.equal(5_000);
    expect(hidden).to.deep.equal({ commits: 4_000, grants: 4_988 });
  });

  it("finds the mark under a finger", () => {
    const { marks } = plotOf([commit(1, 1_000), commit(2, 2_000), commit(3, 3_000)], [], 3_000, "bytes");
    expect([0, 0.24, 0.3, 0.7, 0.9, 1].map((x) => nearestMark(marks, x))).to.deep.equal([0, 0, 1, 1, 2, 2]);
    expect(nearestMark([], 0.5)).to.equal(-1);
  });

  it("is gone through by keys, and ends at its ends", () => {
    expect(markAfter("ArrowRight", 0, 3)).to.equal(1);
    expect(markAfter("ArrowRight", 2, 3)).to.equal(2);
    expect(markAfter("ArrowLeft", 0, 3)).to.equal(0);
    expect([markAfter("Home", 2, 3), markAfter("End", 0, 3)]).to.deep.equal([0, 2]);
    expect(markAfter("a", 1, 3)).to.equal(null);
  });

  it("says a commit whole, and what nobody tells not", () => {
    const whole = commitText({ ...commit(7, 1_000), beside: ["Granted", "Other"], foreign: true });
    expect(whole).to.match(/^Commit 7, .*: 400 bytes of calldata, 40,000 gas, sent by 0xf\./);
    expect(whole).to.contain("Beside it: a listed grant, Other.");
    expect(whole).to.contain("another program");
    const { transaction, ...rest } = commit(8, 1_000, null);
    expect(commitText({ ...rest, transaction: { ...transaction, from: null } })).to.match(
      /^Commit 8, [^:]*:\d\d[^:]*: nothing else is told\.$/,
    );
  });

  it("says what a grant allows and how it ended", () => {
    expect(permissionText(grant({ mayPropose: true }))).to.equal("read and propose");
    expect(permissionText(grant({ mayRead: false, mayPropose: true }))).to.equal("propose");
    expect(endText(grant())).to.match(/^stands until /);
    expect(endText(grant({ stands: false }))).to.match(/^ran out on /);
    expect(endText(grant({ stands: false, ended: 2_000, endedBy: "new owner" }))).to.match(
      /^void: the vault has a new owner on /,
    );
  });
});

describe("the classes of blobs", () => {
  it("counts the four sizes, also those that are not there, and names others apart", () => {
    const sizes = [4_096, 4_096, 65_536, 262_144];
    const classes = classesOf(sizes.map((size) => ({ size })));
    expect(classes.map(({ size, count }) => [size, count])).to.deep.equal([
      [4_096, 2],
      [16_384, 0],
      [65_536, 1],
      [262_144, 1],
    ]);
    expect(classes.map(({ width }) => width)).to.deep.equal([1, 0, 0.5, 0.5]);
    expect(classesOf([{ size: 5 }]).at(-1)).to.deep.equal({ size: null, count: 1, width: 1 });
    expect(classesOf([]).every(({ width }) => width === 0)).to.equal(true);
  });
});
