import { expect } from "chai";
import {
  concat,
  dataSlice,
  getBytes,
  hexlify,
  id,
  keccak256,
  Signature,
  toBeHex,
  TypedDataEncoder,
  Wallet,
  ZeroHash,
} from "ethers";

import type { Double } from "../doubles/double.ts";
import { deployDouble } from "../doubles/double.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import type { Act, Delta, ERC8350Adapter, World } from "./erc8350-space.ts";
import {
  commit,
  committed,
  contents,
  deltaAfter,
  digestOf,
  expectRefused,
  givenSpace,
  headAfter,
  JUNK,
  registration,
  relay,
  SALT,
  setUp,
  sign,
  spaceIdOf,
  update,
} from "./erc8350-space.ts";
import type { Account } from "./port.ts";
import { cast, receiptOf } from "./port.ts";

/** Each act that needs the agreement of one account, on spaces that it has a part in. */
async function actsOf(world: World, account: Wallet): Promise<[Act, Act, Act]> {
  const { controller, authorizer } = world;
  const salt = id(account.address);
  const controlled = { controller: account.address, authorizer: authorizer.address, salt };
  const authorized = { controller: controller.address, authorizer: account.address, salt };
  await relay(world, registration(controlled), account);
  await relay(world, registration(authorized), controller);
  return [
    registration({ ...controlled, salt: id("another salt") }),
    update(spaceIdOf(account.address, salt), controller.address, authorizer.address, 1),
    commit(await deltaAfter(world, spaceIdOf(controller.address, salt))),
  ];
}

/** Puts the code of a wallet at an account, which keeps its key: what EIP-7702 and a policy of its own can lead to. */
async function become(
  { connection }: World,
  account: { address: string },
  wallet: Double,
  ...args: unknown[]
): Promise<void> {
  const code = await connection.ethers.provider.getCode(await deployDouble(connection, wallet, ...args));
  await connection.networkHelpers.setCode(account.address, code);
}

/** Lets an account delegate, as its key can (EIP-7702). */
async function delegate({ connection, relayer }: World, account: Wallet, wallet: Double): Promise<void> {
  const { chainId } = await connection.ethers.provider.getNetwork();
  const address = await deployDouble(connection, wallet);
  const authorization = await account.authorize({ address, nonce: 0, chainId });
  await receiptOf(
    relayer.sendTransaction({ to: relayer.address, type: 4, authorizationList: [authorization] }),
  );
  expect(await connection.ethers.provider.getCode(account.address)).to.equal(concat(["0xef0100", address]));
}

/** With that code, an account's key counts as before, and nothing else does. */
async function expectKeyCounts(world: World, wallet: Double): Promise<void> {
  const account = new Wallet(id(`an account with the code of ${wallet}`));
  const acts = await actsOf(world, account);
  await become(world, account, wallet);
  for (const act of acts) {
    await expectRefused(world, act, JUNK, `${act.name}, junk, ${wallet}`);
    await expectRefused(world, act, "0x01", `${act.name}, a byte, ${wallet}`);
    await expectRefused(world, act, world.stranger, `${act.name}, a stranger's signature, ${wallet}`);
    await relay(world, act, account);
  }
}

/** Variations of a signature of one who agreed are no signatures. */
async function expectVariationsRefused(
  world: World,
  variations: (signature: string) => readonly string[],
): Promise<void> {
  const { stranger: account } = world;
  for (const act of await actsOf(world, account)) {
    const signature = await sign(world, act, account);
    for (const variation of variations(signature))
      await expectRefused(world, act, variation, `${act.name} with ${variation}`);
    await relay(world, act, signature);
  }
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const malleable = (signature: string): string => {
  const { r, s, v } = Signature.from(signature);
  return concat([r, toBeHex(ORDER - BigInt(s), 32), toBeHex(v === 27 ? 28 : 27)]);
};

const withV = (signature: string, v: number): string => concat([dataSlice(signature, 0, 64), toBeHex(v, 1)]);

/** What ERC-8350 says of signatures: which domain they are made for, and whose count. */
export const shouldValidateSignatures = behaviour<ERC8350Adapter, World>("ERC-8350, signatures", setUp, {
  // ---------------------------------------------------------------------------------------------------- Signing domain
  "Signing domain: name, version, chain and registry, for all three signatures": async (world) => {
    const { stranger: account, domain } = world;
    for (const act of await actsOf(world, account)) {
      for (const another of [
        { name: "AgentMemory" },
        { version: "2" },
        { chainId: 1n },
        { verifyingContract: account.address },
        { salt: ZeroHash },
      ]) {
        const signature = await sign(world, act, account, { ...domain, ...another });
        await expectRefused(
          world,
          act,
          signature,
          `${act.name} under another ${Object.keys(another).join()}`,
        );
      }
      const { name, version, ...short } = domain;
      await expectRefused(
        world,
        act,
        await sign(world, act, account, short),
        `${act.name} under a short domain`,
      );
      await relay(
        world,
        act,
        await sign(world, act, account, { name: name ?? "", version: version ?? "", ...short }),
      );
    }
  },

  "Signing domain: the signed digest is keccak256(0x1901 || domainSeparator || structHash)": async (
    world,
  ) => {
    const { stranger: account, domain } = world;
    for (const act of await actsOf(world, account)) {
      const structHash = TypedDataEncoder.from(act.types).hash(act.value);
      const digest = keccak256(concat(["0x1901", TypedDataEncoder.hashDomain(domain), structHash]));
      await expectRefused(
        world,
        act,
        account.signingKey.sign(structHash).serialized,
        `${act.name}, structHash`,
      );
      await expectRefused(world, act, await account.signMessage(getBytes(digest)), `${act.name}, EIP-191`);
      await relay(world, act, account.signingKey.sign(digest).serialized);
    }
  },

  "Signing domain: all externally meaningful references are signed, none can be replaced by a relayer":
    async (world) => {
      const { registry, authorizer, relayer, stranger } = world;
      const delta = await deltaAfter(world, await givenSpace(world));
      const signature = await sign(world, commit(delta), authorizer);
      for (const field of Object.keys(delta) as (keyof Delta)[]) {
        const replaced = { ...delta, [field]: field === "sequence" ? 2n : id("replaced") };
        await expectThrow(registry.attempt(relayer, "commitTransition", replaced, signature), field);
      }
      // The two that the state machine would refuse anyway are signed as well.
      const spaceId = spaceIdOf(stranger.address, SALT);
      await givenSpace(world, { controller: stranger });
      await expectThrow(
        registry.attempt(relayer, "commitTransition", { ...delta, spaceId }, signature),
        "space",
      );
      await relay(world, commit(delta), signature);
    },

  // ---------------------------------------------------------------------------------------------- Signature validation
  "Signature validation: the ECDSA signature of an externally owned account MUST be accepted": async (
    world,
  ) => {
    const account = new Wallet(id("an externally owned account"));
    for (const act of await actsOf(world, account)) {
      await expectRefused(world, act, JUNK);
      await relay(world, act, account);
    }
  },

  "Signature validation: an ERC-1271 signature MUST be accepted, of whatever length": async (world) => {
    const account = new Wallet(id("a contract account"));
    const acts = await actsOf(world, account);
    await become(world, account, "LyingWallet");
    for (const [i, act] of acts.entries())
      await relay(world, act, ["0x01", JUNK, hexlify(new Uint8Array(300).fill(7))][i] ?? JUNK);
  },

  "Signature validation: isValidSignature MUST first be called, with the digest and the signature": async (
    world,
  ) => {
    const account = new Wallet(id("a contract account"));
    for (const act of await actsOf(world, account)) {
      const signature = hexlify(new Uint8Array(77).fill(9));
      await become(world, account, "PedanticWallet", id("another digest"), signature);
      await expectRefused(world, act, signature, `${act.name}: another digest`);
      await become(world, account, "PedanticWallet", digestOf(world, act), signature);
      await expectRefused(world, act, JUNK, `${act.name}: another signature`);
      await relay(world, act, signature);
    }
  },

  "Signature validation: MUST NOT be selected by code presence: an account delegated under EIP-7702": async (
    world,
  ) => {
    for (const wallet of ["SilentDelegate", "RevertingWallet", "OrdinaryToken"] as const) {
      const account = new Wallet(id(`delegates to ${wallet}`));
      const acts = await actsOf(world, account);
      await delegate(world, account, wallet);
      for (const act of acts) {
        await expectRefused(world, act, world.controller, `${act.name}: a signature of another`);
        await relay(world, act, account);
      }
    }
  },

  "Signature validation: ECDSA when the call of isValidSignature reverts": async (world) => {
    await expectKeyCounts(world, "RevertingWallet");
  },

  "Signature validation: ECDSA when isValidSignature returns fewer than 32 bytes": async (world) => {
    await expectKeyCounts(world, "SilentDelegate");
    // The magic value itself, in four bytes.
    await expectKeyCounts(world, "TerseWallet");
  },

  "Signature validation: ECDSA when isValidSignature returns any other value": async (world) => {
    await expectKeyCounts(world, "RefusingWallet");
    // The magic value with dirt behind it.
    await expectKeyCounts(world, "DirtyWallet");
  },

  "Signature validation: the recovered signer must equal the configured account": async (world) => {
    const { controller, authorizer, stranger } = world;
    for (const act of await actsOf(world, stranger)) {
      for (const signer of [controller, authorizer]) await expectRefused(world, act, signer);
      // What recovers to nobody at all.
      await expectRefused(world, act, concat([ZeroHash, ZeroHash, "0x1b"]));
      await relay(world, act, stranger);
    }
  },

  "Signature validation: ECDSA signatures must be non-malleable": async (world) => {
    await expectVariationsRefused(world, (signature) => [malleable(signature)]);
  },

  "Signature validation: ECDSA signatures must be canonical, v 27 or 28": async (world) => {
    await expectVariationsRefused(world, (signature) => {
      const v = Signature.from(signature).v;
      return [v - 27, v + 2, v + 35, 55 - v].map((other) => withV(signature, other));
    });
  },

  "Signature validation: a signature of any length but 65 MUST be rejected without recovery": async (
    world,
  ) => {
    await expectVariationsRefused(world, (signature) => [
      Signature.from(signature).compactSerialized,
      dataSlice(signature, 0, 64),
      concat([signature, "0x00"]),
      concat([signature, signature]),
      concat(["0x00", signature]),
      dataSlice(signature, 0, 1),
    ]);
  },

  "Signature validation: an empty signature MUST NOT count for any other caller": async (world) => {
    const [relayer, another] = await cast(world.connection);
    const account = new Wallet(id("an account"));
    const acts = await actsOf(world, account);
    for (const wallet of [undefined, "LyingWallet"] as const) {
      if (wallet !== undefined) await become(world, account, wallet);
      for (const act of acts)
        for (const sender of [relayer, another])
          await expectRefused(world, act, "0x", `${act.name}, ${wallet ?? "no code"}`, sender);
    }
    // The same wallet, asked for a signature that is not empty.
    for (const act of acts) await relay(world, act, "0x01");
  },

  "Contract signature behavior: ERC-1271 is asked through STATICCALL": async (world) => {
    const account = new Wallet(id("a contract account"));
    const acts = await actsOf(world, account);
    await become(world, account, "WritingWallet");
    for (const act of acts) await expectRefused(world, act, JUNK);
    await become(world, account, "LyingWallet");
    for (const act of acts) await relay(world, act, JUNK);
  },

  "Contract signature behavior: authorization is complete before state is mutated": async (world) => {
    const account = new Wallet(id("a contract account"));
    const [, , act] = await actsOf(world, account);
    const { spaceId } = act.value as { spaceId: string };
    await become(world, account, "WatchfulWallet", world.registry.address, spaceId);
    await relay(world, act, JUNK);
    await expectRefused(world, commit(await deltaAfter(world, spaceId)), JUNK, "once there is a transition");
  },
});

interface DirectWorld extends World {
  readonly accounts: readonly [Account, Account];
}

/** What a registry does that accepts empty signatures, as it MAY. */
export const shouldAcceptDirectCalls = behaviour<ERC8350Adapter, DirectWorld>(
  "ERC-8350, an empty signature when msg.sender is exactly the account",
  async (connection, adapter) => {
    const [controller, authorizer] = await cast(connection);
    return { ...(await setUp(connection, adapter)), accounts: [controller, authorizer] };
  },
  {
    "is accepted for a registration, from the controller alone": async (world) => {
      const { registry, accounts } = world;
      const [controller, authorizer] = accounts;
      const act = registration({
        controller: controller.address,
        authorizer: authorizer.address,
        salt: SALT,
      });
      await expectRefused(world, act, "0x", "the authorizer", authorizer);
      const receipt = await registry.send(controller, act.name, ...act.args, "0x");
      expect(registry.logs(receipt, "SpaceRegistered")).to.deep.equal([
        [spaceIdOf(controller.address, SALT), controller.address, authorizer.address],
      ]);
    },

    "is accepted for an authorization update, from the present controller alone": async (world) => {
      const { registry, accounts } = world;
      const [controller, authorizer] = accounts;
      const spaceId = await givenDirectSpace(world);
      const args = [spaceId, authorizer.address, controller.address, "0x"];
      await expectThrow(registry.attempt(authorizer, "updateSpaceAuthorization", ...args), "the authorizer");
      const receipt = await registry.send(controller, "updateSpaceAuthorization", ...args);
      expect(registry.logs(receipt, "SpaceAuthorizationUpdated")).to.deep.equal([
        [spaceId, authorizer.address, controller.address, 1n],
      ]);
      await expectThrow(
        registry.attempt(controller, "updateSpaceAuthorization", ...args),
        "the former controller",
      );
      await registry.attempt(authorizer, "updateSpaceAuthorization", ...args);
    },

    "is accepted for a transition, from the authorizer alone, whatever profile and provenance": async (
      world,
    ) => {
      const { registry, accounts } = world;
      const [controller, authorizer] = accounts;
      const spaceId = await givenDirectSpace(world);
      for (const content of contents(world)) {
        const delta = await deltaAfter(world, spaceId, content);
        await expectRefused(world, commit(delta), "0x", "the controller", controller);
        const receipt = await registry.send(authorizer, "commitTransition", delta, "0x");
        expect(registry.logs(receipt, "TransitionCommitted")).to.deep.equal([
          committed(delta, authorizer.address),
        ]);
        expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(delta));
      }
    },

    "says nothing for a caller that attaches a signature of another": async (world) => {
      const { accounts, stranger } = world;
      const [, authorizer] = accounts;
      const delta = await deltaAfter(world, await givenDirectSpace(world));
      await expectRefused(world, commit(delta), stranger, "a stranger's signature", authorizer);
      await expectRefused(world, commit(delta), JUNK, "junk", authorizer);
      await world.registry.attempt(authorizer, "commitTransition", delta, "0x");
    },
  },
);

async function givenDirectSpace({
  registry,
  accounts: [controller, authorizer],
}: DirectWorld): Promise<string> {
  const act = registration({ controller: controller.address, authorizer: authorizer.address, salt: SALT });
  await registry.send(controller, act.name, ...act.args, "0x");
  return spaceIdOf(controller.address, SALT);
}
