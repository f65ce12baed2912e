import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { MayNotPropose, propose, ScopeNotGranted, wasProposed } from "../../client/agents.ts";
import {
  acceptWelcome,
  generateIdentity,
  grant,
  read,
  recipientOf,
  remember,
  sync,
  WalletRequired,
  type Vault,
} from "../../client/index.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, ownedVault, type World } from "../helpers/world.ts";

/** A wallet of the world. */
type Wallet = World["owner"];

describe("what readers propose", () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });

  /** Grants a wallet the scopes, and has it read. */
  async function reader(vault: Vault, wallet: Wallet, scopes = ["travel"], propose = true): Promise<Vault> {
    const identity = generateIdentity();
    const { welcome } = await grant(vault, {
      ...{ recipient: await recipientOf(identity), account: wallet.address, scopes, propose },
      expiresAt: await inDays(world, 30),
    });
    return acceptWelcome({
      ...{ ...device(world, wallet), address: world.address, identity },
      welcome: welcome!,
    });
  }

  /** A vault with a memory in each of two scopes. */
  async function owned(): Promise<Vault> {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "travel", text: "Window seats" }, { scope: "health", text: "Sleeps" });
    await sync(vault);
    return vault;
  }

  const scopeOf = async (vault: Vault, name = "travel"): Promise<string> =>
    (await read(vault)).scopes.find((scope) => scope.name === name)!.id;

  describe("is left by the grantee's account", () => {
    it("as one file of the store, named on chain", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger);
      const scope = await scopeOf(agent);
      const { digest, file, receipt } = await propose(agent, { memories: [{ scope, text: "Likes Porto" }] });
      expect(file.length).to.equal(4_096);
      expect(await world.store.get(digest)).to.deep.equal(file);
      expect(receipt.logs).to.have.length(1);
      expect(await wasProposed(agent, world.stranger.address, digest)).to.equal(true);
      expect(await wasProposed(agent, world.stranger.address, "00".repeat(32))).to.equal(false);
    });

    it("with the permission to propose, for scopes that were granted, and by itself", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger);
      const mute = await reader(vault, world.relayer, ["travel"], false);
      const scope = await scopeOf(agent);
      const memories = [{ scope, text: "x" }];
      expect(await thrown(propose(mute, { memories }))).to.be.instanceOf(MayNotPropose);
      expect(await thrown(propose({ ...agent, wallet: world.relayer }, { memories }))).to.be.instanceOf(
        MayNotPropose,
      );
      expect(await thrown(propose({ ...agent, wallet: null }, { memories }))).to.be.instanceOf(
        WalletRequired,
      );
      const health = await scopeOf(vault, "health");
      expect(
        await thrown(propose(agent, { memories: [...memories, { scope: health, text: "y" }] })),
      ).to.be.instanceOf(ScopeNotGranted);
      expect(await nameOf(propose(vault, { memories }))).to.equal("MayNotPropose");
      await world.networkHelpers.time.increase(31 * 86_400);
      expect(await nameOf(propose(agent, { memories, nonce: randomBytes(32) }))).to.equal("GrantExpired");
    });
  });
});
