import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";
import { id, Interface, ZeroAddress } from "ethers";
import { artifacts, network } from "hardhat";

import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import { four, nextDelta } from "./signing.ts";

const CONTRACTS = ["MemoryVault", "KeyRegistry", "BlobLog", "ConciergeAgent"] as const;
const SNAPSHOT = new URL("./size.snapshot.json", import.meta.url);

/** EIP-170. */
const SIZE_LIMIT = 24_576;

describe("Contract interface", () => {
  for (const name of CONTRACTS)
    it(`${name}: nothing is payable, nobody is an administrator`, async () => {
      const abi = new Interface((await artifacts.readArtifact(name)).abi);
      expect([abi.receive, abi.fallback]).to.deep.equal([false, null]);
      abi.forEachFunction(({ name, stateMutability }) => {
        expect(stateMutability, name).to.not.equal("payable");
        expect(name).to.not.match(/^(owner$|admin|pause|upgrade|initialize|withdraw|transferOwnership)/i);
      });
    });

  it("sizes are what the committed snapshot says, within EIP-170", async () => {
    const sizes: Record<string, number> = {};
    for (const name of CONTRACTS) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      sizes[name] = (deployedBytecode.length - 2) / 2;
      expect(sizes[name]).to.be.at.most(SIZE_LIMIT);
    }
    if (process.env["UPDATE_SIZE_SNAPSHOT"] !== undefined)
      await writeFile(SNAPSHOT, `${JSON.stringify(sizes, null, 2)}\n`);
    expect(sizes).to.deep.equal(JSON.parse(await readFile(SNAPSHOT, "utf8")));
  });

  it("ERC-8350's and ERC-5192's interfaces have the signatures that the standards write", async () => {
    const signatures = async (name: string) =>
      new Interface((await artifacts.readArtifact(name)).abi).fragments
        .map((fragment) => fragment.format("sighash"))
        .toSorted();
    expect(await signatures("IERC5192")).to.deep.equal([
      "Locked(uint256)",
      "Unlocked(uint256)",
      "locked(uint256)",
    ]);
    expect(await signatures("IERC8350")).to.deep.equal([
      "SpaceAuthorizationUpdated(bytes32,address,address,uint64)",
      "SpaceRegistered(bytes32,address,address)",
      "TransitionCommitted(bytes32,bytes32,uint64,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,address)",
      "commitTransition((bytes32,uint64,bytes32,bytes32,bytes32,bytes32,bytes32),bytes)",
      "deriveSpaceId(address,bytes32)",
      "head(bytes32)",
      "registerSpace(bytes32,address,address,bytes32,bytes)",
      "spaceAuthorization(bytes32)",
      "updateSpaceAuthorization(bytes32,address,address,bytes)",
    ]);
  });
});

describe("Token metadata", () => {
  const json = (uri: string): Record<"name" | "description" | "image", string> =>
    JSON.parse(decode(uri, "data:application/json;base64,")) as Record<
      "name" | "description" | "image",
      string
    >;

  function decode(uri: string, prefix: string): string {
    expect(uri.slice(0, prefix.length)).to.equal(prefix);
    return Buffer.from(uri.slice(prefix.length), "base64").toString("utf8");
  }

  async function setUp() {
    const { ethers } = await network.create();
    const [owner, , , buyer] = four(await ethers.getSigners());
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const mint = async (label: string): Promise<bigint> => {
      await vault.mint(id(label), ZeroAddress);
      return BigInt(await vault.deriveSpaceId(owner.address, id(label)));
    };
    return { vault, owner, buyer, mint };
  }

  it("is JSON with a name, a description and an SVG image of whole tags", async () => {
    const { vault, mint } = await setUp();
    const vaultId = await mint("one");
    const { name, description, image } = json(await vault.tokenURI(vaultId));
    expect(name).to.equal(`Memory Vault 0x${vaultId.toString(16).padStart(64, "0").slice(0, 8)}`);
    expect(description).to.match(/^An AI memory/);

    const svg = decode(image, "data:image/svg+xml;base64,");
    expect(svg).to.match(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="[-\d ]+">.*<\/svg>$/);
    const open: string[] = [];
    for (const [, closing, tag, , selfClosing] of svg.matchAll(/<(\/?)(\w+)((?: [\w:-]+="[^"<>]*")*)(\/?)>/g))
      if (closing === "/") expect(open.pop()).to.equal(tag);
      else if (selfClosing !== "/") open.push(tag ?? "");
    expect(open).to.deep.equal([]);
    expect(svg.replaceAll(/<\/?\w+(?: [\w:-]+="[^"<>]*")*\/?>/g, "")).to.equal("");
  });

  it("differs between vaults, and nothing that happens to a vault changes it", async () => {
    const { vault, owner, buyer, mint } = await setUp();
    const [one, two] = [await mint("one"), await mint("two")];
    const before = await vault.tokenURI(one);
    expect(await vault.tokenURI(two)).to.not.equal(before);
    await vault.commitTransition(await nextDelta(vault, one, "a commit"), "0x");
    await vault.grant(one, buyer, 4_102_444_800, 3, id("welcome"));
    await vault.unlock(one);
    await vault.transferFrom(owner, buyer, one);
    expect(await vault.tokenURI(one)).to.equal(before);
  });
});
