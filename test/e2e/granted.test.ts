import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  generateIdentity,
  grant,
  GrantExpired,
  grants,
  GrantRevoked,
  keyOf,
  NotAMember,
  publishKey,
  read,
  recipientBytes,
  recipientOf,
  remember,
  revoke,
  sync,
  type Vault,
} from "../../client/index.ts";
import { readState, writeOperations, writeState } from "../../client/vault/journal.ts";
import { PAGE_ENTRIES } from "../../client/vault/pages.ts";
import type { AdmitOperation } from "../../client/vault/operations.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

/** More readers than a head's keyring holds entries: they stand in pages. */
const MANY = process.env.MEMVAULT_LONG === "1" ? 1_000 : 300;

describe("Promise 4: read access to chosen scopes until a date, and one transaction to end it", () => {
  let world: World;
  /** Keys of readers, made once. */
  const recipients: Uint8Array[] = [];
  before(async () => {
    world = await createWorld();
  });

  /** Admits readers by operations of one sync, as a device does that was offline for long. */
  async function admitMany(vault: Vault, count: number, expiresAt: number): Promise<void> {
    while (recipients.length < count) recipients.push(recipientBytes(await recipientOf(generateIdentity())));
    const admissions = recipients.slice(0, count).map((recipient, i): AdmitOperation => ({
      ...{ kind: "admit", id: bytesToHex(randomBytes(16)), class: "reader", grantee: null, listed: false },
      ...{ recipient, scopes: ["health"], expiresAt, permissions: 1, admission: "fresh" },
      ...{ label: `reader ${i}`, storeWelcome: false },
    }));
    await writeOperations(vault.journal, admissions);
    await sync(vault);
  }

  /** What it costs to revoke one agent among so many members, by the commit key or by the owner. */
  async function costOfRevoking(members: number, payer: "owner" | "commit key"): Promise<bigint> {
    const environment = device(world, world.owner);
    const { vault } = await ownedVault(world, environment);
    const expiresAt = await inDays(world, 30);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    if (members > 1) await admitMany(vault, members - 1, expiresAt);
    else await remember(vault, { scope: "health", text: "Sleeps at ten" }).then(() => sync(vault));
    const agent = await newReader();
    await grant(vault, {
      recipient: agent.recipient,
      account: world.stranger.address,
      scopes: ["health"],
      expiresAt,
    });
    expect(await grants(vault)).to.have.length(members);
    if (payer === "commit key") {
      const { authorizer } = await vault.contract.memoryHead(vault.ref.vaultId);
      await world.networkHelpers.setBalance(authorizer, 10n ** 18n);
    }
    const paying = payer === "owner" ? vault : { ...vault, wallet: null };
    const { receipt, rotated, blobs } = await revoke(paying, world.stranger.address);
    expect(rotated).to.equal(true);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, world.stranger.address)).to.equal(false);
    expect(await grants(vault)).to.have.length(members - 1);
    const pages = members < 254 ? 0 : Math.ceil((members + 2) / PAGE_ENTRIES);
    // Above 32 KiB the roster stands in a blob of its own.
    const roster = members < 500 ? 0 : 1;
    expect(blobs.length, "a head, the pages of its keyring, the roster").to.equal(1 + pages + roster);
    return receipt!.gasUsed;
  }

  it(`revokes and rotates at the same gas with one member and with ${MANY}`, async function () {
    this.timeout(300_000);
    for (const [payer, limit] of [
      ["commit key", 64_000n],
      ["owner", 72_000n],
    ] as const) {
      const alone = await costOfRevoking(1, payer);
      const among = await costOfRevoking(MANY, payer);
      // A zero byte of calldata costs 12 less than another, and random words have some.
      expect(among - alone < 200n && alone - among < 200n, `${payer}: ${alone} and ${among}`).to.equal(true);
      expect(among <= limit, `${payer}: ${among}`).to.equal(true);
    }
  });

  it("gives what was chosen and nothing else, to a listed agent by its registered key", async () => {
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "health", text: "Allergic to penicillin" },
      { scope: "travel", text: "Window seat" },
      { scope: "finance", text: "Saves a fifth" },
    );
    await sync(vault);
    const agent = await newReader();
    const expiresAt = await inDays(world, 30);
    await publishKey(world.keyRegistry.connect(world.stranger), agent.recipient, expiresAt);
    const { recipient } = await keyOf(world.keyRegistry, world.stranger.address);
    const terms = { recipient, account: world.stranger.address, scopes: ["travel", "health"], expiresAt };
    const { welcome } = await grant(vault, terms);
    const reader = await accept(world, agent.identity, welcome!);
    const view = await read(reader);
    expect(view.scopes.map(({ name, memories }) => [name, memories.map(({ text }) => text)])).to.deep.equal([
      ["health", ["Allergic to penicillin"]],
      ["travel", ["Window seat"]],
    ]);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, world.stranger.address)).to.equal(true);
    expect(await world.memoryVault.canPropose(vault.ref.vaultId, world.stranger.address)).to.equal(false);
  });

  it("ends at its date, on chain and in the reader, to the second", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    const expiresAt = await inDays(world, 2);
    const [listed, unlisted] = [await newReader(), await newReader()];
    const account = world.stranger.address;
    const first = await grant(vault, { recipient: listed.recipient, account, scopes: ["health"], expiresAt });
    const second = await grant(vault, { recipient: unlisted.recipient, scopes: ["health"], expiresAt });
    const readers = [
      await accept(world, listed.identity, first.welcome!),
      await accept(world, unlisted.identity, second.welcome!),
    ];
    const at = async (time: number): Promise<void> => {
      await world.networkHelpers.time.setNextBlockTimestamp(time);
      await world.networkHelpers.mine();
    };
    const canRead = async () => {
      const blockTag = await world.provider.getBlockNumber();
      return world.memoryVault.canRead(vault.ref.vaultId, account, { blockTag });
    };
    await at(expiresAt - 1);
    expect(await canRead()).to.equal(true);
    for (const reader of readers) expect((await read(reader)).scopes).to.have.length(1);
    await at(expiresAt);
    expect(await canRead()).to.equal(false);
    for (const reader of readers) {
      expect(await thrown(read(reader)))
        .to.be.instanceOf(GrantExpired)
        .and.include({ expiresAt });
    }
  });

  it("turns the keys before it writes anything that an expired reader could open", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    const expiresAt = await inDays(world, 2);
    const friend = await newReader();
    const { welcome } = await grant(vault, { recipient: friend.recipient, scopes: ["health"], expiresAt });
    const reader = await accept(world, friend.identity, welcome!);
    await read(reader);
    await world.networkHelpers.time.increaseTo(expiresAt);
    await remember(vault, { scope: "health", text: "After the end" });
    expect((await sync(vault)).rotated).to.equal(true);
    expect(await grants(vault)).to.deep.equal([]);
    // A reader that looks away from its date finds that no key is left for it.
    await writeState(reader.journal, { ...(await readState(reader.journal))!, expiresAt: null });
    expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
  });

  it("closes the next memory to whom it revoked, and to nobody else", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Before" });
    await sync(vault);
    const expiresAt = await inDays(world, 30);
    const [agent, friend] = [await newReader(), await newReader()];
    const account = world.stranger.address;
    const first = await grant(vault, { recipient: agent.recipient, account, scopes: ["health"], expiresAt });
    const second = await grant(vault, { recipient: friend.recipient, scopes: ["health"], expiresAt });
    const revoked = await accept(world, agent.identity, first.welcome!);
    const staying = await accept(world, friend.identity, second.welcome!);
    const before = await world.provider.getTransactionCount(world.owner.address);
    await revoke(vault, account);
    expect(await world.provider.getTransactionCount(world.owner.address), "one transaction").to.equal(
      before + 1,
    );
    await remember(vault, { scope: "health", text: "After" });
    await sync(vault);
    expect(await thrown(read(revoked))).to.be.instanceOf(GrantRevoked);
    expect((await read(staying)).scopes[0]!.memories.map(({ text }) => text)).to.have.members([
      "Before",
      "After",
    ]);
  });
});
