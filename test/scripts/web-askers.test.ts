import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { cidOf, digestOf } from "../../client/index.ts";
import { startWebWorld, type WebWorld } from "../../scripts/web/world.ts";

/** What other pages of the same browser may make it send. */
describe("the sample, asked by another page", () => {
  let folder: string;
  let world: WebWorld;

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(path.join(tmpdir(), "memory-vault-web-"));
    await writeFile(path.join(folder, "index.html"), "<title>Memory Vault</title>");
    world = await startWebWorld({ folder, sample: false, wallet: true });
  });

  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  /** By Node's own client: `fetch` lets nobody say for whom a request is. */
  const asked = (url: string, headers: Record<string, string>, body?: string) =>
    new Promise<{ status: number; allows: string | undefined; text: string }>((resolve, reject) => {
      const to = new URL(url);
      const sent = request(
        {
          host: "127.0.0.1",
          port: to.port,
          path: to.pathname + to.search,
          headers,
          method: body === undefined ? "GET" : "POST",
        },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => {
            const allows = response.headers["access-control-allow-origin"];
            resolve({ status: response.statusCode ?? 0, allows, text });
          });
        },
      );
      sent.once("error", reject);
      sent.end(body);
    });
  const JSON_TYPE = { "content-type": "application/json" };
  const hosts = (url: string) => [
    "evil.example",
    `evil.example:${new URL(url).port}`,
    "localhost",
    "localhost:1",
  ];
  const others = () => [
    "http://evil.example",
    "null",
    "http://localhost:1",
    `https://localhost:${new URL(world.url).port}`,
  ];
  const sending = () =>
    JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "eth_sendTransaction" },
      params: [{ from: world.accounts[0], to: world.accounts[1], value: "0x1" }],
    });
  const sent = () =>
    world.chain.provider.send("eth_getTransactionCount", [world.accounts[0], "latest"]) as Promise<string>;

  it("sends no transaction, whatever the page calls its words", async () => {
    for (const origin of others())
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"])
        expect((await asked(world.chain.url, { origin, "content-type": type }, sending())).status).to.equal(
          403,
        );
    // Without an origin a browser sends what no script made.
    expect((await asked(world.chain.url, { "content-type": "text/plain" }, sending())).status).to.equal(415);
    expect((await asked(world.chain.url, {}, sending())).status).to.equal(415);
    expect((await asked(world.chain.url, {})).status).to.equal(405);
    expect(await sent()).to.equal("0x0");
  });

  it("hears its own page, and programs", async () => {
    const port = new URL(world.url).port;
    for (const origin of [{}, { origin: world.url }, { origin: `http://127.0.0.1:${port}` }]) {
      const { status, text } = await asked(world.chain.url, { ...JSON_TYPE, ...origin }, sending());
      expect([status, text]).to.satisfy(
        ([code, said]: [number, string]) => code === 200 && said.includes('"result":"0x'),
      );
    }
    expect(await sent()).to.equal("0x3");
  });

  it("keeps its node where no page is told of it, and lets none read it", async () => {
    const network = await (await fetch(`${world.url}/network.json`)).text();
    const { url } = world.chain.anvil;
    expect(network).not.to.contain(url).and.not.to.contain(new URL(url).port);
    expect(await (await fetch(`${world.url}/sample-wallet.js`)).text()).not.to.contain(url);
    if (process.platform === "linux") expect(new URL(url).hostname).not.to.equal("127.0.0.1");
    const answer = await fetch(url, { method: "OPTIONS", headers: { origin: "http://evil.example" } });
    expect(answer.headers.get("access-control-allow-origin")).to.equal(null);
  });

  it("gives nothing to another name that was made to lead here", async () => {
    for (const host of hosts(world.url))
      for (const name of ["", "network.json", "sample-wallet.js"]) {
        const { status, text } = await asked(`${world.url}/${name}`, { host });
        expect([status, text], `${host} ${name}`).to.deep.equal([421, "Misdirected Request\n"]);
      }
    for (const host of hosts(world.url))
      expect((await asked(world.chain.url, { host, ...JSON_TYPE }, sending())).status).to.equal(421);
    for (const host of hosts(world.blobs.url))
      expect((await asked(`${world.blobs.url}/api/v0/pin/ls`, { host }, "")).status).to.equal(421);
    expect((await asked(`${world.url}/network.json`, {})).status).to.equal(200);
  });

  it("lists no pins, and takes none away", async () => {
    const kept = world.blobs.keep(new Uint8Array([1, 2, 3]));
    world.blobs.pinned.add(kept);
    expect(kept).to.equal(digestOf(new Uint8Array([1, 2, 3])));
    for (const origin of others())
      for (const call of ["pin/ls", `pin/rm?arg=${cidOf(kept)}`]) {
        const { status, allows, text } = await asked(`${world.blobs.url}/api/v0/${call}`, { origin }, "");
        expect([status, allows, text]).to.deep.equal([403, undefined, ""]);
      }
    expect([...world.blobs.pinned]).to.deep.equal([kept]);
    const own = await asked(`${world.blobs.url}/api/v0/pin/ls`, { origin: world.url }, "");
    expect([own.status, own.allows]).to.deep.equal([200, world.url]);
    expect(own.text).to.contain(cidOf(kept));
  });
});
