import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

import { expect } from "chai";
import { getCreateAddress, Wallet } from "ethers";
import hre, { network } from "hardhat";

import { readDeployment } from "../../apps/cli/profile.ts";
import type { Deployment } from "../../client/deployments.ts";
import { NAMES, placesAt, rehearse, standingAt } from "../../scripts/standing.ts";
import { ANVILS_FIRST_KEY, rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import { createXCode, placeCreateX } from "../helpers/createx.ts";
import { startHardhat, type RunningTask } from "../helpers/hardhat.ts";
import { startProxy, type Passing } from "../helpers/proxy.ts";
import { thrown } from "../helpers/thrown.ts";

const LONG = process.env.MEMVAULT_LONG === "1";
const DEPLOYER = new Wallet(ANVILS_FIRST_KEY).address;
const JOURNALS = path.join(hre.config.paths.ignition, "deployments");

/**
 * When the power goes: before the node has the transaction, before the process hears its hash, at the next request after
 * that, or when all is confirmed and nothing recorded.
 */
type Moment = "unsent" | "unheard" | "heard" | "confirmed";

/** A transaction in a block. */
interface Sent {
  readonly nonce: string;
}

/** Lets requests pass until the transaction with this number, counted from 1, and then cuts the power. */
function cutting(moment: Moment, number: number, cut: () => Promise<unknown>) {
  let [sent, isCut, next] = [0, false, false];
  const end = async (): Promise<null> => {
    if (!isCut) await cut();
    isCut = true;
    return null;
  };
  return async ({ method, forward }: Passing): Promise<string | null> => {
    if (isCut || next) return end();
    if (moment === "confirmed" && sent === number && method === "eth_getCode") return end();
    if (method !== "eth_sendRawTransaction" || ++sent !== number || moment === "confirmed") return forward();
    if (moment === "unsent") return end();
    const answer = await forward();
    if (moment === "unheard") return end();
    next = true;
    return answer;
  };
}

const long = LONG ? it : it.skip;

describe("a deployment that breaks off goes on", function () {
  this.timeout(180_000);
  let createX: string;
  let everywhere: Record<(typeof NAMES)[number], string>;
  let home: string;
  let chainId = 900_100;

  before(async () => {
    createX = await createXCode();
    const { memoryVault, keyRegistry, blobLog } = await rehearse(hre, 31_337n);
    everywhere = {
      ...{ memoryVault: memoryVault.address, keyRegistry: keyRegistry.address },
      blobLog: blobLog.address,
    };
  });
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-"));
    chainId += 1;
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
    for (const name of await readdir(JOURNALS).catch(() => []))
      if (name.includes(String(chainId))) await rm(path.join(JOURNALS, name), { recursive: true });
  });

  /** `npm run deploy -- --network custom`, as a process of its own. */
  const deploying = (url: string): RunningTask =>
    startHardhat(["deploy", "--network", "custom"], {
      ...{ MEMVAULT_HOME: home, MEMVAULT_RPC_URL: url, MEMVAULT_PRIVATE_KEY: ANVILS_FIRST_KEY },
    });

  /** Ends a process as a power cut does. */
  const kill = async ({ child }: RunningTask): Promise<void> => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };

  /** A node that says it is another, so that its chain is taken for a public one. */
  const disguised = async ({ method, forward }: Passing): Promise<string> =>
    method === "web3_clientVersion"
      ? JSON.stringify({ jsonrpc: "2.0", id: 1, result: "Geth/v1.16.7" })
      : forward();

  /**
   * Waits until a block has this transaction of the deployer, counted from 1. A node that is ended while it mines may keep
   * the account's new nonce without the block: no chain is in that state.
   */
  async function mined({ url }: Anvil, number: number): Promise<void> {
    for (;;) {
      const block = (await rpc(url, "eth_getBlockByNumber", ["latest", true])) as { transactions: Sent[] };
      if (block.transactions.some(({ nonce }) => Number(nonce) === number - 1)) return;
      await setTimeout(20);
    }
  }

  /** Deploys, and is killed. */
  async function killed(anvil: Anvil, moment: Moment, number: number, isPublic = false): Promise<void> {
    const tasks: RunningTask[] = [];
    const watch = cutting(moment, number, () => kill(tasks[0]!));
    await using proxy = await startProxy(
      () => anvil.url,
      async (request) => watch(isPublic ? { ...request, forward: () => disguised(request) } : request),
    );
    tasks.push(deploying(proxy.url));
    expect(await thrown(tasks[0]!.output)).to.have.property("signal", "SIGKILL");
    expect(await readDeployment(home, BigInt(chainId)), "nothing half-written").to.equal(null);
  }

  /** Runs it again, and holds the result against the chain. */
  async function expectResumed(anvil: Anvil, hasCreateX: boolean, isPublic = false): Promise<Deployment> {
    await using proxy = await startProxy(() => anvil.url, isPublic ? disguised : ({ forward }) => forward());
    const said = await deploying(proxy.url).output;
    expect(said).to.include("Kept in");
    const deployment = (await readDeployment(home, BigInt(chainId)))!;
    const addresses = Object.fromEntries(NAMES.map((name) => [name, deployment[name]]));

    const count = Number(await rpc(anvil.url, "eth_getTransactionCount", [DEPLOYER, "latest"]));
    expect(count, "three contracts, three transactions").to.equal(3);
    const created = [0, 1, 2].map((nonce) => getCreateAddress({ from: DEPLOYER, nonce }));
    if (hasCreateX) expect(addresses).to.deep.equal(everywhere);
    else expect(Object.values(addresses)).to.have.members(created);
    const connection = await network.create({ network: "localhost", override: { url: anvil.url } });
    const places = await placesAt(hre, BigInt(chainId), addresses);
    expect(await standingAt(connection.provider, places)).to.deep.equal(addresses);
    await connection.close();

    expect(await readdir(path.join(home, "deployments"))).to.deep.equal([`${chainId}.json`]);
    const journals = (await readdir(JOURNALS)).filter((name) => name.includes(String(chainId)));
    expect(journals).to.deep.equal(isPublic ? [`chain-${chainId}`] : []);
    return deployment;
  }

  for (const hasCreateX of [false, true])
    for (const isPublic of [false, true])
      for (const number of [1, 2, 3])
        for (const moment of ["unsent", "unheard", "heard", "confirmed"] as const) {
          if (moment === "confirmed" && number !== 3) continue;
          if (isPublic && moment !== "unheard" && moment !== "confirmed") continue;
          const isShort = !hasCreateX && !isPublic && moment === "unheard" && number === 1;
          const place = `${hasCreateX ? "with" : "without"} CreateX, on a ${isPublic ? "public" : "local"} chain`;
          (isShort ? it : long)(`${place}, killed at transaction ${number}, ${moment}`, async () => {
            await using anvil = await startAnvil({ chainId });
            if (hasCreateX) await placeCreateX(anvil.url, createX);
            await killed(anvil, moment, number, isPublic);
            await expectResumed(anvil, hasCreateX, isPublic);
          });
        }

  long("while its transaction waits in the mempool: it is waited for", async () => {
    await using anvil = await startAnvil({ chainId });
    await rpc(anvil.url, "evm_setAutomine", [false]);
    await killed(anvil, "unheard", 1);
    expect(await rpc(anvil.url, "eth_getTransactionCount", [DEPLOYER, "latest"])).to.equal("0x0");
    // Ignition waits for several confirmations where it found automine off: block must follow block.
    const mining = setTimeout(8_000).then(() => rpc(anvil.url, "evm_setIntervalMining", [1]));
    await Promise.all([expectResumed(anvil, false), mining]);
  });

  for (const hasCreateX of [false, true]) {
    const place = `${hasCreateX ? "with" : "without"} CreateX`;

    long(`${place}, when the node ends and returns with its state`, async () => {
      const state = path.join(home, "chain.json");
      let anvil = await startAnvil({ chainId, state });
      if (hasCreateX) await placeCreateX(anvil.url, createX);
      let sent = 0;
      await using proxy = await startProxy(
        () => anvil.url,
        async ({ method, forward }) => {
          const answer = await forward();
          if (method !== "eth_sendRawTransaction" || ++sent !== 2) return answer;
          await mined(anvil, 2);
          await anvil.stop();
          return null;
        },
      );
      expect(await thrown(deploying(proxy.url).output)).to.have.property("code", 1);
      expect(await readDeployment(home, BigInt(chainId))).to.equal(null);
      anvil = await startAnvil({ chainId, state });
      await using returned = anvil;
      await expectResumed(returned, hasCreateX);
    });

    long(
      `${place}, when the node is killed too, and returns with the state of its first transaction`,
      async () => {
        const state = path.join(home, "chain.json");
        let anvil = await startAnvil({ chainId, state });
        if (hasCreateX) await placeCreateX(anvil.url, createX);
        await killed(anvil, "unheard", 1);
        await mined(anvil, 1);
        await anvil.stop();
        anvil = await startAnvil({ chainId, state });
        await killed(anvil, "confirmed", 2);
        // Whatever was written since it started is lost with it.
        process.kill(anvil.pid, "SIGKILL");
        await anvil.stop();
        await using returned = await startAnvil({ chainId, state });
        expect(await rpc(returned.url, "eth_getTransactionCount", [DEPLOYER, "latest"])).to.equal("0x1");
        await expectResumed(returned, hasCreateX);
      },
    );

    long(`${place}, when the node begins anew`, async () => {
      {
        await using anvil = await startAnvil({ chainId });
        if (hasCreateX) await placeCreateX(anvil.url, createX);
        await killed(anvil, "confirmed", 3);
      }
      await using anew = await startAnvil({ chainId });
      if (hasCreateX) await placeCreateX(anew.url, createX);
      await expectResumed(anew, hasCreateX);
    });
  }
});
