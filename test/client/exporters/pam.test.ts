import { existsSync, readFileSync } from "node:fs";

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "chai";

import { exportPam } from "../../../client/exporters/index.ts";
import { allImporters, pam, recognise } from "../../../client/importers/index.ts";
import { canonicalJson } from "../../../client/memory/canonical-json.ts";
import { pamChecksum, pamContentHash } from "../../../client/memory/pam-format.ts";
import { decodeRecord, encodeRecord } from "../../../client/memory/codec.ts";
import { itemsOf, memoriesIn, WRONG } from "../importers/reading.ts";
import { source } from "../importers/zips.ts";
import { FULL } from "../memory/samples.ts";
import { contents, restored, SCOPES, scopesOf } from "./memories.ts";

const DATA = new URL("../../../../shared/data/pam/", import.meta.url);
const SCHEMA = new URL("portable-ai-memory.schema.json", DATA);
const EXAMPLE = new URL("example-memory-store.json", DATA);
const NOW = 1_770_000_000_000;
const options = { owner: { id: "eip155:31337:0x5fbdb2315678afecb367f032d93f642f64180aa3/1" }, now: NOW };

interface PamFile {
  readonly memories: readonly {
    readonly id: string;
    readonly content: string;
    readonly content_hash: string;
  }[];
  readonly integrity: { readonly checksum: string; readonly total_memories: number };
  readonly [name: string]: unknown;
}
const parse = (text: string) => JSON.parse(text) as PamFile;

function skipUnless(context: Mocha.Context, file: URL): void {
  if (existsSync(file)) return;
  console.log(`      (skipped: ${file.pathname} is not here)`);
  context.skip();
}

describe("exportPam", () => {
  let check: ValidateFunction | undefined;
  const validate = (text: string): string[] => {
    if (check === undefined) {
      const ajv = new Ajv2020({ strict: false, allErrors: true });
      formats.default(ajv);
      check = ajv.compile(JSON.parse(readFileSync(SCHEMA, "utf8")) as object);
    }
    return check(JSON.parse(text)) ? [] : check.errors!.map((e) => `${e.instancePath} ${e.message ?? ""}`);
  };

  describe("given the schema of PAM 1.0", () => {
    it("is valid, whatever memories hold", function () {
      skipUnless(this, SCHEMA);
      expect(validate(exportPam(SCOPES, options))).to.deep.equal([]);
      expect(
        validate(exportPam([], { owner: { id: "x", did: "did:web:example.org" }, now: NOW })),
      ).to.deep.equal([]);
    });

    it("tells what is not valid (the schema is really asked)", function () {
      skipUnless(this, SCHEMA);
      expect(validate(exportPam([], { owner: { id: "" }, now: NOW }))).to.deep.equal([
        "/owner/id must NOT have fewer than 1 characters",
      ]);
    });

    it("is valid when it came from another program", async function () {
      skipUnless(this, EXAMPLE);
      const found = memoriesIn(await itemsOf(pam, [source("a.json", readFileSync(EXAMPLE))]));
      const again = exportPam(scopesOf(found), options);
      expect(validate(again)).to.deep.equal([]);
      expect(
        parse(again).memories.map((memory) => (memory as unknown as { type: string }).type),
      ).to.deep.equal([...["identity", "skill", "project", "preference", "environment"]]);
    });
  });

  it("gives every memory back, odd ones too, in a new vault", async () => {
    const files = [source("export.json", exportPam(SCOPES, options))];
    expect(await recognise(allImporters(), files)).to.equal(pam);
    const items = await itemsOf(pam, files);
    expect(items.filter(({ kind }) => kind !== "memory")).to.deep.equal([]);
    expect(restored(items)).to.deep.equal(contents(SCOPES));
  });

  it("says the same after a second trip", async () => {
    const once = memoriesIn(await itemsOf(pam, [source("a.json", exportPam(SCOPES, options))]));
    const twice = memoriesIn(await itemsOf(pam, [source("a.json", exportPam(scopesOf(once), options))]));
    expect(twice).to.deep.equal(once);
  });

  describe("given memories of another program", () => {
    const foreign = {
      schema: "portable-ai-memory",
      schema_version: "1.0",
      owner: { id: "x" },
      memories: [
        {
          id: "mem-1",
          type: "custom",
          custom_type: "dream",
          status: "archived",
          content: "Dreams of trains",
          summary: "A dream",
          tags: ["night", "train"],
          confidence: {
            ...{ initial: 0.5, current: 0.25, decay_model: "time_linear" },
            last_reinforced: "2026-01-01T00:00:00Z",
          },
          temporal: {
            ...{ created_at: "2024-08-01T10:00:00.000Z", updated_at: "2025-02-03T04:05:06.000Z" },
            ...{ valid_from: "2023-01-01T00:00:00Z", valid_until: "2030-01-01T00:00:00.000Z" },
            superseded_by: "mem-2",
          },
          provenance: {
            ...{ platform: "grok", platform_user_id: "u7", conversation_ref: "conv-1", message_ref: "m-1" },
            ...{ extraction_method: "llm_inference", extracted_at: "2024-08-01T12:00:00Z" },
            extractor: "some-tool/1.2.3",
          },
          metadata: { language: "pt-BR", domain: "nightlife", mood: { blue: [1, null, "x"] } },
        },
        {
          ...{ id: "mem-2", type: "preference", content: "Likes tea" },
          temporal: { created_at: "2024-08-01T10:00:00.000Z" },
          provenance: { platform: "grok", conversation_ref: "conv-1" },
          metadata: { domain: "professional" },
        },
      ],
      relations: [
        {
          ...{ id: "rel-1", from: "mem-1", to: "mem-2", type: "related_to", confidence: 0.5 },
          created_at: "2024-08-01T12:00:00Z",
        },
      ],
      conversations_index: [
        {
          ...{ id: "conv-1", platform: "grok", title: "A talk", message_count: 2, tags: ["night"] },
          temporal: { created_at: "2024-08-01T09:00:00Z", updated_at: "2024-08-01T11:00:00Z" },
          derived_memories: ["mem-1", "mem-2"],
          storage: { type: "file", ref: "conversations/conv-1.json", format: "json" },
        },
      ],
    };

    /** Through a vault: as records, which is what it keeps. */
    const throughVault = async (text: string | Uint8Array): Promise<string> => {
      const items = await itemsOf(pam, [source("a.json", text)]);
      expect(items.filter(({ kind }) => kind !== "memory")).to.deep.equal([]);
      const scopes = scopesOf(memoriesIn(items)).map(({ name, memories }) => ({
        name,
        memories: memories.map((memory) => decodeRecord(encodeRecord(memory))),
      }));
      return exportPam(scopes, options);
    };
    /** What a file says, however it says it: times in one form, without what is empty, our own notes and what is about the file itself. */
    const said = (value: unknown): unknown => {
      if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString();
      if (typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) return value.map(said);
      const entries = Object.entries(value).filter(
        ([name, item]) =>
          !["memory-vault", "content_hash", "access", "embedding_ref"].includes(name) &&
          item !== null &&
          !(name === "status" && item === "active") &&
          !(Array.isArray(item) && item.length === 0),
      );
      return Object.fromEntries(entries.map(([name, item]) => [name, said(item)]));
    };
    const aboutMemories = (text: string) => {
      const { memories, relations, conversations_index } = parse(text);
      return said({ memories, relations, conversations_index });
    };
    /** What a vault adds where another program said nothing. */
    const filledIn = (file: { memories: readonly object[] }) => ({
      ...file,
      memories: file.memories.map((memory) => {
        const { temporal } = memory as { temporal: { created_at: string; updated_at?: string } };
        return { ...memory, temporal: { updated_at: temporal.created_at, ...temporal } };
      }),
    });

    it("gives every field back where it was, through a vault", async () => {
      const once = await throughVault(JSON.stringify(foreign));
      expect(aboutMemories(once)).to.deep.equal(aboutMemories(JSON.stringify(filledIn(foreign))));
      const twice = await throughVault(once);
      expect(aboutMemories(twice)).to.deep.equal(aboutMemories(once));
      for (const text of [JSON.stringify(foreign), once, twice]) {
        const found = memoriesIn(await itemsOf(pam, [source("a.json", text)]));
        expect(found.map(({ scope }) => scope)).to.deep.equal(["private", "career"]);
      }
    });

    it("gives the specification's example back", async function () {
      skipUnless(this, EXAMPLE);
      const example = readFileSync(EXAMPLE, "utf8");
      const once = await throughVault(example);
      expect(aboutMemories(once)).to.deep.equal(aboutMemories(JSON.stringify(filledIn(parse(example)))));
      expect(aboutMemories(await throughVault(once))).to.deep.equal(aboutMemories(once));
    });

    it("keeps fields that PAM does not know, and leaves them where a schema allows anything", async () => {
      const [first] = foreign.memories;
      const odd = { ...first, mood: "blue", confidence: { current: 7 }, summary: 5, status: "active" };
      const alone = { ...foreign, memories: [odd], relations: [] };
      const text = await throughVault(JSON.stringify(alone));
      const [exported] = parse(text).memories as unknown as Record<string, object>[];
      expect(exported).to.not.have.any.keys("mood", "confidence", "summary");
      expect(exported!["metadata"]).to.deep.include({ mood: { blue: [1, null, "x"] } });
      for (const trip of [text, await throughVault(text)]) {
        const [found] = memoriesIn(await itemsOf(pam, [source("a.json", trip)]));
        expect(found!.metadata["pam"]).to.deep.include({
          ...{ mood: "blue", confidence: { current: 7 }, summary: 5 },
        });
      }
    });

    it("is valid, whatever they said", async function () {
      skipUnless(this, SCHEMA);
      expect(validate(await throughVault(JSON.stringify(foreign)))).to.deep.equal([]);
      const fields = ["status", "summary", "confidence", "temporal", "provenance", "metadata"];
      for (const wrong of [...WRONG, { current: 2 }, { language: "x" }, { extractor: "x" }, "active"]) {
        for (const field of [...fields, "relations", "conversation", "id"]) {
          const memories = [{ ...FULL, metadata: { pam: { [field]: wrong } } }] as (typeof FULL)[];
          expect(validate(exportPam([{ name: "x", memories }], options)), field).to.deep.equal([]);
        }
        const conversation = { temporal: wrong, storage: wrong, tags: wrong, message_count: wrong };
        const relations = [wrong, { ...foreign.relations[0], from: FULL.id, to: FULL.id, type: wrong }];
        const memories = [{ ...FULL, metadata: { pam: { conversation, relations } } }] as (typeof FULL)[];
        expect(validate(exportPam([{ name: "x", memories }], options))).to.deep.equal([]);
      }
    });

    it("gives no id twice, and never makes a memory look superseded", () => {
      const came = { metadata: { pam: { id: "mem-1", status: "superseded" } } };
      const ids = ["a", "b", "c"].map((digit) => digit.repeat(32));
      const memories = ids.map((id) => ({ ...FULL, id, ...came, conflictsWith: ids[0]! }));
      const impostor = { ...FULL, id: "d".repeat(32), metadata: { pam: { id: ids[2]! } } };
      const file = parse(exportPam([{ name: "x", memories: [...memories, impostor] }], options));
      const [, second] = file.memories as unknown as { metadata: Record<string, object> }[];
      expect(second!.metadata["memory-vault"]).to.include({ conflictsWith: "mem-1" });
      expect(file.memories.map(({ id }) => id)).to.deep.equal(["mem-1", ids[1], ids[2], "d".repeat(32)]);
      expect(file.memories.map((memory) => (memory as unknown as { status: string }).status)).to.deep.equal(
        Array(4).fill("active"),
      );
      expect(
        (file["relations"] as { from: string; to: string }[]).map(({ from, to }) => [from, to]),
      ).to.deep.equal([
        ["mem-1", "mem-1"],
        [ids[1], "mem-1"],
        [ids[2], "mem-1"],
      ]);
    });

    it("leads no reference to what is not there", async () => {
      const [first] = foreign.memories;
      const alone = { ...foreign, memories: [first] };
      const items = await itemsOf(pam, [source("a.json", JSON.stringify(alone))]);
      const file = parse(exportPam(scopesOf(memoriesIn(items)), options));
      expect(file["relations"]).to.deep.equal([]);
      expect(file.memories[0]).to.not.have.nested.property("temporal.superseded_by");
    });
  });

  it("names the owner and nothing else of what it is given", () => {
    const owner = { id: "me", did: "did:web:example.org", privateKey: "CANARY" };
    const vault = { name: "travel", memories: [{ ...FULL, grant: "CANARY" }], key: "CANARY" };
    const text = exportPam([vault], { owner, now: NOW });
    expect(text).to.not.contain("CANARY");
    expect(text).to.not.contain(FULL.salt);
    expect(parse(text)["owner"]).to.deep.equal({ id: "me", did: "did:web:example.org" });
  });

  it("grants nothing: no memory has an access block", () => {
    expect(exportPam(SCOPES, options)).to.not.match(/"(?:access|shared_with|visibility)":/);
  });

  it("leaves no reference without its target", () => {
    const file = parse(exportPam(SCOPES, options));
    const ids = new Set(file.memories.map(({ id }) => id));
    const talks = file["conversations_index"] as { id: string; derived_memories: string[] }[];
    const refs = file.memories.flatMap((memory) => {
      const ref = (memory as unknown as { provenance: { conversation_ref: string | null } }).provenance
        .conversation_ref;
      return ref === null ? [] : [`${ref} ${memory.id}`];
    });
    expect(refs.sort()).to.deep.equal(
      talks.flatMap(({ id, derived_memories }) => derived_memories.map((memory) => `${id} ${memory}`)).sort(),
    );
    // FULL conflicts with a memory that is not there, another one with FULL.
    const relations = file["relations"] as { from: string; to: string }[];
    expect(relations.map(({ to }) => to)).to.deep.equal([FULL.id]);
    for (const { from, to } of relations) expect([ids.has(from), ids.has(to)]).to.deep.equal([true, true]);
  });

  it("gives a type back that came from PAM, and the nearest one otherwise", () => {
    const types = [
      { metadata: { pam: { type: "custom", custom_type: "dream" } } },
      { metadata: { pam: { type: "custom" } } },
      { metadata: { pam: { type: "goal", custom_type: "x" } } },
      { metadata: {}, type: "semantic" },
      { metadata: { pam: ["type"] }, type: "semantic", tags: ["custom-instruction"] },
    ].map((changes) => ({ ...FULL, ...changes }) as typeof FULL);
    const { memories } = parse(exportPam([{ name: "x", memories: types }], options));
    const named = memories as unknown as { type: string; custom_type: string | null }[];
    expect(named.map(({ type, custom_type }) => [type, custom_type])).to.deep.equal([
      ["custom", "dream"],
      ["context", null],
      ["goal", null],
      ["fact", null],
      ["instruction", null],
    ]);
  });

  it("never says that a memory was changed before it was made", () => {
    const memories = [{ ...FULL, createdAt: 1_760_000_000_000, updatedAt: 5 }];
    const [memory] = parse(exportPam([{ name: "x", memories }], options)).memories;
    expect((memory as unknown as { temporal: object }).temporal).to.include({
      created_at: "2025-10-09T08:53:20.000Z",
      updated_at: "2025-10-09T08:53:20.000Z",
    });
  });

  it("counts and hashes its memories", () => {
    const file = parse(exportPam(SCOPES, options));
    expect(file.integrity).to.deep.equal({
      canonicalization: "RFC8785",
      checksum: pamChecksum([...file.memories].reverse()),
      total_memories: contents(SCOPES).length,
    });
  });

  it("carries the version of this package", () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
    ) as { version: string };
    expect(parse(exportPam([], options))["exported_by"]).to.equal(`memory-vault/${version}`);
  });

  it("is the same text for the same memories and time", () => {
    expect(exportPam(SCOPES, options)).to.equal(exportPam(SCOPES, options));
  });
});

describe("pamChecksum and pamContentHash", () => {
  it("agree with another implementation", function () {
    skipUnless(this, EXAMPLE);
    const example = parse(readFileSync(EXAMPLE, "utf8"));
    expect(pamChecksum(example.memories)).to.equal(example.integrity.checksum);
    for (const { content, content_hash } of example.memories)
      expect(pamContentHash(content)).to.equal(content_hash);
  });

  it("take no notice of case, blanks and composition", () => {
    expect(pamContentHash(" Caf\u00e9\n\n at  TEN ")).to.equal(pamContentHash("cafe\u0301 at ten"));
    expect(pamContentHash("a b")).to.not.equal(pamContentHash("ab"));
  });
});

describe("canonicalJson", () => {
  it("writes the examples of RFC 8785", () => {
    // Section 3.2.2 and 3.2.3.
    const sample = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
      "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
    expect(canonicalJson(JSON.parse(sample))).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    const keys = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
      "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`;
    expect(Object.values(JSON.parse(canonicalJson(JSON.parse(keys))) as object)).to.have.length(7);
    expect(canonicalJson(JSON.parse(keys)).match(/:"(\w+)/g)).to.deep.equal([
      ':"Carriage',
      ':"One',
      ':"Control',
      ':"Latin',
      ':"Euro',
      ':"Emoji',
      ':"Hebrew',
    ]);
  });

  it("keeps the order of keys that look like numbers, and __proto__", () => {
    expect(canonicalJson(JSON.parse('{"9":1,"10":2,"__proto__":3}'))).to.equal(
      '{"10":2,"9":1,"__proto__":3}',
    );
  });

  it("refuses what would exhaust the stack", () => {
    const deep = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`) as unknown;
    expect(() => canonicalJson(deep)).to.throw(RangeError, "128 deep");
  });
});
