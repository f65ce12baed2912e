import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { AnvilError, rpc, startAnvil } from "../helpers/anvil.ts";

/** Whether a process is there. */
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("npm's anvil", () => {
  it("answers on a free port, and is gone when stopped", async () => {
    const nodes = [await startAnvil({ chainId: 900_020 }), await startAnvil({ chainId: 900_021 })] as const;
    expect(nodes[0].port).to.not.equal(nodes[1].port);
    expect(await rpc(nodes[0].url, "eth_chainId")).to.equal("0xdbbb4");
    expect(await rpc(nodes[1].url, "eth_chainId")).to.equal("0xdbbb5");

    for (const node of nodes) {
      expect(isAlive(node.pid)).to.equal(true);
      await node.stop();
      expect(isAlive(node.pid)).to.equal(false);
    }
    await nodes[0].stop();
  });

  it("keeps its chain in a file", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "anvil-"));
    const state = path.join(folder, "state.json");
    {
      await using anvil = await startAnvil({ state });
      await rpc(anvil.url, "anvil_setCode", ["0x00000000000000000000000000000000000000aa", "0x1234"]);
      await rpc(anvil.url, "anvil_mine", ["0x3"]);
    }
    await using anvil = await startAnvil({ state });
    expect(
      await rpc(anvil.url, "eth_getCode", ["0x00000000000000000000000000000000000000aa", "latest"]),
    ).to.equal("0x1234");
    expect(await rpc(anvil.url, "eth_blockNumber")).to.equal("0x3");
    await rm(folder, { recursive: true });
  });

  it("finalizes two epochs behind", async () => {
    await using anvil = await startAnvil({ slotsInAnEpoch: 1 });
    await rpc(anvil.url, "anvil_mine", ["0xa"]);
    expect(await rpc(anvil.url, "eth_getBlockByNumber", ["finalized", false])).to.include({ number: "0x8" });
  });

  it("fails with what the node said", async () => {
    await using anvil = await startAnvil();
    const failures = [{ port: anvil.port }, { hardfork: "no such fork" }, { args: ["--no-such-option"] }];
    for (const options of failures) {
      const error = await startAnvil(options).catch((failure: unknown) => failure);
      expect(error).to.be.instanceOf(AnvilError);
      expect((error as Error).message).to.match(/^anvil ended with \d+\n./);
    }
    const refused = await rpc(anvil.url, "no_such_method").catch((failure: unknown) => failure);
    expect(refused).to.be.instanceOf(AnvilError);
  });
});
