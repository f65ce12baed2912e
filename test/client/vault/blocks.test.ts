import { expect } from "chai";

import { BlocksOutOfReach } from "../../../client/errors.ts";
import { blockRanges, firstBlock } from "../../../client/vault/blocks.ts";

describe("ranges of blocks", () => {
  for (const [newest, oldest] of [
    [0, 0],
    [9_999, 0],
    [10_000, 0],
    [25_000, 7],
    [25_000, 25_000],
  ] as const) {
    it(`are each block from ${newest} down to ${oldest} once, newest first`, () => {
      let next = newest;
      for (const { fromBlock, toBlock } of blockRanges(newest, oldest)) {
        expect(toBlock).to.equal(next);
        expect(toBlock - fromBlock).to.be.within(0, 9_999);
        next = fromBlock - 1;
      }
      expect(next).to.equal(oldest - 1);
    });
  }

  it("are none above the newest block", () => {
    expect([...blockRanges(6, 7)]).to.deep.equal([]);
  });

  it("end after a hundred million blocks, and say so if there are more", () => {
    expect([...blockRanges(100_000_000, 1)]).to.have.length(10_000);
    const ranges = blockRanges(100_000_000, 0);
    for (let i = 0; i < 10_000; i++) expect(ranges.next().done).to.equal(false);
    expect(() => ranges.next()).to.throw(BlocksOutOfReach, "100000000");
  });

  it("begin with block 0 where no deployment is known", () => {
    expect(firstBlock({ chainId: 31_337n, contract: `0x${"11".repeat(20)}`, vaultId: 1n })).to.equal(0);
  });
});
