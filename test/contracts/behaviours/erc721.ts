import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { AbiCoder, concat, dataSlice, id, Interface, ZeroAddress } from "ethers";

import { deployDouble } from "../doubles/double.ts";
import type { Connection } from "./behaviour.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import { supports } from "./erc165.ts";
import type { Account, Port } from "./port.ts";
import { cast, portOf } from "./port.ts";

export interface ERC721Adapter {
  readonly address: string;
  /** Makes a new token of an account's, by whatever transaction of whoever's. */
  mint: (owner: Account) => Promise<Minted>;
  /** What the owner of a token calls before it can be transferred: calldata for the contract, or nothing. */
  unlocking: (tokenId: bigint) => readonly string[];
}

export interface Minted {
  readonly tokenId: bigint;
  readonly receipt: TransactionReceipt;
}

export interface ERC721BurnableAdapter extends ERC721Adapter {
  /** Destroys a token that can be transferred. */
  burn: (owner: Account, tokenId: bigint) => Promise<TransactionReceipt>;
}

const ABI = [
  "event Transfer(address indexed _from, address indexed _to, uint256 indexed _tokenId)",
  "event Approval(address indexed _owner, address indexed _approved, uint256 indexed _tokenId)",
  "event ApprovalForAll(address indexed _owner, address indexed _operator, bool _approved)",
  "function balanceOf(address _owner) view returns (uint256)",
  "function ownerOf(uint256 _tokenId) view returns (address)",
  "function safeTransferFrom(address _from, address _to, uint256 _tokenId, bytes data)",
  "function safeTransferFrom(address _from, address _to, uint256 _tokenId)",
  "function transferFrom(address _from, address _to, uint256 _tokenId)",
  "function approve(address _approved, uint256 _tokenId)",
  "function setApprovalForAll(address _operator, bool _approved)",
  "function getApproved(uint256 _tokenId) view returns (address)",
  "function isApprovedForAll(address _owner, address _operator) view returns (bool)",
  // Of extensions; asked only where the contract has them.
  "function tokenURI(uint256 _tokenId) view returns (string)",
  "function locked(uint256 tokenId) view returns (bool)",
];

const INTERFACE_ID = "0x80ac58cd";
const DATA = "0xc0ffee";

/** `bytes4(keccak256("onERC721Received(address,address,uint256,bytes)"))`, as the ABI encodes an answer. */
const MAGIC = concat([
  dataSlice(id("onERC721Received(address,address,uint256,bytes)"), 0, 4),
  new Uint8Array(28),
]);

const RECEIVER = new Interface([
  "function onERC721Received(address _operator, address _from, uint256 _tokenId, bytes _data) returns (bytes4)",
]);
const SCRIPTED = [
  "function script((address target, bytes data)[] calls)",
  "function asker() view returns (address)",
  "function question() view returns (bytes)",
  "function outcomes() view returns ((bool success, bytes data)[])",
];

/** A way to transfer, with what stands after the three arguments that all have. */
interface Door {
  readonly name: string;
  readonly rest: readonly string[];
}
const PLAIN: Door = { name: "transferFrom(address,address,uint256)", rest: [] };
const SAFE: readonly Door[] = [
  { name: "safeTransferFrom(address,address,uint256)", rest: [] },
  { name: "safeTransferFrom(address,address,uint256,bytes)", rest: [DATA] },
];
const DOORS = [PLAIN, ...SAFE];

interface World {
  readonly connection: Connection;
  readonly adapter: ERC721Adapter;
  readonly token: Port;
  readonly owner: Account;
  readonly approved: Account;
  readonly operator: Account;
  readonly stranger: Account;
  readonly recipient: Account;
  /** A token of an account's that can be transferred. */
  give: (account: Account) => Promise<bigint>;
  /** Makes a token transferable, as its owner does. */
  unlock: (account: Account, tokenId: bigint) => Promise<void>;
  /** An id that no token has. */
  readonly nobodys: bigint;
  /** A contract that answers, or reverts with, these bytes whatever it is asked. */
  receiver: (answer: string, end?: "returns" | "reverts") => Promise<Port>;
}

async function setUp(connection: Connection, adapter: ERC721Adapter): Promise<World> {
  const [owner, approved, operator, stranger, recipient] = await cast(connection);
  const token = portOf(connection, adapter.address, ABI);
  const unlock = async (account: Account, tokenId: bigint) => {
    for (const data of adapter.unlocking(tokenId)) await account.sendTransaction({ to: token.address, data });
  };
  return {
    connection,
    adapter,
    token,
    owner,
    approved,
    operator,
    stranger,
    recipient,
    unlock,
    nobodys: BigInt(id("a token that nobody has")),
    async give(account) {
      const { tokenId } = await adapter.mint(account);
      await unlock(account, tokenId);
      return tokenId;
    },
    async receiver(answer, end = "returns") {
      const address = await deployDouble(connection, "ScriptedReceiver", answer, end === "reverts");
      return portOf(connection, address, SCRIPTED);
    },
  };
}

/** A token of `owner`'s, which `approved` may transfer once, and `operator` as long as it is the owner's. */
async function givenApprovals(world: World): Promise<bigint> {
  const { token, owner, approved, operator } = world;
  const tokenId = await world.give(owner);
  await token.send(owner, "approve", approved.address, tokenId);
  await token.send(owner, "setApprovalForAll", operator.address, true);
  return tokenId;
}

/** Who is named as the former owner and as the next, and which token. */
type Transfer = readonly [from: string, to: string, tokenId: bigint];

/** Each door refuses what is said, and takes the same token in the end, so that nothing else can be the reason. */
async function expectDoorsThrow(
  world: World,
  attempts: (tokenId: bigint) => readonly (readonly [sender: Account, ...Transfer])[],
): Promise<void> {
  const { token, owner, recipient } = world;
  const tokenId = await givenApprovals(world);
  for (const { name, rest } of DOORS) {
    for (const [sender, ...transfer] of attempts(tokenId))
      await expectThrow(token.attempt(sender, name, ...transfer, ...rest), name);
    await token.attempt(owner, name, owner.address, recipient.address, tokenId, ...rest);
  }
}

/** Through each door, a token of its own goes from its owner to the recipient. */
async function expectDoorsTransfer(world: World, sender: Account): Promise<void> {
  const { token, owner, recipient } = world;
  for (const { name, rest } of DOORS) {
    const tokenId = await givenApprovals(world);
    const before = await balances(world);
    await token.send(sender, name, owner.address, recipient.address, tokenId, ...rest);
    expect(await token.ask("ownerOf", tokenId), name).to.deep.equal([recipient.address]);
    expect(await balances(world), name).to.deep.equal([before[0] - 1n, before[1] + 1n]);
  }
}

const balances = async ({ token, owner, recipient }: World): Promise<[bigint, bigint]> => {
  const [ofOwner] = (await token.ask("balanceOf", owner.address)) as unknown as [bigint];
  const [ofRecipient] = (await token.ask("balanceOf", recipient.address)) as unknown as [bigint];
  return [ofOwner, ofRecipient];
};

/** Neither safe door gives a token to that receiver; both give it to one that answers the magic value. */
async function expectRejected(world: World, rejecting: Port): Promise<void> {
  const { token, owner } = world;
  const tokenId = await world.give(owner);
  const accepting = await world.receiver(MAGIC);
  for (const { name, rest } of SAFE) {
    await expectThrow(
      token.send(owner, name, owner.address, rejecting.address, tokenId, ...rest),
      `${name} to a receiver that rejects`,
    );
    expect(await token.ask("ownerOf", tokenId)).to.deep.equal([owner.address]);
    await token.attempt(owner, name, owner.address, accepting.address, tokenId, ...rest);
  }
}

const encoded = (signature: string, ...args: unknown[]): string =>
  new Interface([`error ${signature}`]).encodeErrorResult(signature.slice(0, signature.indexOf("(")), args);

/** [ERC-721](https://eips.ethereum.org/EIPS/eip-721), of tokens that can be transferred once they are unlocked. */
export const shouldBehaveLikeERC721 = behaviour<ERC721Adapter, World>("ERC-721", setUp, {
  "implements ERC165: supportsInterface(0x80ac58cd) is true": async ({ connection, token }) => {
    expect(await supports(connection, token.address, INTERFACE_ID)).to.equal(true);
  },

  "balanceOf: the number of NFTs owned, possibly zero": async (world) => {
    const { token, owner, stranger } = world;
    expect(await token.ask("balanceOf", stranger.address)).to.deep.equal([0n]);
    const [before] = await balances(world);
    await world.give(owner);
    await world.give(owner);
    expect((await balances(world))[0] - before).to.equal(2n);
  },

  "balanceOf throws for queries about the zero address": async ({ token }) => {
    await expectThrow(token.ask("balanceOf", ZeroAddress));
  },

  "ownerOf: the address of the owner": async (world) => {
    const { token, owner, stranger } = world;
    const [one, two] = [await world.give(owner), await world.give(stranger)];
    expect(await token.ask("ownerOf", one)).to.deep.equal([owner.address]);
    expect(await token.ask("ownerOf", two)).to.deep.equal([stranger.address]);
  },

  "ownerOf throws for NFTs assigned to the zero address": async ({ token, nobodys }) => {
    await expectThrow(token.ask("ownerOf", nobodys));
  },

  "transfers: by the current owner": async (world) => {
    await expectDoorsTransfer(world, world.owner);
  },

  "transfers: by the approved address": async (world) => {
    await expectDoorsTransfer(world, world.approved);
  },

  "transfers: by an authorized operator": async (world) => {
    await expectDoorsTransfer(world, world.operator);
  },

  "transfers throw unless msg.sender is the owner, an authorized operator, or the approved address": async (
    world,
  ) => {
    const { owner, approved, operator, stranger, recipient, token } = world;
    const strangers = await world.give(stranger);
    await token.send(stranger, "approve", recipient.address, strangers);
    await expectDoorsThrow(world, (tokenId) => [
      [stranger, owner.address, stranger.address, tokenId],
      [stranger, owner.address, recipient.address, tokenId],
      // Approved for another token, and for no token of this owner's.
      [recipient, owner.address, recipient.address, tokenId],
      // Of this owner's tokens only.
      [approved, stranger.address, approved.address, strangers],
      [operator, stranger.address, operator.address, strangers],
    ]);
  },

  "transfers throw unless the approval lasts: one that was withdrawn counts no more": async (world) => {
    const { owner, approved, operator, recipient, token } = world;
    const tokenId = await givenApprovals(world);
    for (const sender of [approved, operator])
      await token.attempt(sender, PLAIN.name, owner.address, recipient.address, tokenId);
    await token.send(owner, "approve", ZeroAddress, tokenId);
    await token.send(owner, "setApprovalForAll", operator.address, false);
    for (const { name, rest } of DOORS)
      for (const sender of [approved, operator])
        await expectThrow(
          token.attempt(sender, name, owner.address, recipient.address, tokenId, ...rest),
          name,
        );
  },

  "transfers throw if _from is not the current owner": async (world) => {
    const { owner, approved, operator, stranger, recipient } = world;
    await expectDoorsThrow(world, (tokenId) =>
      [owner, approved, operator].flatMap((sender) => [
        [sender, stranger.address, recipient.address, tokenId] as const,
        [sender, recipient.address, recipient.address, tokenId] as const,
        [sender, ZeroAddress, recipient.address, tokenId] as const,
      ]),
    );
  },

  "transfers throw if _to is the zero address": async (world) => {
    const { owner, approved, operator } = world;
    await expectDoorsThrow(world, (tokenId) =>
      [owner, approved, operator].map((sender) => [sender, owner.address, ZeroAddress, tokenId]),
    );
  },

  "transfers throw if _tokenId is not a valid NFT": async (world) => {
    const { owner, operator, recipient, nobodys } = world;
    await expectDoorsThrow(world, () => [
      [owner, owner.address, recipient.address, nobodys],
      [operator, owner.address, recipient.address, nobodys],
      [owner, ZeroAddress, recipient.address, nobodys],
    ]);
  },

  "Transfer emits when ownership changes by a transfer": async (world) => {
    const { token, owner, recipient } = world;
    for (const { name, rest } of DOORS) {
      const tokenId = await world.give(owner);
      const receipt = await token.send(owner, name, owner.address, recipient.address, tokenId, ...rest);
      expect(token.logs(receipt, "Transfer")).to.deep.equal([[owner.address, recipient.address, tokenId]]);
    }
  },

  "Transfer emits when NFTs are created (from == 0)": async ({ adapter, token, owner }) => {
    const { tokenId, receipt } = await adapter.mint(owner);
    expect(token.logs(receipt, "Transfer")).to.deep.equal([[ZeroAddress, owner.address, tokenId]]);
  },

  "at the time of any transfer, the approved address is reset to none": async (world) => {
    const { token, owner, approved, recipient } = world;
    for (const { name, rest } of DOORS) {
      const tokenId = await givenApprovals(world);
      expect(await token.ask("getApproved", tokenId)).to.deep.equal([approved.address]);
      await token.send(owner, name, owner.address, recipient.address, tokenId, ...rest);
      expect(await token.ask("getApproved", tokenId), name).to.deep.equal([ZeroAddress]);
      await world.unlock(recipient, tokenId);
      await expectThrow(
        token.attempt(approved, PLAIN.name, recipient.address, approved.address, tokenId),
        `a transfer by the approved address of a former owner, after ${name}`,
      );
    }
  },

  "Approval emits when the approved address is changed or reaffirmed": async (world) => {
    const { token, owner, approved, stranger } = world;
    const tokenId = await world.give(owner);
    for (const account of [approved.address, approved.address, stranger.address]) {
      const receipt = await token.send(owner, "approve", account, tokenId);
      expect(token.logs(receipt, "Approval")).to.deep.equal([[owner.address, account, tokenId]]);
    }
  },

  "Approval emits the zero address when there is no approved address any more": async (world) => {
    const { token, owner } = world;
    const tokenId = await givenApprovals(world);
    const receipt = await token.send(owner, "approve", ZeroAddress, tokenId);
    expect(token.logs(receipt, "Approval")).to.deep.equal([[owner.address, ZeroAddress, tokenId]]);
    expect(await token.ask("getApproved", tokenId)).to.deep.equal([ZeroAddress]);
  },

  "Approval names the owner when an authorized operator sets the approved address": async (world) => {
    const { token, owner, operator, stranger } = world;
    const tokenId = await givenApprovals(world);
    const receipt = await token.send(operator, "approve", stranger.address, tokenId);
    expect(token.logs(receipt, "Approval")).to.deep.equal([[owner.address, stranger.address, tokenId]]);
    expect(await token.ask("getApproved", tokenId)).to.deep.equal([stranger.address]);
  },

  "approve throws unless msg.sender is the owner or an authorized operator of the owner": async (world) => {
    const { token, owner, approved, operator, stranger, nobodys } = world;
    const tokenId = await givenApprovals(world);
    const strangers = await world.give(stranger);
    await token.attempt(owner, "approve", stranger.address, tokenId);
    for (const [sender, id] of [
      [stranger, tokenId],
      [approved, tokenId],
      [operator, strangers],
      [owner, nobodys],
    ] as const)
      await expectThrow(token.attempt(sender, "approve", sender.address, id));
  },

  "getApproved: the approved address, or the zero address if there is none": async (world) => {
    const { token, owner, approved } = world;
    const tokenId = await world.give(owner);
    expect(await token.ask("getApproved", tokenId)).to.deep.equal([ZeroAddress]);
    await token.send(owner, "approve", approved.address, tokenId);
    expect(await token.ask("getApproved", tokenId)).to.deep.equal([approved.address]);
    expect(await token.ask("getApproved", await world.give(owner))).to.deep.equal([ZeroAddress]);
  },

  "getApproved throws if _tokenId is not a valid NFT": async ({ token, nobodys }) => {
    await expectThrow(token.ask("getApproved", nobodys));
  },

  "ApprovalForAll emits when an operator is enabled or disabled": async ({ token, owner, operator }) => {
    for (const enabled of [true, false]) {
      const receipt = await token.send(owner, "setApprovalForAll", operator.address, enabled);
      expect(token.logs(receipt, "ApprovalForAll")).to.deep.equal([
        [owner.address, operator.address, enabled],
      ]);
    }
  },

  "setApprovalForAll MUST allow multiple operators per owner": async (world) => {
    const { token, owner, approved, operator, stranger, recipient } = world;
    const operators = [approved, operator, stranger];
    for (const { address } of operators) await token.send(owner, "setApprovalForAll", address, true);
    for (const sender of operators) {
      expect(await token.ask("isApprovedForAll", owner.address, sender.address)).to.deep.equal([true]);
      const tokenId = await world.give(owner);
      await token.send(sender, PLAIN.name, owner.address, recipient.address, tokenId);
    }
    await token.send(owner, "setApprovalForAll", operator.address, false);
    for (const { address } of operators)
      expect(await token.ask("isApprovedForAll", owner.address, address)).to.deep.equal([
        address !== operator.address,
      ]);
  },

  "setApprovalForAll: the operator can manage all of the owner's NFTs, later ones too": async (world) => {
    const { token, owner, operator, recipient } = world;
    const before = await world.give(owner);
    await token.send(owner, "setApprovalForAll", operator.address, true);
    for (const tokenId of [before, await world.give(owner)])
      await token.send(operator, PLAIN.name, owner.address, recipient.address, tokenId);
  },

  "isApprovedForAll: whether an operator was approved by that owner": async ({ token, owner, operator }) => {
    const isApproved = (of: Account, by: Account) => token.ask("isApprovedForAll", of.address, by.address);
    expect(await isApproved(owner, operator)).to.deep.equal([false]);
    await token.send(owner, "setApprovalForAll", operator.address, true);
    expect(await isApproved(owner, operator)).to.deep.equal([true]);
    expect(await isApproved(operator, owner)).to.deep.equal([false]);
    await token.send(owner, "setApprovalForAll", operator.address, false);
    expect(await isApproved(owner, operator)).to.deep.equal([false]);
  },

  "safeTransferFrom calls onERC721Received on a contract, with operator, former owner, token and data":
    async (world) => {
      const { token, owner, operator } = world;
      for (const sender of [owner, operator])
        for (const { name, rest } of SAFE) {
          const tokenId = await givenApprovals(world);
          const receiver = await world.receiver(MAGIC);
          await token.send(sender, name, owner.address, receiver.address, tokenId, ...rest);
          expect(await token.ask("ownerOf", tokenId)).to.deep.equal([receiver.address]);
          expect(
            await receiver.ask("asker"),
            "the contract address is always the message sender",
          ).to.deep.equal([token.address]);
          expect(await receiver.ask("question"), name).to.deep.equal([
            RECEIVER.encodeFunctionData("onERC721Received", [
              sender.address,
              owner.address,
              tokenId,
              rest[0] ?? "0x",
            ]),
          ]);
        }
    },

  "safeTransferFrom calls the receiver when the transfer is complete": async (world) => {
    const { token, owner } = world;
    for (const { name, rest } of SAFE) {
      const tokenId = await givenApprovals(world);
      const receiver = await world.receiver(MAGIC);
      const calls = [
        token.encode("ownerOf", tokenId),
        token.encode("getApproved", tokenId),
        token.encode("balanceOf", receiver.address),
      ].map((data) => ({ target: token.address, data }));
      await receiver.send(owner, "script", calls);
      await token.send(owner, name, owner.address, receiver.address, tokenId, ...rest);
      expect(await receiver.ask("outcomes"), name).to.deep.equal([
        ["address", "address", "uint256"].map((type, i) => [
          true,
          AbiCoder.defaultAbiCoder().encode([type], [[receiver.address, ZeroAddress, 1n][i]]),
        ]),
      ]);
    }
  },

  "safeTransferFrom asks nobody where _to is no smart contract": async (world) => {
    const { token, owner, recipient } = world;
    for (const { name, rest } of SAFE) {
      const tokenId = await world.give(owner);
      await token.send(owner, name, owner.address, recipient.address, tokenId, ...rest);
      expect(await token.ask("ownerOf", tokenId)).to.deep.equal([recipient.address]);
    }
  },

  "safeTransferFrom throws if the return value is another than the magic value": async (world) => {
    for (const answer of ["0xffffffff", "0x00000000", "0x1626ba7e", "0xf0b9e5ba"])
      await expectRejected(world, await world.receiver(concat([answer, new Uint8Array(28)])));
  },

  "safeTransferFrom throws if the return value is no bytes4: nothing, or less than a word": async (world) => {
    for (const answer of ["0x", dataSlice(MAGIC, 0, 4), dataSlice(MAGIC, 0, 31)])
      await expectRejected(world, await world.receiver(answer));
  },

  "safeTransferFrom throws if the contract knows no onERC721Received": async (world) => {
    const address = await deployDouble(world.connection, "RevertingWallet");
    await expectRejected(world, portOf(world.connection, address, []));
  },

  "onERC721Received MAY throw to reject the transfer: with a reason, an error of its own, or none": async (
    world,
  ) => {
    for (const reason of [encoded("Error(string)", "no tokens"), encoded("NoTokens()"), "0x"])
      await expectRejected(world, await world.receiver(reason, "reverts"));
    // Not even with the magic value itself.
    await expectRejected(world, await world.receiver(MAGIC, "reverts"));
  },

  "onERC721Received MAY throw to reject the transfer: by a panic": async (world) => {
    for (const code of [0x01, 0x11, 0x32])
      await expectRejected(world, await world.receiver(encoded("Panic(uint256)", code), "reverts"));
  },

  "a receiver that re-enters is the owner already, and may pass the token on": async (world) => {
    const { adapter, token, owner, recipient } = world;
    for (const { name, rest } of SAFE) {
      const tokenId = await world.give(owner);
      const receiver = await world.receiver(MAGIC);
      const pass = token.encode(PLAIN.name, receiver.address, recipient.address, tokenId);
      const calls = [...adapter.unlocking(tokenId), pass].map((data) => ({ target: token.address, data }));
      await receiver.send(owner, "script", calls);
      const receipt = await token.send(owner, name, owner.address, receiver.address, tokenId, ...rest);
      expect(await token.ask("ownerOf", tokenId)).to.deep.equal([recipient.address]);
      expect(await token.ask("balanceOf", receiver.address)).to.deep.equal([0n]);
      expect(token.logs(receipt, "Transfer")).to.deep.equal([
        [owner.address, receiver.address, tokenId],
        [receiver.address, recipient.address, tokenId],
      ]);
    }
  },

  "a receiver that re-enters is not the former owner, nor what the former owner had approved": async (
    world,
  ) => {
    const { adapter, token, owner, stranger } = world;
    for (const { name, rest } of SAFE) {
      const [tokenId, other] = [await world.give(owner), await world.give(owner)];
      const receiver = await world.receiver(MAGIC);
      await token.send(owner, "approve", receiver.address, tokenId);
      const theft = [tokenId, other].map((id) =>
        token.encode(PLAIN.name, owner.address, stranger.address, id),
      );
      const calls = [...adapter.unlocking(tokenId), ...theft].map((data) => ({
        target: token.address,
        data,
      }));
      await receiver.send(owner, "script", calls);
      await token.send(owner, name, owner.address, receiver.address, tokenId, ...rest);
      const [outcomes] = (await receiver.ask("outcomes")) as unknown as [[boolean, string][]];
      expect(outcomes.slice(-2).map(([success]) => success)).to.deep.equal([false, false]);
      expect(await token.ask("ownerOf", tokenId)).to.deep.equal([receiver.address]);
      expect(await token.ask("ownerOf", other)).to.deep.equal([owner.address]);
    }
  },
});

/** Tokens MAY become invalid: what ERC-721 says of those that were destroyed. */
export const shouldBehaveLikeERC721Burnable = behaviour<
  ERC721BurnableAdapter,
  World & { readonly burn: Burn }
>(
  "ERC-721, tokens that were destroyed",
  async (connection, adapter) => ({
    ...(await setUp(connection, adapter)),
    burn: (owner, tokenId) => adapter.burn(owner, tokenId),
  }),
  {
    "Transfer emits when NFTs are destroyed (to == 0)": async ({ burn, give, token, owner }) => {
      const tokenId = await give(owner);
      const receipt = await burn(owner, tokenId);
      expect(token.logs(receipt, "Transfer")).to.deep.equal([[owner.address, ZeroAddress, tokenId]]);
    },

    "balanceOf counts them no more": async (world) => {
      const { burn, give, owner } = world;
      const [one] = [await give(owner), await give(owner)];
      const [before] = await balances(world);
      await burn(owner, one);
      expect((await balances(world))[0]).to.equal(before - 1n);
    },

    "queries about them do throw: ownerOf, getApproved, and those of the extensions": async (world) => {
      const { burn, connection, token, owner } = world;
      const tokenId = await givenApprovals(world);
      const queries = ["ownerOf", "getApproved"];
      if ((await supports(connection, token.address, "0x5b5e139f")) === true) queries.push("tokenURI");
      if ((await supports(connection, token.address, "0xb45a3c0e")) === true) queries.push("locked");
      for (const query of queries) await token.ask(query, tokenId);
      await burn(owner, tokenId);
      for (const query of queries) await expectThrow(token.ask(query, tokenId), query);
    },

    "they cannot be transferred or approved any more": async (world) => {
      const { burn, token, owner, approved, operator, recipient } = world;
      const tokenId = await givenApprovals(world);
      for (const sender of [owner, approved, operator])
        await token.attempt(sender, PLAIN.name, owner.address, recipient.address, tokenId);
      await burn(owner, tokenId);
      for (const sender of [owner, approved, operator]) {
        for (const { name, rest } of DOORS)
          for (const from of [owner.address, ZeroAddress])
            await expectThrow(token.attempt(sender, name, from, recipient.address, tokenId, ...rest), name);
        await expectThrow(token.attempt(sender, "approve", sender.address, tokenId), "approve");
      }
    },
  },
);

type Burn = ERC721BurnableAdapter["burn"];
