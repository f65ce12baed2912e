import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { readSources } from "../../../client/importers/files.ts";
import {
  chatGpt,
  contentKey,
  exchanges,
  type Extractor,
  type ImportedItem,
  type ImportedMemory,
  type Importer,
  type SourceFile,
} from "../../../client/importers/index.ts";
import { SUGGESTED_SCOPES } from "../../../client/memory/record.ts";
import { rejection } from "../storage/helpers.ts";
import { inMemory, source, zip } from "./zips.ts";
import { openZip } from "../../../client/importers/zip.ts";

const SAMPLE = new URL("../../../examples/chatgpt-export/", import.meta.url).pathname;
const ID = "0a1b2c3d-0000-4000-8000-000000000001";

async function all(files: readonly SourceFile[], importer: Importer = chatGpt()): Promise<ImportedItem[]> {
  const items = [];
  for await (const item of importer.read(files)) items.push(item);
  return items;
}
const memories = (items: readonly ImportedItem[]): ImportedMemory[] =>
  items.flatMap((item) => (item.kind === "memory" ? [item.memory] : []));
const skipped = (items: readonly ImportedItem[]) =>
  items.flatMap((item) => (item.kind === "skipped" ? [item] : []));

/** A message of an export. */
const message = (role: string, text: string, more: object = {}) => ({
  id: "m",
  author: { role },
  create_time: 1_735_689_600.25,
  content: { content_type: "text", parts: [text] },
  recipient: "all",
  metadata: {},
  ...more,
});
/** A conversation that is one line of messages. */
const line = (...messages: unknown[]) => {
  const mapping: Record<string, unknown> = {
    n0: { id: "n0", parent: null, children: ["n1"], message: null },
  };
  messages.forEach(
    (m, i) => (mapping[`n${i + 1}`] = { id: `n${i + 1}`, parent: `n${i}`, children: [], message: m }),
  );
  return {
    id: ID,
    title: "A talk",
    create_time: 1_735_000_000,
    mapping,
    current_node: `n${messages.length}`,
  };
};
const read = (...conversations: unknown[]) =>
  all([source("conversations.json", JSON.stringify(conversations))]);

describe("chatGpt", () => {
  describe("given the sample export", () => {
    let items: ImportedItem[];
    before(async () => (items = await all(await readSources(SAMPLE))));

    it("finds at least 150 memories, in all ten scopes", () => {
      expect(memories(items).length).to.be.at.least(150);
      expect([...new Set(memories(items).map(({ scope }) => scope))].sort()).to.deep.equal(
        [...SUGGESTED_SCOPES].sort(),
      );
    });

    it("tells saved memories, instructions and statements apart", () => {
      const tags = memories(items).map(({ tags: [tag], type }) => `${tag!} ${type}`);
      expect([...new Set(tags)].sort()).to.deep.equal([
        "custom-instruction semantic",
        "saved-memory semantic",
        "statement episodic",
      ]);
    });

    it("leaves abandoned branches, answers and hidden messages out", () => {
      const texts = memories(items).map(({ text }) => text);
      for (const absent of ["make budget", "Lovely! Start with", "relevant to 99%", "Model set context"]) {
        expect(texts.filter((text) => text.includes(absent))).to.deep.equal([]);
      }
    });

    it("gives every memory another key, and the same keys at the next import", async () => {
      const keys = memories(items).map(contentKey);
      expect(new Set(keys).size).to.equal(keys.length);
      expect(memories(await all(await readSources(SAMPLE))).map(contentKey)).to.deep.equal(keys);
    });

    it("knows the saved memories again in a later export", async () => {
      // A year later the newest conversations stand before the others.
      const later = line(message("assistant", "User's birthday is 3 November.", { recipient: "bio" }));
      const [again] = memories(await read(later));
      expect(memories(items).map(contentKey)).to.include(contentKey(again!));
    });

    it("is recognised by content, in a folder and in a zip", async () => {
      const files = await readSources(SAMPLE);
      expect(await chatGpt().detect(files)).to.equal(true);
      const renamed = source("my-chats.json", JSON.stringify([line(message("user", "Hello out there"))]));
      expect(await chatGpt().detect([renamed])).to.equal(true);
      expect(await chatGpt().detect([source("conversations.json", '[{"chat_messages":[]}]')])).to.equal(
        false,
      );
      expect(await chatGpt().detect([source("notes.md", "- one")])).to.equal(false);
    });
  });

  it("keeps time, conversation, link and title of a statement", async () => {
    const [item] = memories(await read(line(message("user", "I moved to Utrecht last week"))));
    expect(item).to.deep.include({
      text: "I moved to Utrecht last week",
      type: "episodic",
      scope: "identity",
      createdAt: 1_735_689_600_250,
      source: { tool: "chatgpt", agent: null, thread: ID, url: `https://chatgpt.com/c/${ID}` },
      metadata: { title: "A talk" },
    });
  });

  it("takes the time of the conversation where a message has none", async () => {
    for (const create_time of [null, 0, "soon", -5, 1e300]) {
      const [item] = memories(await read(line(message("user", "When was this said?", { create_time }))));
      expect(item!.createdAt).to.equal(1_735_000_000_000);
    }
  });

  it("reports a shard that is missing", async () => {
    const shard = (number: string) =>
      source(
        `conversations-${number}.json`,
        JSON.stringify([line(message("user", `This is shard ${number}`))]),
      );
    const items = await all([shard("003"), shard("000")]);
    expect(memories(items)).to.have.length(2);
    expect(skipped(items).map(({ place, why }) => `${place}: ${why}`)).to.deep.equal([
      "conversations-001.json: this part of the export is missing, and 1 after it",
    ]);
  });

  it("reads shards in order, and a zip", async () => {
    const shard = (text: string) => JSON.stringify([line(message("user", text))]);
    const archive = zip(
      { name: "export/conversations-001.json", content: shard("This comes second here") },
      { name: "export/conversations-000.json", content: shard("This comes first here") },
      { name: "export/user.json", content: '{"email":"x"}' },
    );
    const texts = memories(await all(await openZip(inMemory(archive)))).map(({ text }) => text);
    expect(texts).to.deep.equal(["This comes first here", "This comes second here"]);
  });

  it("finds saved memories: writes, snapshots with dates, instructions in both forms", async () => {
    const snapshot = {
      content_type: "model_editable_context",
      model_set_context: "1. [2024-05-01]. Likes tea.\n\n2. [2024-06-02]. Has a cat\n",
    };
    const wrapped = {
      content_type: "user_editable_context",
      user_profile: "The user provided this:\nUser profile:\n```Preferred name: Ada```",
      user_instructions: "The user wants:\n```Be brief.```",
    };
    const items = await read(
      line(
        message("system", "", { content: snapshot }),
        message("user", "", { content: wrapped }),
        message("assistant", "Likes tea.", { recipient: "bio" }),
        message("assistant", "Plays the tuba.", { recipient: "bio", metadata: { model_slug: "gpt-4o" } }),
      ),
    );
    expect(memories(items).map(({ text, createdAt }) => [text, createdAt])).to.deep.equal([
      ["Likes tea.", Date.UTC(2024, 4, 1)],
      ["Has a cat", Date.UTC(2024, 5, 2)],
      ["Preferred name: Ada", 1_735_689_600_250],
      ["Be brief.", 1_735_689_600_250],
      ["Plays the tuba.", 1_735_689_600_250],
    ]);
    expect(items.filter(({ kind }) => kind === "duplicate")).to.have.length(1);
    expect(memories(items)[4]!.source).to.deep.equal({
      tool: "chatgpt",
      agent: "gpt-4o",
      thread: null,
      url: null,
    });
  });

  it("finds what was saved on a branch that was abandoned later", async () => {
    const talk = line(
      message("user", "I have a new dog"),
      message("assistant", "Has a dog.", { recipient: "bio" }),
    );
    const found = memories(await read({ ...talk, current_node: "n1" }));
    expect(found.map(({ text }) => text)).to.deep.equal(["Has a dog.", "I have a new dog"]);
  });

  it("keeps the words of a message with pictures and dictation", async () => {
    const parts = [
      { content_type: "image_asset_pointer" },
      "This is my garden",
      null,
      { text: "in the spring" },
      7,
    ];
    const content = { content_type: "multimodal_text", parts };
    expect(memories(await read(line(message("user", "", { content }))))[0]!.text).to.equal(
      "This is my garden\nin the spring",
    );
  });

  it("lets an extractor of one's own decide", async () => {
    const talk = line(
      message("user", "How tall is it?"),
      message("assistant", "Eleven metres.", { metadata: { model_slug: "m1" } }),
    );
    const files = [source("conversations.json", JSON.stringify([talk]))];
    const [pair] = memories(await all(files, chatGpt(exchanges)));
    expect(pair).to.deep.include({ text: "How tall is it?\n\nEleven metres." });
    expect(pair!.source.agent).to.equal("m1");
    // eslint-disable-next-line @typescript-eslint/require-await -- as one with a model behind it
    const own: Extractor = async function* ({ turns }) {
      yield {
        turn: turns[0]!.id,
        text: "It is eleven metres tall",
        type: "semantic",
        at: null,
        metadata: { by: "me" },
      };
    };
    const [made] = memories(await all(files, chatGpt(own)));
    expect(made).to.deep.include({ type: "semantic", metadata: { title: "A talk", by: "me" } });
    expect(made).to.not.have.property("createdAt");
  });

  describe("given items that are not what the format says", () => {
    it("reports each with its place and goes on", async () => {
      const good = line(message("user", "I am still here"));
      const items = await read(
        null,
        5,
        "text",
        [],
        {},
        { mapping: 7 },
        { mapping: {} },
        { mapping: { a: 1 } },
        good,
      );
      expect(memories(items).map(({ text }) => text)).to.deep.equal(["I am still here"]);
      expect(skipped(items).map(({ place }) => place.slice(0, 21))).to.deep.equal([
        "conversations.json[0]",
        "conversations.json[1]",
        "conversations.json[2]",
        "conversations.json[3]",
        "conversations.json[4]",
        "conversations.json[5]",
        "conversations.json[7]",
      ]);
    });

    it("survives messages with every field of a wrong kind", async () => {
      for (const wrong of [null, 5, "x", [], {}, [[]], { role: 5 }]) {
        for (const key of ["author", "content", "metadata", "recipient", "create_time", "id"]) {
          await read(line(message("user", "Something to say here", { [key]: wrong })));
          await read(line(message("assistant", "x", { recipient: "bio", [key]: wrong })));
        }
        await read({
          ...line(message("user", "Something to say here")),
          current_node: wrong,
          title: wrong,
          id: wrong,
        });
      }
    });

    it("stops at a circle and at a parent that is not there", async () => {
      const circle = line(message("user", "Round and round we go"), message("assistant", "Indeed"));
      (circle.mapping["n1"] as { parent: string }).parent = "n2";
      const orphan = line(message("user", "This one has no parent"));
      (orphan.mapping["n1"] as { parent: string }).parent = "gone";
      const items = await read(circle, orphan);
      expect(memories(items).map(({ text }) => text)).to.deep.equal([
        "Round and round we go",
        "This one has no parent",
      ]);
      expect(skipped(items).map(({ why }) => why)).to.deep.equal([
        "its parents go round in a circle",
        "it is named as a parent and is not there",
      ]);
    });

    it("finds the newest leaf where the current node is not named", async () => {
      const talk = { ...line(message("user", "Nobody points to me")), current_node: undefined };
      expect(memories(await read(talk))[0]!.text).to.equal("Nobody points to me");
    });

    it("reads a chain of 100,000 messages", async function () {
      this.timeout(60_000);
      const talk = line(
        ...Array.from({ length: 100_000 }, (_, i) => message("user", `Statement number ${i}`)),
      );
      expect(memories(await read(talk))).to.have.length(100_000);
    });

    it("takes __proto__ and constructor for names like any other", async () => {
      const node = (parent: string | null, text: string) =>
        JSON.stringify({ parent, message: message("user", text) });
      const json = `[{"mapping":{"__proto__":${node(null, "I am called proto")},"constructor":${node("__proto__", "And I am called constructor")}},
        "current_node":"constructor","__proto__":{"title":"polluted"}}]`;
      const found = memories(await all([source("conversations.json", json)]));
      expect(found.map(({ text }) => text)).to.deep.equal([
        "I am called proto",
        "And I am called constructor",
      ]);
      expect(found[0]!.metadata).to.deep.equal({});
      expect({}).to.not.have.property("title");
    });

    it("skips a text that is too long for a memory, and one too short to say anything", async () => {
      const items = await read(line(message("user", "x ".repeat(5_000_000)), message("user", "Thanks!")));
      expect(memories(items)).to.deep.equal([]);
      expect(skipped(items).map(({ why }) => why.slice(0, 25))).to.deep.equal([
        "its text is longer than 3",
        "too short to mean anythin",
      ]);
    });

    it("cleans control characters and halves of surrogate pairs", async () => {
      const [item] = memories(
        await read(line(message("user", "\u0000A bell\u0007 and \ud800 half\r\nof it \u001b[31m"))),
      );
      expect(item!.text).to.equal("A bell and \ufffd half\nof it [31m");
    });

    it("links to nothing that is no conversation of the site", async () => {
      const talk = { ...line(message("user", "My id is a trap")), id: "../../evil?x=" };
      expect(memories(await read(talk))[0]!.source.url).to.equal(null);
    });
  });

  describe("given a file that is no export", () => {
    const cases: Record<string, string | Uint8Array> = {
      "an empty file": "",
      "no JSON": "hello",
      "an object": '{"mapping":{}}',
      "half a file": JSON.stringify([line(message("user", "Half of me is missing"))]).slice(0, 200),
      "an open array": "[",
      "a broken element": "[{},{]",
      "words for values": "[nothing]",
      "a comma too many": "[{},]",
      "something after it": "[] []",
      "a bracket too many": '[{"a":1}}]',
      "Latin-1": Uint8Array.from([0x5b, 0x22, 0xe9, 0x22, 0x5d]),
      "UTF-16": Uint8Array.from([0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]),
    };
    for (const [name, content] of Object.entries(cases)) {
      it(`refuses ${name}`, async () => {
        for (const piece of [1, 1009]) {
          const error = await rejection(all([source("conversations.json", content, piece)]), MalformedExport);
          expect(error.file).to.equal("conversations.json");
        }
      });
    }

    it("refuses a folder without conversations", async () => {
      await rejection(all([source("a.txt", "x"), source("b.json", "[]")]), MalformedExport);
      await rejection(all([]), MalformedExport);
    });

    it("takes an empty export for empty", async () => {
      expect(await all([source("conversations.json", "\ufeff [ \n] \n")])).to.deep.equal([]);
    });

    it("reads the same in pieces of any size", async () => {
      const text = JSON.stringify(
        [line(message("user", 'Brackets ]}," and \\ back\\slashes é 🌉')), {}],
        null,
        1,
      );
      const expected = await all([source("conversations.json", text)]);
      for (const piece of [1, 2, 3, 7, 64]) {
        expect(await all([source("conversations.json", text, piece)])).to.deep.equal(expected);
      }
    });
  });
});
