import { expect } from "chai";

import { MalformedExport } from "../../../client/errors.ts";
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
        "memories.json[3].memory_files: files of memories are not read yet (1)",
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
