import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { hexlify, ZeroHash } from "ethers";
import hre, { network } from "hardhat";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import {
  acceptWelcome,
  AlreadyMember,
  findWelcome,
  generateIdentity,
  grants,
  ContractMissing,
  InvalidAccount,
  InvalidExpiry,
  InvalidScopeName,
  ProposalUnlisted,
  KeyNotPublished,
  memoryJournalStore,
  publishKey,
  read,
  recipientBytes,
  recipientDigest,
  recipientOf,
  recoverVault,
  registryContract,
  remember,
  sync,
  VaultExists,
  type Deployment,
  type Vault,
} from "../../client/index.ts";
import { wordsToSeed } from "../../client/words.ts";
import { deploy } from "../../scripts/deploy.ts";
import { grant, type GrantOptions } from "../../scripts/grant.ts";
import { mint } from "../../scripts/mint.ts";
import {
  findVault,
  NoSuchVault,
  openOrCreateProfile,
  saveDeployment,
  vaultsOf,
  UnknownNetwork,
} from "../../apps/cli/profile.ts";
import { NotEnoughFunds } from "../../apps/cli/wallet.ts";
import { ANVILS_FIRST_KEY, rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import { createXCode, placeCreateX } from "../helpers/createx.ts";
import { hardhat } from "../helpers/hardhat.ts";
import { seedTraces } from "../helpers/seed-traces.ts";
import { thrown } from "../helpers/thrown.ts";

type Connection = NetworkConnection<ChainType>;

/** A chain with the suite, a profile that knows it, and a vault that was minted by the script. */
async function setUp(connection: Connection) {
  const home = await mkdtemp(path.join(tmpdir(), "memvault-"));
  const deployment = await deploy(hre, connection, { home, say: () => undefined });
  await saveDeployment(home, deployment);
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const { vault } = await mint(connection, { home, label: "mine", say });
  await remember(
    vault,
    { scope: "health", text: "Runs at six" },
    { scope: "finance", text: "Saves a fifth" },
  );
  await sync(vault);
  return { connection, home, deployment, vault, lines, say, said: () => lines.join("\n") };
}

/** The words that minting showed. */
const wordsIn = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => /^ +\d+ [a-z]/.test(line))
    .flatMap((line) => [...line.matchAll(/\d+ ([a-z]+)/g)].map((match) => match[1]!));

/** The texts that a reader with this welcome reads. */
async function readBy(
  { connection, deployment, vault }: { connection: Connection; deployment: Deployment; vault: Vault },
  identity: string,
  welcome: Uint8Array,
): Promise<string[]> {
  const reader = await acceptWelcome({
    ...{ provider: connection.ethers.provider, store: vault.store, journalStore: memoryJournalStore() },
    ...{ journalKey: new Uint8Array(32), address: deployment.memoryVault, identity, welcome },
  });
  return (await read(reader)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text));
}

const kinds: [string, () => Promise<{ connection: Connection; anvil: Anvil | null }>][] = [
  ["in process", async () => ({ connection: await network.create(), anvil: null })],
  [
    "on npm's anvil, over RPC",
    async () => {
      // A chain id that the client takes for a public one: it asks for the finalized block, which is two behind here.
      const anvil = await startAnvil({ chainId: 900_040, slotsInAnEpoch: 1 });
      return {
        connection: await network.create({ network: "localhost", override: { url: anvil.url } }),
        anvil,
      };
    },
  ],
];

for (const [kind, start] of kinds) {
  describe(`mint and grant, ${kind}`, () => {
    let world: Awaited<ReturnType<typeof setUp>>;
    let anvil: Anvil | null;
    /** Grants, with the blocks that make it final. */
    const granting = async (options: Omit<GrantOptions, "home" | "say">) => {
      const first = await grant(world.connection, { wait: 0, ...options, home: world.home, say: world.say });
      if (anvil === null) return first;
      expect(first.file).to.equal(null);
      await rpc(anvil.url, "anvil_mine", ["0x3"]);
      const second = await grant(world.connection, { wait: 0, ...options, home: world.home, say: world.say });
      expect(second).to.include({ memberId: first.memberId, granted: null });
      return { ...second, granted: first.granted };
    };

    before(async () => {
      const started = await start();
      anvil = started.anvil;
      world = await setUp(started.connection);
    });
    after(async () => {
      await rm(world.home, { recursive: true, force: true });
      await world.connection.close();
      await anvil?.stop();
    });

    it("mints, and shows 24 words that give the vault back", async () => {
      const { connection, vault, deployment } = world;
      const seed = wordsToSeed(wordsIn(world.lines).join(" "));
      const [owner] = await connection.ethers.getSigners();
      expect(world.said()).to.include(vault.ref.vaultId.toString(16)).and.include("shown once");
      expect(await vault.contract.ownerOf(vault.ref.vaultId)).to.equal(owner!.address);
      const recovered = await recoverVault({
        ...{ provider: connection.ethers.provider, store: vault.store, journalStore: memoryJournalStore() },
        ...{ journalKey: new Uint8Array(32), address: deployment.memoryVault, seed, owner: owner!.address },
      });
      expect((await read(recovered)).scopes).to.have.length(2);
    });

    it("leaves neither seed nor words in the profile", async () => {
      expect(await seedTraces(world.home, wordsIn(world.lines))).to.deep.equal([]);
    });

    it("remembers the vault in the profile", async () => {
      const { vault, home, deployment } = world;
      const of = { chainId: vault.ref.chainId, contract: deployment.memoryVault };
      const known = await findVault(await openOrCreateProfile(home), of, "owner");
      expect(known).to.include({ vaultId: vault.ref.vaultId, label: "mine" });
    });

    it("grants an agent contract by its registered key, with the welcome in the store", async () => {
      const { connection, vault, deployment } = world;
      const [, operator] = await connection.ethers.getSigners();
      const agent = await connection.ethers.deployContract(
        "ConciergeAgent",
        [deployment.memoryVault, deployment.keyRegistry, operator!.address],
        operator,
      );
      const address = await agent.getAddress();
      expect(await thrown(granting({ to: address, scopes: ["health"] }))).to.be.instanceOf(KeyNotPublished);
      const identity = generateIdentity();
      const recipient = recipientBytes(await recipientOf(identity));
      await (await agent.publishKey(recipient, 4_102_444_800n, ZeroHash)).wait();

      const { granted, file } = await granting({
        to: address,
        scopes: ["health"],
        days: 7,
        label: "concierge",
      });
      expect(granted?.rotated).to.equal(true);
      expect(await agent.canRead(vault.ref.vaultId)).to.equal(true);
      const { expiresAt } = await vault.contract.grantOf(vault.ref.vaultId, address);
      const block = await connection.ethers.provider.getBlock(granted!.receipt!.blockNumber);
      expect(Number(expiresAt) - block!.timestamp).to.be.within(7 * 86_400 - 120, 7 * 86_400);
      expect(world.said()).to.include(hexlify(recipientDigest(recipient)));
      expect(world.said()).to.include("health (1)");
      expect(world.said()).to.match(/Cost +[\d,]+ gas for the grant and the rotation of all keys/);

      const stored = await findWelcome(vault.contract, vault.ref.vaultId, address, vault.store);
      expect(new Uint8Array(await readFile(file!))).to.deep.equal(stored);
      expect(await readBy(world, identity, stored)).to.deep.equal(["Runs at six"]);
      expect((await stat(file!)).mode & 0o777).to.equal(0o600);
    });

    it("grants a person by address, with the welcome as a file only", async () => {
      const { connection, vault, deployment, home } = world;
      const [, , person] = await connection.ethers.getSigners();
      const identity = generateIdentity();
      await publishKey(
        registryContract(deployment.keyRegistry, person!),
        await recipientOf(identity),
        4_102_444_800,
      );
      const out = path.join(home, "for-ann.age");
      const { file } = await granting({ to: person!.address, scopes: ["finance"], propose: true, out });
      expect(file).to.equal(out);
      expect(await vault.contract.canPropose(vault.ref.vaultId, person!.address)).to.equal(true);
      const missing = findWelcome(vault.contract, vault.ref.vaultId, person!.address, vault.store);
      expect(await thrown(missing)).to.have.property("name", "WelcomeNotStored");
      expect(await readBy(world, identity, await readFile(out))).to.deep.equal(["Saves a fifth"]);
      const again = grant(connection, { to: person!.address, scopes: ["finance"], home, say: world.say });
      expect(await thrown(again)).to.be.instanceOf(AlreadyMember);
    });

    it("grants a recipient without an account, and the chain shows no grant", async () => {
      const { vault } = world;
      const identity = generateIdentity();
      const to = await recipientOf(identity);
      const { granted, file } = await granting({ to, scopes: ["health"], label: "doctor" });
      expect(granted!.receipt!.logs).to.have.length(1);
      expect(await readBy(world, identity, await readFile(file!))).to.deep.equal(["Runs at six"]);
      expect((await grants(vault)).map(({ label }) => label)).to.include("doctor");
    });

    if (kind !== "in process")
      it("waits until the grant is final", async () => {
        const { connection, home, say } = world;
        const to = await recipientOf(generateIdentity());
        const waiting = grant(connection, { to, scopes: ["health"], home, say, wait: 1 });
        const timer = setInterval(() => void rpc(anvil!.url, "anvil_mine", ["0x1"]), 200);
        expect((await waiting).file).to.match(/\.age$/);
        clearInterval(timer);
        expect(world.said()).to.include("Waiting for finality");
      });

    it("refuses what makes no grant, and sends nothing", async () => {
      const { connection, home } = world;
      const height = await connection.ethers.provider.getBlockNumber();
      const to = await recipientOf(generateIdentity());
      const refusals: [Partial<GrantOptions>, abstract new (...args: never[]) => Error][] = [
        [{ to: "ann.eth" }, InvalidAccount],
        [{ days: 0 }, InvalidExpiry],
        [{ days: 36_526 }, InvalidExpiry],
        [{ scopes: [""] }, InvalidScopeName],
        [{ vaultId: 1n }, NoSuchVault],
        [{ propose: true }, ProposalUnlisted],
      ];
      for (const [wrong, type] of refusals) {
        const options = { to, scopes: ["health"], home, say: () => undefined, ...wrong };
        expect(await thrown(grant(connection, options)), Object.keys(wrong).join()).to.be.instanceOf(type);
      }
      expect(await connection.ethers.provider.getBlockNumber()).to.equal(height);
    });
  });
}

describe("mint and grant", () => {
  it("send nothing, and show no words, where the contract no longer stands", async () => {
    const connection = await network.create();
    const { home, deployment } = await setUp(connection);
    await saveDeployment(home, { ...deployment, memoryVault: `0x${"12".repeat(20)}` });
    const lines: string[] = [];
    const refused = mint(connection, { home, say: (line: string) => void lines.push(line) });
    expect(await thrown(refused)).to.be.instanceOf(ContractMissing);
    expect(lines).to.deep.equal([]);
    await connection.close();
    await rm(home, { recursive: true });
  });

  it("ask for a deployment where none is known", async () => {
    const home = await mkdtemp(path.join(tmpdir(), "memvault-"));
    const connection = await network.create();
    const lines: string[] = [];
    const options = { home, say: (line: string) => void lines.push(line) };
    expect(await thrown(mint(connection, options))).to.be.instanceOf(UnknownNetwork);
    const to = await recipientOf(generateIdentity());
    expect(await thrown(grant(connection, { ...options, to, scopes: ["health"] }))).to.be.instanceOf(
      UnknownNetwork,
    );
    // No words of a vault that there will not be.
    expect(lines).to.be.empty;
    await connection.close();
    await rm(home, { recursive: true });
  });

  it("look whether the account can pay before any words are shown", async () => {
    const connection = await network.create();
    const { deployment, home } = await setUp(connection);
    const [owner] = await connection.ethers.getSigners();
    await connection.provider.request({ method: "hardhat_setBalance", params: [owner!.address, "0x10"] });
    const lines: string[] = [];
    const options = { home, say: (line: string) => void lines.push(line) };
    expect(await thrown(mint(connection, options))).to.be.instanceOf(NotEnoughFunds);
    const to = await recipientOf(generateIdentity());
    expect(await thrown(grant(connection, { ...options, to, scopes: ["health"] }))).to.be.instanceOf(
      NotEnoughFunds,
    );
    expect(lines).to.be.empty;
    // The vault that there is stays the only one.
    const of = { chainId: 31_337n, contract: deployment.memoryVault };
    expect((await findVault(await openOrCreateProfile(home), of, "owner")).label).to.equal("mine");
    await connection.close();
    await rm(home, { recursive: true });
  });

  it("remember no vault that was not minted", async () => {
    const connection = await network.create();
    const [here, there] = [await setUp(connection), await mkdtemp(path.join(tmpdir(), "memvault-"))];
    await saveDeployment(there, here.deployment);
    const seed = wordsToSeed(wordsIn(here.lines).join(" "));
    const again = mint(connection, { home: there, seed, say: () => undefined });
    expect(await thrown(again)).to.be.instanceOf(VaultExists);
    expect(await vaultsOf(await openOrCreateProfile(there))).to.be.empty;
    await connection.close();
    for (const home of [here.home, there]) await rm(home, { recursive: true });
  });

  it("are tasks, with the key from the environment", async () => {
    await using anvil = await startAnvil({ chainId: 11_155_111, slotsInAnEpoch: 1 });
    const home = await mkdtemp(path.join(tmpdir(), "memvault-"));
    await placeCreateX(anvil.url, await createXCode());
    const env = { MEMVAULT_HOME: home, SEPOLIA_RPC_URL: anvil.url, MEMVAULT_PRIVATE_KEY: ANVILS_FIRST_KEY };
    const task = (name: string, ...args: string[]) => hardhat([name, "--network", "sepolia", ...args], env);

    await task("deploy");
    expect(await task("mint", "--label", "mine")).to.match(/24 words[^]* gas/);
    const to = await recipientOf(generateIdentity());
    const ask = ["--to", to, "--scopes", "health,travel", "--days", "7", "--wait", "0"];
    expect(await task("grant", ...ask)).to.match(/health \(0\), travel \(0\)[^]*Not final yet/);
    await rpc(anvil.url, "anvil_mine", ["0x3"]);
    expect(await task("grant", ...ask)).to.match(/made before[^]*Welcome +\S*welcomes/);
    const fault = await thrown(task("grant", ...ask));
    // What to do, and no stack.
    expect(String(fault))
      .to.include("AlreadyMember")
      .and.include("revoke it, and grant anew")
      .and.not.include("    at ");
    await rm(home, { recursive: true });
  });
});
