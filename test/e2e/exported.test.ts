import { expect } from "chai";

import { exportJsonLines, exportPam } from "../../client/exporters/index.ts";
import { jsonLines, pam, type Importer } from "../../client/importers/index.ts";
import { grant, grants, read, reinforce, remember, sync, type Vault } from "../../client/index.ts";
import { canonicalJson } from "../../client/memory/canonical-json.ts";
import { contents, SCOPES } from "../client/exporters/memories.ts";
import { itemsOf } from "../client/importers/reading.ts";
import { source } from "../client/importers/zips.ts";
import { createWorld, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

/** Writes what an importer finds into a vault, as whoever imports does. */
async function restore(vault: Vault, importer: Importer, file: string, content: string): Promise<void> {
  for (const item of await itemsOf(importer, [source(file, content)])) {
    if (item.kind !== "memory") throw new Error(`${item.place} was not restored`);
    const [id] = await remember(vault, item.memory);
    for (let n = 0; n < (item.reinforcements ?? 0); n++) await reinforce(vault, { id: id! });
  }
  await sync(vault);
}

/** Records keep no order of keys, and scopes none of memories. */
const sorted = (scopes: Parameters<typeof contents>[0]): string[] =>
  contents(scopes)
    .map((content) => canonicalJson(content))
    .sort();

describe("Promise: an export restores the memories in a new vault, and never a consent", () => {
  let world: World;
  let vault: Vault;
  before(async () => {
    world = await createWorld();
    ({ vault } = await ownedVault(world));
    await restore(vault, jsonLines, "first.jsonl", exportJsonLines(SCOPES));
    const { recipient } = await newReader();
    await grant(vault, {
      recipient,
      scopes: ["travel"],
      expiresAt: await inDays(world, 30),
      label: "CANARY",
    });
  });

  for (const importer of [pam, jsonLines]) {
    it(`by ${importer.name}`, async () => {
      const { scopes } = await read(vault);
      const content =
        importer === pam
          ? exportPam(scopes, { owner: { id: "me" }, now: 1_770_000_000_000 })
          : exportJsonLines(scopes);
      expect(content).to.not.contain("CANARY");
      expect(content).to.not.match(/AGE-SECRET-KEY|age1pq1/);

      const { vault: other } = await ownedVault(world);
      await restore(other, importer, importer === pam ? "export.json" : "export.jsonl", content);
      const restored = await read(other);
      expect(sorted(restored.scopes)).to.deep.equal(sorted(SCOPES));
      expect((await grants(vault)).map(({ label }) => label)).to.include("CANARY");
      expect((await grants(other)).map(({ label }) => label)).to.not.include("CANARY");
      expect(await grants(other)).to.have.length((await grants(vault)).length - 1);
    });
  }
});
