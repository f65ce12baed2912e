import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import {
  deviceOf,
  findVault,
  forgetVault,
  homeOf,
  idText,
  NoSuchVault,
  openProfile,
  ProfileBroken,
  ProfileExposed,
  readDeployment,
  rememberVault,
  saveDeployment,
  vaultsOf,
  WhichVault,
  type KnownVault,
} from "../../scripts/profile.ts";
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
    const profile = await openProfile(home);
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
      ...["journal.key", "vaults.json", "blobs", "deployments/5.json"],
      `journals/1/0x${"aa".repeat(20)}/${idText(7n)}/state`,
    ]);
  });

  it("is refused when others can enter it", async function () {
    if (process.platform === "win32") this.skip();
    await openProfile(home);
    await chmod(home, 0o750);
    expect(await thrown(openProfile(home))).to.be.instanceOf(ProfileExposed);
  });

  it("draws its journal key once, though many open it at the same time", async () => {
    const profiles = await Promise.all(Array.from({ length: 4 }, () => openProfile(home)));
    const keys = new Set(profiles.map(({ journalKey }) => Buffer.from(journalKey).toString("hex")));
    expect(keys.size).to.equal(1);
    expect(profiles[0]!.journalKey).to.have.length(32);
    expect(new Uint8Array(await readFile(path.join(home, "journal.key")))).to.deep.equal(
      profiles[0]!.journalKey,
    );
  });

  it("does not go on with a key that is cut", async () => {
    await openProfile(home);
    await writeFile(path.join(home, "journal.key"), "short");
    expect(await thrown(openProfile(home))).to.be.instanceOf(ProfileBroken);
  });

  it("remembers vaults, each once, and forgets them", async () => {
    const profile = await openProfile(home);
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
    const profile = await openProfile(home);
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
      .and.include("vault 1");
    expect((await findVault(profile, of(1n), "owner", 2n)).vaultId).to.equal(2n);
    expect(await thrown(findVault(profile, of(1n), "owner", 9n))).to.be.instanceOf(NoSuchVault);
  });

  it("says which file is broken", async () => {
    const profile = await openProfile(home);
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
