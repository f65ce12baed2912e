import { inspect } from "node:util";

import { base58 } from "@scure/base";
import { expect } from "chai";

import {
  BlobAltered,
  BlobMissing,
  cidOf,
  digestOf,
  StoreFull,
  StoreUnavailable,
  type BlobStore,
  type VaultError,
} from "../../../client/index.ts";
import { ipfsStore, mirrorStore, QuorumMissed, type IpfsOptions } from "../../../client/stores.ts";
import { bounded } from "../../../client/storage/bounded.ts";
import { digestOfCid } from "../../../client/storage/cid.ts";
import { countCopies } from "../../../client/storage/copies.ts";
import { putVerified } from "../../../client/storage/store.ts";
import { fileIn, IpfsServer, type Asked } from "../../helpers/ipfs-server.ts";
import { rejection } from "./helpers.ts";

const blob = (seed: number, size = 4096) => new Uint8Array(size).map((_, i) => (i * 7 + seed) % 251);
const TOKEN = "token-that-nobody-may-see";

describe("ipfsStore", () => {
  const node = new IpfsServer();
  const gateways = [new IpfsServer(), new IpfsServer(), new IpfsServer()] as const;
  const all = [node, ...gateways];
  before(() => Promise.all(all.map((server) => server.start())));
  after(() => Promise.all(all.map((server) => server.stop())));
  beforeEach(() => all.forEach((server) => server.reset()));

  const quick = { timeout: 500, search: 200, pause: 1, headStart: 20, tries: 3 };
  const store = (options: Partial<IpfsOptions> = {}) => ipfsStore({ api: node.url, ...quick, ...options });
  const reader = (options: Partial<IpfsOptions> = {}) =>
    ipfsStore({ gateways: gateways.map(({ url }) => url), ...quick, ...options });
  const calls = (server: IpfsServer) => server.log.map(({ call }) => call);

  it("pins one raw block by its sha256, and gives it back", async () => {
    const digest = await putVerified(store(), blob(1, 262_144));
    expect(node.pinned.has(digest)).to.equal(true);
    expect(await store().get(digest)).to.deep.equal(blob(1, 262_144));
    expect(await store().has(digest)).to.equal(true);
    const [{ query }] = node.log as [Asked];
    expect(Object.fromEntries(query)).to.include({ "raw-leaves": "true", "cid-version": "1", pin: "true" });
  });

  it("lists what its node has pinned, with sizes, and whatever is no raw block by its sha256 not", async () => {
    const digests = [await store().put(blob(1, 4_096)), await store().put(blob(2, 65_536))];
    node.fault = ({ call, query }, response) => {
      if (call !== "pin/ls" || query.has("arg")) return false;
      const others = ["QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPkdG", "nothing", cidOf(digests[0]!)];
      const keys = Object.fromEntries([...others, cidOf(digests[1]!)].map((key) => [key, {}]));
      response.end(JSON.stringify({ Keys: keys }));
      return true;
    };
    expect(await store().list?.()).to.deep.equal([
      { digest: digests[0], size: 4_096 },
      { digest: digests[1], size: 65_536 },
    ]);
    expect("list" in reader()).to.equal(false);
  });

  it("names a node that does not list, or says no size", async () => {
    await store().put(blob(1));
    for (const [call, answer] of [
      ["pin/ls", '{"Message":"forbidden"}'],
      ["block/stat", '{"Key":"x"}'],
      ["block/stat", '{"Size":-1}'],
      ["block/stat", '{"Size":"4096"}'],
    ] as const) {
      node.fault = (asked, response) => {
        if (asked.call !== call) return false;
        response.writeHead(call === "pin/ls" ? 403 : 200).end(answer);
        return true;
      };
      await rejection(store().list?.() ?? Promise.resolve(answer), StoreUnavailable);
    }
  });

  it("answers null and false for what nobody has, and unpins what it gives up", async () => {
    const digest = await store().put(blob(2));
    await store().delete(digest);
    expect(node.pinned.size + node.blocks.size).to.equal(0);
    expect(await store().get(digest)).to.equal(null);
    expect(await store().has(digest)).to.equal(false);
    await store().delete(digest);
  });

  it("compares CIDs as bytes, whatever base they are written in, and takes no other CID", async () => {
    const digest = digestOf(blob(3));
    const bytes = Uint8Array.of(1, 0x55, 0x12, 32, ...Buffer.from(digest, "hex"));
    const written = [cidOf(digest), `z${base58.encode(bytes)}`, `f${Buffer.from(bytes).toString("hex")}`];
    for (const cid of written) expect(digestOfCid(cid), cid).to.equal(digest);
    const dagPb = `f${Buffer.from(bytes.with(1, 0x70)).toString("hex")}`;
    const foreign = [dagPb, cidOf(digestOf(blob(4))), "Qm", "", "z0", "b!", cidOf(digest).slice(0, -1)];
    for (const cid of foreign) {
      node.fault = ({ call }, response) => {
        if (call !== "add") return false;
        response.end(`{"Name":"x"}\n${JSON.stringify({ Hash: cid })}\n`);
        return true;
      };
      const fault = await rejection(store().put(blob(3)), BlobAltered);
      expect(fault.store, cid).to.equal(`IPFS node ${node.host}`);
    }
    node.fault = ({ call }, response) => {
      if (call === "add") response.end(JSON.stringify({ Hash: written[1] }));
      return call === "add";
    };
    expect(await store().put(blob(3))).to.equal(digest);
  });

  it("reads from gateways: the fastest honest answer wins, and liars are skipped and named", async () => {
    const digest = gateways[2].keep(blob(5));
    gateways[0].fault = (_, response) => {
      response.end(blob(6));
      return true;
    };
    gateways[1].fault = () => true;
    gateways[2].fault = () => new Promise((resolve) => setTimeout(() => resolve(false), 50));
    const heard: VaultError[] = [];
    const began = Date.now();
    expect(await reader({ notice: (fault) => heard.push(fault) }).get(digest)).to.deep.equal(blob(5));
    expect(Date.now() - began, "nobody waits for the silent one").to.be.lessThan(450);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.be.instanceOf(BlobAltered).and.have.property("store", `gateway ${gateways[0].host}`);
    const [asked] = gateways[2].log as [Asked];
    expect(asked.headers.accept).to.equal("application/vnd.ipld.raw");
    expect(asked.query.get("format")).to.equal("raw");
  });

  it("never returns what a liar says: other bytes, cut, longer, empty, without end", async () => {
    const digest = digestOf(blob(7));
    const honest = blob(7);
    const lies: Uint8Array[] = [blob(8), honest.slice(1), Uint8Array.of(...honest, 0), new Uint8Array(0)];
    const answers: IpfsServer["fault"][] = [
      ...lies.map((lie): IpfsServer["fault"] => (_, response) => {
        response.end(lie);
        return true;
      }),
      (_, response) => {
        const pour = () => {
          while (!response.destroyed && response.write(new Uint8Array(65_536)));
        };
        response.on("drain", pour);
        pour();
        return true;
      },
    ];
    for (const answer of answers) {
      all.forEach((server) => (server.fault = answer));
      const fault = await rejection(reader().get(digest), BlobAltered);
      expect(fault.store.split(", ").sort()).to.deep.equal(
        gateways.map(({ host }) => `gateway ${host}`).sort(),
      );
      await rejection(store().get(digest), BlobAltered);
    }
  });

  it("tells what is not there from who does not answer", async () => {
    const digest = digestOf(blob(9));
    expect(await reader().get(digest)).to.equal(null);
    gateways[1].fault = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    const fault = await rejection(reader().get(digest), StoreUnavailable);
    expect(fault).to.include({ store: `gateway ${gateways[1].host}`, why: "status 503" });
    expect(gateways[1].log, "tries are bounded").to.have.length(1 + 3);
    node.fault = () => true;
    expect(await rejection(store().get(digest), StoreUnavailable)).to.include({ why: "no answer in time" });
    const gone = ipfsStore({ api: "http://127.0.0.1:1", ...quick });
    await rejection(gone.get(digest), StoreUnavailable);
    await rejection(gone.put(blob(9)), StoreUnavailable);
    await rejection(gone.has(digest), StoreUnavailable);
    await rejection(gone.delete(digest), StoreUnavailable);
  });

  it("asks its own node alone first, and gateways when that is slow or has nothing", async () => {
    const digest = node.keep(blob(10));
    gateways[0].keep(blob(10));
    const both = store({ gateways: [gateways[0].url] });
    await both.get(digest);
    expect(gateways[0].log, "a gateway learns what is read").to.be.empty;
    node.fault = () => true;
    expect(await both.get(digest)).to.deep.equal(blob(10));
    node.reset();
    expect(await both.get(digest)).to.deep.equal(blob(10));
  });

  it("tries again when somebody is busy, and not when refused", async () => {
    let times = 0;
    node.fault = (_, response) => {
      if (++times > 2) return false;
      response.writeHead(429).end();
      return true;
    };
    await store().put(blob(11));
    expect(times).to.be.greaterThan(2);
    node.reset();
    node.fault = (_, response) => {
      response.writeHead(500).end(JSON.stringify({ Message: "cannot" }));
      return true;
    };
    await rejection(store().put(blob(11)), StoreUnavailable);
    expect(node.log).to.have.length(1);
  });

  it("names a full node", async () => {
    for (const [status, message] of [
      [507, ""],
      [500, "write /data/blocks: no space left on device"],
    ] as const) {
      node.fault = (_, response) => {
        response.writeHead(status).end(JSON.stringify({ Message: message }));
        return true;
      };
      await rejection(store().put(blob(12)), StoreFull);
    }
  });

  it("follows gateways within the world, three times at most, and into no network of ours", async () => {
    const digest = digestOf(blob(21));
    const asked: string[] = [];
    const leading = (to: string): BlobStore =>
      ipfsStore({
        ...{ gateways: ["https://a.example"], ...quick, tries: 1 },
        fetch: (input, init) => {
          const url = new URL(input instanceof Request ? input.url : input);
          asked.push(url.host);
          expect(init?.redirect).to.equal("manual");
          if (url.host === "b.example") return Promise.resolve(new Response(blob(21)));
          return Promise.resolve(new Response(null, { status: 302, headers: { location: to } }));
        },
      });
    expect(await leading("https://b.example/x").get(digest)).to.deep.equal(blob(21));
    expect(asked.splice(0)).to.deep.equal(["a.example", "b.example"]);
    const inside = [
      "10.1.2.3",
      "192.168.0.1",
      "172.31.0.1",
      "169.254.169.254",
      "100.100.0.1",
      "0.0.0.0",
      "localhost",
    ];
    const v6 = ["[::1]", "[::]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]"];
    const names = ["router.local", "db.internal", "x.localhost", "2130706433", "0x7f.1"];
    for (const to of [
      "http://127.0.0.1:5001/x",
      "http://b.example/x",
      "ftp://b.example/x",
      ...[...inside, ...v6, ...names].map((host) => `https://${host}/`),
    ]) {
      await rejection(leading(to).get(digest), StoreUnavailable);
      expect(asked.splice(0), to).to.deep.equal(["a.example"]);
    }
    await rejection(leading("/again").get(digest), StoreUnavailable);
    expect(asked).to.deep.equal(["a.example", "a.example", "a.example", "a.example"]);
  });

  it("has tokens go where they belong and nowhere else: in no error, no name, no print, to no other host", async () => {
    const address = new URL(node.url);
    [address.username, address.password] = ["somebody", TOKEN];
    const other = gateways[0];
    const echo: IpfsServer["fault"] = ({ headers }, response) => {
      response
        .writeHead(500)
        .end(JSON.stringify({ Message: `I was told ${headers.authorization ?? "nothing"}` }));
      return true;
    };
    const elsewhere: IpfsServer["fault"] = ({ call }, response) => {
      response.writeHead(307, { location: `${other.url}/api/v0/${call}` }).end();
      return true;
    };
    const options = { token: TOKEN, pinning: { endpoint: node.url, token: TOKEN } };
    const impatient = { timeout: 100, search: 20, tries: 2 };
    for (const tried of [store({ ...impatient, ...options }), store({ ...impatient, api: address.href })]) {
      for (const fault of [echo, elsewhere, (() => true) as IpfsServer["fault"]]) {
        node.reset();
        node.fault = fault;
        const digest = digestOf(blob(13));
        for (const work of [() => tried.put(blob(13)), () => tried.get(digest), () => tried.has(digest)]) {
          const thrown = await work().then(
            () => new Error("nothing was thrown"),
            (error: unknown) => error,
          );
          expect(thrown).to.be.instanceOf(StoreUnavailable);
          const printed =
            inspect(thrown, { depth: 9 }) + JSON.stringify(thrown) + inspect(tried, { depth: 9 });
          expect(printed)
            .to.not.include(TOKEN)
            .and.not.include(btoa(`somebody:${TOKEN}`));
        }
        expect(node.log.every(({ headers }) => headers.authorization !== undefined)).to.equal(true);
      }
    }
    expect(other.log, "a writer is led nowhere").to.be.empty;
    const refused = (): unknown => ipfsStore({ api: `ftp://${TOKEN}@x` });
    expect(refused).to.throw(TypeError, /^IPFS node: not an address of HTTP$/);
  });

  it("has a second pinner pin too, and gives the pin back", async () => {
    const options = { pinning: { endpoint: gateways[0].url, token: TOKEN } };
    const digest = await putVerified(store(options), blob(14));
    const service = gateways[0];
    expect([...service.requests.values()]).to.deep.equal([digest]);
    const [asked] = service.log as [Asked];
    expect(JSON.parse(asked.body.toString())).to.deep.equal({
      cid: cidOf(digest),
      origins: ["/ip4/203.0.113.7/tcp/4001/p2p/node"],
    });
    expect(asked.headers.authorization).to.equal(`Bearer ${TOKEN}`);
    expect(await store(options).has(digest)).to.equal(true);
    service.status = "pinning";
    expect(await store(options).has(digest), "a promise is no copy").to.equal(false);
    await store(options).delete(digest);
    expect(service.requests.size).to.equal(0);
  });

  it("does not take a second pinner's refusal for a promise", async () => {
    const service = gateways[0];
    const pinning = { endpoint: service.url, token: TOKEN };
    service.status = "failed";
    await rejection(store({ pinning }).put(blob(15)), StoreUnavailable);
    service.fault = (_, response) => {
      response.writeHead(409).end("{}");
      return true;
    };
    await rejection(store({ pinning }).put(blob(15)), StoreFull);
  });

  it("takes back only its own blocks from a second pinner that shows others", async () => {
    const service = gateways[0];
    const options = { pinning: { endpoint: service.url, token: TOKEN } };
    const [mine, other] = [await store(options).put(blob(16)), await store(options).put(blob(17))];
    service.fault = ({ method, call }, response) => {
      if (method !== "GET" || call !== "pins") return false;
      const results = [...service.requests].map(([requestid, of]) => ({
        requestid,
        pin: { cid: cidOf(of) },
      }));
      response.end(JSON.stringify({ count: results.length, results }));
      return true;
    };
    await store(options).delete(mine);
    expect([...service.requests.values()]).to.deep.equal([other]);
  });

  it("has a few of a thousand blobs on their way at a time, and keeps each", async function () {
    this.timeout(60_000);
    const of = (i: number) => Uint8Array.of(...blob(0, 4096), i >> 8, i & 255);
    node.fault = () => new Promise((resolve) => setTimeout(() => resolve(false), 1));
    const wide = store({ width: 8, timeout: 30_000 });
    const digests = await Promise.all(Array.from({ length: 1_000 }, (_, i) => wide.put(of(i))));
    expect(node.pinned.size).to.equal(1_000);
    expect(node.mostInFlight).to.be.at.most(8).and.greaterThan(1);
    const read = await Promise.all(digests.map((digest) => wide.get(digest)));
    expect(read.every((each, i) => each !== null && digestOf(each) === digests[i])).to.equal(true);
    expect(node.mostInFlight).to.be.at.most(8);
    expect(calls(node).filter((call) => call === "add")).to.have.length(1_000);
  });

  it("reads where it cannot write, and says so", async () => {
    const digest = gateways[1].keep(blob(18));
    expect(await reader().has(digest)).to.equal(true);
    for (const work of [() => reader().put(blob(18)), () => reader().delete(digest)])
      expect((await rejection(work(), StoreUnavailable)).why).to.include("gateways only read");
  });

  it("counts what the node has itself, and not what it or a gateway fetches from others", async () => {
    const [honest, gateway] = gateways;
    // It says that it added, and keeps nothing; asked for a block, it would find it at its peers.
    node.fault = async ({ call, query, body, digest }, response) => {
      if (call === "add") {
        const added = digestOf(fileIn(body));
        response.end(JSON.stringify({ Name: "blob", Hash: cidOf(added), Size: "0" }));
        return true;
      }
      if (call !== "block/get" || query.get("offline") === "true") return false;
      response.end(honest.blocks.get(digest ?? ""));
      return Promise.resolve(true);
    };
    gateway.fault = ({ digest }, response) => {
      response.end(honest.blocks.get(digest ?? ""));
      return true;
    };
    const options = { ...quick, gateways: [gateway.url] };
    const stores = [ipfsStore({ api: honest.url, ...options }), ipfsStore({ api: node.url, ...options })];
    const fault = await rejection(putVerified(mirrorStore(stores, { quorum: 2 }), blob(19)), QuorumMissed);
    expect(fault.stores).to.deep.equal([stores[0]!.name]);
    expect(fault.faults[0]).to.be.instanceOf(BlobMissing);
    const digest = digestOf(blob(19));
    expect(await stores[1]!.get(digest), "for who reads, anybody's is good").to.deep.equal(blob(19));
    const copies = await countCopies({ stores, quorum: 2 }, [digest]);
    expect(copies.stores.map(({ present }) => present.length)).to.deep.equal([1, 0]);
    expect(copies.below).to.have.length(1);
    const bound = bounded(stores[1]!);
    expect(await bound.held!(digest)).to.equal(null);
  });

  it("takes no refusal to remove a block for a removal, whatever the status says", async () => {
    const digest = await store().put(blob(20));
    const refusals: IpfsServer["fault"][] = [
      ({ call }, response) => {
        if (call !== "block/rm") return false;
        response.end(
          `${JSON.stringify({ Hash: cidOf(digest), Error: "pinned: indirect" })}\n${JSON.stringify({ Hash: "x" })}\n`,
        );
        return true;
      },
      ({ call }, response) => {
        if (call !== "pin/rm") return false;
        const Message = `${cidOf(digest)} is pinned indirectly under another`;
        response.writeHead(500).end(JSON.stringify({ Message, Code: 0, Type: "error" }));
        return true;
      },
    ];
    for (const refusal of refusals) {
      node.fault = refusal;
      expect(await rejection(store().delete(digest), StoreUnavailable)).to.include({
        store: `IPFS node ${node.host}`,
      });
      expect(await store().get(digest)).to.deep.equal(blob(20));
    }
    node.fault = () => false;
    await store().delete(digest);
    expect(await store().get(digest)).to.equal(null);
  });
});
