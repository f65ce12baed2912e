import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { OPERATIONS } from "../../bench/gas/operations.ts";
import { measureAll, measureSent, measureShort, type Report, type Short } from "../../bench/gas/report.ts";

const SNAPSHOT = new URL("./gas.snapshot.json", import.meta.url);
const UPDATE = process.env["UPDATE_GAS_SNAPSHOT"] !== undefined;
const LONG = process.env["MEMVAULT_LONG"] === "1";

/** What a whole transaction may cost, base and calldata included: by the commit key, and by the owner. */
const TARGETS: Record<string, readonly [ours: number, oursOwner: number]> = {
  mint: [80_000, 80_000],
  add1: [52_000, 60_000],
  add100: [52_000, 60_000],
  add10000: [52_000, 60_000],
  add1WithoutKey: [55_000, 55_000],
  grant: [54_500, 54_500],
  grantFresh: [96_000, 96_000],
  revoke1of1: [62_000, 72_000],
  revoke1of100: [62_000, 72_000],
  revoke1of1000: [62_000, 72_000],
  transfer1: [72_000, 72_000],
  transfer100: [72_000, 72_000],
  unlock: [32_000, 32_000],
  lostDevice: [74_000, 74_000],
  lostDeviceTwo: [87_000, 95_000],
};

/** Hashes in calldata have a zero byte now and then, which costs 12 less. */
const ZERO_BYTES = 4 * 12;
/** A welcome that is handed over, and not left in a store, is 32 of them. */
const ZERO_WELCOME = 32 * 12;

describe("Gas", () => {
  let measured: Short;

  before(async function () {
    this.timeout(600_000);
    measured = LONG || UPDATE ? await measureAll() : await measureShort();
    if (UPDATE) await writeFile(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`);
  });

  it("has a target for every operation of ours", () => {
    expect(Object.keys(TARGETS)).to.include.members(Object.keys(OPERATIONS));
    for (const figures of [measured.ours, measured.oursOwner])
      expect(Object.keys(figures)).to.have.members(Object.keys(TARGETS));
  });

  for (const [operation, [ours, oursOwner]] of Object.entries(TARGETS))
    it(`${operation}: stays within ${ours.toLocaleString("en")}, and ${oursOwner.toLocaleString("en")} by the owner`, () => {
      expect(measured.ours[operation]).to.be.greaterThan(21_000).and.at.most(ours);
      expect(measured.oursOwner[operation]).to.be.greaterThan(21_000).and.at.most(oursOwner);
    });

  it("does not depend on how many grantees or memories there are", () => {
    for (const { add1, add100, add10000, revoke1of1, ...more } of [measured.ours, measured.oursOwner]) {
      for (const many of [add100, add10000]) expect(many).to.be.closeTo(add1!, ZERO_BYTES);
      for (const many of [more["revoke1of100"], more["revoke1of1000"]])
        expect(many).to.be.closeTo(revoke1of1!, ZERO_BYTES);
      expect(more["transfer100"]).to.be.closeTo(more["transfer1"]!, ZERO_BYTES);
    }
  });

  if (LONG)
    it("is what the client sends, but for zero bytes", async function () {
      this.timeout(600_000);
      const { grantFresh, ...sent } = await measureSent();
      expect(Object.keys(sent)).to.include.members(["mint", "add10000", "revoke1of1"]);
      for (const [operation, gas] of Object.entries(sent))
        expect(gas, operation).to.be.closeTo(measured.oursOwner[operation]!, ZERO_BYTES);
      expect(grantFresh! + ZERO_WELCOME).to.be.closeTo(measured.oursOwner["grantFresh"]!, ZERO_BYTES);
    });

  it("is what the committed snapshot says, to the unit", async () => {
    const snapshot = JSON.parse(await readFile(SNAPSHOT, "utf8")) as Report;
    if (LONG || UPDATE) expect(measured).to.deep.equal(snapshot);
    const { ours, oursOwner, floor } = snapshot;
    expect({ ours: measured.ours, oursOwner: measured.oursOwner, floor: measured.floor }).to.deep.equal({
      ...{ ours, oursOwner, floor },
    });
  });
});
