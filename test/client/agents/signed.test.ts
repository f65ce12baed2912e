import { expect } from "chai";
import { getBytes, hexlify, id, Signature, TypedDataEncoder, Wallet } from "ethers";

import { requireSignedBy, type Claim } from "../../../client/agents.ts";
import { typedDataOf } from "../../../client/agents/signed.ts";
import { vaultContract, type VaultRef } from "../../../client/index.ts";
import type { Rpcs } from "../../../client/vault/rpcs.ts";
import { ConciergeAgent__factory } from "../../../typechain-types/index.ts";
import { deployDouble } from "../../contracts/doubles/double.ts";
import { answering as answeringRpc, between } from "../../helpers/doubles.ts";
import { nameOf, thrown } from "../../helpers/thrown.ts";
import { createWorld, type World } from "../../helpers/world.ts";

const CLAIM: Claim = {
  types: { Claim: [{ name: "what", type: "string" }] },
  message: { what: "asks for something" },
};

// PUSH32 value, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN: an account that answers one word to everything.
const answering = (word: string): string => `0x7f${word.padEnd(64, "0")}5f5260205ff3`;
const YES = "1626ba7e";

describe("who signs in an account's name", () => {
  let world: World;
  let ref: VaultRef;
  let asked: Rpcs & { ref: VaultRef };
  const [key, stranger] = [new Wallet(id("its key")), new Wallet(id("a stranger"))];
  before(async () => {
    world = await createWorld();
    ref = { chainId: 31_337n, contract: world.address, vaultId: 7n };
    const contract = vaultContract(world.address, world.provider);
    asked = { ref, provider: world.provider, contract, second: null, patience: 0 };
  });

  const signedBy = async (wallet: Wallet, claim = CLAIM, of = ref): Promise<Uint8Array> => {
    const { domain, types, message } = typedDataOf(of, claim);
    return getBytes(await wallet.signTypedData(domain, types, message));
  };
  const require = (account: string, signature: Uint8Array, claim = CLAIM, by = asked) =>
    requireSignedBy(by, account, claim, signature);
  const digest = (): string => {
    const { domain, types, message } = typedDataOf(ref, CLAIM);
    return TypedDataEncoder.hash(domain, types, message);
  };
  const withCode = async (account: string, code: string, work: () => Promise<unknown>): Promise<void> => {
    await world.networkHelpers.setCode(account, code);
    try {
      await work();
    } finally {
      await world.networkHelpers.setCode(account, "0x");
    }
  };
  const agentOf = async (operator: string): Promise<string> => {
    const { memoryVault, keyRegistry } = world;
    const args = [await memoryVault.getAddress(), await keyRegistry.getAddress(), operator] as const;
    return (await new ConciergeAgent__factory(world.owner).deploy(...args)).getAddress();
  };

  describe("of a plain account", () => {
    it("is its key, whatever the case of its address", async () => {
      const signature = await signedBy(key);
      for (const account of [key.address, key.address.toLowerCase()])
        expect(await require(account, signature)).to.deep.equal({ as: "account", signer: account });
    });

    it("is nobody else, by name", async () => {
      const fault = await thrown(require(key.address, await signedBy(stranger)));
      expect(fault).to.include({ name: "NotSignedBy", account: key.address, operator: null });
    });

    it("is nobody with nothing, too much, or a signature in another form", async () => {
      const { r, s, v } = Signature.from(hexlify(await signedBy(key)));
      const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const highS = getBytes(
        `0x${r.slice(2)}${(n - BigInt(s)).toString(16).padStart(64, "0")}${v === 27 ? "1c" : "1b"}`,
      );
      const compact = getBytes(Signature.from(hexlify(await signedBy(key))).compactSerialized);
      const bare = (await signedBy(key)).with(64, v - 27);
      for (const signature of [new Uint8Array(0), new Uint8Array(5_000), highS, compact, bare])
        expect(await nameOf(require(key.address, signature))).to.equal("NotSignedBy");
    });

    it("signed this claim, for this contract on this chain", async () => {
      const other = { ...CLAIM, message: { what: "asks for more" } };
      expect(await nameOf(require(key.address, await signedBy(key), other))).to.equal("NotSignedBy");
      for (const elsewhere of [{ chainId: 1n }, { contract: stranger.address }]) {
        const signature = await signedBy(key, CLAIM, { ...ref, ...elsewhere });
        expect(await nameOf(require(key.address, signature))).to.equal("NotSignedBy");
      }
    });
  });

  describe("of an account with code", () => {
    it("is what its contract says yes to (ERC-1271), and an empty signature never", async () => {
      const signature = new Uint8Array(70).fill(9);
      const { connection } = world;
      const pedantic = await deployDouble(connection, "PedanticWallet", digest(), signature);
      expect(await require(pedantic, signature)).to.deep.equal({ as: "account", signer: pedantic });
      expect(await nameOf(require(pedantic, signature.with(3, 0)))).to.equal("NotSignedBy");
      const lying = await deployDouble(connection, "LyingWallet");
      await require(lying, Uint8Array.of(1));
      for (const nothing of [new Uint8Array(0), new Uint8Array(5_000)])
        expect(await nameOf(require(lying, nothing))).to.equal("NotSignedBy");
    });

    it("is its key where the code refuses, reverts, is silent or answers dirt", async () => {
      const [own, others] = [await signedBy(key), await signedBy(stranger)];
      const codes = ["0x00", "0x5f5ffd", "0xfe", answering("ffffffff"), answering(`${YES}01`)];
      const shapes = [answering(`${YES}${"00".repeat(27)}01`), answering(`${"00".repeat(28)}${YES}`)];
      for (const code of [...codes, ...shapes])
        await withCode(key.address, code, async () => {
          expect(await require(key.address, own), code).to.include({ as: "account" });
          expect(await nameOf(require(key.address, others)), code).to.equal("NotSignedBy");
        });
    });

    it("is its key where it delegates (EIP-7702)", async () => {
      const { connection, relayer, provider } = world;
      const account = new Wallet(id("delegates"), provider);
      const address = await deployDouble(connection, "SilentDelegate");
      const authorization = await account.authorize({ address, nonce: 0 });
      await relayer.sendTransaction({ to: relayer, type: 4, authorizationList: [authorization] });
      expect(await provider.getCode(account.address)).to.equal(`0xef0100${address.slice(2).toLowerCase()}`);
      expect(await require(account.address, await signedBy(account))).to.include({ as: "account" });
      expect(await nameOf(require(account.address, await signedBy(stranger)))).to.equal("NotSignedBy");
    });
  });

  describe("of an agent contract", () => {
    it("is the operator that it names, and no other agent's", async () => {
      const agent = await agentOf(key.address);
      const signer = { as: "operator", signer: key.address };
      expect(await require(agent, await signedBy(key))).to.deep.equal(signer);
      const fault = await thrown(require(agent, await signedBy(stranger)));
      expect(fault).to.include({ name: "NotSignedBy", account: agent, operator: key.address });
      expect((fault as Error).message).to.include(key.address);
      // Whoever deploys a contract names whom it likes; without that one's signature it says nothing.
      const another = await agentOf(stranger.address);
      expect(await nameOf(require(another, await signedBy(key)))).to.equal("NotSignedBy");
      expect(await nameOf(require(another, new Uint8Array(0)))).to.equal("NotSignedBy");
    });

    it("is its operator's wallet where that is a contract too, and not that one's operator", async () => {
      const signature = new Uint8Array(80).fill(3);
      const wallet = await deployDouble(world.connection, "PedanticWallet", digest(), signature);
      const agent = await agentOf(wallet);
      expect(await require(agent, signature)).to.deep.equal({ as: "operator", signer: wallet });
      const above = await agentOf(await agentOf(key.address));
      expect(await nameOf(require(above, await signedBy(key)))).to.equal("NotSignedBy");
    });

    it("is nobody where it answers dirt, too little, zero or nothing", async () => {
      const account = `0x${"a9".repeat(20)}`;
      const operator = key.address.slice(2).toLowerCase();
      const dirty = [`${"00".repeat(11)}01${operator}`, `${operator}${"00".repeat(12)}`, "ff".repeat(32), ""];
      // Twenty bytes where 32 are due: PUSH20, PUSH0, MSTORE, PUSH1 20, PUSH1 12, RETURN.
      const short = `0x73${operator}5f526014600cf3`;
      const codes = [...dirty.map(answering), short, "0x00", "0x5f5ffd", "0xfe"];
      for (const code of codes)
        await withCode(account, code, async () => {
          const fault = await thrown(require(account, await signedBy(key)));
          expect(fault, code).to.include({ name: "NotSignedBy", operator: null });
        });
      await withCode(account, answering("00".repeat(12) + operator), async () => {
        expect(await require(account, await signedBy(key))).to.include({ as: "operator" });
      });
    });
  });

  describe("where a node does not say", () => {
    it("is unknown, and not nobody, when it is out of reach at any step", async () => {
      const agent = await agentOf(key.address);
      const signature = await signedBy(key);
      for (let before = 1; before <= 6; before++) {
        let steps = 0;
        const provider = between(world.connection.provider, ({ method, forward }) => {
          if (method !== "eth_chainId" && ++steps === before)
            return Promise.reject(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
          return forward();
        });
        const by = { ...asked, provider };
        if (before <= 5)
          expect(await nameOf(require(agent, signature, CLAIM, by)), `${before}`).to.equal("RpcUnavailable");
        else expect(await require(agent, signature, CLAIM, by)).to.include({ as: "operator" });
      }
    });

    it("is what two of them agree on", async () => {
      const agent = await agentOf(key.address);
      const word = `0x${"00".repeat(12)}${stranger.address.slice(2).toLowerCase()}`;
      const liar = answeringRpc(world.provider, ({ data }) =>
        Promise.resolve(data === "0x570ca735" ? word : null),
      );
      const rpc = (provider: typeof liar) => ({ provider, contract: asked.contract });
      // A single one that lies is believed: this is what a second is for.
      await require(agent, await signedBy(stranger), CLAIM, { ...asked, ...rpc(liar) });
      const two = { ...asked, second: rpc(liar) };
      expect(await nameOf(require(agent, await signedBy(stranger), CLAIM, two))).to.equal("RpcsDisagree");
      const honest = { ...asked, second: rpc(world.provider) };
      expect(await require(agent, await signedBy(key), CLAIM, honest)).to.include({ as: "operator" });
    });
  });
});
