import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

const CONTRACTS = ["MemoryVault", "KeyRegistry", "BlobLog", "ConciergeAgent", "ResearchAgent"] as const;
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
