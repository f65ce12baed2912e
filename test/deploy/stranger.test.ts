import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

import { readDeployment } from "../../apps/cli/profile.ts";
import { fenced } from "../docs/markdown.ts";
import { ANVILS_FIRST_KEY, startAnvil } from "../helpers/anvil.ts";
import { expectSuite } from "../helpers/code.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = await readFile(new URL("../../docs/deploying.md", import.meta.url), "utf8");
const BLOCKS = fenced(PAGE, "sh");
const NODE = BLOCKS.find((block) => block.startsWith("npx anvil "))!;
const WALK = BLOCKS.find((block) => block.includes("MEMVAULT_RPC_URL="))!;
const long = process.env.MEMVAULT_LONG === "1" ? it : it.skip;

/** A number that the page gives the node. */
const option = (name: string): number => Number(new RegExp(`--${name} (\\d+)`).exec(NODE)![1]);

describe("docs/deploying.md", function () {
  this.timeout(300_000);

  it("tells how to start a node on a chain of its own, on which grants become final", () => {
    expect(option("chain-id")).to.be.greaterThan(900_000);
    expect(option("block-time")).to.equal(1);
    expect(option("slots-in-an-epoch")).to.equal(1);
  });

  long(
    "walks a stranger from a node to a reader, and what was deployed is this checkout's code",
    async () => {
      const home = await mkdtemp(path.join(tmpdir(), "stranger-"));
      const chainId = option("chain-id");
      await using anvil = await startAnvil({
        ...{ chainId, blockTime: option("block-time"), slotsInAnEpoch: option("slots-in-an-epoch") },
      });
      const cli = `"${process.execPath}" --import "${import.meta.resolve("tsx")}" "${ROOT}apps/cli/bin.ts"`;
      const walk = WALK.replace("http://127.0.0.1:8545", anvil.url)
        .replace("0x…", ANVILS_FIRST_KEY)
        .replaceAll("node dist/apps/cli/bin.js", cli)
        .replaceAll("welcome.age", path.join(home, "welcome.age"));
      const { PATH = "" } = process.env;
      // The passphrase would be asked for.
      const env = { PATH, HOME: home, NO_COLOR: "1", MEMVAULT_PASSPHRASE: "on paper" };
      const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", walk], {
        cwd: ROOT,
        env,
      });

      const seen = stdout.slice(stdout.lastIndexOf("Next: memvault list"));
      expect(seen).to.include("Prefers window seats").and.not.include("Sleeps at ten");
      expect(seen).to.match(/✓ complete +1 memory in 1 scope: travel 1/);

      await expectSuite(anvil.url, (await readDeployment(path.join(home, ".memvault"), BigInt(chainId)))!);
      await rm(home, { recursive: true });
    },
  );
});
