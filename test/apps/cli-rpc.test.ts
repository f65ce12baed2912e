import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { chainAt } from "../../apps/cli/rpc.ts";

describe("an RPC of the command line", () => {
  let server: Server;
  before(async () => {
    // Polygon's id: ethers has ways of its own to learn that chain's fees.
    server = createServer((_, response) => response.end('{"jsonrpc":"2.0","id":1,"result":"0x89"}'));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());

  it("is asked alone: no other host for a chain that ethers knows", async () => {
    const { port } = server.address() as AddressInfo;
    const provider = await chainAt(`http://127.0.0.1:${port}`);
    const { chainId, plugins } = await provider.getNetwork();
    provider.destroy();
    expect(chainId).to.equal(137n);
    expect(plugins.map(({ name }) => name)).to.deep.equal([]);
  });
});
