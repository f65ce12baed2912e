import "fake-indexeddb/auto";

import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import fc from "fast-check";

import {
  chosenNetwork,
  differences,
  hostedNetwork,
  networkText,
  parseNetwork,
} from "../../../apps/web/src/chain/config.ts";
import { coinText } from "../../../apps/web/src/chain/coin.ts";
import {
  ChainUnknown,
  ChainUnreachable,
  NetworkFaulty,
  WrongChain,
} from "../../../apps/web/src/chain/errors.ts";
import { fieldFaults, formOf, networkOf, tokenOf } from "../../../apps/web/src/chain/network-fields.ts";
import { connectNetwork, type NetworkConfig } from "../../../apps/web/src/chain/network.ts";
import { chainIdAt } from "../../../apps/web/src/chain/rpc.ts";
import { SentLog } from "../../../apps/web/src/chain/sent-log.ts";
import { browserSettings } from "../../../apps/web/src/chain/settings.ts";
import { Transactions } from "../../../apps/web/src/chain/transactions.ts";
import { Wallets } from "../../../apps/web/src/chain/wallets.ts";
import { backoff, isConnection } from "../../../apps/web/src/session/faults.ts";
import { openSession } from "../../../apps/web/src/session/open.ts";
import { ContractMissing, RpcsDisagree, RpcUnavailable, VaultError } from "../../../client/index.ts";
import { InvalidStoreName } from "../../../client/stores.ts";
import { thrown } from "../../helpers/thrown.ts";
import { createWorld, type World } from "../../helpers/world.ts";
import { memorySettings } from "./wallet-double.ts";

const FILE = {
  ...{ name: "Local", rpc: "http://127.0.0.1:8545", secondRpc: null, chainId: "31337" },
  memoryVault: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  keyRegistry: "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
  blobLog: "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
  ...{ block: 1, store: "ipfs:http://127.0.0.1:5001" },
};
const parsed = (change: object = {}) => parseNetwork(JSON.stringify({ ...FILE, ...change }), "It");

describe("the web app's network", () => {
  it("is read from a file, which is written again as it was", () => {
    const { config, sample } = parsed();
    expect(sample).to.equal(null);
    expect(config).to.deep.include({ name: "Local", secondRpc: null, store: FILE.store });
    expect(config.deployment).to.include({ chainId: 31_337n, block: 1, memoryVault: FILE.memoryVault });
    expect(parseNetwork(networkText(config), "It").config).to.deep.equal(config);
    const words = { words: "abandon art", owner: FILE.blobLog, label: "Ann" };
    expect(parsed({ sample: words }).sample).to.deep.equal(words);
  });

  it("is refused by name where it is anything else, and repeats no key of an address", () => {
    for (const change of [
      ...[
        { name: "" },
        { name: 7 },
        { rpc: "ftp://x" },
        { rpc: "https://me:secret@rpc.example" },
        { rpc: "secret" },
      ],
      ...[
        { chainId: 31_337 },
        { chainId: "0" },
        { chainId: "-1" },
        { chainId: "1e3" },
        { block: -1 },
        { block: "1" },
      ],
      ...[{ memoryVault: "0x12" }, { keyRegistry: undefined }, { blobLog: null }, { store: [] }, { more: 1 }],
      ...[{ sample: "x" }, { sample: { words: "a" } }, { secondRpc: 5 }],
    ]) {
      const fault = () => parsed(change);
      expect(fault, JSON.stringify(change))
        .to.throw(NetworkFaulty)
        .with.property("message")
        .that.does.not.include("secret");
    }
    for (const text of ["", "{", "[]", "7", "null"])
      expect(() => parseNetwork(text, "It"), text).to.throw(NetworkFaulty);
    const nowhere = { memoryVault: undefined, keyRegistry: undefined, blobLog: undefined };
    expect(() => parsed(nowhere)).to.throw(ChainUnknown, "31337");
  });

  it("fails by names of ours only, whatever the file says", () => {
    const names = fc.constantFrom(...Object.keys(FILE), "sample");
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), (change) => {
        try {
          parsed(change);
        } catch (fault) {
          expect(fault).to.be.instanceOf(VaultError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is the person's own, else that of the page's host, else none", async () => {
    const settings = memorySettings();
    const hosted = () => Promise.resolve(JSON.stringify(FILE));
    const none = () => Promise.resolve(null);
    expect(await chosenNetwork(settings, none)).to.equal(null);
    expect(await hostedNetwork(() => Promise.reject(new TypeError("offline")))).to.equal(null);
    expect((await chosenNetwork(settings, hosted))?.name).to.equal("Local");
    await settings.set("network", networkText({ ...parsed().config, name: "Mine" }));
    expect((await chosenNetwork(settings, hosted))?.name).to.equal("Mine");
    await settings.set("network", "{}");
    expect(await thrown(chosenNetwork(settings, hosted))).to.be.instanceOf(NetworkFaulty);
  });

  it("says what is another than the page's host names", () => {
    const { config } = parsed();
    expect(differences(config, parsed({ name: "Other", block: 7 }).config)).to.deep.equal([]);
    const change = {
      rpc: "https://rpc.example",
      secondRpc: FILE.rpc,
      blobLog: FILE.memoryVault,
      store: "chain",
    };
    expect(differences(config, parsed(change).config)).to.deep.equal([
      "the RPC",
      "the second RPC",
      "the store",
      "the blobs' contract",
    ]);
  });

  it("is typed into a form, spaces and all, with the token of its node", () => {
    const { config } = parsed();
    const fields = formOf(config);
    expect(networkOf({ ...fields, rpc: `  ${FILE.rpc} ` })).to.deep.equal(config);
    expect(networkOf({ ...fields, rpc: "" }).rpc).to.equal(null);
    expect(() => networkOf({ ...fields, block: "x" })).to.throw(NetworkFaulty);
    expect(() => networkOf({ ...fields, memoryVault: "" })).to.throw(NetworkFaulty);
    expect(() => networkOf(formOf(null))).to.throw(NetworkFaulty);
    const needed = ["name", "chainId", "memoryVault", "keyRegistry", "blobLog", "store"];
    expect(Object.keys(fieldFaults(formOf(null)))).to.deep.equal(needed);
    expect(fieldFaults(fields)).to.deep.equal({});
    expect(Object.keys(fieldFaults({ ...fields, store: " ", chainId: "x1" }))).to.deep.equal([
      "store",
      "chainId",
    ]);
    expect(tokenOf(fields)).to.equal(null);
    expect(tokenOf({ ...fields, token: "t" })).to.deep.equal({ host: "127.0.0.1:5001", token: "t" });
    const mirror = "mirror:2/chain+ipfs:https://node.example,https://gateway.example";
    expect(tokenOf({ ...fields, store: mirror, token: "t" })?.host).to.equal("node.example");
    expect(() => tokenOf({ ...fields, store: "chain", token: "t" })).to.throw(NetworkFaulty);
  });

  it("is kept in this browser", async () => {
    const settings = browserSettings("settings-of-a-test");
    expect(await settings.get("network")).to.equal(null);
    await settings.set("network", "x");
    expect(await browserSettings("settings-of-a-test").get("network")).to.equal("x");
    await settings.remove("network");
    expect(await settings.get("network")).to.equal(null);
  });

  it("says amounts in digits that count", () => {
    for (const [wei, text] of [
      [0n, "0 ETH"],
      [1n, "0.000000000000000001 ETH"],
      [123_456_789_012_345n, "0.000123456 ETH"],
      [1_234_567_890_000_000_000n, "1.234567 ETH"],
      [10n ** 22n, "10,000 ETH"],
    ] as const)
      expect(coinText(wei, 1n)).to.equal(text);
    // Nobody says what the coin of other chains is called.
    expect(coinText(10n ** 18n, 137n)).to.equal("1 in the chain's own coin");
  });

  it("is asked again after a lost connection: soon, then less and less often", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map(backoff)).to.deep.equal([2, 4, 8, 16, 32, 60, 60]);
    for (const fault of [
      new RpcUnavailable("first", "gone"),
      new ChainUnreachable("rpc.example"),
      Object.assign(new Error("x"), { code: "NETWORK_ERROR" }),
    ])
      expect(isConnection(fault)).to.equal(true);
    for (const fault of [null, new Error("x"), new WrongChain("x", 1n, 2n)])
      expect(isConnection(fault)).to.equal(false);
  });

  describe("is reached", () => {
    let world: World;
    let server: Server;
    let url: string;
    let mode: "honest" | "silent" | "garbage" | "other chain" = "honest";

    before(async () => {
      world = await createWorld();
      server = createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on("data", (part: Buffer) => parts.push(part));
        request.on(
          "end",
          () => void answer(Buffer.concat(parts).toString()).then((text) => response.end(text)),
        );
      });
      const answer = async (body: string): Promise<string> => {
        if (mode === "garbage") return "<html>";
        const asked = JSON.parse(body) as { id: number; method: string; params?: unknown[] }[];
        const one = async ({ id, method, params = [] }: (typeof asked)[number]): Promise<object> => ({
          ...{ jsonrpc: "2.0", id },
          result:
            mode === "other chain" && method === "eth_chainId"
              ? "0x1"
              : ((await world.connection.provider.request({ method, params })) as unknown),
        });
        return JSON.stringify(Array.isArray(asked) ? await Promise.all(asked.map(one)) : await one(asked));
      };
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    beforeEach(() => (mode = "honest"));

    const reach = async (change: Partial<NetworkConfig> = {}) => {
      const settings = memorySettings();
      const config = { ...parsed({ rpc: url, memoryVault: world.address }).config, ...change };
      return connectNetwork(config, {
        ...{ wallets: new Wallets(new EventTarget(), settings), transactions: new Transactions() },
        ...{
          log: new SentLog(settings, randomBytes),
          tokens: new Map([["x.example", "secret"]]),
          notice: () => undefined,
        },
      });
    };

    it("where the contract stands, and opens no vault of another", async () => {
      const network = await reach({ secondRpc: url });
      expect(await network.provider.getBlockNumber()).to.be.above(0);
      expect(network.secondProvider).to.not.equal(undefined);
      const known = {
        chainId: 1n,
        contract: world.address,
        vaultId: 1n,
        label: "Diary",
        role: "owner" as const,
      };
      const opening = () => openSession({ network, known, profile: {} as never, lock: () => undefined });
      expect(opening).to.throw(VaultError, "Diary");
    });

    it("by names that say what to do where it cannot be", async () => {
      const wrong = parsed({ rpc: url, chainId: "5" }).config;
      expect(await thrown(reach({ deployment: wrong.deployment })))
        .to.be.instanceOf(WrongChain)
        .and.include({ actual: 31_337n });
      expect(
        await thrown(
          reach({
            deployment: {
              ...wrong.deployment,
              chainId: 31_337n,
              memoryVault: `0x${"12".repeat(20)}`,
            },
          }),
        ),
      ).to.be.instanceOf(ContractMissing);
      expect(await thrown(reach({ store: "dir:/x" }))).to.be.instanceOf(InvalidStoreName);
      expect(await thrown(reach({ store: "ipfs:http://x.example" })))
        .to.be.instanceOf(InvalidStoreName)
        .with.property("message")
        .that.does.not.include("secret");
      expect(await thrown(reach({ rpc: null }))).to.have.property("name", "WalletMissing");
      expect(await thrown(reach({ secondRpc: "http://127.0.0.1:1/key-in-path" })))
        .to.be.instanceOf(ChainUnreachable)
        .with.property("message")
        .that.includes("127.0.0.1:1")
        .and.does.not.include("key-in-path");
      mode = "garbage";
      expect(await thrown(reach())).to.be.instanceOf(ChainUnreachable);
      expect(await thrown(chainIdAt("http://127.0.0.1:1"))).to.be.instanceOf(ChainUnreachable);
      mode = "other chain";
      expect(await thrown(reach())).to.be.instanceOf(WrongChain);
      mode = "honest";
      const other = createServer((_, response) => response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}'));
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const second = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await thrown(reach({ secondRpc: second }))).to.be.instanceOf(RpcsDisagree);
      other.closeAllConnections();
      other.close();
    });
  });
});
