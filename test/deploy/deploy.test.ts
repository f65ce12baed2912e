import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { id, Interface, JsonRpcProvider } from "ethers";
import hre, { network } from "hardhat";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { CREATE2_ADDRESSES, deploymentOf, type Deployment } from "../../client/deployments.ts";
import { UnsuitableNetwork } from "../../scripts/block-numbers.ts";
import { StoreUnavailable } from "../../client/index.ts";
import { CodeMissing, deploy, DEPLOY_GAS } from "../../scripts/deploy.ts";
import { journalOf } from "../../scripts/journal.ts";
import { CREATEX, ForeignCode, placesAt, rehearse } from "../../scripts/standing.ts";
import { findDeployment, homeOf, ProfileExposed, readDeployment } from "../../apps/cli/profile.ts";
import { NotEnoughFunds } from "../../apps/cli/wallet.ts";
import { KeyRegistry__factory, MemoryVault__factory } from "../../typechain-types/index.ts";
import { rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import { expectSuite } from "../helpers/code.ts";
import { createXCode, placeCreateX } from "../helpers/createx.ts";
import { thrown } from "../helpers/thrown.ts";

type Connection = NetworkConnection<ChainType>;

/** The addresses alone. */
const addressesOf = ({ memoryVault, keyRegistry, blobLog }: Deployment) => ({
  memoryVault,
  keyRegistry,
  blobLog,
});

/** A connection whose node answers some methods otherwise. Ignition keeps to the true node. */
const overridden = (connection: Connection, answers: Partial<Record<string, string>>): Connection =>
  Object.create(connection, {
    provider: {
      value: {
        request: async (request: { method: string; params?: unknown[] }): Promise<unknown> =>
          answers[request.method] ?? connection.provider.request(request),
      },
    },
  }) as Connection;

describe("deployment", () => {
  let home: string;
  let createX: string;
  /** The addresses that the contracts as they are built now have on every chain. */
  let everywhere: { memoryVault: string; keyRegistry: string; blobLog: string };
  let lines: string[];
  const said = () => lines.join("\n");

  /** Runs the deployment against a node, as `--network localhost` does. */
  const deployTo = async ({ url }: Anvil): Promise<Deployment> => {
    const connection = await network.create({ network: "localhost", override: { url } });
    lines = [];
    try {
      return await deploy(hre, connection, { home, say: (line) => lines.push(line) });
    } finally {
      await connection.close();
    }
  };

  before(async () => {
    createX = await createXCode();
    const { memoryVault, keyRegistry, blobLog } = await rehearse(hre, 31337n);
    everywhere = {
      memoryVault: memoryVault.address,
      keyRegistry: keyRegistry.address,
      blobLog: blobLog.address,
    };
  });
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-"));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  it("uses a salt that anybody can compute", () => {
    expect(hre.config.ignition.strategyConfig?.create2?.salt).to.equal(id("memory-vault/v1"));
  });

  it("knows the create2 addresses: run `npm run addresses` after a contract changed", () => {
    expect(CREATE2_ADDRESSES).to.deep.equal(everywhere);
  });

  it("leaves no journal of a local chain", async () => {
    await using anvil = await startAnvil({ chainId: 900_000 });
    await deployTo(anvil);

    const journals = await readdir(path.join(hre.config.paths.ignition, "deployments")).catch(() => []);
    expect(journals.filter((name) => name.includes(String(process.pid)) || name.includes("900000"))).to.be
      .empty;
  });

  it("keeps the journal of a public chain, and resumes by it", async () => {
    await using anvil = await startAnvil({ chainId: 900_011 });
    const connection = await network.create({ network: "localhost", override: { url: anvil.url } });
    const journal = path.join(hre.config.paths.ignition, "deployments", "chain-900011");
    const options = { say: () => undefined };
    try {
      const chain = overridden(connection, { web3_clientVersion: "Geth/v1.16.7" });
      const deployment = await deploy(hre, chain, { ...options, home });
      expect(await readdir(journal)).to.include("journal.jsonl");

      // Another machine, with the same repository.
      const height = await rpc(anvil.url, "eth_blockNumber");
      const elsewhere = path.join(home, "elsewhere");
      expect(await deploy(hre, chain, { ...options, home: elsewhere })).to.deep.equal(deployment);
      expect(await rpc(anvil.url, "eth_blockNumber")).to.equal(height);
    } finally {
      await connection.close();
      await rm(journal, { recursive: true, force: true });
    }
  });

  describe("where CreateX stands", () => {
    it("gives the same addresses on two chains, and adopts them the second time", async () => {
      await using first = await startAnvil({ chainId: 900_001 });
      await using second = await startAnvil({ chainId: 900_002 });
      for (const { url } of [first, second]) await placeCreateX(url, createX);
      // The second chain's deployer has another nonce and history.
      await rpc(second.url, "anvil_mine", ["0x10"]);

      const here = await deployTo(first);
      const there = await deployTo(second);
      await expectSuite(first.url, here);
      await expectSuite(second.url, there);
      expect(said()).to.include("the same on every chain");
      expect(addressesOf(here)).to.deep.equal(everywhere);
      expect(addressesOf(there)).to.deep.equal(everywhere);
      expect([here.chainId, there.chainId]).to.deep.equal([900_001n, 900_002n]);
      expect(here.block).to.be.within(1, 3);
      expect(there.block).to.be.within(17, 19);

      const vault = MemoryVault__factory.connect(there.memoryVault, new JsonRpcProvider(second.url));
      expect((await vault.eip712Domain()).chainId).to.equal(900_002n);
      expect((await vault.eip712Domain()).verifyingContract).to.equal(there.memoryVault);

      const height = await rpc(first.url, "eth_blockNumber");
      expect(await deployTo(first)).to.deep.equal(here);
      expect(said().match(/ adopted$/gm)).to.have.length(3);
      expect(await rpc(first.url, "eth_blockNumber")).to.equal(height);
    });

    it("adopts what somebody else deployed, and deploys the rest", async () => {
      await using anvil = await startAnvil({ chainId: 900_003 });
      await placeCreateX(anvil.url, createX);
      const stranger = await new JsonRpcProvider(anvil.url).getSigner(5);
      const factory = new Interface(["function deployCreate2(bytes32 salt, bytes initCode)"]);
      const data = factory.encodeFunctionData("deployCreate2", [
        id("memory-vault/v1"),
        KeyRegistry__factory.bytecode,
      ]);
      await (await stranger.sendTransaction({ to: CREATEX, data })).wait();

      const deployment = await deployTo(anvil);
      expect(addressesOf(deployment)).to.deep.equal(everywhere);
      expect(deployment.block).to.equal(1);
      expect(said()).to.match(/KeyRegistry .* adopted/);
      expect(said().match(/ deployed$/gm)).to.have.length(2);
    });

    it("refuses code that differs in nothing but an immutable value, and sends nothing", async () => {
      await using anvil = await startAnvil({ chainId: 900_004 });
      await placeCreateX(anvil.url, createX);
      // Our own contract, but with the domain of another chain.
      const { memoryVault } = await rehearse(hre, 900_005n, createX);
      await rpc(anvil.url, "anvil_setCode", [memoryVault.address, memoryVault.code]);

      const refused = await deployTo(anvil).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(ForeignCode);
      expect(refused).to.include({ contract: "MemoryVault", address: everywhere.memoryVault });
      expect(await rpc(anvil.url, "eth_blockNumber")).to.equal("0x0");
    });

    it("takes a factory that is not CreateX for none", async () => {
      await using anvil = await startAnvil({ chainId: 900_006 });
      await placeCreateX(anvil.url, "0x00");

      expect(addressesOf(await deployTo(anvil))).to.not.deep.equal(everywhere);
      expect(said()).to.include("plain deployment");
    });
  });

  describe("where CreateX does not stand", () => {
    it("deploys plainly, says so, and remembers the addresses until the chain starts anew", async () => {
      let deployment: Deployment;
      {
        await using anvil = await startAnvil({ chainId: 900_007 });
        deployment = await deployTo(anvil);
        await expectSuite(anvil.url, deployment);
        expect(said()).to.include("has no CreateX: plain deployment");
        expect(addressesOf(deployment)).to.not.deep.equal(everywhere);
        expect(await findDeployment(home, 900_007n)).to.deep.equal(deployment);

        expect(await deployTo(anvil)).to.deep.equal(deployment);
        expect(said().match(/ adopted$/gm)).to.have.length(3);
      }
      await using anew = await startAnvil({ chainId: 900_007 });
      await deployTo(anew);
      expect(said().match(/ deployed$/gm)).to.have.length(3);
    });

    it("does not take other code for a contract that it remembers", async () => {
      await using anvil = await startAnvil({ chainId: 900_008 });
      const { memoryVault, keyRegistry } = await deployTo(anvil);
      const code = await rpc(anvil.url, "eth_getCode", [memoryVault, "latest"]);
      await rpc(anvil.url, "anvil_setCode", [keyRegistry, code]);

      expect((await deployTo(anvil)).keyRegistry).to.not.equal(keyRegistry);
      expect(said()).to.match(/KeyRegistry .* deployed/);
      expect(said()).to.match(/MemoryVault .* adopted/);
    });

    it("does not take code that differs in nothing but an immutable value", async () => {
      await using anvil = await startAnvil({ chainId: 900_012 });
      const { memoryVault } = await deployTo(anvil);
      // Our own contract, at its own address, with the domain of another chain.
      const { code } = (await placesAt(hre, 900_013n, { memoryVault })).memoryVault!;
      await rpc(anvil.url, "anvil_setCode", [memoryVault, code]);

      expect((await deployTo(anvil)).memoryVault).to.not.equal(memoryVault);
      expect(said()).to.match(/MemoryVault .* deployed/);
      expect(said().match(/ adopted$/gm)).to.have.length(2);
    });

    it("deploys nothing to a public chain whose journal knows more than its node", async () => {
      const options = { home, say: () => undefined };
      const journal = path.join(hre.config.paths.ignition, "deployments", "chain-900014");
      /** Does something at a node whose chain is taken for a public one. */
      const publicly = async <T>({ url }: Anvil, work: (chain: Connection) => Promise<T>): Promise<T> => {
        const connection = await network.create({ network: "localhost", override: { url } });
        try {
          return await work(overridden(connection, { web3_clientVersion: "Geth/v1.16.7" }));
        } finally {
          await connection.close();
        }
      };
      try {
        let deployment: Deployment;
        {
          await using anvil = await startAnvil({ chainId: 900_014 });
          deployment = await publicly(anvil, async (chain) => {
            const whole = await deploy(hre, chain, { ...options, home });
            // As if it had broken off before its last contract.
            await (await journalOf(hre, chain.provider, 900_014n, "basic")).forget("blobLog");
            return whole;
          });
        }
        await using lagging = await startAnvil({ chainId: 900_014 });
        const elsewhere = { ...options, home: path.join(home, "elsewhere") };
        const fault = await thrown(publicly(lagging, (chain) => deploy(hre, chain, elsewhere)));
        expect(fault).to.be.instanceOf(CodeMissing);
        expect(fault).to.include({ contract: "MemoryVault", address: deployment.memoryVault });
        expect(await rpc(lagging.url, "eth_blockNumber")).to.equal("0x0");
        expect(await readDeployment(elsewhere.home, 900_014n)).to.equal(null);
      } finally {
        await rm(journal, { recursive: true, force: true });
      }
    });
  });

  describe("before anything is paid", () => {
    let anvil: Anvil;
    before(async () => {
      anvil = await startAnvil({ chainId: 900_015 });
      await placeCreateX(anvil.url, createX);
    });
    after(() => anvil.stop());
    afterEach(async () => {
      expect(await rpc(anvil.url, "eth_blockNumber"), "nothing was sent").to.equal("0x0");
    });

    it("refuses a home that others can enter", async () => {
      await chmod(home, 0o755);
      expect(await thrown(deployTo(anvil))).to.be.instanceOf(ProfileExposed);
    });

    it("refuses a home that cannot be made", async () => {
      const file = path.join(home, "file");
      await writeFile(file, "");
      home = path.join(file, "home");
      expect(await thrown(deployTo(anvil))).to.be.instanceOf(StoreUnavailable);
      home = path.dirname(file);
    });

    it("refuses a home whose record cannot be written", async () => {
      await writeFile(path.join(home, "deployments"), "");
      expect(await thrown(deployTo(anvil))).to.be.instanceOf(StoreUnavailable);
    });

    it("refuses an account that cannot pay", async () => {
      const connection = await network.create({ network: "localhost", override: { url: anvil.url } });
      const [account] = await connection.ethers.getSigners();
      await rpc(anvil.url, "anvil_setBalance", [account!.address, "0x10"]);
      const fault = await thrown(deploy(hre, connection, { home, say: () => undefined }));
      expect(fault).to.be.instanceOf(NotEnoughFunds).and.include({ account: account!.address });
      await connection.close();
    });
  });

  it("knows about what it costs", async () => {
    const gas = Object.values(DEPLOY_GAS).reduce((sum, each) => sum + each);
    for (const hasCreateX of [false, true]) {
      await using anvil = await startAnvil({ chainId: 900_016 });
      if (hasCreateX) await placeCreateX(anvil.url, createX);
      await deployTo(anvil);
      let used = 0n;
      for (const number of ["0x1", "0x2", "0x3"]) {
        const block = await rpc(anvil.url, "eth_getBlockByNumber", [number, false]);
        used += BigInt((block as { gasUsed: string }).gasUsed);
      }
      expect(gas, "enough").to.be.greaterThan(used);
      expect(gas, "and not much more").to.be.lessThan((used * 12n) / 10n);
      await rm(path.join(home, "deployments"), { recursive: true });
    }
  });

  describe("where block.number is another chain's", () => {
    for (const chainId of [42161, 42170, 421614])
      it(`refuses chain ${chainId} by its id`, async () => {
        const connection = await network.create({ override: { chainId } });
        const refused = await deploy(hre, connection, { home, say: () => undefined }).catch(
          (error: unknown) => error,
        );
        expect(refused).to.be.instanceOf(UnsuitableNetwork);
        expect((refused as Error).message).to.match(/KeyRegistry and BlobLog cannot work.*Arbitrum/);
        expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
        await connection.close();
      });

    it("refuses an unknown chain whose contracts see another block number", async () => {
      const connection = await network.create({ override: { chainId: 900_009 } });
      const ahead = overridden(connection, { eth_blockNumber: "0x1000000" });
      const refused = await deploy(hre, ahead, { home, say: () => undefined }).catch(
        (error: unknown) => error,
      );
      expect(refused).to.be.instanceOf(UnsuitableNetwork);
      expect((refused as Error).message).to.include("while its newest is 16777216");
      await connection.close();
    });
  });

  it("is the task `deploy`, in process too, where nothing is remembered", async () => {
    const env = process.env.MEMVAULT_HOME;
    const log = console.log;
    process.env.MEMVAULT_HOME = home;
    console.log = () => undefined;
    try {
      const deployment = (await hre.tasks.getTask("deploy").run()) as Deployment;
      expect(deployment.chainId).to.equal(31337n);
      expect(await readdir(home)).to.be.empty;
    } finally {
      console.log = log;
      if (env === undefined) delete process.env.MEMVAULT_HOME;
      else process.env.MEMVAULT_HOME = env;
    }
  });

  it("has a table and a profile that say nothing of chains they do not know", async () => {
    expect(deploymentOf(900_010n)).to.equal(null);
    expect(await findDeployment(home, 900_010n)).to.equal(null);
    expect(homeOf({ MEMVAULT_HOME: home })).to.equal(home);
    expect(homeOf({})).to.match(/\.memvault$/);
  });
});
