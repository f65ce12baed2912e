import { readFile } from "node:fs/promises";
import { MessageChannel } from "node:worker_threads";

import { expect } from "chai";

import type { PickedFile } from "../../../client/browser.ts";
import { forget, remember, sync, type Vault } from "../../../client/index.ts";
import { allImporters, type SourceFile } from "../../../client/importers/index.ts";
import { importedBefore } from "../../../client/manage.ts";
import { compare, type Compared } from "../../../apps/web/src/pages/memories/import/compare.ts";
import { Collected, type Gathered } from "../../../apps/web/src/pages/memories/import/collected.ts";
import { ExportTooLarge } from "../../../apps/web/src/pages/memories/import/errors.ts";
import { countedFiles } from "../../../apps/web/src/pages/memories/import/progress.ts";
import { gather } from "../../../apps/web/src/pages/memories/import/gather.ts";
import { readFiles, type ReaderPort, type Port } from "../../../apps/web/src/pages/memories/import/reader.ts";
import { chosenOf, choicesOf, nameFault } from "../../../apps/web/src/pages/memories/import/scopes.ts";
import { toolName } from "../../../apps/web/src/pages/memories/import/tools.ts";
import { serveReader } from "../../../apps/web/src/pages/memories/import/serve.ts";
import type { ReaderWord } from "../../../apps/web/src/pages/memories/import/words.ts";
import { writeFound } from "../../../apps/web/src/pages/memories/import/write.ts";
import { look } from "../../../apps/web/src/pages/memories/sight.ts";
import { createWorld, ownedVault, type World } from "../../helpers/world.ts";

const MiB = 2 ** 20;

const picked = (path: string, content: string | Uint8Array<ArrayBuffer>): PickedFile => ({
  path,
  file: new Blob([content]),
});

const chatGptExport = async (): Promise<PickedFile[]> => [
  picked("conversations.json", await readFile("examples/chatgpt-export/conversations.json", "utf8")),
];

const line = (text: string, more: object = {}): string =>
  JSON.stringify({ type: "semantic", scope: "interests", text, createdAt: 1_700_000_000_000, ...more });

const lines = (count: number, text = "I like tea"): string =>
  Array.from({ length: count }, (_, i) => line(`${text} ${i}`)).join("\n");

/** A reader over a real channel, as a worker is, in this process. */
function reader(): ReaderPort & { readonly ended: () => boolean } {
  const { port1, port2 } = new MessageChannel();
  serveReader(port2 as unknown as Port);
  let ended = false;
  return {
    postMessage: (word) => port1.postMessage(word),
    addEventListener: (type: string, heard: (event: never) => void) =>
      (port1 as unknown as EventTarget).addEventListener(type, heard as unknown as EventListener),
    terminate() {
      ended = true;
      port1.close();
    },
    ended: () => ended,
  };
}

const read = (
  files: readonly PickedFile[],
  as: "statements" | "exchanges" = "statements",
): Promise<Gathered> => readFiles(reader(), files, as, () => undefined, new AbortController().signal);

/** A zip's end record alone, of a list that lies beyond the file. */
const brokenZip = (): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(26);
  bytes.set([0x50, 0x4b, 0x03, 0x04]);
  return bytes;
};

describe("import in the web app", () => {
  it("should have a name for each tool, and no importer's own", () => {
    const names = allImporters().map(({ name }) => [name, toolName(name)]);
    for (const [own, name] of names) if (own !== "mem0") expect(name).to.not.equal(own);
  });

  describe("reading", () => {
    it("finds what the command line finds", async () => {
      const { importers, memories, broken } = await read(await chatGptExport());
      expect(importers).to.deep.equal(["chatgpt"]);
      expect(memories.length).to.be.greaterThan(0);
      expect(memories[0]?.key).to.match(/^[0-9a-f]{64}$/);
      expect(broken).to.deep.equal([]);
    });

    it("takes statements with their answers when told to", async () => {
      const [statements, exchanges] = [
        await read(await chatGptExport()),
        await read(await chatGptExport(), "exchanges"),
      ];
      const length = ({ memories }: Gathered): number =>
        memories.reduce((sum, { memory }) => sum + memory.text.length, 0);
      expect(length(exchanges)).to.be.greaterThan(length(statements) + 100);
    });

    it("reads exports of several tools apart, each whole", async () => {
      const files = [...(await chatGptExport()), picked("more.jsonl", lines(3))];
      const { importers, memories } = await read(files);
      expect([...importers].sort()).to.deep.equal(["chatgpt", "jsonl"]);
      expect(memories.map(({ memory }) => memory.text)).to.include("I like tea 2");
    });

    it("names a broken file, and takes what lies beside it", async () => {
      const { memories, broken } = await read([picked("a.jsonl", lines(2)), picked("b.zip", brokenZip())]);
      expect(memories).to.have.length(2);
      expect(broken).to.have.length(1);
      expect(broken[0]).to.include({ file: "b.zip", name: "MalformedExport" });
    });

    it("takes nothing of an export that breaks off, and the others whole", async () => {
      const conversations = await readFile("examples/chatgpt-export/conversations.json", "utf8");
      const { memories, broken } = await read([
        picked("conversations.json", conversations.slice(0, -40)),
        picked("more.jsonl", lines(3)),
      ]);
      expect(broken.map(({ name }) => name)).to.deep.equal(["MalformedExport"]);
      expect(memories.map(({ memory }) => memory.text)).to.deep.equal(
        [0, 1, 2].map((i) => `I like tea ${i}`),
      );
    });

    it("takes nothing of what came before a break, whole batches of it", async () => {
      const { memories, broken } = await read([
        picked("a.jsonl", `${lines(450)}\n${"x".repeat(2 * MiB)}`),
        ...(await chatGptExport()),
      ]);
      expect(broken[0]).to.include({ file: "a.jsonl", name: "MalformedExport" });
      expect(new Set(memories.map(({ memory }) => memory.source.tool))).to.deep.equal(new Set(["chatgpt"]));
    });

    it("says why it knows nothing of a file, and what it knows", async () => {
      const { broken, memories } = await read([picked("table.csv", "a,b\n1,2\n")]);
      expect(memories).to.deep.equal([]);
      expect(broken[0]).to.include({ file: "table.csv", name: "UnknownExport" });
      expect(broken[0]?.message).to.contain("it is a table").and.contain("Claude");
    });

    it("ends JSON that is nested without end in a named error", async () => {
      const { broken, memories } = await read([
        picked("conversations.json", `[{"mapping":${"[".repeat(200_000)}`),
        picked("deep.json", '{"memories":['.repeat(60_000)),
      ]);
      expect(memories).to.deep.equal([]);
      expect(broken).to.not.have.length(0);
      for (const { name, message } of broken) expect(`${name} ${message}`).to.not.contain("RangeError");
    });

    it("waits until a batch was taken before it reads on", async () => {
      const words: ReaderWord[] = [];
      let waiting: () => void = () => undefined;
      const done = gather([picked("a.jsonl", lines(1_000))], "statements", {
        tell: () => undefined,
        send: (word) => {
          words.push(word);
          return new Promise((resolve) => (waiting = resolve));
        },
      });
      const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
      await settle();
      expect(words.map(({ kind }) => kind)).to.deep.equal(["batch"]);
      for (let taken = 0; taken < 6; taken++) {
        waiting();
        await settle();
      }
      await done;
      expect(words.map(({ kind }) => kind)).to.deep.equal([...Array<string>(5).fill("batch"), "done"]);
    });

    it("tells how far it is: what is read again counts once, pictures never", async () => {
      const file = (path: string): SourceFile => ({
        ...{ path, size: 4 * MiB },
        async *open() {
          for (let at = 0; at < 4; at++) yield await Promise.resolve(new Uint8Array(MiB));
        },
      });
      const seen: (readonly [number, number])[] = [];
      let pieces = 0;
      const counted = countedFiles([file("a.json"), file("b.png"), file("c.json")], (...step) =>
        seen.push(step),
      );
      for (const each of [...counted, ...counted])
        for await (const piece of each.open()) pieces += piece.length;
      expect(pieces).to.equal(24 * MiB);
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8].map((read) => [read * MiB, 8 * MiB]));
    });

    it("ends the reader at once when it is given up", async () => {
      const controller = new AbortController();
      const port = reader();
      const reading = readFiles(
        port,
        [picked("a.jsonl", lines(5_000))],
        "statements",
        () => controller.abort(),
        controller.signal,
      );
      const fault = await reading.then(
        () => null,
        (thrown: unknown) => thrown as Error,
      );
      expect(fault?.name).to.equal("AbortError");
      expect(port.ended()).to.equal(true);
    });

    it("refuses more than a page holds", async () => {
      const fault = await readFiles(
        reader(),
        [picked("a.jsonl", lines(500))],
        "statements",
        () => undefined,
        new AbortController().signal,
        300,
      ).then(
        () => null,
        (thrown: unknown) => thrown as Error,
      );
      expect(fault?.name).to.equal("ExportTooLarge");
    });

    it("names a reader that died", async () => {
      let die: (event: { readonly message?: string }) => void = () => undefined;
      const port: ReaderPort = {
        postMessage: () => die({ message: "out of memory" }),
        addEventListener: (type: string, heard: (event: never) => void) => {
          if (type === "error") die = heard as typeof die;
        },
        terminate: () => undefined,
      };
      const fault = await readFiles(
        port,
        [],
        "statements",
        () => undefined,
        new AbortController().signal,
      ).then(
        () => null,
        (thrown: unknown) => thrown as Error,
      );
      expect(fault?.name).to.equal("ReaderStopped");
      expect(fault?.message).to.contain("out of memory");
    });
  });

  describe("scopes", () => {
    it("keeps what the person chose when more comes, and writes where they want it", async () => {
      const { memories } = await read([
        picked("a.jsonl", `${lines(2)}\n${line("I was in Oslo", { scope: "travel" })}`),
      ]);
      const [first, second] = choicesOf(memories);
      const decided = [
        { ...first!, name: "hobbies" },
        { ...second!, included: false },
      ];
      const chosen = chosenOf(choicesOf(memories, decided));
      expect(chosen.map(({ memory }) => memory.scope)).to.deep.equal(["hobbies", "hobbies"]);
    });

    it("says what is wrong with a name", () => {
      expect(nameFault("  travel ")).to.equal(null);
      expect(nameFault(" ")).to.contain("is no name for a scope");
    });
  });

  describe("given a vault", () => {
    let world: World;
    let vault: Vault;
    before(async () => {
      world = await createWorld();
    });
    beforeEach(async () => {
      ({ vault } = await ownedVault(world));
    });

    const review = async (files: readonly PickedFile[]): Promise<Compared & { sequence: bigint }> => {
      const { memories } = await read(files);
      const sight = await look(vault);
      const before = await importedBefore(vault);
      const compared = await compare(memories, sight.memories, before, () => Promise.resolve());
      return { ...compared, sequence: sight.sequence };
    };
    const never = new AbortController().signal;

    it("brings an export once, however often it is imported", async () => {
      const first = await review(await chatGptExport());
      expect(await writeFound(vault, first.sequence, first.fresh, () => undefined, never)).to.equal(
        first.fresh.length,
      );
      const second = await review(await chatGptExport());
      expect(second).to.include({ known: first.fresh.length });
      expect(second.fresh).to.deep.equal([]);
      await sync(vault);
      expect((await review(await chatGptExport())).fresh).to.deep.equal([]);
    });

    it("goes on where a tab was closed half-way", async () => {
      const files = [picked("a.jsonl", lines(600))];
      const { fresh, sequence } = await review(files);
      const closed = new AbortController();
      const written = await writeFound(vault, sequence, fresh, () => closed.abort(), closed.signal);
      expect(written).to.equal(250);
      const rest = await review(files);
      expect(rest).to.include({ known: 250 });
      expect(rest.fresh).to.have.length(350);
      expect(rest.unnoted.size).to.equal(0);
    });

    it("tells what was forgotten since, and leaves it out", async () => {
      const { fresh, sequence } = await review([picked("a.jsonl", lines(2))]);
      await writeFound(vault, sequence, fresh, () => undefined, never);
      const [memory] = [...(await look(vault)).memories.values()];
      await forget(vault, memory!.memory);
      const again = await review([picked("a.jsonl", lines(2))]);
      expect(again).to.include({ known: 1 });
      expect(again.forgotten).to.have.length(1);
      expect(again.fresh).to.deep.equal([]);
    });

    it("notes what came from elsewhere", async () => {
      await remember(vault, { scope: "interests", text: "I like tea 0" });
      const { unnoted, fresh } = await review([picked("a.jsonl", lines(2))]);
      expect([unnoted.size, fresh.length]).to.deep.equal([1, 1]);
    });

    it("restores confirmations, and no more of them than say something", async () => {
      const often = line("often", { reinforcements: 9_000_000_000_000 });
      const { fresh, sequence } = await review([picked("a.jsonl", often)]);
      await writeFound(vault, sequence, fresh, () => undefined, never);
      const [found] = [...(await look(vault)).memories.values()];
      expect(found?.memory.reinforcements).to.equal(100);
    });
  });
});

describe("what the review of an import holds", () => {
  const found = (more: object) => ({
    memory: { scope: "a", type: "semantic", text: "", ...more } as never,
    ...{ reinforcements: 0, key: "k", timeless: null },
  });
  const batch = (more: Partial<Extract<ReaderWord, { kind: "batch" }>>): ReaderWord => ({
    ...{ kind: "batch", group: 0, memories: [], skipped: [], duplicates: 0 },
    ...more,
  });
  const long = "x".repeat(2_000);

  it("is bounded by all of it, not by its texts alone", () => {
    const heavy: ReaderWord[] = [
      batch({ memories: [found({ text: long })] }),
      batch({ memories: [found({ tags: [long] })] }),
      batch({ memories: [found({ metadata: { [long]: 1 } })] }),
      batch({ memories: [found({ source: { url: long } })] }),
      batch({ skipped: [{ place: "a", why: long }] }),
      { kind: "broken", group: null, broken: { file: "a", name: "b", message: long } },
    ];
    for (const word of heavy) {
      expect(() => new Collected(10, 1_900).take(word)).to.throw(ExportTooLarge);
      new Collected(10, 3_000).take(word);
    }
  });

  it("is bounded in files of which nothing is taken", () => {
    const collected = new Collected();
    const word: ReaderWord = { kind: "broken", group: null, broken: { file: "", name: "", message: "" } };
    for (let i = 0; i < 10_000; i++) collected.take(word);
    expect(() => collected.take(word)).to.throw(ExportTooLarge);
  });
});
