import { readFileSync, writeFileSync } from "node:fs";

import { expect } from "chai";

/** One vector: what goes in, and what must come out. Bytes are hex. */
interface Vector {
  readonly title: string;
  readonly in: unknown;
  out: unknown;
}

/**
 * Tests every vector of a file in `test/vectors`: outputs are computed from the inputs that stand in the file itself,
 * as another implementation would. With `UPDATE_VECTORS=1` in the environment the outputs are written instead.
 *
 * @param name - the file, without `.json`.
 * @param functions - for each group of the file what gives the output.
 * @param elsewhere - the groups that another test file tries.
 */
export function testVectors(
  name: string,
  functions: Readonly<Record<string, (input: never) => unknown>>,
  elsewhere: readonly string[] = [],
): void {
  const file = new URL(`../vectors/${name}.json`, import.meta.url);
  const groups = JSON.parse(readFileSync(file, "utf8")) as Record<string, Vector[]>;

  describe(`the vectors of ${name}.json`, () => {
    it("cover every function", () => {
      expect(Object.keys(groups)).to.have.members([...Object.keys(functions), ...elsewhere]);
    });

    for (const [group, compute] of Object.entries(functions)) {
      for (const vector of groups[group] ?? []) {
        it(`${group}: ${vector.title}`, async () => {
          const out = await compute(vector.in as never);
          if (process.env["UPDATE_VECTORS"] === "1") vector.out = out;
          expect(out).to.deep.equal(vector.out);
        });
      }
    }

    after(() => {
      if (process.env["UPDATE_VECTORS"] === "1") writeFileSync(file, `${JSON.stringify(groups, null, 2)}\n`);
    });
  });
}
