import { expect } from "chai";
import { concat, id, Interface, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { DELTA_TYPES } from "../signing.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import type { ERC8350Adapter, World } from "./erc8350-space.ts";
import {
  commit,
  committed,
  contents,
  deltaAfter,
  EMPTY_HEAD,
  expectRefused,
  givenCommit,
  givenSpace,
  headAfter,
  JUNK,
  nextStateRootOf,
  registration,
  relay,
  SALT,
  setUp,
  sign,
  spaceIdOf,
  transitionIdOf,
  update,
} from "./erc8350-space.ts";
import { cast } from "./port.ts";

/** EIP-1967: where proxies keep their implementation, admin and beacon. */
const PROXY_SLOTS = ["eip1967.proxy.implementation", "eip1967.proxy.admin", "eip1967.proxy.beacon"].map(
  (slot) => toBeHex(BigInt(id(slot)) - 1n, 32),
);

/** What contracts with an upgrade authority answer to. */
const AUTHORITY = new Interface([
  "function owner()",
  "function admin()",
  "function implementation()",
  "function proxiableUUID()",
  "function initialize()",
  "function changeAdmin(address)",
  "function transferOwnership(address)",
  "function upgradeTo(address)",
  "function upgradeToAndCall(address, bytes)",
]);

/** [ERC-8350](https://eips.ethereum.org/EIPS/eip-8350), Agent Memory State Registry. All acts are relayed. */
export const shouldBehaveLikeERC8350 = behaviour<ERC8350Adapter, World>("ERC-8350", setUp, {
  // ------------------------------------------------------------------------------------------ Memory Space identifier
  "Memory Space identifier: derived from the initial controller and the salt": async (world) => {
    const { registry, controller, stranger } = world;
    for (const { address } of [controller, stranger])
      for (const salt of [ZeroHash, SALT])
        expect(await registry.ask("deriveSpaceId", address, salt)).to.deep.equal([spaceIdOf(address, salt)]);
  },

  "Memory Space identifier: the initial controller MUST NOT be the zero address": async (world) => {
    const { authorizer, controller } = world;
    const space = { controller: ZeroAddress, authorizer: authorizer.address, salt: SALT };
    for (const signature of [JUNK, concat([ZeroHash, ZeroHash, "0x1b"]), "0x"])
      await expectRefused(world, registration(space), signature);
    await relay(world, registration({ ...space, controller: controller.address }), controller);
  },

  "Memory Space identifier: an unrelated account cannot pre-register another's": async (world) => {
    const { controller, authorizer, stranger } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    const spaceId = spaceIdOf(controller.address, SALT);
    await expectRefused(world, registration(space), stranger);
    await expectRefused(world, registration({ ...space, controller: stranger.address }, spaceId), stranger);
    await relay(world, registration(space), controller);
  },

  // ---------------------------------------------------------------------------------------------- Experience Delta v1
  "Experience Delta: sequence is a strictly increasing counter beginning at 1": async (world) => {
    const { registry, authorizer } = world;
    const spaceId = await givenSpace(world);
    for (const sequence of [0n, 2n, 2n ** 64n - 1n])
      await expectRefused(world, commit(await deltaAfter(world, spaceId, { sequence })), authorizer);
    for (const sequence of [1n, 2n, 3n]) {
      const delta = await givenCommit(world, spaceId);
      expect(delta.sequence).to.equal(sequence);
      expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(delta));
    }
  },

  "Experience Delta: prevStateRoot is zero for the first transition": async (world) => {
    const { authorizer } = world;
    const spaceId = await givenSpace(world);
    const prevStateRoot = id("another history");
    await expectRefused(world, commit(await deltaAfter(world, spaceId, { prevStateRoot })), authorizer);
    expect((await givenCommit(world, spaceId)).prevStateRoot).to.equal(ZeroHash);
  },

  "Experience Delta: deltaCommitment MUST NOT be zero": async (world) => {
    const spaceId = await givenSpace(world);
    const delta = await deltaAfter(world, spaceId);
    await expectRefused(world, commit({ ...delta, deltaCommitment: ZeroHash }), world.authorizer);
    await relay(world, commit(delta), world.authorizer);
  },

  "Experience Delta: profileId MUST NOT be zero": async (world) => {
    const spaceId = await givenSpace(world);
    const delta = await deltaAfter(world, spaceId);
    await expectRefused(world, commit({ ...delta, profileId: ZeroHash }), world.authorizer);
    await relay(world, commit(delta), world.authorizer);
  },

  "Experience Delta: provenance and locator are optional, and any profile is taken": async (world) => {
    const { registry, authorizer } = world;
    const spaceId = await givenSpace(world);
    // One after the other, so that each kind of head is followed by another kind.
    for (const content of [...contents(world), ...contents(world).toReversed()]) {
      const delta = await deltaAfter(world, spaceId, content);
      const receipt = await relay(world, commit(delta), authorizer);
      expect(registry.logs(receipt, "TransitionCommitted")).to.deep.equal([
        committed(delta, authorizer.address),
      ]);
      expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(delta));
    }
  },

  // ------------------------------------------------------------------------------- Transition ID and state transition
  "Transition ID: the hashStruct of the delta, and no other": async (world) => {
    const { registry, authorizer, relayer } = world;
    const spaceId = await givenSpace(world);
    const delta = await deltaAfter(world, spaceId);
    expect(transitionIdOf(delta)).to.equal(
      TypedDataEncoder.hashStruct("ExperienceDelta", DELTA_TYPES, delta),
    );
    const signature = await sign(world, commit(delta), authorizer);
    const [transitionId] = await registry.attempt(relayer, "commitTransition", delta, signature);
    expect(transitionId).to.equal(transitionIdOf(delta));
    const [log] = registry.logs(await relay(world, commit(delta), signature), "TransitionCommitted");
    expect(log?.[1]).to.equal(transitionIdOf(delta));
    expect((await registry.ask("head", spaceId))[0]).to.equal(transitionIdOf(delta));
  },

  "State transition: nextStateRoot accumulates prevStateRoot and the Transition ID": async (world) => {
    const { registry, authorizer, relayer } = world;
    const spaceId = await givenSpace(world);
    for (let i = 0; i < 3; ++i) {
      const delta = await deltaAfter(world, spaceId);
      const signature = await sign(world, commit(delta), authorizer);
      const [, nextStateRoot] = await registry.attempt(relayer, "commitTransition", delta, signature);
      expect(nextStateRoot).to.equal(nextStateRootOf(delta));
      await relay(world, commit(delta), signature);
      expect((await registry.ask("head", spaceId))[1]).to.equal(nextStateRootOf(delta));
    }
  },

  "State transition: for an empty space the current state root and sequence are zero": async (world) => {
    const spaceId = await givenSpace(world);
    expect(await world.registry.ask("head", spaceId)).to.deep.equal(EMPTY_HEAD);
  },

  "State transition: accepted only if sequence == currentSequence + 1": async (world) => {
    const { authorizer } = world;
    const spaceId = await givenSpace(world);
    for (let i = 0; i < 3; ++i) await givenCommit(world, spaceId);
    for (const sequence of [0n, 1n, 3n, 5n, 2n ** 64n - 1n])
      await expectRefused(world, commit(await deltaAfter(world, spaceId, { sequence })), authorizer);
    await relay(world, commit(await deltaAfter(world, spaceId, { sequence: 4n })), authorizer);
  },

  "State transition: accepted only if prevStateRoot == currentStateRoot": async (world) => {
    const { authorizer } = world;
    const spaceId = await givenSpace(world);
    const first = await givenCommit(world, spaceId);
    const second = await givenCommit(world, spaceId);
    for (const prevStateRoot of [ZeroHash, second.prevStateRoot, transitionIdOf(second), id("a root")])
      await expectRefused(world, commit(await deltaAfter(world, spaceId, { prevStateRoot })), authorizer);
    expect(second.prevStateRoot).to.equal(nextStateRootOf(first));
    expect((await givenCommit(world, spaceId)).prevStateRoot).to.equal(nextStateRootOf(second));
  },

  "State transition: unique, the same one is not accepted twice, nor two successors of one state": async (
    world,
  ) => {
    const { registry, authorizer } = world;
    const spaceId = await givenSpace(world);
    const [one, other] = [
      await deltaAfter(world, spaceId),
      await deltaAfter(world, spaceId, { deltaCommitment: id("other") }),
    ];
    await registry.attempt(
      world.relayer,
      "commitTransition",
      other,
      await sign(world, commit(other), authorizer),
    );
    await relay(world, commit(one), authorizer);
    for (const late of [one, other]) await expectRefused(world, commit(late), authorizer);
    expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(one));
  },

  "State transition: Transition ID, next state root and sequence are stored, of this space alone": async (
    world,
  ) => {
    const { registry, controller, authorizer } = world;
    const spaceId = await givenSpace(world);
    const salt = id("another salt");
    await relay(
      world,
      registration({ controller: controller.address, authorizer: authorizer.address, salt }),
      controller,
    );
    const delta = await givenCommit(world, spaceId);
    expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(delta));
    expect(await registry.ask("head", spaceIdOf(controller.address, salt))).to.deep.equal(EMPTY_HEAD);
  },

  "State transition: none in a space that was not registered": async (world) => {
    const { authorizer, controller, stranger } = world;
    const delta = await deltaAfter(world, await givenSpace(world));
    const nobodys = { ...delta, spaceId: spaceIdOf(controller.address, id("never registered")) };
    for (const signer of [authorizer, controller, stranger, JUNK])
      await expectRefused(world, commit(nobodys), signer);
    await relay(world, commit(delta), authorizer);
  },

  "TransitionCommitted: once, with every field and the authorizer, who need not be the sender": async (
    world,
  ) => {
    const { registry, authorizer } = world;
    const delta = await deltaAfter(world, await givenSpace(world));
    const receipt = await relay(world, commit(delta), authorizer);
    expect(registry.logs(receipt, "TransitionCommitted")).to.deep.equal([
      committed(delta, authorizer.address),
    ]);
  },

  // ---------------------------------------------------------------------------- Immutability of the enforcing logic
  "Immutability: not deployed behind an upgrade mechanism (EIP-1967, EIP-1167)": async ({
    connection,
    registry,
  }) => {
    for (const slot of PROXY_SLOTS)
      expect(await connection.ethers.provider.getStorage(registry.address, slot)).to.equal(ZeroHash);
    const code = await connection.ethers.provider.getCode(registry.address);
    expect(code).to.not.match(/^0x(ef0100|363d3d373d3d3d363d)/);
  },

  "Immutability: MUST expose no upgrade authority": async ({ connection, registry }) => {
    const [deployer] = await connection.ethers.getSigners();
    const args: Record<string, string> = { address: registry.address, bytes: "0x" };
    for (const fragment of AUTHORITY.fragments) {
      const values = fragment.inputs.map(({ type }) => args[type]);
      const data = AUTHORITY.encodeFunctionData(fragment.format(), values);
      await expectThrow(
        connection.ethers.provider.call({ to: registry.address, data, from: deployer?.address ?? null }),
        fragment.format(),
      );
    }
  },

  // ------------------------------------------------------------------------------------------------ Space registration
  "Space registration: MUST bind the space to a non-zero controller and authorizer": async (world) => {
    const { controller, authorizer } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    await expectRefused(world, registration({ ...space, authorizer: ZeroAddress }), controller);
    await expectRefused(world, registration({ ...space, controller: ZeroAddress }), controller);
    await relay(world, registration(space), controller);
  },

  "Space registration: the supplied spaceId MUST equal deriveSpaceId(controller, salt)": async (world) => {
    const { controller, authorizer } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    for (const spaceId of [ZeroHash, id("a space"), spaceIdOf(controller.address, id("another salt"))])
      await expectRefused(world, registration(space, spaceId), controller);
    await relay(world, registration(space), controller);
  },

  "Space registration: the controller MUST authorize it, authorizer included": async (world) => {
    const { registry, controller, authorizer, stranger, relayer } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    for (const signer of [authorizer, stranger, JUNK])
      await expectRefused(world, registration(space), signer);
    const signature = await sign(world, registration(space), controller);
    const replaced = registration({ ...space, authorizer: relayer.address });
    await expectThrow(
      registry.attempt(relayer, replaced.name, ...replaced.args, signature),
      "another authorizer",
    );
    await relay(world, registration(space), signature);
  },

  "Space registration: a relayer MAY submit it without becoming controller or authorizer": async (world) => {
    const { registry, controller, authorizer } = world;
    const spaceId = await givenSpace(world);
    expect(await registry.ask("spaceAuthorization", spaceId)).to.deep.equal([
      controller.address,
      authorizer.address,
      0n,
    ]);
  },

  "Space registration: one that is front-run with the same signature is what the controller signed": async (
    world,
  ) => {
    const { registry, controller, authorizer, stranger } = world;
    const [, thief] = await cast(world.connection);
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    const act = registration(space);
    const signature = await sign(world, act, controller);
    await registry.send(thief, act.name, ...act.args, signature);
    await expectRefused(world, act, signature);
    const spaceId = spaceIdOf(controller.address, SALT);
    expect(await registry.ask("spaceAuthorization", spaceId)).to.deep.equal([
      controller.address,
      authorizer.address,
      0n,
    ]);
    await expectRefused(world, commit(await deltaAfter(world, spaceId)), stranger);
    await givenCommit(world, spaceId);
  },

  "Space registration: at most once": async (world) => {
    const { registry, controller, authorizer, stranger } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    const spaceId = await givenSpace(world);
    const delta = await givenCommit(world, spaceId);
    const again = [space, { ...space, authorizer: stranger.address }];
    for (const act of again.map((other) => registration(other))) await expectRefused(world, act, controller);
    await relay(world, update(spaceId, stranger.address, stranger.address, 1), controller);
    for (const act of again.map((other) => registration(other))) await expectRefused(world, act, controller);
    expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(delta));
    expect(await registry.ask("spaceAuthorization", spaceId)).to.deep.equal([
      stranger.address,
      stranger.address,
      1n,
    ]);
    // The controller's next one is free.
    await relay(world, registration({ ...space, salt: id("another salt") }), controller);
  },

  "SpaceRegistered: once, with space, controller and authorizer": async (world) => {
    const { registry, controller, authorizer } = world;
    const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
    const receipt = await relay(world, registration(space), controller);
    expect(registry.logs(receipt, "SpaceRegistered")).to.deep.equal([
      [spaceIdOf(controller.address, SALT), controller.address, authorizer.address],
    ]);
    expect(registry.logs(receipt, "SpaceAuthorizationUpdated")).to.deep.equal([]);
  },

  // --------------------------------------------------------------------------------------------- Authorization updates
  "Authorization updates: configNonce is initially zero, and an update MUST use the next": async (world) => {
    const { registry, controller, authorizer } = world;
    const spaceId = await givenSpace(world);
    const to = (nonce: number) => update(spaceId, controller.address, authorizer.address, nonce);
    for (const nonce of [1, 2, 3]) {
      for (const wrong of [nonce - 1, nonce + 1])
        await expectThrow(
          registry.attempt(
            world.relayer,
            "updateSpaceAuthorization",
            ...to(wrong).args,
            await sign(world, to(wrong), controller),
          ),
          `nonce ${wrong} for ${nonce}`,
        );
      await relay(world, to(nonce), controller);
      expect((await registry.ask("spaceAuthorization", spaceId))[2]).to.equal(BigInt(nonce));
    }
  },

  "Authorization updates: the nonce prevents replay of an earlier configuration": async (world) => {
    const { controller, authorizer, stranger } = world;
    const spaceId = await givenSpace(world);
    const earlier = update(spaceId, controller.address, stranger.address, 1);
    const signature = await sign(world, earlier, controller);
    await relay(world, earlier, signature);
    await expectRefused(world, earlier, signature);
    await relay(world, update(spaceId, controller.address, authorizer.address, 2), controller);
    await expectRefused(world, earlier, signature);
  },

  "Authorization updates: controller and authorizer are replaced atomically": async (world) => {
    const { registry, controller, authorizer, stranger } = world;
    const spaceId = await givenSpace(world);
    let nonce = 0;
    // Both, the controller alone, the authorizer alone, neither.
    for (const [signer, newController, newAuthorizer] of [
      [controller, stranger, controller],
      [stranger, authorizer, controller],
      [authorizer, authorizer, stranger],
      [authorizer, authorizer, stranger],
    ] as const) {
      const act = update(spaceId, newController.address, newAuthorizer.address, ++nonce);
      const receipt = await relay(world, act, signer);
      const expected = [newController.address, newAuthorizer.address, BigInt(nonce)];
      expect(await registry.ask("spaceAuthorization", spaceId)).to.deep.equal(expected);
      expect(registry.logs(receipt, "SpaceAuthorizationUpdated")).to.deep.equal([[spaceId, ...expected]]);
    }
  },

  "Authorization updates: the current controller MUST authorize": async (world) => {
    const { controller, authorizer, stranger } = world;
    const spaceId = await givenSpace(world);
    const first = update(spaceId, stranger.address, authorizer.address, 1);
    for (const signer of [authorizer, stranger, JUNK]) await expectRefused(world, first, signer);
    await relay(world, first, controller);
    const second = update(spaceId, controller.address, authorizer.address, 2);
    for (const signer of [controller, authorizer, JUNK]) await expectRefused(world, second, signer);
    await relay(world, second, stranger);
  },

  "Authorization updates: both replacement addresses MUST be non-zero": async (world) => {
    const { controller, authorizer } = world;
    const spaceId = await givenSpace(world);
    await expectRefused(world, update(spaceId, ZeroAddress, authorizer.address, 1), controller);
    await expectRefused(world, update(spaceId, controller.address, ZeroAddress, 1), controller);
    await expectRefused(world, update(spaceId, ZeroAddress, ZeroAddress, 1), controller);
    await relay(world, update(spaceId, controller.address, authorizer.address, 1), controller);
  },

  "Authorization updates: what was signed cannot be changed, nor used for another space": async (world) => {
    const { registry, controller, authorizer, relayer } = world;
    const spaceId = await givenSpace(world);
    const salt = id("another salt");
    const other = spaceIdOf(controller.address, salt);
    await relay(
      world,
      registration({ controller: controller.address, authorizer: authorizer.address, salt }),
      controller,
    );
    const act = update(spaceId, controller.address, authorizer.address, 1);
    const signature = await sign(world, act, controller);
    for (const args of [
      [other, controller.address, authorizer.address],
      [spaceId, relayer.address, authorizer.address],
      [spaceId, controller.address, relayer.address],
    ])
      await expectThrow(registry.attempt(relayer, act.name, ...args, signature));
    await relay(world, act, signature);
  },

  "Authorization updates: none of a space that was not registered": async (world) => {
    const { controller, authorizer } = world;
    const act = (spaceId: string) => update(spaceId, controller.address, authorizer.address, 1);
    await expectRefused(world, act(spaceIdOf(controller.address, id("never registered"))), controller);
    await expectRefused(world, act(spaceIdOf(controller.address, id("never registered"))), JUNK);
    await relay(world, act(await givenSpace(world)), controller);
  },

  "Controller and authorizer separation: the authorizer approves transitions, the controller does not":
    async (world) => {
      const delta = await deltaAfter(world, await givenSpace(world));
      await expectRefused(world, commit(delta), world.controller);
      await relay(world, commit(delta), world.authorizer);
    },

  "Controller and authorizer separation: rotation changes neither the identifier nor the history": async (
    world,
  ) => {
    const { registry, controller, authorizer, stranger } = world;
    const spaceId = await givenSpace(world);
    const before = await givenCommit(world, spaceId);
    const delta = await deltaAfter(world, spaceId);
    // Signed by the former authorizer, and never sent.
    const unspent = await sign(world, commit(delta), authorizer);
    await registry.attempt(world.relayer, "commitTransition", delta, unspent);
    await relay(world, update(spaceId, controller.address, stranger.address, 1), controller);
    expect(await registry.ask("head", spaceId)).to.deep.equal(headAfter(before));
    await expectRefused(world, commit(delta), unspent);
    const receipt = await relay(world, commit(delta), stranger);
    expect(registry.logs(receipt, "TransitionCommitted")).to.deep.equal([committed(delta, stranger.address)]);
  },
});
