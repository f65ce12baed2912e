import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc from "fast-check";

import {
  grant,
  InvalidScopeName,
  MalformedData,
  NoText,
  pending,
  read,
  RecordTooLarge,
  remember,
  sync,
  update,
  type MemoryInput,
  type Vault,
} from "../../client/index.ts";
import { metadata, filledWords, runs, words } from "../client/hostile/arbitraries.ts";
import { another, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

/** Texts that programs trip over; each is another one, and stays so. */
const AWKWARD: Readonly<Record<string, string>> = {
  "one byte": "x",
  "a blank": " ",
  "a NUL": "\0",
  "a NUL inside": "a\0b",
  "line ends": "a\r\nb\rc\nd\u2028e\u2029f\u0085g",
  composed: "\u00e9",
  decomposed: "e\u0301",
  "an angstrom sign, which NFC makes a letter": "\u212b",
  "that letter": "\u00c5",
  "a ligature": "\ufb01",
  "right to left": "\u05d0\u05d1\u05d2 \u202eevil\u202c \u2066isolated\u2069",
  "a byte order mark": "\ufeffx",
  "two of them": "\ufeff\ufeff",
  "no characters": "\ufffe\uffff\u{1fffe}\u{10ffff}",
  "a family": "👩‍👩‍👧‍👦",
  "the replacement character": "\ufffd",
  "combining marks": `a${"\u0301".repeat(500)}`,
  tags: "\u{e0041}\u{e007f}",
  "private use": "\ue000\u{f0000}",
  "what looks like code": "</script><!-- '; DROP TABLE memories; -- ${x} {{x}} %s %n",
  "what looks like a key": "__proto__",
  "8 KiB": "ü".repeat(4_096),
  "32 KiB": "x".repeat(32_768),
  "32 KiB of three bytes each, and two": `${"€".repeat(10_922)}ab`,
};

const HALVES = ["\ud800", "\udfff", "a\ud83d", "\ude00b", `${"x".repeat(100)}\udc00`, "\ude00\ud83d"];

/** What a memory is written as, but for what the vault adds. */
const writtenIn = async (vault: Vault): Promise<unknown[]> =>
  (await read(vault)).scopes.flatMap(({ name, memories }) =>
    memories.map(({ text, type, tags, metadata: more, source }) => ({
      ...{ scope: name, text, type, tags, metadata: more, source },
    })),
  );

const NOWHERE = { tool: null, agent: null, thread: null, url: null };

describe("Texts: whole on every device, or refused by name before anything is kept", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("come back as they are, of any script and up to 32 KiB, on another device and to a reader", async () => {
    const { vault, seed } = await ownedVault(world);
    const inputs = Object.values(AWKWARD).map((text): MemoryInput => ({ scope: "health", text }));
    await remember(vault, ...inputs);
    const { identity, recipient } = await newReader();
    const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30) };
    const { welcome } = await grant(vault, terms);
    const expected = Object.values(AWKWARD).sort();
    for (const member of [vault, await another(world, seed), await accept(world, identity, welcome!)]) {
      expect(await texts(member)).to.deep.equal(expected);
    }
  });

  it("come back as they are in tags, sources, metadata and names of scopes", async () => {
    const { vault, seed } = await ownedVault(world);
    const short = Object.values(AWKWARD).filter((text) => text.length < 100);
    const inputs = short.map((text, i) => ({
      ...{
        text,
        type: "episodic" as const,
        tags: [text, `${text}!`],
        source: { ...NOWHERE, url: text, tool: text },
      },
      metadata: { [text]: [text, { [`${text}.`]: null }] },
      // A name has no control characters, no blanks around it, and one form of each letter.
      scope: `scope ${i} ${text.replace(/\p{Cc}/gu, "")}`.normalize("NFC").trim(),
    }));
    const names = new Set(inputs.map(({ scope }) => scope));
    await remember(vault, ...inputs);
    await sync(vault);
    const device = await another(world, seed);
    expect(await writtenIn(device)).to.have.deep.members(inputs);
    const { scopes } = await read(device);
    expect(new Set(scopes.map(({ name }) => name))).to.deep.equal(names);
  });

  it("come back as they are, whatever they are: any text with any metadata", async () => {
    const { vault, seed } = await ownedVault(world);
    const memory = fc.record({
      ...{
        scope: fc.constantFrom("a", "b"),
        text: filledWords(300),
        type: fc.constantFrom("semantic" as const, "episodic" as const),
      },
      ...{ tags: fc.array(filledWords(20), { maxLength: 4 }), metadata },
      source: fc.record({
        ...{ tool: words(), agent: words(), thread: words(), url: words() },
      }),
    });
    const { numRuns, ...seeds } = runs(200);
    const inputs = fc.sample(memory, { ...seeds, numRuns: Math.min(numRuns, 2_000) });
    await remember(vault, ...inputs);
    await sync(vault);
    expect(await writtenIn(await another(world, seed))).to.have.deep.members(inputs);
  }).timeout(120_000);

  it("of 0 bytes, of more than 32 KiB and of 1 MiB are refused, and nothing of the call is kept", async () => {
    const { vault } = await ownedVault(world);
    const good = { scope: "health", text: "Sleeps at ten" };
    const faults: [text: string, kind: typeof NoText | typeof RecordTooLarge][] = [
      ["", NoText],
      ["x".repeat(32_769), RecordTooLarge],
      ["€".repeat(10_923), RecordTooLarge],
      ["x".repeat(2 ** 20), RecordTooLarge],
      ["ü".repeat(2 ** 25), RecordTooLarge],
    ];
    for (const [text, kind] of faults) {
      const fault = await thrown(remember(vault, good, { ...good, text }, good));
      expect(fault, `${text.length}`).to.be.instanceOf(kind);
      // Who logs it does not log the memory.
      expect((fault as Error).message.length).to.be.below(300);
    }
    const large = { ...good, metadata: { x: "y".repeat(65_536) } };
    expect(await thrown(remember(vault, large))).to.be.instanceOf(RecordTooLarge);
    expect(await pending(vault)).to.deep.equal([]);
    await remember(vault, good);
    await sync(vault);
    expect(await texts(vault)).to.deep.equal([good.text]);
  });

  it("with half of a surrogate pair are refused wherever they stand: no UTF-8 holds them", async () => {
    const { vault } = await ownedVault(world);
    const good = { scope: "health", text: "Sleeps at ten" };
    await remember(vault, good);
    await sync(vault);
    const [memory] = (await read(vault)).scopes.flatMap(({ memories }) => memories);
    for (const half of HALVES) {
      const places: Partial<MemoryInput>[] = [
        { text: half },
        { tags: [half] },
        { source: { ...NOWHERE, agent: half } },
        { metadata: { [half]: 1 } },
        { metadata: { deep: [{ x: half }] } },
      ];
      for (const place of places) {
        expect(await thrown(remember(vault, { ...good, ...place }))).to.be.instanceOf(MalformedData);
        expect(await thrown(update(vault, memory!, place))).to.be.instanceOf(MalformedData);
      }
      const named = await thrown(remember(vault, { ...good, scope: half }));
      expect(named).to.be.instanceOf(InvalidScopeName);
      const { recipient } = await newReader();
      const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30) };
      expect(await thrown(grant(vault, { ...terms, label: half }))).to.be.instanceOf(MalformedData);
      expect(await thrown(grant(vault, { ...terms, scopes: [half] }))).to.be.instanceOf(InvalidScopeName);
    }
    expect(await pending(vault)).to.deep.equal([]);
    // Nothing that was refused is in the way of what is not.
    await remember(vault, { ...good, text: "after" });
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Sleeps at ten", "after"]);
  });

  it("that JSON cannot hold in metadata are refused: holes, functions, big numbers, what contains itself", async () => {
    const { vault } = await ownedVault(world);
    const loop: Record<string, unknown> = {};
    loop["again"] = loop;

    const values: unknown[] = [
      [1, , 2],
      () => 1,
      1n,
      NaN,
      Infinity,
      undefined,
      Symbol("x"),
      new Date(0),
      new Map(),
      loop,
    ];
    for (const value of values) {
      const input = { scope: "health", text: "x", metadata: { value } } as unknown as MemoryInput;
      expect(await thrown(remember(vault, input)), typeof value).to.be.instanceOf(MalformedData);
    }
    expect(await pending(vault)).to.deep.equal([]);
  });

  it("are remembered by the hundred thousand in one call, and all of them are on another device", async function () {
    if (!LONG) this.skip();
    this.timeout(1_800_000);
    const { vault, seed } = await ownedVault(world);
    const inputs = Array.from({ length: 100_000 }, (_, i) => ({
      scope: `scope ${i % 10}`,
      text: `Memory ${i}: something that a person said to a tool on an ordinary day.`,
    }));
    await remember(vault, ...inputs);
    await sync(vault);
    const device = await another(world, seed);
    expect(await texts(device)).to.deep.equal(inputs.map(({ text }) => text).sort());
    const bytes = inputs.reduce((sum, { text }) => sum + utf8ToBytes(text).length, 0);
    expect(bytes).to.be.above(7_000_000);
  });
});
