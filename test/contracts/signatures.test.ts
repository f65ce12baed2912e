import { expect } from "chai";
import type { ContractTransactionResponse, Provider, Signer, TypedDataDomain, TypedDataField } from "ethers";
import { getBytes, id, sha256, toBeHex, TypedDataEncoder, Wallet, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";

import { recoverWelcomeSigner, welcomeTypedData } from "../../client/crypto/welcome.ts";
import { accountAccepts } from "../../client/vault/contract.ts";
import type { KeyRegistry } from "../../typechain-types/KeyRegistry.js";
import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import { thrown } from "../helpers/thrown.ts";
import { emptyWelcome } from "../helpers/welcome.ts";
import {
  AUTHORIZATION_TYPES,
  DELTA_TYPES,
  domainOf,
  four,
  nextDelta,
  PUBLISH_KEY_TYPES,
  REGISTRATION_TYPES,
  toSpaceId,
} from "./signing.ts";

const EXPIRY = 4_102_444_800;
const RECIPIENT = new Uint8Array(1216).fill(7);
const JUNK = "0x01";

/** Code that answers one word to everything: PUSH32 word, PUSH0, MSTORE, PUSH2 length, PUSH0, RETURN. */
const answering = (word: string, length = 32): string =>
  `0x7f${word.padEnd(64, "0")}5f5261${length.toString(16).padStart(4, "0")}5ff3`;
const YES = "1626ba7e";
const SILENT = "0x00";
/** Reverts with a selector: PUSH4, PUSH0, MSTORE, PUSH1 4, PUSH1 28, REVERT. */
const REVERTING = "0x63deadbeef5f526004601cfd";

/** A function that takes a signature, and what the account signs for it. */
interface Door {
  readonly name: string;
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
  /** Sends a signature, without the estimate of gas that would find out before it is sent. */
  knock(sender: Signer, signature: string, gasPrice?: bigint): Promise<ContractTransactionResponse>;
  /** Whether what the account agreed to was done. */
  isDone(): Promise<boolean>;
}

/** What real transactions add to `SignatureValidation.doors.t.sol`: delegations, chains, and blocks with two senders. */
describe("Signatures", () => {
  async function deploy(chainId = 31337) {
    const { ethers, networkHelpers, provider } = await network.create({
      network: "default",
      override: { chainId },
    });
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const keys: KeyRegistry = await ethers.deployContract("KeyRegistry");
    const [, , relayer, stranger] = four(await ethers.getSigners());
    const account = new Wallet(id("an account"), ethers.provider);
    await networkHelpers.setBalance(account.address, 10n ** 18n);
    await vault.connect(account).mint(id("salt"), ZeroAddress);
    const doors = await doorsOf(vault, keys, account);
    return { ethers, networkHelpers, provider, vault, keys, relayer, stranger, account, doors };
  }

  /** In an order in which opening one leaves the next as it was. */
  async function doorsOf(vault: MemoryVault, keys: KeyRegistry, account: Wallet): Promise<Door[]> {
    const { address } = account;
    const domain = await domainOf(vault);
    const own = toSpaceId(BigInt(await vault.deriveSpaceId(address, id("salt"))));
    const next = await vault.deriveSpaceId(address, id("next salt"));
    const key = Wallet.createRandom().address;
    const delta = await nextDelta(vault, BigInt(own), "one");
    const publication = {
      ...{ account: address, recipient: RECIPIENT, expiresAt: EXPIRY, attestationDigest: ZeroHash },
      ...{ nonce: 0, deadline: EXPIRY },
    };
    const overrides = (gasPrice?: bigint) => ({
      // A wallet may burn 63 of 64 parts of it, and two such transactions fit a block.
      gasLimit: 12_000_000,
      ...(gasPrice === undefined ? {} : { gasPrice }),
    });
    return [
      {
        name: "registerSpace",
        ...{ domain, types: REGISTRATION_TYPES },
        message: { spaceId: next, controller: address, authorizer: key },
        knock: (sender, signature, gasPrice) =>
          vault
            .connect(sender)
            .registerSpace(next, address, key, id("next salt"), signature, overrides(gasPrice)),
        isDone: async () => (await vault.memoryHead(next)).owner === address,
      },
      {
        name: "publishKeyBySig",
        ...{ domain: await domainOf(keys), types: PUBLISH_KEY_TYPES, message: publication },
        knock: (sender, signature, gasPrice) =>
          keys
            .connect(sender)
            .publishKeyBySig(
              ...([address, RECIPIENT, EXPIRY, ZeroHash, 0, EXPIRY, signature] as const),
              overrides(gasPrice),
            ),
        isDone: async () => (await keys.keyOf(address)).recipientDigest === sha256(RECIPIENT),
      },
      {
        name: "commitTransition",
        ...{ domain, types: DELTA_TYPES, message: { ...delta } },
        knock: (sender, signature, gasPrice) =>
          vault.connect(sender).commitTransition(delta, signature, overrides(gasPrice)),
        isDone: async () => (await vault.memoryHead(own)).root === delta.deltaCommitment,
      },
      {
        name: "updateSpaceAuthorization",
        ...{ domain, types: AUTHORIZATION_TYPES },
        message: { spaceId: own, newController: address, newAuthorizer: key, nonce: 1 },
        knock: (sender, signature, gasPrice) =>
          vault.connect(sender).updateSpaceAuthorization(own, address, key, signature, overrides(gasPrice)),
        isDone: async () => (await vault.memoryHead(own)).authorizer === key,
      },
    ];
  }

  const sign = ({ domain, types, message }: Door, signer: Signer) =>
    signer.signTypedData(domain, types, message);

  async function expectRefused(door: Door, sender: Signer, signature: string): Promise<void> {
    expect(await thrown(door.knock(sender, signature)), door.name).to.match(/InvalidSignature|Unauthorized/);
    expect(await door.isDone(), door.name).to.equal(false);
  }

  async function expectOpened(door: Door, sender: Signer, signature: string): Promise<void> {
    await door.knock(sender, signature);
    expect(await door.isDone(), door.name).to.equal(true);
  }

  describe("of an account that delegates by EIP-7702", () => {
    async function deployDelegating(code: string) {
      const deployed = await deploy();
      const { ethers, networkHelpers, account, relayer } = deployed;
      const delegate = `0x${"de1e6a7e".repeat(5)}`;
      await networkHelpers.setCode(delegate, code);
      const delegateTo = async (address: string) => {
        const authorization = await account.authorize({
          address,
          nonce: await account.getNonce(),
        });
        await relayer.sendTransaction({ to: relayer, type: 4, authorizationList: [authorization] });
      };
      await delegateTo(delegate);
      expect(await ethers.provider.getCode(account.address)).to.equal(`0xef0100${delegate.slice(2)}`);
      return { ...deployed, delegateTo };
    }

    for (const [what, code] of Object.entries({
      "answers nothing": SILENT,
      "reverts without a word": "0x5f5ffd",
      "burns its gas": "0xfe",
      refuses: answering("ffffffff"),
      "has dirt behind its yes": answering(`${YES}01`),
    }))
      it(`are its key's alone when the code ${what}`, async () => {
        const { doors, account, relayer, stranger } = await deployDelegating(code);
        for (const door of doors) {
          await expectRefused(door, relayer, "0x");
          await expectRefused(door, relayer, JUNK);
          await expectRefused(door, relayer, await sign(door, stranger));
          await expectOpened(door, relayer, await sign(door, account));
        }
      });

    it("are never empty, even when the code says yes to everything", async () => {
      const { doors, relayer } = await deployDelegating(answering(YES));
      for (const door of doors) {
        await expectRefused(door, relayer, "0x");
        await expectOpened(door, relayer, JUNK);
      }
    });

    it("are its key's alone again once the delegation is taken back", async () => {
      const { doors, account, relayer, delegateTo } = await deployDelegating(answering(YES));
      await delegateTo(ZeroAddress);
      for (const door of doors) {
        await expectRefused(door, relayer, JUNK);
        await expectOpened(door, relayer, await sign(door, account));
      }
    });

    it("need none when it calls itself", async () => {
      const { doors, account } = await deployDelegating(SILENT);
      for (const door of doors) await expectOpened(door, account, "0x");
    });
  });

  it("of one chain are nothing on another, at the same addresses", async () => {
    const [here, there] = [await deploy(), await deploy(1)];
    expect(await there.vault.getAddress()).to.equal(await here.vault.getAddress());
    expect(await there.keys.getAddress()).to.equal(await here.keys.getAddress());
    for (const [i, door] of here.doors.entries()) {
      const signature = await sign(door, here.account);
      await expectRefused(there.doors[i]!, there.relayer, signature);
      await expectOpened(door, here.relayer, signature);
    }
  });

  it("do the same whoever sends them, and the second sender in a block nothing", async () => {
    const { doors, account, relayer, stranger, provider, ethers } = await deploy();
    const gasPrice = 10n ** 11n;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    for (const door of doors) {
      const signature = await sign(door, account);
      const own = await door.knock(relayer, signature, gasPrice);
      const copied = await door.knock(stranger, signature, 2n * gasPrice);
      await provider.request({ method: "evm_mine", params: [] });
      const [first, second] = await Promise.all(
        [copied, own].map(({ hash }) => ethers.provider.getTransactionReceipt(hash)),
      );
      expect(first?.blockNumber, door.name).to.equal(second?.blockNumber);
      expect([first?.status, second?.status], door.name).to.deep.equal([1, 0]);
      expect(await door.isDone(), door.name).to.equal(true);
    }
  });

  describe("of the client", () => {
    it("under a welcome open no door, and those for a door no welcome", async () => {
      const { doors, vault, account, relayer } = await deploy();
      const welcome = emptyWelcome({
        chainId: 31337n,
        contract: (await vault.getAddress()).toLowerCase(),
        vaultId: BigInt(await vault.deriveSpaceId(account.address, id("salt"))),
      });
      const { domain, types, message } = welcomeTypedData(welcome);
      const signature = await account.signTypedData(domain, types, message);
      expect(recoverWelcomeSigner(welcome, getBytes(signature))).to.equal(account.address.toLowerCase());
      for (const door of doors) {
        await expectRefused(door, relayer, signature);
        const signer = recoverWelcomeSigner(welcome, getBytes(await sign(door, account)));
        expect(signer, door.name).to.not.equal(account.address.toLowerCase());
      }
    });

    it("are asked of wallets as the contract asks them", async () => {
      const { doors, account, relayer, ethers, networkHelpers } = await deploy();
      const provider: Provider = ethers.provider;
      const accepted: boolean[] = [];
      for (const code of [
        ...[answering(YES), answering(YES, 64), answering(YES, 0xffff)],
        ...[answering(YES, 4), answering(YES, 31), answering(`${YES}01`), answering(toBeHex(1, 32).slice(2))],
        ...[answering(""), answering("ffffffff"), answering("", 0xffff), SILENT, REVERTING],
      ]) {
        await networkHelpers.setCode(account.address, code);
        for (const door of doors) {
          const digest = TypedDataEncoder.hash(door.domain, door.types, door.message);
          const asked = await accountAccepts(provider, account.address, digest, getBytes(JUNK));
          const snapshot = await networkHelpers.takeSnapshot();
          const opened = await door.knock(relayer, JUNK).then(
            () => true,
            (fault: unknown) => {
              expect(String(fault), `${door.name}: ${code}`).to.match(/InvalidSignature/);
              return false;
            },
          );
          await snapshot.restore();
          expect(opened, `${door.name}: ${code}`).to.equal(asked);
          accepted.push(opened);
        }
      }
      expect(accepted.filter(Boolean)).to.have.lengthOf(3 * doors.length);
    });
  });
});
