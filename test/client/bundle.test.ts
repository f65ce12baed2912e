import { readdir } from "node:fs/promises";

import { expect } from "chai";

import { bundled, type Bundle } from "../helpers/bundle.ts";

/** Most bytes of the core, gzipped, without ethers. */
const LIMIT = 90_000;

/** Entry points that need Node, or carry the contracts' code. */
const ELSEWHERE = ["node.ts", "suite.ts", "deployments.ts"];

describe("the client as a browser gets it", () => {
  let core: Bundle;
  before(async () => {
    core = await bundled("index.ts");
  });

  it(`takes at most ${LIMIT} bytes for its core, gzipped, without ethers`, () => {
    expect(core.gzipped).to.be.at.most(LIMIT);
    // A bundle of nothing would be small as well.
    expect(core.gzipped).to.be.above(60_000);
    expect(core.imports).to.deep.equal(["ethers"]);
  });

  it("has nothing in its core that is an entry of its own", () => {
    const others =
      /client\/(agents|attestation|importers|exporters|recall|stores|suite|words|node)|storage\/(chain|ipfs|mirror)|crypto\/words|bip39|commander|zod|asn1/;
    expect(core.files.filter((path) => others.test(path))).to.deep.equal([]);
    for (const part of ["client/vault/sync.ts", "cborg", "age-encryption", "IMemoryVault__factory"])
      expect(
        core.files.some((path) => path.includes(part)),
        part,
      ).to.equal(true);
  });

  it("has one copy of each library, whatever entry it is loaded through", async () => {
    const { files } = await bundled("attestation.ts");
    const packages = [...core.files, ...files].flatMap(
      (path) => /^.*node_modules\/(@[^/]+\/[^/]+|[^@/][^/]*)/.exec(path) ?? [],
    );
    const folders = new Set(packages.filter((_, i) => i % 2 === 0));
    const names = new Set(packages.filter((_, i) => i % 2 === 1));
    expect(folders.size).to.equal(names.size);
    expect(names.size).to.be.above(10);
  });

  it("needs nothing of Node in any entry but those that say so", async () => {
    const entries = (await readdir(new URL("../../client", import.meta.url))).filter((name) =>
      name.endsWith(".ts"),
    );
    const folders = ["importers/index.ts", "exporters/index.ts", "recall/index.ts"];
    const tried = [...entries, ...folders].filter((name) => !ELSEWHERE.includes(name));
    expect(tried).to.include.members(["index.ts", "manage.ts", "words.ts", "agents.ts", "attestation.ts"]);
    for (const entry of tried)
      expect(
        (await bundled(entry)).imports.filter((path) => path !== "ethers"),
        entry,
      ).to.deep.equal([]);
    const fault: unknown = await bundled("node.ts").catch((thrown: unknown) => thrown);
    expect(String(fault)).to.match(/node:fs/);
  }).timeout(60_000);
});
