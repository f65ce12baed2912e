import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { NotAMember, VaultEmpty } from "../../client/index.ts";
import { Outsider } from "../../scripts/demo-outsider.ts";
import { Machine, ProcessFailed } from "../../scripts/demo-processes.ts";
import { Stage, StepFailed } from "../../scripts/demo-stage.ts";
import { bar, size } from "../../apps/cli/terminal.ts";
import { thrown } from "../helpers/thrown.ts";

describe("the demo's parts", () => {
  let connection: Awaited<ReturnType<typeof network.create>>;
  let folder: string;
  let outsider: Outsider;
  let lines: string[];
  let stage: Stage;
  beforeEach(async () => {
    connection = await network.create();
    folder = await mkdtemp(path.join(tmpdir(), "store-"));
    outsider = new Outsider(connection.ethers.provider, folder, []);
    lines = [];
    stage = new Stage((line) => void lines.push(line), outsider);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await connection.close();
  });

  it("fail when a claim does not hold, and say no check mark", async () => {
    const step = stage.step("A step", async () => {
      await Promise.resolve();
      stage.hold("two is one", false);
    });
    const fault = await thrown(step);
    expect(fault).to.be.instanceOf(StepFailed).and.include({ step: "A step", claim: "two is one" });
    expect(lines.join()).to.not.include("✓");
  });

  it("fail when nothing is refused, or for another reason", async () => {
    await stage.refused("a", NotAMember, Promise.reject(new NotAMember(1)));
    expect(lines.join()).to.include("✓").and.include("NotAMember");
    expect(await thrown(stage.refused("b", NotAMember, Promise.resolve()))).to.be.instanceOf(StepFailed);
    const other = stage.refused("c", NotAMember, Promise.reject(new VaultEmpty(1n)));
    expect(await thrown(other)).to.be.instanceOf(VaultEmpty);
  });

  it("find a text in calldata and in blobs, also in those that are gone", async () => {
    const [account] = await connection.ethers.getSigners();
    await account!.sendTransaction({ to: account!.address, data: hexlify(toUtf8Bytes("..in calldata..")) });
    await writeFile(path.join(folder, "blob"), "..in a blob..");
    await outsider.look();
    await unlink(path.join(folder, "blob"));
    await outsider.look();
    expect(outsider.findings(["in calldata", "in a blob", "nowhere"])).to.deep.equal([
      "in calldata",
      "in a blob",
    ]);
    expect(outsider.seen.transactions).to.have.length(1);
  });

  it("fail when a process ends otherwise than it should, or before it logs what is waited for", async () => {
    const machine = new Machine(folder, {});
    try {
      expect(await thrown(machine.json("status"))).to.be.instanceOf(ProcessFailed);
      const running = machine.start("agent", "run");
      const fault = await thrown(running.logged("started"));
      expect(fault).to.be.instanceOf(ProcessFailed).and.have.property("message");
      expect(String(fault)).to.include("Say which agent");
      expect(await running.stop()).to.equal(2);
      expect(machine.written).to.include("Say which agent");
    } finally {
      await machine.close();
    }
  });

  it("write sizes and bars", () => {
    expect([0, 80, 4_096, 6_656, 3 * 1_048_576].map(size)).to.deep.equal([
      "0 B",
      "80 B",
      "4 KiB",
      "6.5 KiB",
      "3 MiB",
    ]);
    expect([bar(0, 0), bar(1, 2), bar(9, 2)].map((text) => text.slice(-5))).to.deep.equal([
      "100 %",
      " 50 %",
      "100 %",
    ]);
  });
});
