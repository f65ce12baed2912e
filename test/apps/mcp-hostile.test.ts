import { expect } from "chai";
import fc from "fast-check";

import { read, remember, sync } from "../../client/index.ts";
import { createWorld, ownedVault, type World } from "../helpers/world.ts";
import { connected } from "./mcp-client.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

/** Values of kinds and sizes that no parameter expects. */
const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, "", " ", "x", "\0", "\ud800", "a\udfff", "\u202e", "__proto__"],
  ...[
    "x".repeat(129),
    "x".repeat(8_193),
    "é".repeat(8_192),
    "x".repeat(200_000),
    "0".repeat(32),
    "0X12",
    "../../etc",
  ],
  ...[
    [],
    [[]],
    [null],
    ["\ud800"],
    Array<string>(40).fill("x"),
    Array<string>(33).fill("\0"),
    {},
    { toString: 1 },
  ],
  ...[
    JSON.parse('{"__proto__":{"a":1},"constructor":1}') as object,
    { agent: "\ud83d" },
    { agent: null },
    { url: "x".repeat(2_000) },
  ],
  ...["2027-01-31", "+275760-09-14T00:00:00.000Z", "semantic", "eyJhIjoxfQ=="],
];

describe("MCP server: arguments that nobody expects", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("are answered by a named error or as what they are, and nothing of them stays in the way", async function () {
    this.timeout(LONG ? 600_000 : 60_000);
    const { vault } = await ownedVault(world);
    const last = { scope: "late", text: "Beyond all dates", createdAt: Number.MAX_SAFE_INTEGER };
    await remember(vault, { scope: "travel", text: "Went to Lisbon." }, last);
    await sync(vault);
    const { client, call, logged } = await connected(vault, { chatgpt: true });
    const { tools } = await client.listTools();
    const memories = (await read(vault)).scopes.flatMap((scope) => scope.memories);
    const memory = memories.find(({ text }) => text !== last.text);
    const outcomes = new Map<string, number>();
    for (const { name, inputSchema } of tools) {
      const fields = Object.keys(inputSchema.properties ?? {});
      const value = fc.oneof(fc.constantFrom(...VALUES), fc.constant(memory!.id), fc.jsonValue());
      const model = Object.fromEntries([...fields, "other"].map((field) => [field, value]));
      const anything = fc.oneof(
        { weight: 4, arbitrary: fc.record(model, { requiredKeys: [] }) },
        // What is needed is there, and one thing is wrong.
        {
          weight: 4,
          arbitrary: fc
            .tuple(fc.constantFrom(...fields, "other"), value)
            .map(([field, wrong]) => ({ ...rightFor(memory!.id, fields), [field]: wrong })),
        },
      );
      for (const args of fc.sample(anything, {
        numRuns: LONG ? 1_000 : 40,
        ...(LONG ? {} : { seed: 8_350 }),
      })) {
        const outcome = await call(name, args).then(
          ({ ok, text }) => (ok ? "ok" : text),
          (fault: unknown) => `refused by the protocol: ${String((fault as { code?: unknown }).code)}`,
        );
        const at = `${name} ${JSON.stringify(args).slice(0, 300)}`;
        expect(outcome, at).to.match(
          /^(ok$|[A-Z]\w+: |Input validation error|MCP error -32602|refused by the protocol: -32602)/,
        );
        expect(outcome.length, at).to.be.below(5_000);
        const kind = /^[\w ]+/.exec(outcome)?.[0] ?? outcome;
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      }
    }
    expect(outcomes.get("ok"), JSON.stringify([...outcomes])).to.be.above(20);
    expect(outcomes.size).to.be.above(2);
    // What was taken is committed, and all of it is read.
    await sync(vault);
    expect((await call("list_memories")).ok).to.equal(true);
    const texts = (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text));
    expect(texts).to.include(last.text);
    for (const text of texts) expect(text).to.not.match(/\p{Surrogate}/u);
    expect(logged.some((entry) => JSON.stringify(entry).includes("Lisbon"))).to.equal(false);
  });
});

/** Arguments that fit most tools. */
function rightFor(id: string, fields: readonly string[]): Record<string, unknown> {
  const all: Record<string, unknown> = {
    ...{ id, content: "Likes tea in the morning", type: "semantic", query: "tea", reason: "asked" },
    ...{ scope: "travel", tags: ["tea"], importance: 5 },
  };
  return Object.fromEntries(fields.flatMap((field) => (field in all ? [[field, all[field]]] : [])));
}
