import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import fc from "fast-check";

import { EXIT } from "../../apps/cli/faults.ts";
import { cliIn } from "./cli-world.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

const COMMANDS = [
  ...[
    "init",
    "mint",
    "add",
    "list",
    "search",
    "show",
    "update",
    "forget",
    "reinforce",
    "sync",
    "status",
    "verify",
  ],
  ...[
    "grant",
    "grants",
    "revoke",
    "accept",
    "requests",
    "agent",
    "request",
    "ask",
    "answers",
    "audit",
    "inbox",
    "add",
    "refuse",
    "inbox",
    "allow",
    "propose",
    "export",
    "import",
    "recover",
    "passphrase",
    "mcp",
    "nonsense",
    "",
  ],
];
const OPTIONS = [
  ...[
    "--json",
    "--yes",
    "--profile",
    "--vault",
    "--rpc",
    "--second-rpc",
    "--keystore",
    "--scope",
    "--type",
    "--tags",
  ],
  ...[
    "--importance",
    "--days",
    "--label",
    "--limit",
    "--index",
    "--agent",
    "--scopes",
    "--purpose",
    "--text",
    "--owner",
    "--help",
    "--version",
    "--",
    "-x",
    "--format",
  ],
];

describe("the command line, given arguments that nobody expects", () => {
  let home: string;
  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-"));
  });
  after(async () => {
    // `mcp` starts the local chain, and the process outlives this one.
    await cliIn(profiles()).cli(["dev", "stop"]);
    await rm(home, { recursive: true });
  });

  const profiles = (): string => path.join(home, "profiles-here");

  it("ends with a status that says what was wrong, never with a fault that nobody foresaw", async function () {
    this.timeout(LONG ? 600_000 : 60_000);
    const file = path.join(home, "garbage.json");
    await writeFile(file, '{"version":3,"crypto":null}');
    const { cli } = cliIn(profiles());
    expect((await cli(["init", "--no-passphrase", "--yes"])).code).to.equal(EXIT.ok);
    const words = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...OPTIONS) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...[
            "",
            " ",
            "0x",
            "0x12",
            `0x${"5e".repeat(20)}`,
            `0x${"0".repeat(64)}`,
            "-1",
            "1e9",
            "NaN",
            "dev",
            "custom",
          ],
          ...[
            file,
            home,
            path.join(home, "absent"),
            "/dev/null",
            "age1pq1x",
            "AGE-SECRET-KEY-PQ-1X",
            "2027-01-31",
          ],
          ...["http://127.0.0.1:1", "http://", "not a url", "\0", "\ud800", "__proto__", "x".repeat(10_000)],
        ),
      },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
    );
    const line = fc.tuple(fc.constantFrom(...COMMANDS), fc.array(words, { maxLength: 5 }));
    const statuses = new Set<number>();
    const samples = fc.sample(line, { numRuns: LONG ? 3_000 : 150, ...(LONG ? {} : { seed: 8_350 }) });
    for (const [command, rest] of samples) {
      const argv = [command, ...rest];
      const { code, out, err } = await cli(argv, { input: "" });
      statuses.add(code);
      const said = `${JSON.stringify(argv).slice(0, 300)}: ${out.slice(0, 300)} ${err.slice(0, 500)}`;
      expect(code, said).to.be.oneOf(Object.values(EXIT).filter((status) => status !== EXIT.unforeseen));
      expect(err, said).to.not.match(/\n {4}at /);
    }
    expect([...statuses]).to.include.members([EXIT.ok, EXIT.usage, EXIT.setup]);
  });
});
