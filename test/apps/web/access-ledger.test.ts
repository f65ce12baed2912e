import { expect } from "chai";
import { VoidSigner, type Signer } from "ethers";

import { expectAsShown } from "../../../apps/web/src/pages/access/as-shown.ts";
import { commitDates } from "../../../apps/web/src/pages/access/commit-dates.ts";
import { GrantMoved } from "../../../apps/web/src/pages/access/errors.ts";
import { granteeOf } from "../../../apps/web/src/pages/access/grantee.ts";
import { readLedger, takeRevokesBack } from "../../../apps/web/src/pages/access/ledger.ts";
import {
  dropWelcome,
  grant,
  NotAMember,
  NotGranted,
  pending,
  publishKey,
  read,
  registryContract,
  remember,
  revoke,
  sync,
  vaultAt,
  VaultError,
  type Vault,
} from "../../../client/index.ts";
import { change, revokeAll } from "../../../client/manage.ts";
import { nameOf, thrown } from "../../helpers/thrown.ts";
import { accept, createWorld, inDays, newReader, ownedVault, type World } from "../../helpers/world.ts";

/** Seconds. */
const DAY = 86_400;

/** A wallet whose owner says no. */
class RefusingWallet extends VoidSigner {
  override sendTransaction(): Promise<never> {
    return Promise.reject(new Declined());
  }
  override signTransaction(): Promise<never> {
    return Promise.reject(new Declined());
  }
}
class Declined extends VaultError {
  constructor() {
    super("You declined the transaction.");
  }
}

describe("The ledger of who can read", function () {
  this.timeout(60_000);
  let world: World;
  let vault: Vault;
  let environment: Awaited<ReturnType<typeof ownedVault>>["environment"];

  before(async () => {
    world = await createWorld();
    ({ vault, environment } = await ownedVault(world));
    await remember(vault, { text: "Sleeps badly", scope: "health" });
    await sync(vault);
  });

  /** The same device with another wallet. */
  const withWallet = (wallet: Signer): Vault => vaultAt(vault.ref, { ...environment, wallet });
  const granted = async (label: string, by = vault) => {
    const reader = await newReader();
    const made = await grant(by, {
      ...reader,
      scopes: ["health"],
      expiresAt: await inDays(world, 30),
      label,
    });
    return { ...reader, ...made };
  };
  const lineOf = async (memberId: string) =>
    (await readLedger(vault)).lines.find(({ entry }) => entry.id === memberId);

  it("has each grant with its state, and its welcome until it was handed over", async () => {
    const { memberId } = await granted("doctor");
    await world.networkHelpers.mine(2);
    const line = (await lineOf(memberId))!;
    expect(line.entry.scopeNames).to.deep.equal(["health"]);
    expect(line.state.kind).to.equal("inForce");
    expect(line.welcome).to.be.instanceOf(Uint8Array);
    await dropWelcome(vault, memberId);
    expect((await lineOf(memberId))!.welcome).to.equal(null);
    const { sequence } = await readLedger(vault);
    expect(sequence).to.equal((await read(vault)).sequence);
  });

  it("knows when commits were made", async () => {
    const dates = await commitDates(vault, new Set([2n, 99n]));
    // Of the commits that were not asked for, none.
    expect([...dates.keys()].map(String)).to.deep.equal(["2"]);
    const { timestamp } = (await world.provider.getBlock("latest"))!;
    expect(dates.get(2n)! > timestamp - DAY && dates.get(2n)! <= timestamp).to.equal(true);
  });

  it("leaves no half grant behind where the wallet says no", async () => {
    const before = (await readLedger(vault)).lines.length;
    const refused = granted("nobody", withWallet(new RefusingWallet(world.owner.address, world.provider)));
    expect(await nameOf(refused)).to.equal("Declined");
    expect(await pending(vault)).to.deep.equal([]);
    expect((await readLedger(vault)).lines).to.have.length(before);
  });

  it("shows a revoke that was cut half-way, and the next commit finishes it", async () => {
    const { memberId } = await granted("cut");
    const refusing = withWallet(new RefusingWallet(world.owner.address, world.provider));
    expect(await nameOf(revokeAll(refusing, [memberId]))).to.equal("Declined");
    expect((await lineOf(memberId))!.state.kind).to.equal("revoking");
    await sync(vault);
    expect(await lineOf(memberId)).to.equal(undefined);
  });

  it("takes a revoke back that was not sent", async () => {
    const { memberId } = await granted("kept");
    const refusing = withWallet(new RefusingWallet(world.owner.address, world.provider));
    await thrown(revoke(refusing, memberId));
    await takeRevokesBack(vault);
    expect((await lineOf(memberId))!.state.kind).to.equal("inForce");
  });

  it("ends several grants in one transaction, and none where one is unknown", async () => {
    const [one, two] = [await granted("one"), await granted("two")];
    await world.networkHelpers.mine(2);
    const reader = await accept(world, one.identity, (await lineOf(one.memberId))!.welcome!);
    await read(reader);
    expect(await thrown(revokeAll(vault, [one.memberId, "00".repeat(16)]))).to.be.instanceOf(NotGranted);
    expect((await lineOf(one.memberId))!.state.kind).to.equal("inForce");
    const before = await world.owner.getNonce();
    const { rotated } = await revokeAll(vault, [one.memberId, two.memberId, one.memberId]);
    expect(rotated).to.equal(true);
    expect(await world.owner.getNonce()).to.equal(before + 1);
    expect(await lineOf(one.memberId)).to.equal(undefined);
    expect(await lineOf(two.memberId)).to.equal(undefined);
    expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
  });

  it("changes no grant that says something else than what was shown of it", async () => {
    const { memberId } = await granted("moved");
    const shown = (await lineOf(memberId))!.entry;
    await expectAsShown(vault, shown);
    await change(vault, memberId, { label: "moved, in other words" });
    await expectAsShown(vault, shown);
    await change(vault, memberId, { expiresAt: shown.expiresAt! - DAY });
    const moved = await thrown(expectAsShown(vault, shown));
    expect(moved).to.be.instanceOf(GrantMoved);
    expect((moved as GrantMoved).message).to.match(/it is for health until .* now\. Close this/);
    await expectAsShown(vault, (await lineOf(memberId))!.entry);
  });

  it("looks an account's key up, and shows the digest to compare", async () => {
    const { recipient } = await newReader();
    const address = await world.keyRegistry.getAddress();
    await publishKey(registryContract(address, world.buyer), recipient, await inDays(world, 90));
    const found = await granteeOf(vault, address, { kind: "account", account: world.buyer.address });
    const bare = await granteeOf(vault, address, { kind: "recipient", recipient });
    expect(found).to.deep.equal({ ...bare, account: world.buyer.address });
    const none = granteeOf(vault, address, { kind: "account", account: world.stranger.address });
    expect(await nameOf(none)).to.equal("KeyNotPublished");
  });
});
