import { expect } from "chai";
import type { Signer } from "ethers";

import {
  acceptWelcome,
  grant,
  read,
  remember,
  sync,
  TooManyScopes,
  type BlobStore,
} from "../../client/index.ts";
import { dropReceipt, receipts, shred } from "../../client/manage.ts";
import { chainStore, type PublishingCost } from "../../client/stores.ts";
import { recoverOn, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

describe("A vault on chain alone: its memories need nothing but an RPC", () => {
  let world: World;
  let blobLog: string;
  before(async () => {
    world = await createWorld();
    blobLog = await world.blobLog.getAddress();
  });

  const onChain = (signer?: Signer, approve?: (cost: PublishingCost) => Promise<void>): BlobStore =>
    chainStore({
      ...{ blobLog, provider: world.provider, pause: 1 },
      ...(signer === undefined ? {} : { signer: () => Promise.resolve(signer) }),
      ...(approve === undefined ? {} : { approve }),
    });

  it("comes back from the 24 words and an RPC, whole, however much it holds", async function () {
    this.timeout(60_000);
    const { vault, seed } = await ownedVault(world, device(world, world.owner, onChain(world.owner)));
    const long = "A long story. ".repeat(2_000);
    await remember(
      vault,
      ...[1, 2, 3, 4, 5, 6, 7].map((part) => ({ scope: "travel", text: `${long}${part}` })),
    );
    const { blobs } = await sync(vault);
    expect(Math.max(...blobs), "nothing larger than BlobLog takes").to.equal(65_536);
    expect(blobs.length).to.be.greaterThan(3);
    await remember(vault, { scope: "health", text: "Allergic to penicillin" });
    await sync(vault);
    const again = await recoverOn(world, seed, device(world, undefined, onChain()));
    expect(await texts(again))
      .to.deep.equal(await texts(vault))
      .and.have.length(8);
  });

  it("is read by who was granted a scope, with nothing but an RPC", async () => {
    const { vault } = await ownedVault(world, device(world, world.owner, onChain(world.owner)));
    await remember(
      vault,
      { scope: "health", text: "Allergic to penicillin" },
      { scope: "travel", text: "By train" },
    );
    await sync(vault);
    const { identity, recipient } = await newReader();
    const expiresAt = await inDays(world, 30);
    const { welcome } = await grant(vault, { recipient, scopes: ["health"], expiresAt });
    const reader = await acceptWelcome({
      ...device(world, undefined, onChain()),
      ...{ address: world.address, identity, welcome: welcome! },
    });
    expect(await texts(reader)).to.deep.equal(["Allergic to penicillin"]);
  });

  it("is asked what a commit costs before it is spent, once, and keeps its memories when the answer is no", async () => {
    const asked: PublishingCost[] = [];
    let dear = true;
    const approve = (cost: PublishingCost): Promise<void> => {
      asked.push(cost);
      return dear ? Promise.reject(new Error("too dear")) : Promise.resolve();
    };
    const store = onChain(world.owner, approve);
    const { vault } = await ownedVault(world, device(world, world.owner, store));
    const long = "A long story. ".repeat(2_000);
    await remember(vault, ...[1, 2, 3, 4].map((part) => ({ scope: "travel", text: `${long}${part}` })));
    const sent = await world.provider.getTransactionCount(world.owner);
    expect(String(await thrown(sync(vault)))).to.include("too dear");
    expect(await world.provider.getTransactionCount(world.owner)).to.equal(sent);
    dear = false;
    await sync(vault);
    expect(asked).to.have.length(2);
    expect(asked[1]!.blobs).to.be.greaterThan(1);
    expect(await texts(vault)).to.have.length(4);
  });

  it("has 14 scopes of its owner's at most, and says so before anything is published", async function () {
    this.timeout(60_000);
    const { vault } = await ownedVault(world, device(world, world.owner, onChain(world.owner)));
    const scope = (i: number) => ({ scope: `scope ${String(i)}`, text: `Memory ${String(i)}` });
    await remember(vault, ...Array.from({ length: 14 }, (_, i) => scope(i)));
    await sync(vault);
    await remember(vault, scope(14));
    const sent = await world.provider.getTransactionCount(world.owner);
    const fault = await thrown(sync(vault));
    expect(fault).to.be.instanceOf(TooManyScopes).and.include({ count: 15, limit: 14 });
    expect(await world.provider.getTransactionCount(world.owner)).to.equal(sent);
    expect((await read(vault)).scopes).to.have.length(14);
  });

  it("can shred no blob, and stops at nothing for it: keys are destroyed all the same", async () => {
    const store = onChain(world.owner);
    const { vault } = await ownedVault(world, device(world, world.owner, store));
    const [id] = await remember(vault, { scope: "health", text: "To be gone" });
    await sync(vault);
    await shred(vault, { id: id! });
    await sync(vault);
    await sync(vault);
    const [receipt] = await receipts(vault);
    expect(receipt, "the shred comes to its end").to.not.equal(undefined);
    expect(await texts(vault)).to.deep.equal([]);
    await dropReceipt(vault, receipt!.id);
  });
});
