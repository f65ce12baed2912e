import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { readSources } from "../../../client/importers/files.ts";
import {
  allImporters,
  chatGpt,
  claude,
  contentKey,
  exchanges,
  openZip,
  recognise,
  type ImportedItem,
} from "../../../client/importers/index.ts";
import { passagesOf } from "../../../client/importers/prose.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { inMemory, source, zip } from "./zips.ts";

const SAMPLE = new URL("../../../examples/claude-export/", import.meta.url).pathname;
const ID = "0a1b2c3d-0000-4000-8000-000000000001";

const message = (sender: string, text: string, more: object = {}) => ({
  uuid: `m-${text}`,
  sender,
  text,
  content: [{ type: "text", text }],
  created_at: "2026-01-02T03:04:05.678901Z",
  ...more,
});
const talk = (...chat_messages: unknown[]) => ({
  uuid: ID,
  name: "A talk",
  created_at: "2026-01-01T00:00:00Z",
  chat_messages,
});
const file = (value: unknown, path = "conversations.json") => source(path, JSON.stringify(value));
const read = (...talks: unknown[]) => itemsOf(claude(), [file([...talks, talk()])]);

describe("claude", () => {
  describe("given the sample export", () => {
    let items: ImportedItem[];
    before(async () => (items = await itemsOf(claude(), await readSources(SAMPLE))));

    it("is recognised, by the right importer", async () => {
      expect((await recognise(allImporters(), await readSources(SAMPLE)))!.name).to.equal("claude");
      expect(await chatGpt().detect(await readSources(SAMPLE))).to.equal(false);
    });

    it("finds what is remembered, projects, instructions and statements", () => {
      const kinds = memoriesIn(items).map(({ tags: [tag], type }) => `${tag!} ${type}`);
      expect(
        Object.fromEntries([...new Set(kinds)].map((kind) => [kind, kinds.filter((k) => k === kind).length])),
      ).to.deep.equal({
        "project semantic": 1,
        "custom-instruction semantic": 2,
        "saved-memory semantic": 11,
        "statement episodic": 6,
      });
    });

    it("splits prose by heading and bullet, and joins lines that were wrapped", () => {
      const saved = memoriesIn(items).filter(({ tags }) => tags[0] === "saved-memory");
      expect(saved.map(({ metadata, text }) => [metadata["heading"], text])).to.deep.include.members([
        [
          "Personal context",
          "Mira lives in a house by the river with her husband Jan and their daughter Zala.",
        ],
        ["Top of mind", "Resting her wrist until March"],
        [
          "Brief history: Recent months",
          "Mira translated a menu for her sister's café in Kyoto and asked for furigana.",
        ],
        ["Other instructions", "Prices in euros."],
      ]);
    });

    it("names the project that a memory is of", () => {
      const lesson = memoriesIn(items).find(({ text }) => text === "Lesson three lacks photographs");
      expect(lesson!.metadata).to.include({ project: "Pottery course", heading: "Current state" });
      const lost = memoriesIn(items).find(({ text }) => text === "A project that was deleted since.");
      expect(lost!.metadata).to.deep.equal({ projectId: "00000000-0000-4000-8000-00000000dead" });
    });

    it("leaves answers, thoughts, tools and documents out", () => {
      for (const absent of ["Gladly", "comparison", "web_search", "Potica", "front loaders"]) {
        expect(textsIn(items).filter((text) => text.includes(absent))).to.deep.equal([]);
      }
    });

    it("says what it skipped and why", () => {
      const reasons = items.flatMap((item) => (item.kind === "skipped" ? [item.why] : []));
      expect(reasons.sort()).to.deep.equal([
        "a project that came with the account",
        "documents are no memories (2)",
        "too short to mean anything on its own",
      ]);
    });

    it("gives every memory another key, and the same keys at the next import", async () => {
      const keys = memoriesIn(items).map(contentKey);
      expect(new Set(keys).size).to.equal(keys.length);
      const again = await itemsOf(claude(), await readSources(SAMPLE));
      expect(memoriesIn(again).map(contentKey)).to.deep.equal(keys);
    });
  });

  it("keeps time, conversation, link and title of a statement", async () => {
    const [item] = memoriesIn(await read(talk(message("human", "I moved to Utrecht last week"))));
    expect(item).to.deep.include({
      text: "I moved to Utrecht last week",
      type: "episodic",
      scope: "identity",
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      source: { tool: "claude", agent: null, thread: ID, url: `https://claude.ai/chat/${ID}` },
      metadata: { title: "A talk" },
    });
  });

  it("takes words from the content, and from the text where there is no content", async () => {
    const texts = textsIn(
      await read(
        talk(
          message("human", "This block is not supported", {
            content: [{ type: "text", text: "The real words here" }],
          }),
          message("human", "An older form of message", { content: undefined }),
          message("human", "Another older form of message", { content: [] }),
          message("human", "This block is a call", {
            content: [{ type: "tool_result", text: "nothing that the user said" }],
          }),
        ),
      ),
    );
    expect(texts).to.deep.equal([
      "The real words here",
      "An older form of message",
      "Another older form of message",
    ]);
  });

  it("takes the time of the message before where one has none, or of the conversation", async () => {
    const items = await read(
      talk(
        message("human", "When was this said?", { created_at: null }),
        message("assistant", "Now."),
        message("human", "And when was that said?", { created_at: "soon" }),
      ),
    );
    expect(memoriesIn(items).map(({ createdAt }) => createdAt)).to.deep.equal([
      Date.UTC(2026, 0, 1),
      Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ]);
  });

  it("reads a zip, and shards in order", async () => {
    const shard = (text: string) => JSON.stringify([talk(message("human", text))]);
    const archive = zip(
      { name: "data/conversations-001.json", content: shard("This comes second here") },
      { name: "data/conversations-000.json", content: shard("This comes first here") },
      { name: "data/memories.json", content: '[{"conversations_memory":"Likes tea"}]' },
      { name: "data/users.json", content: '[{"uuid":"x"}]' },
    );
    const texts = textsIn(await itemsOf(claude(), await openZip(inMemory(archive))));
    expect(texts).to.deep.equal(["Likes tea", "This comes first here", "This comes second here"]);
  });

  it("reads a single file under any name, and projects in one list", async () => {
    const memories = file({ conversations_memory: "Likes tea", project_memories: {} }, "what-it-knows.json");
    expect(await claude().detect([memories])).to.equal(true);
    expect(textsIn(await itemsOf(claude(), [memories]))).to.deep.equal(["Likes tea"]);
    const projects = file(
      [{ uuid: "p", name: "Garden", description: "Roses", prompt_template: "" }],
      "p.json",
    );
    expect(textsIn(await itemsOf(claude(), [projects]))).to.deep.equal(["Garden: Roses"]);
  });

  it("splits the notes that it keeps as files, and says which file and when", async () => {
    const note = {
      path: "/areas/garden.md",
      content: "# Garden\n- Grows roses\n- Grows quinces",
      updated_at: "2026-03-04T05:06:07Z",
    };
    const account = { conversations_memory: "", project_memories: {}, memory_files: [note] };
    const items = await itemsOf(claude(), [file(account, "memories/0a1b.json")]);
    expect(
      memoriesIn(items).map(({ text, createdAt, metadata }) => [text, createdAt, metadata]),
    ).to.deep.equal(
      ["Grows roses", "Grows quinces"].map((text) => [
        text,
        Date.UTC(2026, 2, 4, 5, 6, 7),
        { file: "/areas/garden.md", heading: "Garden" },
      ]),
    );
    expect(items[0]!.place).to.equal("memories/0a1b.json.memory_files[0].content:2");
  });

  describe("given an export in parts", () => {
    const talks = (text: string) => JSON.stringify([talk(message("human", text))]);
    const project = { uuid: "p", name: "Garden", description: "Roses", prompt_template: "", docs: [] };
    const PARTS = {
      "conversations-000.zip": zip({ name: "conversations.json", content: talks("This comes first here") }),
      "conversations-001.zip": zip({ name: "conversations.json", content: talks("This comes second here") }),
      "memories-000.zip": zip({
        name: "memories/0a1b.json",
        content: JSON.stringify({
          conversations_memory: "Likes tea",
          project_memories: { p: "Prunes in March" },
          memory_files: [],
        }),
      }),
      "projects-000.zip": zip({ name: "projects/p.json", content: JSON.stringify(project) }),
      "light_metadata-000.zip": zip({ name: "users.json", content: "[]" }),
      "design_chats-000.zip": zip({ name: "design_chats/d.json", content: '{"uuid":"d"}' }),
      "manifest-0a1b.json": JSON.stringify({
        data_files: ["conversations-000", "conversations-001", "memories-000", "projects-000"].map(
          (name) => ({
            filename: `${name}.zip`,
            export_url: "https://example.org/once",
          }),
        ),
      }),
    };
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries(PARTS).filter(([name]) => !names.includes(name)));
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "parts-"))));
    afterEach(() => rmSync(folder, { recursive: true }));
    const put = (parts: Readonly<Record<string, string | Uint8Array>>) => {
      for (const [name, content] of Object.entries(parts)) writeFileSync(join(folder, name), content);
      return readSources(folder);
    };

    it("reads them all, and says which archive a memory is from", async () => {
      const files = await put(PARTS);
      expect((await recognise(allImporters(), files))!.name).to.equal("claude");
      const items = await itemsOf(claude(), files);
      expect(
        items.map((item) => (item.kind === "memory" ? [item.place, item.memory.text] : [])),
      ).to.deep.equal([
        [],
        ["projects-000.zip/projects/p.json.description", "Garden: Roses"],
        ["memories-000.zip/memories/0a1b.json.conversations_memory:1", "Likes tea"],
        ['memories-000.zip/memories/0a1b.json.project_memories["p"]:1', "Prunes in March"],
        ["conversations-000.zip/conversations.json[0].chat_messages[0]", "This comes first here"],
        ["conversations-001.zip/conversations.json[0].chat_messages[0]", "This comes second here"],
      ]);
      expect(skippedIn(items)).to.deep.equal([
        "design_chats-000.zip/design_chats/d.json: a file of another kind, of which nothing is read",
      ]);
      expect(memoriesIn(items)[2]!.metadata).to.include({ project: "Garden" });
    });

    it("reports parts that are missing, by their numbers and by the manifest", async () => {
      const there = without("conversations-000.zip", "projects-000.zip");
      const skipped = skippedIn(await itemsOf(claude(), await put(there)));
      expect(skipped.slice(0, -1)).to.deep.equal([
        "conversations-000.zip: this part of the export is missing",
        "manifest-0a1b.json.data_files[0]: this archive is not here: conversations-000.zip",
        "manifest-0a1b.json.data_files[3]: this archive is not here: projects-000.zip",
      ]);
    });

    it("takes an archive for there that was unpacked, or fetched twice", async () => {
      const others = without("memories-000.zip", "projects-000.zip");
      mkdirSync(join(folder, "memories-000"));
      writeFileSync(join(folder, "memories-000", "x.json"), '{"conversations_memory":"Likes tea"}');
      const skipped = skippedIn(
        await itemsOf(claude(), await put({ ...others, "projects-000 (1).zip": PARTS["projects-000.zip"] })),
      );
      expect(skipped).to.have.length(1);
    });

    it("does not refuse what is there for a manifest that is broken", async () => {
      for (const broken of ["{", "null", '{"data_files":5}', '{"data_files":[null,5,{"filename":7}]}']) {
        const items = await itemsOf(claude(), await put({ ...PARTS, "manifest-0a1b.json": broken }));
        expect(memoriesIn(items)).to.have.length(5);
      }
    });

    it("counts what is missing between numbers that are far apart", async () => {
      const shard = (number: string) =>
        source(`a/conversations-${number}.json`, talks(`This is ${number} here`));
      expect(skippedIn(await itemsOf(claude(), [shard("001"), shard("900000000")]))).to.deep.equal([
        "a/conversations-000.json: this part of the export is missing",
        "a/conversations-002.json: this part of the export is missing, and 899999997 after it",
      ]);
    });
  });

  it("hands conversations to an extractor of one's own", async () => {
    const files = [file([talk(message("human", "How tall is it?"), message("assistant", "Eleven metres."))])];
    const items = await itemsOf(claude(exchanges), files);
    expect(textsIn(items)).to.deep.equal(["How tall is it?\n\nEleven metres."]);
    expect(items[0]!.place).to.equal("conversations.json[0].chat_messages[0]");
  });

  it("reports what comes twice", async () => {
    const items = await itemsOf(claude(), [
      file([{ conversations_memory: "- Likes tea\n- likes  TEA" }], "m.json"),
    ]);
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "duplicate"]);
  });

  describe("given items that are not what the format says", () => {
    it("reports each with its place and goes on", async () => {
      const good = talk(message("nobody", "x"), null, message("human", "I am still here"));
      const items = await read(null, 5, "text", [], {}, { chat_messages: 7 }, good);
      expect(textsIn(items)).to.deep.equal(["I am still here"]);
      expect(skippedIn(items)).to.deep.equal([
        ...[0, 1, 2, 3, 4, 5].map(
          (n) => `conversations.json[${n}]: a conversation without a list of messages`,
        ),
        "conversations.json[6].chat_messages[0]: a message without a sender",
        "conversations.json[6].chat_messages[1]: a message without a sender",
      ]);
    });

    it("reports memories and projects, too", async () => {
      const memories = [
        null,
        { conversations_memory: 5 },
        { project_memories: { a: 5 } },
        { memory_files: [{}] },
      ];
      const projects = [{ is_starter_project: false }, 7, { name: "A", docs: 5, description: [] }];
      const items = await itemsOf(claude(), [
        source("memories.json", JSON.stringify(memories)),
        source("projects.json", JSON.stringify(projects)),
      ]);
      expect(skippedIn(items)).to.deep.equal([
        "projects.json[0]: a project without a name",
        "projects.json[1]: a project without a name",
        "memories.json[0]: an entry without memories",
        "memories.json[1]: an entry without memories",
        'memories.json[2].project_memories["a"]: a project\'s memory that is no text',
        "memories.json[3].memory_files[0]: a file of memories without content",
      ]);
    });

    it("survives every field of a wrong kind", async () => {
      for (const wrong of WRONG) {
        for (const key of ["sender", "content", "text", "created_at", "uuid"]) {
          await read(talk(message("human", "Something to say here", { [key]: wrong })));
        }
        for (const key of ["uuid", "name", "created_at", "chat_messages"]) {
          await read({ ...talk(message("human", "Something to say here")), [key]: wrong });
        }
        const memories = { conversations_memory: "x", project_memories: { a: "b" }, memory_files: [] };
        const project = {
          uuid: "a",
          name: "b",
          description: "c",
          prompt_template: "d",
          docs: [],
          created_at: "e",
        };
        for (const key of Object.keys(memories)) {
          await itemsOf(claude(), [file([memories, { ...memories, [key]: wrong }], "m.json")]);
        }
        for (const key of Object.keys(project)) {
          await itemsOf(claude(), [file([project, { ...project, [key]: wrong }], "p.json")]);
        }
      }
    });

    it("takes __proto__ for a name like any other", async () => {
      const json =
        '[{"project_memories":{"__proto__":"Likes tea"},"__proto__":{"conversations_memory":"polluted"}}]';
      const items = await itemsOf(claude(), [source("memories.json", json)]);
      expect(textsIn(items)).to.deep.equal(["Likes tea"]);
      expect({}).to.not.have.property("conversations_memory");
    });

    it("skips a text that is too long for a memory", async () => {
      const items = await read(talk(message("human", "x ".repeat(20_000))));
      expect(skippedIn(items)).to.have.length(1);
      expect(skippedIn(items)[0]).to.contain("32768");
    });

    it("links to nothing that is no conversation of the site", async () => {
      const trap = { ...talk(message("human", "My id is a trap")), uuid: "../../evil?x=" };
      expect(memoriesIn(await read(trap))[0]!.source.url).to.equal(null);
    });

    it("splits a long line of marks in no time", () => {
      const marks =
        "# " +
        "#".repeat(200_000) +
        "\n" +
        "**".repeat(200_000) +
        "\n*" +
        "x*".repeat(200_000) +
        "\n" +
        "- ".repeat(200_000);
      const started = performance.now();
      passagesOf(marks);
      expect(performance.now() - started).to.be.below(1_000);
    });
  });

  describe("given a file that is no export", () => {
    for (const [name, broken] of Object.entries(BROKEN)) {
      it(`refuses ${name}`, async () => {
        const whole = JSON.stringify([talk(message("human", "Half of me is missing"))]);
        const memories = JSON.stringify({ conversations_memory: "Likes tea and a lot of other things" });
        await rejection(itemsOf(claude(), [source("conversations.json", broken(whole))]), MalformedExport);
        await rejection(itemsOf(claude(), [source("memories.json", broken(memories))]), MalformedExport);
      });
    }

    it("does not pass over a broken file because another one is well", async () => {
      const memories = file([{ conversations_memory: "Likes tea" }], "memories.json");
      for (const content of ["", "hello", '{"a":', "[{]"]) {
        const files = [memories, source("conversations.json", content)];
        const error = await rejection(itemsOf(claude(), files), MalformedExport);
        expect(error.file).to.equal("conversations.json");
      }
    });

    it("refuses a folder without any of its files", async () => {
      await rejection(itemsOf(claude(), [source("a.txt", "x"), source("b.json", "[]")]), MalformedExport);
      await rejection(itemsOf(claude(), []), MalformedExport);
      expect(await claude().detect([source("conversations.json", "[]")])).to.equal(false);
    });

    it("takes an empty list of conversations for empty", async () => {
      const files = [file([{ conversations_memory: "Likes tea" }], "memories.json"), file([])];
      expect(textsIn(await itemsOf(claude(), files))).to.deep.equal(["Likes tea"]);
    });
  });
});
