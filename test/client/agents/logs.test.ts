import { expect } from "chai";

import { LogsRefused, logsOfRange, MAX_REFUSALS } from "../../../client/agents.ts";
import { RpcsDisagree, RpcUnavailable } from "../../../client/index.ts";
import type { BlockRange } from "../../../client/vault/blocks.ts";
import { thrown } from "../../helpers/thrown.ts";

describe("a walk through the log of a node", () => {
  const reach = (): Promise<number> => Promise.resolve(1);

  /** A node with one event in each block that takes so many blocks at once. */
  function node(most: number) {
    const asked: BlockRange[] = [];
    const logs = (range: BlockRange): Promise<number[]> => {
      asked.push(range);
      const blocks = range.toBlock - range.fromBlock + 1;
      if (blocks > most) return Promise.reject(new Error(`no more than ${most} blocks`));
      return Promise.resolve(Array.from({ length: blocks }, (_, i) => range.fromBlock + i));
    };
    return { asked, logs };
  }

  it("asks for less where the node refuses, and has all, once and in order", async () => {
    const { asked, logs } = node(70);
    const found = await logsOfRange({ fromBlock: 5, toBlock: 10_004 }, { logs, reach });
    expect(found).to.deep.equal(Array.from({ length: 10_000 }, (_, i) => i + 5));
    expect(asked.length).to.be.lessThan(400);
  });

  it("ends where the node refuses one block, by name", async () => {
    const { asked, logs } = node(0);
    const fault = await thrown(logsOfRange({ fromBlock: 5, toBlock: 10_004 }, { logs, reach }));
    expect(fault).to.be.instanceOf(LogsRefused);
    expect((fault as LogsRefused).block).to.equal(5);
    expect(asked.length).to.be.lessThan(20);
  });

  it("ends after so many refusals", async () => {
    const { asked, logs } = node(1);
    expect(await thrown(logsOfRange({ fromBlock: 1, toBlock: 10_000 }, { logs, reach }))).to.be.instanceOf(
      LogsRefused,
    );
    expect(asked.length).to.be.lessThan(MAX_REFUSALS * 9 + 20);
  });

  it("takes a node that is away for no refusal, nor two that differ", async () => {
    let asked = 0;
    const failing = (fault: Error) => (): Promise<never> => {
      asked += 1;
      return Promise.reject(fault);
    };
    const away = new RpcUnavailable("first", "ECONNRESET");
    const range = { fromBlock: 1, toBlock: 100 };
    expect(await thrown(logsOfRange(range, { logs: failing(away), reach: failing(away) }))).to.equal(away);
    expect(asked).to.equal(2);
    const differ = new RpcsDisagree("what was proposed", "1", "2");
    expect(await thrown(logsOfRange(range, { logs: failing(differ), reach }))).to.equal(differ);
    expect(asked).to.equal(3);
  });
});
