import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { allImporters, letta, recognise } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const agent = (more: object = {}) => ({ id: "agent-0", name: "Sam", block_ids: ["block-0"], ...more });
const block = (more: object = {}) => ({
  id: "block-0",
  label: "human",
  value: "# About\n- Her name is Mira\n\nPrefers window seats on flights",
  description: "What is known of the user",
  metadata: { team: 7 },
  ...more,
});
const file = (more: object = {}, path = "sam.af") =>
  source(path, JSON.stringify({ agents: [agent()], blocks: [block()], tools: [], ...more }));
const read = (...blocks: unknown[]) =>
  itemsOf(letta, [file({ blocks: [...blocks, block({ id: "b", value: "Is the last one" })] })]);

describe("letta", () => {
  it("is recognised by its ending, and by its content under another one", async () => {
    expect(await recognise(allImporters(), [file()])).to.equal(letta);
    expect(await recognise(allImporters(), [file({}, "agent.json")])).to.equal(letta);
    expect(await letta.detect([source("a.json", '{"agents":[],"memories":[]}')])).to.equal(false);
    expect(await letta.detect([source("a.af", "[]")])).to.equal(false);
    expect(await letta.detect([source("a.txt", '{"agents":[],"blocks":[]}')])).to.equal(false);
  });

  it("makes each line of a block a memory, of the agent whose block it is", async () => {
    const items = await itemsOf(letta, [file()]);
    expect(items.map(({ place }) => place)).to.deep.equal([
      "sam.af.blocks[0].value:2",
      "sam.af.blocks[0].value:4",
    ]);
    expect(memoriesIn(items)[0]).to.deep.equal({
      scope: "identity",
      type: "semantic",
      text: "Her name is Mira",
      source: { tool: "letta", agent: "Sam", thread: null, url: null },
      tags: ["human"],
      metadata: {
        label: "human",
        letta: { id: "block-0", description: "What is known of the user", metadata: { team: 7 } },
      },
    });
  });

  it("names all agents that share a block, wherever they stand", async () => {
    const shared = JSON.stringify({ blocks: [block()], agents: [agent(), agent({ name: "Kim" })] });
    const [found] = memoriesIn(await itemsOf(letta, [source("a.af", shared)]));
    expect(found!.source.agent).to.equal(null);
    expect(found!.metadata).to.deep.include({ agents: ["Sam", "Kim"] });
  });

  it("reports what is left out", async () => {
    const agents = [
      agent({ messages: [{ role: "user" }, { role: "assistant" }] }),
      agent({ name: 5, id: 7 }),
    ];
    const items = await itemsOf(letta, [file({ agents, blocks: [block({ value: "  " })] })]);
    expect(skippedIn(items)).to.deep.equal([
      "sam.af.agents[0].messages: messages are no memories (2)",
      "sam.af.agents[1]: an agent without a name or a list of block_ids",
      "sam.af.blocks[0]: an empty block",
    ]);
  });

  it("reports what comes twice, a block with an id that was there before too", async () => {
    const items = await read(block({ value: "Has a cat" }), block({ value: "has a  CAT\nHas a dog" }));
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "duplicate", "memory", "memory"]);
  });

  describe("given hostile blocks", () => {
    it("reports each with its place and goes on", async () => {
      const long = "x".repeat(40_000);
      const items = await read(
        null,
        5,
        [],
        {},
        block({ value: 5 }),
        block({ value: long }),
        block({ label: "" }),
      );
      expect(textsIn(items).at(-1)).to.equal("Is the last one");
      expect(skippedIn(items)).to.deep.equal([
        ...[0, 1, 2, 3, 4].map((n) => `sam.af.blocks[${n}]: a block without a value`),
        "sam.af.blocks[5].value:1: The text has 40000 bytes, 32768 are allowed. Split it into several memories.",
      ]);
    });

    it("survives every field of a wrong kind", async () => {
      for (const wrong of WRONG) {
        for (const key of Object.keys(block())) await read(block({ [key]: wrong }));
        for (const key of [...Object.keys(agent()), "messages"])
          await itemsOf(letta, [file({ agents: [agent({ [key]: wrong }), wrong] })]);
      }
    });

    it("takes names of prototypes for names, and refuses no depth that it does not keep", async () => {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const json = `{"__proto__":{"blocks":[1]},"tools":${deep},"agents":[{"name":"constructor","block_ids":["__proto__"]}],
        "blocks":[{"id":"__proto__","label":"__proto__","value":"Likes tea"},{"id":"d","value":"Lost","x":${deep}}]}`;
      const items = await itemsOf(letta, [source("a.af", json)]);
      expect(memoriesIn(items)[0]).to.deep.include({ text: "Likes tea", tags: ["__proto__"] });
      expect(memoriesIn(items)[0]!.source.agent).to.equal("constructor");
      expect(skippedIn(items)).to.deep.equal([
        "a.af.blocks[1].value:1: create metadata must be nested 32 deep at most",
      ]);
      expect({}).to.not.have.property("blocks");
    });
  });

  describe("given a file that is broken as a whole", () => {
    for (const [name, broken] of Object.entries(BROKEN)) {
      it(`refuses ${name}`, async () => {
        const whole = JSON.stringify({ agents: [agent()], blocks: [block(), block()] });
        await rejection(itemsOf(letta, [source("a.af", broken(whole))]), MalformedExport);
      });
    }

    it("refuses one without blocks", async () => {
      for (const blocks of [undefined, null, {}, "[]"]) {
        const error = await rejection(itemsOf(letta, [file({ blocks })]), MalformedExport);
        expect(error).to.include({ file: "sam.af", why: "there is no list of blocks in it" });
      }
    });
  });
});
