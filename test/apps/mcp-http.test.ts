import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect } from "chai";

import { ProfileBroken } from "../../apps/cli/profile.ts";
import { bearerToken } from "../../apps/cli/token.ts";
import { MAX_REQUEST, MIN_TOKEN, TokenTooShort } from "../../apps/mcp/http.ts";
import { PortUnavailable, serveHttp, wordRecall, type LogEntry } from "../../apps/mcp/index.ts";
import { read } from "../../client/index.ts";
import { furnished } from "../helpers/furnished.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, type World } from "../helpers/world.ts";
import { cliIn } from "./cli-world.ts";
import { clockwork } from "./mcp-client.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
const TOKEN = randomBytes(32).toString("base64url");

/** A client that carries a token. */
async function clientAt(url: string, token: string, name = "test-client"): Promise<Client> {
  const client = new Client({ name, version: "1" }, { versionNegotiation: { mode: "auto" } });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** What a request by hand carries. */
interface Raw {
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
}

const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });

/** Sends what no client would. */
async function send(url: string, { headers = {}, body = LIST, method = "POST", ...to }: Raw) {
  const { port, pathname } = new URL(url);
  const sent = request({
    ...{ host: to.host ?? "127.0.0.1", port, path: to.path ?? pathname, method },
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${TOKEN}`,
      ...headers,
    },
  });
  sent.end(method === "GET" ? undefined : body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, text, headers: response.headers };
}

describe("MCP server over HTTP", () => {
  let world: World;
  const open: { close(): Promise<void> }[] = [];
  before(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  /** Serves a vault with one memory. */
  async function serving() {
    const { vault } = await furnished(world);
    const logged: LogEntry[] = [];
    const served = await serveHttp(
      {
        ...{ vault, recall: wordRecall(), timers: clockwork(), log: (entry) => void logged.push(entry) },
        ...{ version: "0.0.0-test", defaultScope: "private", chatgpt: false },
      },
      { port: 0, token: TOKEN },
    );
    open.push(served);
    return { vault, served, logged };
  }

  it("serves several clients at once, which share what they write, and commits it when it ends", async () => {
    const { vault, served, logged } = await serving();
    const clients = await Promise.all(["a", "b", "c", "d"].map((name) => clientAt(served.url, TOKEN, name)));
    const added = await Promise.all(
      clients.map((client, i) =>
        client.callTool({ name: "add_memory", arguments: { content: `Thought ${i % 2}`, type: "semantic" } }),
      ),
    );
    const duplicates = added.map(
      ({ structuredContent }) => (structuredContent as { duplicate: boolean }).duplicate,
    );
    expect(duplicates.filter(Boolean), "the same content is kept once, whoever brings it").to.have.length(2);
    for (const client of clients) {
      const { structuredContent } = await client.callTool({ name: "list_memories", arguments: {} });
      expect(structuredContent).to.include({ total: 3 });
    }
    await served.close();
    await served.closed;
    const { scopes } = await read(vault);
    const texts = scopes.flatMap(({ memories }) => memories.map(({ text }) => text));
    expect(texts.sort()).to.deep.equal(["Runs at six", "Thought 0", "Thought 1"]);
    expect(JSON.stringify(logged)).not.to.include(TOKEN).and.not.to.include("Thought");
    expect(await nameOf(clientAt(served.url, TOKEN)), "nobody listens any more").not.to.equal(null);
  });

  it("answers nobody without the token, and says nothing of the vault then", async () => {
    const { served } = await serving();
    expect((await send(served.url, {})).status).to.equal(200);
    const wrong = [
      ...["", "Bearer", `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN],
      `Bearer ${TOKEN.toLowerCase()}`,
    ];
    for (const authorization of wrong) {
      const { status, text, headers } = await send(served.url, { headers: { authorization } });
      expect(status, authorization).to.equal(401);
      expect(headers["www-authenticate"]).to.match(/^Bearer /);
      expect(text).to.not.match(/memor|vault|tool/i);
    }
    const { status } = await send(`${served.url}?token=${TOKEN}&access_token=${TOKEN}`, {
      headers: { authorization: "" },
    });
    expect(status, "nor in an address, which is logged").to.equal(401);
  });

  it("refuses other hosts, pages of other origins, other paths, and what is too large, with the token too", async () => {
    const { served } = await serving();
    const { port } = new URL(served.url);
    for (const host of ["memory.example", `memory.example:${port}`, `127.0.0.1.memory.example:${port}`])
      expect((await send(served.url, { headers: { host } })).status, host).to.equal(403);
    for (const origin of ["https://memory.example", `http://127.0.0.1.memory.example:${port}`, "null"])
      expect((await send(served.url, { headers: { origin } })).status, origin).to.equal(403);
    for (const elsewhere of ["/", "/mcp/", "/mcp/..", "//mcp", "/.well-known/oauth-authorization-server"])
      expect((await send(served.url, { path: elsewhere })).status, elsewhere).to.equal(404);
    const preflight = await send(served.url, { method: "OPTIONS", headers: { authorization: "" } });
    expect(preflight.headers).to.not.have.property("access-control-allow-origin");
    const long = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(MAX_REQUEST)}"}}`;
    expect((await send(served.url, { body: long })).status).to.equal(413);
    for (const body of ["", "{", "[]", "null", '{"jsonrpc":"2.0"}', "[".repeat(50_000)])
      expect((await send(served.url, { body })).status, body.slice(0, 20)).to.be.within(400, 499);
    // And goes on.
    expect((await send(served.url, {})).status).to.equal(200);
  });

  it("reads no body of who has no token, and hangs up, so that nobody is kept out by such", async () => {
    const { served } = await serving();
    const { port, pathname } = new URL(served.url);
    const head = `POST ${pathname} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 100000\r\n\r\n{`;
    const idle = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.write(head);
        let said = "";
        for await (const chunk of socket) said += String(chunk);
        return said;
      }),
    );
    for (const said of idle) expect(said).to.match(/^HTTP\/1\.1 401 /);
    expect((await send(served.url, {})).status).to.equal(200);
  });

  (LONG ? it : it.skip)("waits five seconds for a request's head, and no longer", async () => {
    const { served } = await serving();
    const socket = connect(Number(new URL(served.url).port), "127.0.0.1");
    socket.write("POST /mcp HTTP/1.1\r\n");
    const began = performance.now();
    await once(socket.resume(), "close");
    expect(performance.now() - began).to.be.within(4_000, 20_000);
  }).timeout(30_000);

  it("takes the longest memory that a tool takes, however it is escaped", async () => {
    const { served } = await serving();
    const client = await clientAt(served.url, TOKEN);
    const content = "\u0001".repeat(8_192);
    const body = JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
      params: { name: "add_memory", arguments: { content, type: "semantic" } },
    });
    expect(body.length).to.be.greaterThan(6 * 8_192);
    expect((await send(served.url, { body })).status).to.equal(200);
    expect((await client.callTool({ name: "list_memories", arguments: {} })).structuredContent).to.include({
      total: 2,
    });
  });

  it("listens on 127.0.0.1 alone, on a port that is free, by a token that cannot be guessed", async () => {
    const { vault, served } = await serving();
    expect(served.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    // Linux answers for all of 127.0.0.0/8, where somebody listens at every address.
    const fault = (await thrown(send(served.url, { host: "127.0.0.2" }))) as NodeJS.ErrnoException;
    expect(fault.code).to.be.oneOf(["ECONNREFUSED", "EADDRNOTAVAIL"]);
    const options = {
      ...{ vault, recall: wordRecall(), timers: clockwork(), log: () => undefined },
      ...{ version: "0", defaultScope: "private", chatgpt: false },
    };
    const port = Number(new URL(served.url).port);
    const taken = await thrown(serveHttp(options, { port, token: TOKEN }));
    expect(taken).to.be.instanceOf(PortUnavailable).and.include({ port, code: "EADDRINUSE" });
    const token = TOKEN.slice(0, MIN_TOKEN - 1);
    expect(await thrown(serveHttp(options, { port: 0, token }))).to.be.instanceOf(TokenTooShort);
  });
});

describe("memvault mcp --http", function () {
  this.timeout(60_000);
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-http-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("draws a token once, for its owner alone, and uses none that is cut", async () => {
    const drawn = await Promise.all([1, 2, 3].map(() => bearerToken(home)));
    const [{ token, file }] = drawn as [{ token: string; file: string }];
    expect(drawn).to.deep.equal([1, 2, 3].map(() => ({ token, file })));
    expect(token).to.match(/^[\w-]{43}$/);
    expect(((await stat(file)).mode & 0o777).toString(8)).to.equal("600");
    await writeFile(file, token.slice(1));
    expect(await thrown(bearerToken(home))).to.be.instanceOf(ProfileBroken);
    await rm(file);
    expect((await bearerToken(home)).token).to.not.equal(token);
  });

  it("serves a profile's vault until it is interrupted", async () => {
    const { cli, json, fault } = cliIn(home);
    await json(["init", "--yes", "--no-passphrase"]);
    await json(["dev", "--detach"]);
    try {
      await json(["mint"]);
      expect(await fault(["mcp", "--http", "65536"])).to.include({ name: "UsageFault", code: 2 });
      const bin = new URL("../../apps/cli/bin.ts", import.meta.url).pathname;
      const tsx = createRequire(import.meta.url).resolve("tsx");
      const { PATH = "", HOME = "" } = process.env;
      const child = spawn(process.execPath, ["--import", tsx, bin, "mcp", "--http", "0"], {
        env: { PATH, HOME, MEMVAULT_HOME: home },
      });
      const ended = once(child, "close");
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes("Ctrl-C stops it")) {
        if (child.exitCode !== null) throw new Error(said);
        await once(child.stderr, "data");
      }
      const [, url, file] = /Serving at (\S+); the bearer token is in (\S+)\. /.exec(said)!;
      const token = (await readFile(file!, "utf8")).trim();
      expect(said).to.not.include(token);
      const client = await clientAt(url!, token);
      await client.callTool({ name: "add_memory", arguments: { content: "By HTTP", type: "semantic" } });
      child.kill("SIGINT");
      expect((await ended)[0]).to.equal(0);
      expect((await json(["list"])).memories.map(({ text }) => text)).to.deep.equal(["By HTTP"]);
    } finally {
      await cli(["dev", "stop"]);
    }
  });
});
