import { expect } from "chai";
import { concat, dataSlice, getBytes, id as hashText, TypedDataEncoder, toBeHex, zeroPadValue } from "ethers";
import hre from "hardhat";

import type { Deployment } from "../../client/deployments.ts";
import { rpc } from "./anvil.ts";

/** A text of less than 32 bytes as OpenZeppelin's `ShortStrings` keeps it. */
const shortString = (text: string): string =>
  concat([new TextEncoder().encode(text.padEnd(31, "\0")), toBeHex(text.length, 1)]);

/** What the immutable values of a contract with an EIP-712 domain must be. */
function domainValues(name: string, chainId: bigint, verifyingContract: string): string[] {
  const domain = { name, version: "1", chainId, verifyingContract };
  return [
    ...[TypedDataEncoder.hashDomain(domain), toBeHex(chainId, 32), zeroPadValue(verifyingContract, 32)],
    ...[hashText(name), hashText("1"), shortString(name), shortString("1")],
  ].map((value) => value.toLowerCase());
}

/** Holds the code at an address against the artifact: all but the immutable values, and then each of these. */
async function expectCode(
  url: string,
  contract: string,
  address: string,
  values: readonly string[],
): Promise<void> {
  const { deployedBytecode, immutableReferences } = await hre.artifacts.readArtifact(contract);
  const code = (await rpc(url, "eth_getCode", [address, "latest"])) as string;
  const groups = Object.values(immutableReferences ?? {});
  const found = groups.map((places) => [
    ...new Set(places.map(({ start, length }) => dataSlice(code, start, start + length))),
  ]);
  expect(found.flat(), `${contract}: each has one value`).to.have.members(values);
  expect(found, contract).to.have.length(values.length);
  const blank = (bytes: Uint8Array): string => {
    for (const { start, length } of groups.flat()) bytes.fill(0, start, start + length);
    return Buffer.from(bytes).toString("hex");
  };
  expect(blank(getBytes(code)), contract).to.equal(blank(getBytes(deployedBytecode)));
}

/** Holds everything that a deployment put on a chain against this checkout, without what deploying compares with. */
export async function expectSuite(
  url: string,
  { chainId, memoryVault, keyRegistry, blobLog }: Deployment,
): Promise<void> {
  await expectCode(url, "MemoryVault", memoryVault, domainValues("AgentMemoryState", chainId, memoryVault));
  await expectCode(url, "KeyRegistry", keyRegistry, domainValues("MemoryVaultKeys", chainId, keyRegistry));
  await expectCode(url, "BlobLog", blobLog, []);
}
