import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Decrypter } from "age-encryption";
import { expect } from "chai";

import { WrongPassphrase } from "../../apps/cli/keys.ts";
import {
  createProfile,
  deviceOf,
  findVault,
  forgetVault,
  homeOf,
  idText,
  InvalidProfileName,
  isSealed,
  NoSuchVault,
  openOrCreateProfile,
  openProfile,
  ProfileExists,
  ProfileMissing,
  profileHome,
  rewriteKeys,
  ProfileBroken,
  ProfileExposed,
  readDeployment,
  rememberVault,
  saveDeployment,
  vaultsOf,
  WhichVault,
  type KnownVault,
} from "../../apps/cli/profile.ts";
import { thrown } from "../helpers/thrown.ts";

/** The permissions of everything below a folder, by path. */
async function modesBelow(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const modes = names.map(async (name) => {
    const { mode } = await stat(path.join(folder, name));
    return [name, (mode & 0o777).toString(8)] as const;
  });
  return Object.fromEntries(await Promise.all(modes));
}

const vault = (vaultId: bigint, more: Partial<KnownVault> = {}): KnownVault => ({
  ...{ chainId: 1n, contract: `0x${"Aa".repeat(20)}`, vaultId, label: `vault ${vaultId}`, role: "owner" },
  ...more,
});

/** Nobody is asked where keys are not sealed. */
const unasked = (): Promise<string> => Promise.reject(new Error("asked"));

describe("the profile folder", () => {
  let root: string;
  let home: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "memvault-"));
    home = path.join(root, "profile");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("is MEMVAULT_HOME, else ~/.memvault", () => {
    expect(homeOf({ MEMVAULT_HOME: home })).to.equal(home);
    expect(homeOf({ MEMVAULT_HOME: "" })).to.match(/\/\.memvault$/);
    expect(homeOf({})).to.match(/\/\.memvault$/);
  });

  it("is for its owner alone, and so is every file in it", async () => {
    const profile = await openOrCreateProfile(home);
    const device = deviceOf(profile, vault(7n));
    await device.journalStore.write("state", new Uint8Array(3));
    await device.store.put(new Uint8Array(4_096));
    await rememberVault(profile, vault(7n));
    await saveDeployment(home, {
      chainId: 5n,
      memoryVault: "0x1",
      keyRegistry: "0x2",
      blobLog: "0x3",
      block: 4,
    });
    expect(((await stat(home)).mode & 0o777).toString(8)).to.equal("700");
    const modes = await modesBelow(home);
    for (const [name, mode] of Object.entries(modes)) {
      const isFile = (await stat(path.join(home, name))).isFile();
      expect(mode, name).to.equal(isFile ? "600" : "700");
    }
    expect(Object.keys(modes)).to.include.members([
      ...["keys.json", "vaults.json", "blobs", "deployments/5.json"],
      `journals/1/0x${"aa".repeat(20)}/${idText(7n)}/state`,
    ]);
  });

  it("is refused when others can enter it", async function () {
    if (process.platform === "win32") this.skip();
    await openOrCreateProfile(home);
    await chmod(home, 0o750);
    expect(await thrown(openOrCreateProfile(home))).to.be.instanceOf(ProfileExposed);
  });

  it("draws its keys once, though many open it at the same time", async () => {
    const profiles = await Promise.all(Array.from({ length: 4 }, () => openOrCreateProfile(home)));
    const keys = new Set(profiles.map((profile) => Buffer.from(profile.keys.journalKey).toString("hex")));
    expect(keys.size).to.equal(1);
    expect(profiles[0]!.keys.journalKey).to.have.length(32);
    expect((await openProfile(home, unasked)).keys).to.deep.equal(profiles[0]!.keys);
  });

  it("does not go on with keys that are cut", async () => {
    await openOrCreateProfile(home);
    const text = await readFile(path.join(home, "keys.json"), "utf8");
    await writeFile(path.join(home, "keys.json"), text.slice(0, 90));
    const fault = await thrown(openProfile(home, unasked));
    expect(fault).to.be.instanceOf(ProfileBroken);
    // A parser's message would quote a key.
    expect(String(fault)).to.not.include(text.slice(40, 60));
  });

  it("seals its keys under a passphrase, in a file that age opens", async () => {
    const { keys } = await createProfile(home, "correct horse");
    const file = await readFile(path.join(home, "keys.age"));
    expect(file.includes(keys.identity)).to.equal(false);
    expect(await readdir(home)).to.not.include("keys.json");
    expect(await isSealed(home)).to.equal(true);
    expect((await openProfile(home, () => Promise.resolve("correct horse"))).keys).to.deep.equal(keys);
    for (const wrong of ["", "battery staple"])
      expect(await thrown(openProfile(home, () => Promise.resolve(wrong)))).to.be.instanceOf(WrongPassphrase);
    expect(await thrown(createProfile(home, "another"))).to.be.instanceOf(ProfileExists);
    const decrypter = new Decrypter();
    decrypter.addPassphrase("correct horse");
    expect(JSON.parse(await decrypter.decrypt(file, "text"))).to.include({ identity: keys.identity });
  });

  it("changes the passphrase, and takes it away", async () => {
    const profile = await createProfile(home, "one");
    await rewriteKeys(profile, profile.keys, "two");
    expect((await openProfile(home, () => Promise.resolve("two"))).keys).to.deep.equal(profile.keys);
    await rewriteKeys(profile, profile.keys, "");
    expect((await openProfile(home, unasked)).keys).to.deep.equal(profile.keys);
    expect(await readdir(home)).to.not.include("keys.age");
  });

  it("takes over the journal key of profiles that had nothing else, and seals it", async () => {
    const former = new Uint8Array(32).fill(7);
    await mkdir(home, { mode: 0o700 });
    await writeFile(path.join(home, "journal.key"), former, { mode: 0o600 });
    const { keys } = await openProfile(home, unasked);
    expect(keys.journalKey).to.deep.equal(former);
    expect((await openProfile(home, unasked)).keys).to.deep.equal(keys);
    await rm(path.join(home, "keys.json"));
    await writeFile(path.join(home, "journal.key"), former, { mode: 0o600 });
    expect((await createProfile(home, "sealed now")).keys.journalKey).to.deep.equal(former);
    expect((await readdir(home)).filter((name) => /key/.test(name))).to.deep.equal(["keys.age"]);
  });

  it("is missing until somebody makes it", async () => {
    expect(await thrown(openProfile(home, unasked))).to.be.instanceOf(ProfileMissing);
    expect(await isSealed(home)).to.equal(null);
  });

  it("is told how it is made, by its name where it has one", () => {
    expect(new ProfileMissing(root).message).to.match(/ memvault init$/);
    expect(new ProfileMissing(profileHome(root, "nobody")).message).to.match(
      / memvault --profile nobody init$/,
    );
  });

  it("tells one that has no vault yet from one that lacks what was named", async () => {
    const profile = await openOrCreateProfile(profileHome(root, "friend"));
    const of = { chainId: 1n, contract: vault(1n).contract };
    const message = async (vaultId?: bigint): Promise<string> =>
      ((await thrown(findVault(profile, of, null, vaultId))) as Error).message;
    expect(await message())
      .to.include("has no vault on chain 1 yet")
      .and.include("memvault --profile friend mint")
      .and.include("accept FILE")
      .and.include("recover");
    expect(await message(9n))
      .to.include(idText(9n))
      .and.include("status");
  });

  it("has names for others beside it", () => {
    expect(profileHome(root)).to.equal(root);
    expect(profileHome(root, "work-2")).to.equal(path.join(root, "profiles", "work-2"));
    for (const name of ["..", "a/b", "A", "", "-x"])
      expect(() => profileHome(root, name), name).to.throw(InvalidProfileName);
  });

  it("remembers vaults, each once, and forgets them", async () => {
    const profile = await openOrCreateProfile(home);
    await rememberVault(profile, vault(1n));
    await rememberVault(profile, vault(2n, { role: "reader" }));
    await rememberVault(profile, vault(1n, { contract: `0x${"aA".repeat(20)}`, label: "anew" }));
    expect((await vaultsOf(profile)).map(({ vaultId, label }) => [vaultId, label])).to.deep.equal([
      [2n, "vault 2"],
      [1n, "anew"],
    ]);
    await forgetVault(profile, vault(2n));
    expect(await vaultsOf(profile)).to.have.length(1);
  });

  it("finds the only vault, and asks which one when there are several", async () => {
    const profile = await openOrCreateProfile(home);
    const of = (chainId: bigint) => ({ chainId, contract: vault(1n).contract });
    expect(await thrown(findVault(profile, of(1n), "owner"))).to.be.instanceOf(NoSuchVault);
    await rememberVault(profile, vault(1n));
    await rememberVault(profile, vault(3n, { chainId: 2n }));
    await rememberVault(profile, vault(4n, { role: "reader" }));
    expect((await findVault(profile, of(1n), "owner")).vaultId).to.equal(1n);
    await rememberVault(profile, vault(2n));
    const fault = await thrown(findVault(profile, of(1n), "owner"));
    expect(fault).to.be.instanceOf(WhichVault);
    expect((fault as Error).message)
      .to.include(idText(2n))
      .and.include("vault 1")
      .and.include("--vault");
    expect((await findVault(profile, of(1n), "owner", 2n)).vaultId).to.equal(2n);
    expect(await thrown(findVault(profile, of(1n), "owner", 9n))).to.be.instanceOf(NoSuchVault);
  });

  it("says which file is broken", async () => {
    const profile = await openOrCreateProfile(home);
    for (const broken of ["{", '[{"chainId": "one"}]', '{"no": "list"}']) {
      await writeFile(path.join(home, "vaults.json"), broken);
      const fault = await thrown(vaultsOf(profile));
      expect(fault, broken).to.be.instanceOf(ProfileBroken);
      expect((fault as Error).message).to.include("vaults.json");
    }
    await saveDeployment(home, {
      chainId: 5n,
      memoryVault: "0x1",
      keyRegistry: "0x2",
      blobLog: "0x3",
      block: 4,
    });
    await writeFile(path.join(home, "deployments", "5.json"), "");
    expect(await thrown(readDeployment(home, 5n))).to.be.instanceOf(ProfileBroken);
  });
});
