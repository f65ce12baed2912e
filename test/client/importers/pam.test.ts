import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { allImporters, pam, recognise } from "../../../client/importers/index.ts";
import { pamChecksum } from "../../../client/memory/pam-format.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const EXAMPLE = new URL("../../../../shared/data/pam/example-memory-store.json", import.meta.url);

const memory = (more: object = {}) => ({
  id: "m1",
  type: "preference",
  content: "Likes tea",
  content_hash: `sha256:${"0".repeat(64)}`,
  temporal: { created_at: "2026-01-02T03:04:05Z" },
  provenance: { platform: "grok" },
  ...more,
});
const ours = (more: object = {}, extension: object = {}) =>
  memory({
    metadata: {
      domain: "travel",
      "memory-vault": {
        type: "episodic",
        importance: 7,
        reinforcements: 2,
        source: { tool: null, agent: null, thread: null, url: null },
        metadata: {},
        ...extension,
      },
    },
    ...more,
  });
const file = (memories: unknown, more: object = {}) =>
  source(
    "store.json",
    JSON.stringify({
      schema: "portable-ai-memory",
      schema_version: "1.0",
      owner: { id: "x" },
      memories,
      ...more,
    }),
  );
const read = (...memories: unknown[]) =>
  itemsOf(pam, [file([...memories, memory({ content: "Is the last one" })])]);

describe("pam", () => {
  describe("given the example of the specification", () => {
    before(function () {
      if (existsSync(EXAMPLE)) return;
      console.log(`      (skipped: ${EXAMPLE.pathname} is not here)`);
      this.skip();
    });

    it("reads every memory, with what it has no place for", async () => {
      const files = [source("a.json", readFileSync(EXAMPLE))];
      expect(await recognise(allImporters(), files)).to.equal(pam);
      const items = await itemsOf(pam, files);
      expect(items.map(({ kind }) => kind)).to.deep.equal(Array(5).fill("memory"));
      const skill = memoriesIn(items)[1]!;
      expect(skill).to.deep.include({
        type: "semantic",
        createdAt: Date.UTC(2024, 7, 1, 10),
        validUntil: null,
        source: { tool: "chatgpt", agent: null, thread: "conv-002", url: null },
        tags: ["scrapy", "web-scraping", "python", "systemd", "production"],
      });
      expect(skill.metadata).to.deep.include({ title: "Scrapy architecture and scaling discussion" });
      expect(skill.metadata["pam"]).to.deep.include({
        id: "mem-002-skill",
        type: "skill",
        provenance: {
          message_ref: "msg-042",
          extraction_method: "llm_inference",
          extracted_at: "2024-08-01T12:00:00Z",
          extractor: "gines/0.5.0",
        },
      });
      expect(memoriesIn(items)[4]!.scope).to.equal("career");
    });

    it("takes no consent from it", async () => {
      const found = JSON.stringify(await itemsOf(pam, [source("a.json", readFileSync(EXAMPLE))]));
      expect(found).to.not.contain("agent-work-assistant");
    });
  });

  it("is recognised by content, wherever the schema is named", async () => {
    const sorted = JSON.stringify({
      memories: [memory({ content: "x".repeat(200_000) })],
      schema: "portable-ai-memory",
    });
    expect(await pam.detect([source("x.json", sorted)])).to.equal(true);
    expect(
      await pam.detect([
        source("x.json", '{"memories":[{"content":"\\"schema\\":\\"portable-ai-memory\\""}]}'),
      ]),
    ).to.equal(false);
    expect(await pam.detect([source("x.json", '{"schema":"portable-ai-memory-embeddings"}')])).to.equal(
      false,
    );
    expect(await pam.detect([source("x.json", '[{"schema":"portable-ai-memory"}]')])).to.equal(false);
  });

  it("leaves out what was superseded or retracted, and says so", async () => {
    const items = await read(...["superseded", "retracted", "archived"].map((status) => memory({ status })));
    expect(skippedIn(items)).to.deep.equal([
      "store.json.memories[0]: it was superseded",
      "store.json.memories[1]: it was retracted",
    ]);
    expect(memoriesIn(items)[0]!.metadata["pam"]).to.deep.include({ status: "archived" });
  });

  it("takes a domain for a scope only where it is one, or nearly", async () => {
    const scopes = await Promise.all(
      ["health", "Financial", "constructor", "my-secret-scope", 5].map(
        async (domain) => memoriesIn(await read(memory({ metadata: { domain } })))[0]!.scope,
      ),
    );
    expect(scopes).to.deep.equal(["health", "finance", "private", "private", "private"]);
  });

  it("cleans the text of other programs, and leaves ours as it was", async () => {
    const content = " A bell\u0007\r\n";
    expect(textsIn(await read(memory({ content }), ours({ content }))).slice(0, 2)).to.deep.equal([
      "A bell",
      content,
    ]);
  });

  it("keeps the graph, as metadata", async () => {
    const edge = { id: "r", from: "m1", to: "m2", type: "supports", created_at: "2026-01-01T00:00:00Z" };
    const [found] = memoriesIn(await itemsOf(pam, [file([memory()], { relations: [edge, null, 5] })]));
    expect(found!.metadata["pam"]).to.deep.include({ relations: [edge] });
  });

  it("keeps what is said of a conversation, and reports what is about no memory", async () => {
    const talk = { id: "c1", platform: "grok", title: "A talk", message_count: 3, derived_memories: ["m1"] };
    const items = await itemsOf(pam, [
      file([memory({ provenance: { platform: "grok", conversation_ref: "c1" } })], {
        conversations_index: [talk, { ...talk, id: "c2" }, null],
        relations: [{ from: "m9", to: "m1" }, 5],
      }),
    ]);
    expect(memoriesIn(items)[0]!.metadata).to.deep.include({ title: "A talk" });
    expect(memoriesIn(items)[0]!.metadata["pam"]).to.deep.include({
      conversation: { platform: "grok", message_count: 3 },
    });
    expect(skippedIn(items)).to.deep.equal([
      ...[1, 2].map((n) => `store.json.conversations_index[${n}]: a conversation that no memory is of`),
      ...[0, 1].map((n) => `store.json.relations[${n}]: an edge that goes out from no memory`),
    ]);
  });

  it("restores two of ours that say the same, and one that comes twice only once", async () => {
    const items = await read(ours(), ours({ id: "m2" }), ours());
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "memory", "duplicate", "memory"]);
    expect(items[0]).to.deep.include({ reinforcements: 2 });
  });

  it("takes of another program one of two that say the same", async () => {
    const items = await read(memory(), memory({ id: "m2", content: " LIKES  tea" }));
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "duplicate", "memory"]);
  });

  describe("given items that are not what the format says", () => {
    it("reports each with its place and goes on", async () => {
      const items = await read(
        null,
        5,
        [],
        {},
        memory({ content: " " }),
        ours({}, { importance: 101 }),
        ours({}, { type: "x" }),
      );
      expect(textsIn(items)).to.deep.equal(["Is the last one"]);
      expect(skippedIn(items)).to.deep.equal([
        ...[0, 1, 2, 3, 4].map((n) => `store.json.memories[${n}]: a memory without content`),
        "store.json.memories[5]: create importance must be an integer from 0 to 100",
        "store.json.memories[6]: create type must be semantic or episodic",
      ]);
    });

    it("survives every field of a wrong kind, in memories of others and of ours", async () => {
      for (const wrong of WRONG) {
        for (const key of [
          "id",
          "type",
          "content",
          "temporal",
          "provenance",
          "metadata",
          "tags",
          "status",
          "x",
        ]) {
          await read(memory({ [key]: wrong }), ours({ [key]: wrong }));
        }
        for (const key of [
          "type",
          "importance",
          "reinforcements",
          "source",
          "metadata",
          "tags",
          "createdAt",
        ]) {
          await read(ours({}, { [key]: wrong }));
        }
        for (const key of ["relations", "conversations_index", "integrity", "owner"]) {
          await itemsOf(pam, [file([memory()], { [key]: wrong })]);
          await itemsOf(pam, [file([memory()], { [key]: [wrong] })]);
        }
      }
    });

    it("refuses scopes that would break a line on a terminal", async () => {
      const trap = ours();
      (trap as unknown as { metadata: { domain: string } }).metadata.domain = "a\u001b[2Jb";
      expect(skippedIn(await read(trap))).to.deep.equal([
        "store.json.memories[0]: its scope's name has control characters",
      ]);
    });

    it("takes __proto__ for a name like any other", async () => {
      const json = JSON.stringify(memory()).replace('"id"', '"__proto__":{"content":"polluted"},"id"');
      const items = await itemsOf(pam, [
        source("a.json", `{"schema":"portable-ai-memory","schema_version":"1.0","memories":[${json}]}`),
      ]);
      expect(textsIn(items)).to.deep.equal(["Likes tea"]);
      expect({}).to.not.have.property("content");
    });

    it("reads 100,000 edges of one memory", async function () {
      this.timeout(10_000);
      const relations = Array.from({ length: 100_000 }, () => ({ from: "m1", to: "m2" }));
      expect(skippedIn(await itemsOf(pam, [file([memory()], { relations })]))[0]).to.contain("65536");
    });
  });

  describe("given a file that is broken as a whole", () => {
    const refusal = (text: string | Uint8Array) =>
      rejection(itemsOf(pam, [source("a.json", text)]), MalformedExport);
    const store = (more: object) =>
      JSON.stringify({ schema: "portable-ai-memory", schema_version: "1.0", memories: [memory()], ...more });

    for (const [name, broken] of Object.entries(BROKEN)) {
      it(`refuses ${name}`, async () => {
        await refusal(broken(store({ padding: "x".repeat(200) })));
      });
    }

    it("refuses another version, and memories that are no list", async () => {
      expect((await refusal(store({ schema_version: "2.0" }))).where).to.equal("schema_version");
      expect((await refusal(store({ schema_version: undefined }))).where).to.equal("schema_version");
      expect((await refusal(store({ memories: {} }))).where).to.equal("memories");
      expect((await refusal(store({ schema: 1, nested: { schema: "portable-ai-memory" } }))).where).to.equal(
        "schema",
      );
    });

    it("refuses memories that are not those of the checksum, or not as many as were promised", async () => {
      const checksum = pamChecksum([memory()]);
      expect(
        textsIn(await itemsOf(pam, [file([memory()], { integrity: { checksum, total_memories: 1 } })])),
      ).to.have.length(1);
      const altered = [memory({ content: "Likes coffee" })];
      expect((await refusal(store({ memories: altered, integrity: { checksum } }))).where).to.equal(
        "integrity.checksum",
      );
      const total_memories = 2;
      expect((await refusal(store({ integrity: { total_memories } }))).where).to.equal(
        "integrity.total_memories",
      );
    });

    it("refuses what is nested beyond measure", async () => {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const text = store({ integrity: { checksum: "sha256:0" } }).replace('"m1"', `"m1","deep":${deep}`);
      expect((await refusal(text)).where).to.equal("integrity.checksum");
      const unchecked = text.replace('"integrity"', '"no"');
      expect(skippedIn(await itemsOf(pam, [source("a.json", unchecked)]))[0]).to.contain("nested 32 deep");
    });
  });
});
