import { expect } from "chai";

import { versionsOf } from "../../../client/memory/versions.ts";

describe("versions of a memory", () => {
  const versions = (ties: Record<string, string | null>, ...ids: string[]): string[][] => {
    const memories = Object.entries(ties).map(([id, conflictsWith]) => ({ id, conflictsWith }));
    return [...versionsOf(memories, ids)].map(([id, found]) => [id, ...[...found].sort()]);
  };

  it("are itself, where nothing conflicts", () => {
    expect(versions({ a: null, b: null }, "a")).to.deep.equal([["a", "a"]]);
    expect(versions({}, "gone")).to.deep.equal([["gone", "gone"]]);
  });

  it("are found either way, and over any number of steps", () => {
    const ties = { a: null, b: "a", c: "b", d: "a", x: null, y: "x" };
    for (const id of ["a", "b", "c", "d"])
      expect(versions(ties, id)).to.deep.equal([[id, "a", "b", "c", "d"]]);
    expect(versions(ties, "y", "c")).to.deep.equal([
      ["y", "x", "y"],
      ["c", "a", "b", "c", "d"],
    ]);
  });

  it("are tied together by one that lives no more", () => {
    expect(versions({ b: "a", c: "a" }, "c")).to.deep.equal([["c", "a", "b", "c"]]);
  });

  it("end where they come round", () => {
    expect(versions({ a: "b", b: "a", c: "c" }, "a", "c")).to.deep.equal([
      ["a", "a", "b"],
      ["c", "c"],
    ]);
  });
});
