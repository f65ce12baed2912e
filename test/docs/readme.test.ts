import { readFile } from "node:fs/promises";

import { expect } from "chai";
import { randomBytes } from "@noble/hashes/utils.js";

import { NotAMember, type Environment } from "../../client/index.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, newReader } from "../helpers/world.ts";
import { fenced } from "./markdown.ts";
import { sampleModule, type Sample } from "./sample.ts";

const text = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), "utf8");
const README = await text("README.md");

/** All that the sample does not say itself. */
const prelude = (sample: string): string => `
import { acceptWelcome, grant, mintVault, read, remember, revoke, sync, type Environment } from "../client/index.ts";
import type { Signer } from "ethers";
export async function sample(
  laptop: Environment, clinic: Environment, wallet: Signer, address: string, seed: Uint8Array,
  identity: string, recipient: string, expiresAt: number, console: { log: (value: unknown) => void },
): Promise<void> {
${sample}
}`;

interface SampleModule {
  readonly sample: (
    ...args: [Environment, Environment, unknown, string, Uint8Array, string, string, number, Console]
  ) => Promise<void>;
}

interface Console {
  readonly log: (value: unknown) => void;
}

describe("README.md", () => {
  it("has at most 120 lines", () => {
    expect(README.trimEnd().split("\n").length).to.be.at.most(120);
  });

  it("uses options that the tasks have", async () => {
    const tasks = await text("scripts/hardhat/tasks.ts");
    const options = [...README.matchAll(/ --([a-z]+)/g)].map(([, name]) => name!);
    expect(options).to.include.members(["network", "export", "to", "scopes", "days"]);
    for (const name of options) if (name !== "network") expect(tasks).to.contain(`name: "${name}"`);
  });

  it("names networks and keys that the configuration has", async () => {
    const config = await text("hardhat.config.ts");
    const found = [...README.matchAll(/keystore set ([A-Z_]+)|--network ([a-zA-Z]+)/g)];
    const names = found.map(([, key, network]) => key ?? network!);
    for (const name of [...names, "baseSepolia", "opengradient", "localhost", "custom"])
      expect(config).to.contain(name);
  });

  describe("the sample", () => {
    const samples = fenced(README, "ts");
    let module: Sample<SampleModule>;
    before(async () => {
      module = await sampleModule("readme", prelude(samples[0]!));
    });
    after(() => module.remove());

    it("is one, of at most 15 lines", () => {
      expect(samples).to.have.length(1);
      expect(samples[0]!.trimEnd().split("\n").length).to.be.at.most(15);
    });

    it("compiles under the project's own options", () => {
      expect(module.diagnostics()).to.deep.equal([]);
    });

    it("runs, and ends as it says", async () => {
      const world = await createWorld();
      const { identity, recipient } = await newReader();
      const said: unknown[] = [];
      const { sample } = await module.load();
      const run = sample(
        ...([device(world), device(world), world.owner, world.address, randomBytes(32)] as const),
        ...([
          identity,
          recipient,
          await inDays(world, 30),
          { log: (value: unknown) => said.push(value) },
        ] as const),
      );
      expect(await thrown(run)).to.be.instanceOf(NotAMember);
      const [[scope]] = said as [[{ name: string; memories: { text: string }[] }]];
      const texts = scope.memories.map((memory) => memory.text);
      expect([scope.name, ...texts]).to.deep.equal(["health", "Allergic to penicillin"]);
    });
  });
});
