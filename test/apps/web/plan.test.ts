import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import type { Signer } from "ethers";

import { TransactionDeclined } from "../../../apps/web/src/chain/errors.ts";
import type { Network } from "../../../apps/web/src/chain/network.ts";
import { Transactions } from "../../../apps/web/src/chain/transactions.ts";
import { makeAwake } from "../../../apps/web/src/device/awake.ts";
import {
  createDevice,
  openDevice,
  type Device,
  type DeviceHome,
} from "../../../apps/web/src/device/device.ts";
import { Turns } from "../../../apps/web/src/device/turns.ts";
import { newPassphrase, newWords } from "../../../apps/web/src/device/ways.ts";
import {
  accept,
  letGo,
  listedWelcome,
  lookUp,
  mintInTurn,
  mintUnfinished,
  NoSuchVault,
  OwnerFaulty,
  recover,
  SheetIncomplete,
} from "../../../apps/web/src/pages/start/plan.ts";
import {
  collectWelcome,
  ContractMissing,
  grant,
  memoryJournalStore,
  read,
  recipientOf,
  remember,
  sync,
  vaultAt,
  VaultNotFound,
  WelcomeRejected,
  type JournalStore,
} from "../../../client/index.ts";
import { environmentOf } from "../../../apps/web/src/session/open.ts";
import { rejection } from "../../client/storage/helpers.ts";
import { createWorld, inDays, type World } from "../../helpers/world.ts";
import { drawing, memoryHome, quickBox } from "./devices.ts";
import { sharedLocks } from "./shared-locks.ts";
import { until } from "./wallet-double.ts";

/** A device whose vaults keep their journals while the test runs. */
function lastingHome(): DeviceHome {
  const journals = new Map<string, Required<JournalStore>>();
  const journalStore: DeviceHome["journalStore"] = (name) => {
    const known = journals.get(name) ?? (memoryJournalStore() as Required<JournalStore>);
    journals.set(name, known);
    return known;
  };
  return { ...memoryHome(), journalStore };
}

describe("what the web app's first pages do", () => {
  let world: World;
  let network: Network;
  let home: DeviceHome;
  let device: Device;
  let seed: Uint8Array;

  const made = async (where: DeviceHome, words: Uint8Array): Promise<Device> =>
    createDevice(where, [newWords(words, drawing), await newPassphrase(quickBox, "correct horse", drawing)]);

  before(async () => {
    world = await createWorld();
  });

  beforeEach(async () => {
    const { provider, store, owner, address } = world;
    const { chainId } = await provider.getNetwork();
    const [keyRegistry, blobLog] = [await world.keyRegistry.getAddress(), await world.blobLog.getAddress()];
    const deployment = { chainId, memoryVault: address, keyRegistry, blobLog, block: 0 };
    const config = { name: "test", rpc: null, secondRpc: null, deployment, store: "memory" };
    network = {
      ...{ config, provider, store, signer: owner },
      secondProvider: undefined,
    } as unknown as Network;
    home = lastingHome();
    seed = randomBytes(32);
    device = await made(home, seed);
  });

  /** The network, with another wallet. */
  const through = (signer: Signer): Network => ({ ...network, signer }) as unknown as Network;

  const minted = async () => {
    await device.keepUnfinished({ seed, label: "mine" });
    const known = await mintUnfinished(device, network);
    return { known, vault: vaultAt(known, environmentOf(device, network)) };
  };

  const filled = async () => {
    const { known, vault } = await minted();
    await remember(vault, { text: "I like tea.", scope: "travel" });
    await sync(vault);
    return { known, vault };
  };

  it("mints a vault, remembers it, and lets its seed go", async () => {
    const { known } = await minted();
    expect(await device.vaults()).to.deep.equal([known]);
    expect(known).to.include({ label: "mine", role: "owner" });
    expect(await device.unfinished()).to.equal(null);
  });

  it("goes on after a reload with the same words, whether the transaction landed or not", async () => {
    await device.keepUnfinished({ seed, label: "mine" });
    const { stranger } = world;
    const refusing = new Proxy(stranger, {
      get: (target, name) =>
        name === "sendTransaction"
          ? () => Promise.reject(new Error("the page was closed"))
          : (Reflect.get(target, name) as unknown),
    });
    await rejection(mintUnfinished(device, through(refusing)), Error);
    const again = await openDevice(home, { kind: "words", seed });
    // It may have landed: the vault is remembered, and so is its seed.
    expect((await again.vaults()).length).to.equal(1);
    const landed = await mintUnfinished(again, through(stranger));
    await again.keepUnfinished({ seed, label: "mine" });
    expect(await mintUnfinished(again, through(stranger))).to.deep.equal(landed);
    expect((await again.vaults()).length).to.equal(1);
  });

  describe("in two tabs at the mint", () => {
    /** A wallet that asks its person, who says no when told to. */
    const undecided = () => {
      let [isAsked, no]: [boolean, () => void] = [false, () => undefined];
      const answer = new Promise<never>((_, reject) => (no = () => reject(new TransactionDeclined())));
      const ask = (): Promise<never> => {
        isAsked = true;
        return answer;
      };
      const signer = new Proxy(world.owner, {
        get: (target, name) => {
          const value: unknown = name === "sendTransaction" ? ask : Reflect.get(target, name);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      return { network: through(signer), isAsked: () => isAsked, no: () => no() };
    };
    const begun = async (): Promise<Device> => {
      await device.keepUnfinished({ seed, label: "mine" });
      return openDevice(home, { kind: "words", seed });
    };

    it("does not forget what the other tab minted when this one says no", async () => {
      const other = await begun();
      const asked = undecided();
      const declined = rejection(mintUnfinished(device, asked.network), TransactionDeclined);
      await until(asked.isAsked);
      const known = await mintUnfinished(other, network);
      asked.no();
      await declined;
      expect(await (await openDevice(home, { kind: "words", seed })).vaults()).to.deep.equal([known]);
    });

    it("does not forget a vault that was known before", async () => {
      const other = await begun();
      const known = await mintUnfinished(other, network);
      await device.keepUnfinished({ seed, label: "mine" });
      const nowhere = { ...network.config.deployment, memoryVault: world.stranger.address };
      const faulty = { ...network, config: { ...network.config, deployment: nowhere } } as unknown as Network;
      await device.remember({ ...known, contract: world.stranger.address.toLowerCase() });
      await rejection(mintUnfinished(device, faulty), ContractMissing);
      expect((await device.vaults()).length).to.equal(2);
    });

    it("mints in one after the other, and only once", async () => {
      const other = await begun();
      const locks = sharedLocks();
      const tab = () => ({
        turns: new Turns({ locks, awake: makeAwake(), soon: 20 }),
        transactions: new Transactions(),
      });
      const [a, b] = [tab(), tab()];
      const asked = undecided();
      const declined = rejection(mintInTurn(a, device, asked.network), TransactionDeclined);
      await until(asked.isAsked);
      const second = mintInTurn(b, other, network);
      const third = letGo(b, other);
      await until(() => b.turns.get().length === 2);
      asked.no();
      await declined;
      const known = (await second)!;
      await third;
      expect(await device.vaults()).to.deep.equal([known]);
      expect(await mintInTurn(a, device, network)).to.equal(null);
    });
  });

  it("mints nothing where nothing was begun", async () => {
    await rejection(mintUnfinished(device, network), SheetIncomplete);
  });

  it("recovers a vault from its words on another browser", async () => {
    const { known } = await filled();
    const other = await made(lastingHome(), seed);
    const sheet = { seed, owner: ` ${world.owner.address} `, vaultId: "", label: "again" };
    const recovered = await recover(other, network, sheet);
    expect(recovered.vaultId).to.equal(known.vaultId);
    const { scopes } = await read(vaultAt(recovered, environmentOf(other, network)));
    expect(scopes.flatMap(({ memories }) => memories.map(({ text }) => text))).to.deep.equal(["I like tea."]);
    expect(await other.vaults()).to.deep.equal([recovered]);
  });

  it("keeps nothing of a sheet that names no vault", async () => {
    const sheet = { seed, owner: world.buyer.address, vaultId: "", label: "" };
    await rejection(recover(device, network, sheet), VaultNotFound);
    await rejection(recover(device, network, { ...sheet, owner: "" }), SheetIncomplete);
    await rejection(recover(device, network, { ...sheet, owner: "0x12" }), OwnerFaulty);
    await rejection(recover(device, network, { ...sheet, vaultId: "0x12" }), SheetIncomplete);
    expect(await device.vaults()).to.deep.equal([]);
  });

  it("looks a sheet's vault up before anything is made for it", async () => {
    const { known } = await minted();
    const sheet = { seed, owner: world.owner.address, vaultId: "", label: "" };
    await lookUp(network, sheet);
    const id = `0x${known.vaultId.toString(16).padStart(64, "0")}`;
    await lookUp(network, { ...sheet, seed: randomBytes(32), vaultId: id });
    const wrong = await rejection(lookUp(network, { ...sheet, owner: world.buyer.address }), NoSuchVault);
    expect(wrong.message).to.match(/^No vault was minted by this address with these words\./);
    const unknown = lookUp(network, { ...sheet, vaultId: `0x${"12".repeat(32)}` });
    expect((await rejection(unknown, NoSuchVault)).message).to.match(/^No vault has this id/);
    const short = await rejection(lookUp(network, { ...sheet, owner: "0x123" }), OwnerFaulty);
    expect(short.message).to.match(/^"0x123" is no whole address/);
  });

  it("accepts a welcome that was handed over, and keeps nothing of another's", async () => {
    const { vault } = await filled();
    const reader = await made(lastingHome(), randomBytes(32));
    const granted = await grant(vault, {
      ...{ recipient: await recipientOf(reader.keys.identity), scopes: ["travel"], label: "Ann" },
      expiresAt: await inDays(world, 5),
    });
    await sync(vault);
    const welcome = (await collectWelcome(vault, granted.memberId))!;
    const bystander = await made(lastingHome(), randomBytes(32));
    await rejection(accept(bystander, network, welcome, ""), WelcomeRejected);
    expect(await bystander.vaults()).to.deep.equal([]);
    const known = await accept(reader, network, welcome, "Ann's");
    expect(known).to.include({ role: "reader", label: "Ann's", vaultId: vault.ref.vaultId });
    // Opened again it is the same vault, under the name that it has.
    expect(await accept(reader, network, welcome, "")).to.include({ label: "Ann's" });
    expect((await reader.vaults()).length).to.equal(1);
  });

  it("finds the welcome of a grant that is listed on the chain", async () => {
    const { known, vault } = await filled();
    const reader = await made(lastingHome(), randomBytes(32));
    const readers = through(world.buyer);
    await grant(vault, {
      ...{ recipient: await recipientOf(reader.keys.identity), scopes: ["travel"], label: "Ann" },
      ...{ expiresAt: await inDays(world, 5), account: world.buyer.address, storeWelcome: true },
    });
    await sync(vault);
    const id = `0x${known.vaultId.toString(16).padStart(64, "0")}`;
    const found = await accept(reader, readers, await listedWelcome(readers, id), "");
    expect(found.vaultId).to.equal(known.vaultId);
    await rejection(listedWelcome(readers, "0x1"), SheetIncomplete);
  });
});
