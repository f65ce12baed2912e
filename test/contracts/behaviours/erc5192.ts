import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { id } from "ethers";

import type { Connection } from "./behaviour.ts";
import { behaviour, expectThrow, throws } from "./behaviour.ts";
import { interfaceIdOf, supports } from "./erc165.ts";
import type { Minted } from "./erc721.ts";
import type { Account, Port } from "./port.ts";
import { cast, portOf } from "./port.ts";

export interface ERC5192Adapter {
  readonly address: string;
  /** Makes a new token of an account's, locked or not. */
  mint: (owner: Account) => Promise<Minted>;
  lock: (owner: Account, tokenId: bigint) => Promise<TransactionReceipt>;
  unlock: (owner: Account, tokenId: bigint) => Promise<TransactionReceipt>;
}

const ABI = [
  "event Locked(uint256 tokenId)",
  "event Unlocked(uint256 tokenId)",
  "function locked(uint256 tokenId) view returns (bool)",
  "function ownerOf(uint256 _tokenId) view returns (address)",
  "function approve(address _approved, uint256 _tokenId)",
  "function setApprovalForAll(address _operator, bool _approved)",
  "function safeTransferFrom(address _from, address _to, uint256 _tokenId, bytes data)",
  "function safeTransferFrom(address _from, address _to, uint256 _tokenId)",
  "function transferFrom(address _from, address _to, uint256 _tokenId)",
];

const INTERFACE_ID = "0xb45a3c0e";

const DOORS = [
  ["transferFrom(address,address,uint256)"],
  ["safeTransferFrom(address,address,uint256)"],
  ["safeTransferFrom(address,address,uint256,bytes)", "0x"],
] as const;

interface World extends Omit<ERC5192Adapter, "address"> {
  readonly connection: Connection;
  readonly token: Port;
  readonly owner: Account;
  readonly approved: Account;
  readonly operator: Account;
  readonly recipient: Account;
}

async function setUp(connection: Connection, adapter: ERC5192Adapter): Promise<World> {
  const [owner, approved, operator, , recipient] = await cast(connection);
  const { address, ...rest } = adapter;
  return {
    ...rest,
    connection,
    token: portOf(connection, address, ABI),
    owner,
    approved,
    operator,
    recipient,
  };
}

const isLocked = async ({ token }: World, tokenId: bigint): Promise<unknown> =>
  (await token.ask("locked", tokenId))[0];

/** What a transaction's events say of a token: each change, in order. */
const changes = ({ token }: World, receipt: TransactionReceipt, tokenId: bigint): string[] =>
  token
    .events(receipt)
    .filter(({ args: [subject] }) => subject === tokenId)
    .map(({ name }) => name);

/** A token of `owner`'s with everybody's approval that it can have. */
async function givenApprovals(world: World): Promise<bigint> {
  const { token, owner, approved, operator } = world;
  const { tokenId } = await world.mint(owner);
  await token.send(owner, "approve", approved.address, tokenId);
  await token.send(owner, "setApprovalForAll", operator.address, true);
  return tokenId;
}

/** [ERC-5192](https://eips.ethereum.org/EIPS/eip-5192), of tokens that their owner can lock and unlock. */
export const shouldBehaveLikeERC5192 = behaviour<ERC5192Adapter, World>("ERC-5192", setUp, {
  "supportsInterface(0xb45a3c0e) must return true": async ({ connection, token }) => {
    expect(interfaceIdOf(["locked(uint256)"])).to.equal(INTERFACE_ID);
    expect(await supports(connection, token.address, INTERFACE_ID)).to.equal(true);
  },

  "if a token is minted, the event of its status should be emitted": async (world) => {
    const { tokenId, receipt } = await world.mint(world.owner);
    const status = (await isLocked(world, tokenId)) === true ? "Locked" : "Unlocked";
    expect(changes(world, receipt, tokenId)).to.deep.equal([status]);
  },

  "locked returns the locking status": async (world) => {
    const { owner } = world;
    const { tokenId } = await world.mint(owner);
    await world.unlock(owner, tokenId);
    expect(await isLocked(world, tokenId)).to.equal(false);
    await world.lock(owner, tokenId);
    expect(await isLocked(world, tokenId)).to.equal(true);
    await world.unlock(owner, tokenId);
    expect(await isLocked(world, tokenId)).to.equal(false);
  },

  "locked throws for tokens assigned to the zero address": async ({ token }) => {
    await expectThrow(token.ask("locked", BigInt(id("a token that nobody has"))));
  },

  "Locked and Unlocked are emitted when the status is changed": async (world) => {
    const { owner } = world;
    const { tokenId } = await world.mint(owner);
    await world.unlock(owner, tokenId);
    for (const [act, event] of [
      [world.lock, "Locked"],
      [world.unlock, "Unlocked"],
      [world.lock, "Locked"],
    ] as const)
      expect(changes(world, await act(owner, tokenId), tokenId)).to.deep.equal([event]);
  },

  "the events name the one token whose status was changed": async (world) => {
    const { owner } = world;
    const tokenIds = [(await world.mint(owner)).tokenId, (await world.mint(owner)).tokenId];
    for (const tokenId of tokenIds) await world.unlock(owner, tokenId);
    for (const tokenId of tokenIds) {
      const receipt = await world.lock(owner, tokenId);
      expect(world.token.logs(receipt, "Locked")).to.deep.equal([[tokenId]]);
      for (const other of tokenIds) expect(await isLocked(world, other)).to.equal(other === tokenId);
      await world.unlock(owner, tokenId);
    }
  },

  "a transfer that changes the status emits so too: the events alone tell it": async (world) => {
    const { token, owner, recipient } = world;
    for (const [door, ...data] of DOORS) {
      const { tokenId } = await world.mint(owner);
      await world.unlock(owner, tokenId);
      const args = [owner.address, recipient.address, tokenId, ...data];
      const receipt = await token.send(owner, door, ...args);
      const status = (await isLocked(world, tokenId)) === true ? ["Locked"] : [];
      expect(changes(world, receipt, tokenId), door).to.deep.equal(status);
    }
  },

  "all functions that transfer a locked token must throw, for the owner and for approved accounts": async (
    world,
  ) => {
    const { token, owner, approved, operator, recipient } = world;
    const tokenId = await givenApprovals(world);
    await world.unlock(owner, tokenId);
    const attempts = [owner, approved, operator].flatMap((sender) =>
      DOORS.map(
        ([door, ...data]) =>
          () =>
            token.attempt(sender, door, owner.address, recipient.address, tokenId, ...data),
      ),
    );
    for (const attempt of attempts) await attempt();
    await world.lock(owner, tokenId);
    for (const attempt of attempts) await expectThrow(attempt());
  },

  "a locked token stays bound to its account when approvals are given anew": async (world) => {
    const { token, owner, approved, operator, recipient } = world;
    const { tokenId } = await world.mint(owner);
    await world.unlock(owner, tokenId);
    await world.lock(owner, tokenId);
    // A contract may refuse to approve for a locked token; if it does not, the approval must not open it.
    for (const [name, ...args] of [
      ["approve", approved.address, tokenId],
      ["setApprovalForAll", operator.address, true],
    ] as const)
      if (!(await throws(token.attempt(owner, name, ...args)))) await token.send(owner, name, ...args);
    for (const sender of [approved, operator])
      for (const [door, ...data] of DOORS)
        await expectThrow(token.attempt(sender, door, owner.address, recipient.address, tokenId, ...data));
    expect(await token.ask("ownerOf", tokenId)).to.deep.equal([owner.address]);
  },
});
