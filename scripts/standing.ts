import { keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { EthereumProvider } from "hardhat/types/providers";

import { VaultError } from "../client/errors.ts";
import Suite from "../deploy/modules/Suite.ts";

/** The contracts of the suite: what the Ignition modules and the client call them, and their artifacts. */
export const CONTRACTS = {
  memoryVault: "MemoryVault",
  keyRegistry: "KeyRegistry",
  blobLog: "BlobLog",
} as const;

/** What a contract of the suite is called. */
export type Name = keyof typeof CONTRACTS;

/** All of them. */
export const NAMES = Object.keys(CONTRACTS) as readonly Name[];

/** Where some of them stand. */
export type Addresses = Readonly<Partial<Record<Name, string>>>;

/** An address, and the code of ours that belongs there. */
export interface Place {
  readonly address: string;
  readonly code: string;
}

/** Places of some contracts. */
export type Places = Readonly<Partial<Record<Name, Place>>>;

/** The factory that makes an address depend on code and salt alone, and the hash of its code (version 0.1.0). */
export const CREATEX = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";
const CREATEX_CODE_HASH = "0xbd8a7ea8cfca7b4e5f5041d7d4b17bc317c5ce42cfbc42066a00cf26b43eb53f";

/** Code that is not ours stands where our contract belongs. */
export class ForeignCode extends VaultError {
  constructor(
    readonly contract: string,
    readonly address: string,
  ) {
    super(
      `The code at ${address} is not that of ${contract}. Nothing was deployed; do not use what stands there. ` +
        "If the contract was changed on purpose, build anew and look at its new address.",
    );
  }
}

/** The factory's code, or `null` where it does not stand. */
export async function createXAt(provider: EthereumProvider): Promise<string | null> {
  const code = await codeAt(provider, CREATEX);
  return keccak256(code) === CREATEX_CODE_HASH ? code : null;
}

/**
 * The places that the suite has on a chain with CreateX, found by deploying it to a private chain with the same id.
 * Immutable values depend on both the id and the address, so the code is exact.
 *
 * @param createX - The factory's code. Not needed for chain 31337, where Ignition brings it.
 */
export async function rehearse(
  hre: HardhatRuntimeEnvironment,
  chainId: bigint,
  createX?: string,
): Promise<Record<Name, Place>> {
  const connection = await hre.network.create({ network: "default", override: { chainId: Number(chainId) } });
  try {
    const { provider } = connection;
    if (createX !== undefined)
      await provider.request({ method: "hardhat_setCode", params: [CREATEX, createX] });
    const contracts = await connection.ignition.deploy(Suite, { strategy: "create2" });
    const addresses = complete(await addressesOf(contracts));
    const found = async (name: Name): Promise<Place> => ({
      address: addresses[name],
      code: await codeAt(provider, addresses[name]),
    });
    return {
      memoryVault: await found("memoryVault"),
      keyRegistry: await found("keyRegistry"),
      blobLog: await found("blobLog"),
    };
  } finally {
    await connection.close();
  }
}

/**
 * The code that the contracts have if they stand at these addresses. Immutable values depend on where a constructor runs,
 * so it is run there, on a private chain with the same id.
 */
export async function placesAt(
  hre: HardhatRuntimeEnvironment,
  chainId: bigint,
  addresses: Addresses,
): Promise<Places> {
  const places: Partial<Record<Name, Place>> = {};
  if (NAMES.every((name) => addresses[name] === undefined)) return places;
  const connection = await hre.network.create({ network: "default", override: { chainId: Number(chainId) } });
  try {
    for (const name of NAMES) {
      const address = addresses[name];
      if (address === undefined) continue;
      const { bytecode } = await hre.artifacts.readArtifact(CONTRACTS[name]);
      // Code that is called runs as a constructor does, and answers the code that it would leave.
      await connection.provider.request({ method: "hardhat_setCode", params: [address, bytecode] });
      const call = { method: "eth_call", params: [{ to: address }, "latest"] };
      places[name] = { address, code: (await connection.provider.request(call)) as string };
    }
    return places;
  } finally {
    await connection.close();
  }
}

/**
 * Which contracts stand at their places, to the byte.
 *
 * @param onForeign - What to do about other code there.
 */
export async function standingAt(
  provider: EthereumProvider,
  places: Places,
  onForeign: (fault: ForeignCode) => void = () => undefined,
): Promise<Partial<Record<Name, string>>> {
  const standing: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const place = places[name];
    if (place === undefined) continue;
    const found = await codeAt(provider, place.address);
    if (found === place.code) standing[name] = place.address;
    else if (found !== "0x") onForeign(new ForeignCode(CONTRACTS[name], place.address));
  }
  return standing;
}

/** The addresses of all contracts; that one is left out is a fault of whoever found them. */
export function complete({ memoryVault, keyRegistry, blobLog }: Addresses): Record<Name, string> {
  if (memoryVault === undefined || keyRegistry === undefined || blobLog === undefined)
    throw new Error("Ignition left a contract out");
  return { memoryVault, keyRegistry, blobLog };
}

/** The addresses of what Ignition deployed. */
export async function addressesOf(
  contracts: Partial<Record<Name, { getAddress(): Promise<string> }>>,
): Promise<Addresses> {
  const addresses: Partial<Record<Name, string>> = {};
  for (const name of NAMES)
    if (contracts[name] !== undefined) addresses[name] = await contracts[name].getAddress();
  return addresses;
}

/** The first block in which an address has code, or 0 if the node does not remember that far back. */
export async function firstBlock(provider: EthereumProvider, address: string): Promise<number> {
  let low = 0;
  let high = Number(await provider.request({ method: "eth_blockNumber" }));
  try {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await codeAt(provider, address, middle)) === "0x") low = middle + 1;
      else high = middle;
    }
    return low;
  } catch {
    return 0;
  }
}

/** The code at an address, now or as of a block. */
export async function codeAt(provider: EthereumProvider, address: string, block?: number): Promise<string> {
  const tag = block === undefined ? "latest" : `0x${block.toString(16)}`;
  return (await provider.request({ method: "eth_getCode", params: [address, tag] })) as string;
}
