import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import type { JsonRpcPayload } from "ethers";

import { AnswerTooLong, ChainUnreachable } from "../../../apps/web/src/chain/errors.ts";
import { answerFrom, chainAt, MOST_ANSWER } from "../../../apps/web/src/chain/rpc.ts";
import { thrown } from "../../helpers/thrown.ts";

/** A node that says what it is told to, and keeps what it was asked. */
async function talkingNode(answerTo: (method: string) => unknown, patience?: number) {
  const asked: string[][] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let text = "";
      for await (const part of request) text += String(part);
      const body = JSON.parse(text) as JsonRpcPayload | JsonRpcPayload[];
      const all = [body].flat();
      asked.push(all.map(({ method }) => method));
      const answers = all.map(({ id, method }) => ({
        ...{ jsonrpc: "2.0", id },
        ...(method === "eth_chainId" ? { result: "0x7a69" } : (answerTo(method) as object | null)),
      }));
      // What has neither a result nor an error is never said.
      if (answers.some((answer) => Object.keys(answer).length < 3)) return;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { provider } = await chainAt(`http://127.0.0.1:${port}/`, patience);
  asked.length = 0;
  return {
    ...{ asked, provider },
    [Symbol.asyncDispose]: async () => {
      provider.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("an RPC by its address", () => {
  it("is asked by itself for what strangers make long, and for the rest together", async () => {
    await using node = await talkingNode((method) => ({ result: method === "eth_getLogs" ? [] : "0x1" }));
    const { provider, asked } = node;
    await Promise.all([
      ...[provider.getLogs({}), provider.getBalance(`0x${"11".repeat(20)}`), provider.getBlockNumber()],
      provider.send("eth_getTransactionReceipt", ["0x"]),
    ]);
    expect(asked.toSorted()).to.deep.equal([
      ["eth_getBalance", "eth_blockNumber"],
      ["eth_getLogs"],
      ["eth_getTransactionReceipt"],
    ]);
  });

  it("is heard up to 16 MiB of logs and 2 MiB of a receipt, and no further", async () => {
    let length = 0;
    await using node = await talkingNode(() => ({ result: "0".repeat(length) }));
    for (const [method, most] of MOST_ANSWER) {
      length = most - 100;
      expect(await node.provider.send(method, [])).to.have.lengthOf(length);
      length = most;
      const fault = await thrown(node.provider.send(method, []));
      expect(fault).to.be.instanceOf(AnswerTooLong);
      expect((fault as Error).message).to.match(/127\.0\.0\.1:\d+ answers is longer than the (16|2) MiB/);
    }
    expect([...MOST_ANSWER.values()]).to.deep.equal([2 ** 24, 2 ** 21]);
  });

  it("refuses as ethers' providers do", async () => {
    await using node = await talkingNode(() => ({ error: { code: -32_005, message: "too many" } }));
    const fault = (await thrown(node.provider.send("eth_getLogs", []))) as Error;
    expect(fault.message).to.match(/could not coalesce error/);
    await using mute = await talkingNode(() => ({ id: 99, result: [] }));
    expect(await thrown(mute.provider.send("eth_getLogs", []))).to.include({ code: "BAD_DATA" });
  });

  it("is given up when it does not answer, whatever it was asked", async () => {
    await using node = await talkingNode(() => null, 300);
    for (const method of ["eth_blockNumber", "eth_getLogs"]) {
      const fault = await thrown(answerFrom("rpc.example", node.provider.send(method, [])));
      expect(fault, method).to.be.instanceOf(ChainUnreachable);
    }
  });
});
