import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  createDevice,
  hasDevice,
  openDevice,
  waysOf,
  type Device,
  type DeviceHome,
} from "../../../apps/web/src/device/device.ts";
import {
  DeviceExists,
  DeviceFileBroken,
  DeviceLocked,
  DeviceMissing,
  NoSuchWay,
  PasskeyCancelled,
  PasskeyLeftOver,
  PasskeyUnsupported,
  PasskeyWrong,
  PassphraseTooShort,
  TooFewWays,
  WrongPassphrase,
  WrongWords,
} from "../../../apps/web/src/device/errors.ts";
import { decodeWay, encodeWay } from "../../../apps/web/src/device/way-record.ts";
import { newPasskey, newPassphrase, newWords, type Unlocking } from "../../../apps/web/src/device/ways.ts";
import type { JournalStore } from "../../../client/index.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import { rejection } from "../../client/storage/helpers.ts";
import { drawing, memoryHome, PretendPasskeys, quickBox } from "./devices.ts";

const PASSPHRASE = "correct horse battery";
const seed = new Uint8Array(32).fill(3);

const byPassphrase = (passphrase = PASSPHRASE): Unlocking => ({
  ...{ kind: "passphrase", passphrase, box: quickBox },
});
const byWords = (words = seed): Unlocking => ({ kind: "words", seed: words });

describe("the web app's device", () => {
  let home: DeviceHome;
  let passkeys: PretendPasskeys;
  let device: Device;

  const byPasskey = async (): Promise<Unlocking> => {
    const { sound } = await waysOf(home);
    return { kind: "passkey", id: sound.find(({ kind }) => kind === "passkey")!.id, passkeys };
  };

  beforeEach(async () => {
    home = memoryHome();
    passkeys = new PretendPasskeys();
    device = await createDevice(home, [
      await newPasskey(passkeys, "Memory Vault", drawing),
      await newPassphrase(quickBox, PASSPHRASE, drawing),
      newWords(seed, drawing),
    ]);
  });

  it("opens by each of its ways alone, and is the same device", async () => {
    const { keys } = device;
    for (const way of [byPassphrase(), byWords(), await byPasskey()])
      expect((await openDevice(home, way)).keys).to.deep.equal(keys);
  });

  it("keeps nothing that says what it is without a way", async () => {
    const { journalKey, identity } = device.keys;
    await device.remember({
      chainId: 1n,
      contract: `0x${"ab".repeat(20)}`,
      vaultId: 5n,
      label: "diary of Ann",
      role: "owner",
    });
    await device.keepUnfinished({ seed, label: "diary of Ann" });
    for (const file of await home.files.list()) {
      const kept = Buffer.from((await home.files.read(file))!);
      for (const secret of [Buffer.from(journalKey), Buffer.from(seed), identity, "diary", PASSPHRASE])
        expect(kept.includes(secret), file).to.equal(false);
      expect(kept.toString("latin1"))
        .not.to.contain(bytesToHex(journalKey))
        .and.not.to.contain(bytesToHex(seed));
    }
  });

  it("is not made with one kind of way only", async () => {
    const other = memoryHome();
    const passkey = (): ReturnType<typeof newPasskey> => newPasskey(passkeys, "a", drawing);
    for (const ways of [[], [newWords(seed, drawing)], [await passkey(), await passkey()]])
      await rejection(createDevice(other, ways), TooFewWays);
    expect(await hasDevice(other)).to.equal(false);
    expect(await other.files.list()).to.deep.equal([]);
  });

  it("is not made over another one", async () => {
    const ways = [newWords(randomBytes(32), drawing), await newPassphrase(quickBox, "another one", drawing)];
    await rejection(createDevice(home, ways), DeviceExists);
    expect((await openDevice(home, byWords())).keys).to.deep.equal(device.keys);
  });

  it("leaves no way of a device behind that was never finished", async () => {
    const other = memoryHome();
    await other.files.write("way-passkey-0123456789abcdef", (await home.files.read("way-passphrase"))!);
    await createDevice(other, [newWords(seed, drawing), await newPassphrase(quickBox, PASSPHRASE, drawing)]);
    expect(await other.files.list()).to.deep.equal(["keys", "way-passphrase", "way-words"]);
  });

  it("names what does not open it", async () => {
    await rejection(openDevice(home, byPassphrase("correct horse batterz")), WrongPassphrase);
    await rejection(openDevice(home, byPassphrase("")), WrongPassphrase);
    await rejection(openDevice(home, byWords(randomBytes(32))), WrongWords);
    const way = await byPasskey();
    passkeys.mood = "cancels";
    await rejection(openDevice(home, way), PasskeyCancelled);
    passkeys.mood = "has no PRF";
    await rejection(openDevice(home, way), PasskeyUnsupported);
    await rejection(openDevice(home, { ...way, passkeys: new PretendPasskeys() } as Unlocking), PasskeyWrong);
    await rejection(openDevice(home, { ...way, id: "passkey-0000000000000000" } as Unlocking), NoSuchWay);
    await rejection(openDevice(memoryHome(), byWords()), DeviceMissing);
  });

  it("names a passkey that was made and not confirmed the second time: it stays with its manager", async () => {
    passkeys.mood = "cancels to seal";
    const fault = await rejection(newPasskey(passkeys, "Memory Vault", drawing), PasskeyLeftOver);
    expect(fault.message).to.contain('A passkey "Memory Vault" was made').and.to.contain("Delete it");
    passkeys.mood = "cancels";
    await rejection(newPasskey(passkeys, "Memory Vault", drawing), PasskeyCancelled);
    passkeys.mood = "has no PRF";
    const other = await rejection(newPasskey(passkeys, "Memory Vault", drawing), PasskeyUnsupported);
    expect(other.message).to.contain('If one called "Memory Vault" was made');
  });

  it("takes a passphrase however a keyboard writes its letters", async () => {
    await device.keepWay(await newPassphrase(quickBox, "caf\u00e9 in Sils", drawing));
    expect((await openDevice(home, byPassphrase("cafe\u0301 in Sils"))).keys).to.deep.equal(device.keys);
  });

  it("refuses a passphrase that is soon guessed, and says how long it is", async () => {
    for (const [typed, length] of [
      ["", 0],
      ["seven77", 7],
      ["nine99999", 9],
      ["😀😀😀😀😀😀😀", 7],
    ] as const)
      expect((await rejection(newPassphrase(quickBox, typed, drawing), PassphraseTooShort)).length).to.equal(
        length,
      );
  });

  it("has its passphrase changed in one write, and the old one opens nothing", async () => {
    const writes: string[] = [];
    const watched: DeviceHome = {
      ...home,
      files: { ...home.files, write: (name, bytes) => (writes.push(name), home.files.write(name, bytes)) },
    };
    const opened = await openDevice(watched, byPassphrase());
    await opened.keepWay(await newPassphrase(quickBox, "another passphrase", drawing));
    expect(writes).to.deep.equal(["way-passphrase"]);
    await rejection(openDevice(home, byPassphrase()), WrongPassphrase);
    expect((await openDevice(home, byPassphrase("another passphrase"))).keys).to.deep.equal(device.keys);
  });

  it("loses a way, and never the last but one", async () => {
    await device.removeWay("words");
    await rejection(openDevice(home, byWords()), NoSuchWay);
    expect((await rejection(device.removeWay("passphrase"), TooFewWays)).left).to.equal(1);
    await rejection(device.removeWay("words"), NoSuchWay);
    await device.keepWay(newWords(seed, drawing));
    await device.removeWay("passphrase");
    expect((await openDevice(home, byWords())).keys).to.deep.equal(device.keys);
  });

  it("counts a broken way for none", async () => {
    await home.files.write("way-words", new Uint8Array(10));
    expect((await device.ways()).broken).to.deep.equal(["way-words"]);
    await rejection(device.removeWay("passphrase"), TooFewWays);
    await rejection(openDevice(home, byWords()), DeviceFileBroken);
    expect((await openDevice(home, byPassphrase())).keys).to.deep.equal(device.keys);
  });

  it("remembers vaults under its own key, each once", async () => {
    const vault = { chainId: 31_337n, contract: `0x${"Ab".repeat(20)}`, vaultId: 2n ** 255n };
    await device.remember({ ...vault, label: "mine", role: "reader" });
    await device.remember({ ...vault, contract: vault.contract.toLowerCase(), label: "ours", role: "owner" });
    await device.remember({ ...vault, vaultId: 1n, label: "", role: "reader" });
    const again = await openDevice(home, byWords());
    expect((await again.vaults()).map(({ label, role }) => [label, role])).to.deep.equal([
      ["ours", "owner"],
      ["", "reader"],
    ]);
    await again.forget(vault);
    expect((await again.vaults()).map(({ vaultId }) => vaultId)).to.deep.equal([1n]);
  });

  it("keeps what was set, within its bounds", async () => {
    expect(await device.settings()).to.deep.equal({ idleMinutes: 10 });
    for (const [set, kept] of [
      [5, 5],
      [0, 1],
      [NaN, 1],
      [1_000, 60],
    ] as const) {
      await device.keepSettings({ idleMinutes: set });
      expect(await (await openDevice(home, byWords())).settings()).to.deep.equal({ idleMinutes: kept });
    }
  });

  it("renames a vault where it stands among the others", async () => {
    const vault = { chainId: 31_337n, contract: `0x${"ab".repeat(20)}`, role: "owner" } as const;
    await device.remember({ ...vault, vaultId: 1n, label: "first" });
    await device.remember({ ...vault, vaultId: 2n, label: "second" });
    await device.remember({ ...vault, vaultId: 1n, label: "renamed" });
    expect((await device.vaults()).map(({ label }) => label)).to.deep.equal(["renamed", "second"]);
  });

  it("keeps new words of a vault until they are in force, each vault's apart", async () => {
    const vault = { chainId: 31_337n, contract: `0x${"Ab".repeat(20)}`, vaultId: 2n ** 255n };
    expect(await device.renewal(vault)).to.equal(null);
    await device.keepRenewal(vault, { seed, unlocks: true });
    const again = await openDevice(home, byWords());
    const lower = { ...vault, contract: vault.contract.toLowerCase() };
    expect(await again.renewal(lower)).to.deep.equal({ seed, unlocks: true });
    expect(await again.renewal({ ...vault, vaultId: 1n })).to.equal(null);
    for (const file of await home.files.list())
      expect(new TextDecoder("latin1").decode((await home.files.read(file))!)).not.to.contain(
        bytesToHex(seed),
      );
    await again.keepRenewal(vault, null);
    expect(await device.renewal(vault)).to.equal(null);
  });

  it("keeps the seed of a vault that is being minted, until it is", async () => {
    expect(await device.unfinished()).to.equal(null);
    await device.keepUnfinished({ seed, label: "mine" });
    expect(await (await openDevice(home, byPassphrase())).unfinished()).to.deep.equal({
      seed,
      label: "mine",
    });
    await device.keepUnfinished(null);
    expect(await device.unfinished()).to.equal(null);
  });

  const vault = { chainId: 1n, contract: `0x${"ab".repeat(20)}`, vaultId: 5n };

  it("calls a vault's journal by a name that tells nobody which vault it is, and always the same", async () => {
    const asked: string[] = [];
    home = { ...home, journalStore: (name) => (asked.push(name), memoryHome().journalStore(name)) };
    for (let times = 0; times < 2; times++) {
      const opened = await openDevice(home, byWords());
      opened.journalStore(vault);
      opened.journalStore({ ...vault, contract: vault.contract.toUpperCase().replace("0X", "0x") });
      opened.journalStore({ ...vault, vaultId: 6n });
    }
    const [name, same, other, ...again] = asked;
    expect(name).to.match(/^[0-9a-f]{64}$/);
    expect([same, again]).to.deep.equal([name, [name, name, other]]);
    expect(other).not.to.equal(name);
    expect(asked.join()).not.to.contain("abab");
    const elsewhere = { ...memoryHome(), journalStore: home.journalStore };
    const ways = [await newPassphrase(quickBox, PASSPHRASE, drawing), newWords(seed, drawing)];
    (await createDevice(elsewhere, ways)).journalStore(vault);
    expect(asked.at(-1)).not.to.equal(name);
  });

  it("has its journals used by nobody once it is locked: what is under way ends, and lets the lock go", async () => {
    const journal = device.journalStore(vault) as Required<JournalStore>;
    await journal.write("a", Uint8Array.of(1));
    const release = await journal.lock();
    const waiting = rejection(journal.lock(), DeviceLocked);
    const { journalKey } = device.keys;
    device.lock();
    expect(journalKey).to.deep.equal(new Uint8Array(32));
    await rejection(journal.read("a"), DeviceLocked);
    await rejection(journal.write("a", Uint8Array.of(2)), DeviceLocked);
    await rejection(journal.remove("a"), DeviceLocked);
    await rejection(journal.list(), DeviceLocked);
    await release();
    await waiting;
    await rejection(journal.lock(), DeviceLocked);
    expect(() => device.journalStore(vault)).to.throw(DeviceLocked);
  });

  it("gives nothing out any more when it is locked", async () => {
    device.lock();
    expect(() => device.keys).to.throw(DeviceLocked);
    await rejection(device.vaults(), DeviceLocked);
    await rejection(device.keepUnfinished({ seed, label: "" }), DeviceLocked);
    await rejection(device.keepWay(newWords(seed, drawing)), DeviceLocked);
    expect((await openDevice(home, byWords())).keys.identity).to.match(/^AGE-SECRET-KEY-PQ-1/);
  });
});

describe("hostile files of the web app's device", () => {
  const made = async (): Promise<DeviceHome> => {
    const home = memoryHome();
    await createDevice(home, [newWords(seed, drawing), await newPassphrase(quickBox, PASSPHRASE, drawing)]);
    return home;
  };

  const changed = async (
    home: DeviceHome,
    file: string,
    change: (way: Record<string, unknown>) => object,
  ): Promise<void> => {
    const text = new TextDecoder().decode((await home.files.read(file))!);
    const record = change(JSON.parse(text) as Record<string, unknown>);
    await home.files.write(file, new TextEncoder().encode(JSON.stringify(record)));
  };

  it("do not pass for one another", async () => {
    const [home, other] = [await made(), await made()];
    await home.files.write("keys", (await other.files.read("keys"))!);
    await rejection(openDevice(home, byWords()), DeviceFileBroken);
    await home.files.write("way-words", (await other.files.read("way-passphrase"))!);
    await rejection(openDevice(home, byWords()), DeviceFileBroken);
  });

  it("do not open under another kind, id, time or credential", async () => {
    for (const change of [
      (way: object) => ({ ...way, since: 5 }),
      (way: object) => ({ ...way, credential: "x" }),
      (way: object) => ({ ...way, id: "words" }),
      (way: object) => ({ ...way, kind: "words" }),
      (way: object) => ({ ...way, more: 1 }),
      (way: object) => ({ ...way, version: 2 }),
      (way: object) => ({ ...way, wrap: "AAAA" }),
    ]) {
      const home = await made();
      await changed(home, "way-passphrase", change);
      await rejection(openDevice(home, byPassphrase()), DeviceFileBroken);
    }
  });

  it("do not take another device's way for this one's", async () => {
    const [home, other] = [await made(), await made()];
    await home.files.write("way-words", (await other.files.read("way-words"))!);
    await rejection(openDevice(home, byWords()), DeviceFileBroken);
  });

  it("do not decide how much memory refusing them takes", async () => {
    const home = await made();
    const file = new TextEncoder().encode("age-encryption.org/v1\n-> scrypt bGkgc2FsdCBpcyBzYWx0 30\n");
    const way = decodeWay("way-passphrase", (await home.files.read("way-passphrase"))!);
    await home.files.write("way-passphrase", encodeWay({ ...way, lock: file }));
    await rejection(openDevice(home, byPassphrase()), DeviceFileBroken);
  });

  it("are named for every cut and every turned byte", async () => {
    const home = await made();
    for (const file of ["keys", "way-words"]) {
      const whole = (await home.files.read(file))!;
      for (let at = 0; at < whole.length; at += 3) {
        for (const bytes of [whole.slice(0, at), whole.map((byte, i) => (i === at ? byte ^ 1 : byte))]) {
          await home.files.write(file, bytes);
          const fault: unknown = await openDevice(home, byWords()).catch((thrown: unknown) => thrown);
          expect(fault, `${file} ${at}`).to.satisfy(
            (thrown: unknown) => thrown instanceof DeviceFileBroken || thrown instanceof WrongWords,
          );
        }
      }
      await home.files.write(file, whole);
    }
    await openDevice(home, byWords());
  });
});
