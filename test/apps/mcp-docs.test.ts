import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { createWorld, ownedVault } from "../helpers/world.ts";
import { connected } from "./mcp-client.ts";

describe("docs/tools.md", () => {
  it("names each tool, and says truly whether it reads, writes or removes", async () => {
    const page = await readFile(new URL("../../docs/tools.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` +\|.*\| (reads|writes|removes) +\|$/gm)];
    const { client } = await connected((await ownedVault(await createWorld())).vault);
    const kinds = (await client.listTools()).tools.map(({ name, annotations }) => {
      const removes = name === "forget_memory";
      return [name, annotations?.readOnlyHint === true ? "reads" : removes ? "removes" : "writes"];
    });
    expect(rows.map(([, name, kind]) => [name, kind]).sort()).to.deep.equal(kinds.sort());
  });

  it("has settings that parse", async () => {
    const page = await readFile(new URL("../../docs/tools.md", import.meta.url), "utf8");
    const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(
      ([, block]) => JSON.parse(block!) as object,
    );
    expect(blocks.map((block) => Object.keys(block))).to.deep.equal([["mcpServers"], ["servers"]]);
    const servers = blocks.flatMap((block) => Object.values(block) as Record<string, unknown>[]);
    for (const { "memory-vault": entry } of servers) {
      expect(entry).to.deep.include({
        ...{ command: "memvault", args: ["mcp"] },
        env: { MEMVAULT_PASSPHRASE: "your passphrase" },
      });
    }
  });

  it("gives the passphrase wherever a tool starts the server, and names the other way", async () => {
    const page = await readFile(new URL("../../docs/tools.md", import.meta.url), "utf8");
    const connect = /^## Connect a tool\n(.*?)^## /ms.exec(page)?.[1] ?? "";
    const starts = [...connect.matchAll(/^```(?:json|toml|sh)\n(.*?)^```$/gms)]
      .map(([, block]) => block!)
      .filter((block) => /\bmcp\b/.test(block) && !block.includes("inspector"));
    expect(starts).to.have.length(4);
    for (const block of starts) expect(block).to.include("MEMVAULT_PASSPHRASE");
    expect(connect).to.include("memvault init --no-passphrase").and.include("status 3");
  });
});
