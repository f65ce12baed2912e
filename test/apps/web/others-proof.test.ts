import { expect } from "chai";

import { ringsOf, type Proven } from "../../../apps/web/src/pages/others/proof.ts";
import { BlobAltered, BlobMissing, RootMismatch, RpcUnavailable } from "../../../client/index.ts";

const VIEW = { sequence: 7n, stateRoot: "0x5", root: "0x6", final: true };
const HEAD = { sequence: 7, stateRoot: "0x5", root: "0x6" };

const closed = (changes: Partial<Proven>): string =>
  ringsOf({ view: VIEW, fault: null, head: HEAD, rpcs: 1, ...changes })
    .map(({ name, closed: isClosed }) => (isClosed ? name : `not ${name.toLowerCase()}`))
    .join(", ");

const whyOf = (changes: Partial<Proven>): string =>
  ringsOf({ view: VIEW, fault: null, head: HEAD, rpcs: 1, ...changes })
    .filter((ring) => !ring.closed)
    .map(({ why }) => why)
    .join(" ");

describe("the rings of a proof", () => {
  it("close for a reading that was proven, is final, and is what strangers see too", () => {
    expect(closed({})).to.equal("Complete, Unaltered, Current");
    expect(closed({ head: null })).to.equal("Complete, Unaltered, Current");
    expect(
      ringsOf({ view: VIEW, fault: null, head: HEAD, rpcs: 2 })
        .map(({ why }) => why)
        .join(" "),
    ).to.match(/commit 7 is here.*0x6.*Two RPCs said so/);
    expect(ringsOf({ view: VIEW, fault: null, head: HEAD, rpcs: 1 })[2]?.why).to.contain(
      "could hide a newer commit",
    );
  });

  it("are all open before anything was read, and say why it was not", () => {
    expect(closed({ view: null })).to.equal("not complete, not unaltered, not current");
    expect(whyOf({ view: null })).to.contain("Nothing was read yet.");
    const fault = new BlobMissing("ab", ["a store"]);
    expect(closed({ view: null, fault })).to.equal("not complete, not unaltered, not current");
    expect(whyOf({ view: null, fault })).to.contain("Blob ab is missing from a store");
  });

  it("open where the last reading failed, each for its own reason, and never the present one closed", () => {
    const missing = new BlobMissing("ab", ["a store"]);
    expect(closed({ fault: missing })).to.equal("not complete, Unaltered, not current");
    expect(closed({ fault: new BlobAltered("ab", "s") })).to.equal("Complete, not unaltered, not current");
    expect(closed({ fault: new RootMismatch(null, "0x1", "0x2") })).to.equal(
      "Complete, not unaltered, not current",
    );
    expect(closed({ fault: new RpcUnavailable("first", "gone") })).to.equal(
      "Complete, Unaltered, not current",
    );
    expect(closed({ fault: new TypeError("a bug") })).to.equal("Complete, Unaltered, not current");
    expect(whyOf({ fault: missing })).to.contain("The last reading failed. Blob ab is missing");
  });

  it("open where it is not final, or not the newest", () => {
    expect(closed({ view: { ...VIEW, final: false } })).to.equal("Complete, Unaltered, not current");
    expect(whyOf({ view: { ...VIEW, final: false } })).to.contain("Commit 7 is not final yet");
    expect(closed({ head: { ...HEAD, sequence: 8 } })).to.equal("Complete, Unaltered, not current");
    expect(whyOf({ head: { ...HEAD, sequence: 8 } })).to.contain("The chain has commit 8");
    // Who looked earlier than the reading saw an older one.
    expect(closed({ head: { ...HEAD, sequence: 6, root: "0x1" } })).to.equal("Complete, Unaltered, Current");
  });

  it("open where strangers see another root, or another state, under the same number", () => {
    for (const other of [{ root: "0x7" }, { stateRoot: "0x7" }])
      expect(closed({ head: { ...HEAD, ...other } })).to.equal("Complete, not unaltered, not current");
    expect(whyOf({ head: { ...HEAD, root: "0x7" } })).to.contain("another commit 7");
  });
});
