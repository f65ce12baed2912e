import { expect } from "chai";
import { dataSlice, getBytes, id, ZeroHash, zeroPadValue } from "ethers";

import type { Connection } from "./behaviour.ts";
import { behaviour } from "./behaviour.ts";
import type { Port } from "./port.ts";
import { portOf } from "./port.ts";

export interface ERC165Adapter {
  readonly address: string;
  /** The identifiers of the interfaces that the contract implements, ERC-165's own left out. */
  readonly interfaces: readonly string[];
}

const ERC165 = "0x01ffc9a7";
const INVALID = "0xffffffff";
const ABI = ["function supportsInterface(bytes4 interfaceID) view returns (bool)"];

interface World extends ERC165Adapter {
  readonly connection: Connection;
  readonly port: Port;
}

const setUp = (connection: Connection, adapter: ERC165Adapter): Promise<World> =>
  Promise.resolve({ ...adapter, connection, port: portOf(connection, adapter.address, ABI) });

/** The interface identifier that makes all of a contract's claims, and must not count as one. */
const combined = ({ interfaces }: World): string =>
  `0x${[ERC165, ...interfaces]
    .reduce((xor, interfaceId) => xor ^ BigInt(interfaceId), 0n)
    .toString(16)
    .padStart(8, "0")}`;

/** Whether a contract supports an interface, by ERC-165. */
export const supports = async (
  connection: Connection,
  address: string,
  interfaceId: string,
): Promise<unknown> => (await portOf(connection, address, ABI).ask("supportsInterface", interfaceId))[0];

/** The identifier of an interface: the XOR of its selectors. */
export const interfaceIdOf = (signatures: readonly string[]): string =>
  `0x${signatures
    .reduce((xor, signature) => xor ^ BigInt(dataSlice(id(signature), 0, 4)), 0n)
    .toString(16)
    .padStart(8, "0")}`;

/** What a call costs before the contract begins. */
const intrinsicGas = (data: string): number =>
  getBytes(data).reduce((gas, byte) => gas + (byte === 0 ? 4 : 16), 21_000);

/** [ERC-165](https://eips.ethereum.org/EIPS/eip-165), standard interface detection. */
export const shouldBehaveLikeERC165 = behaviour<ERC165Adapter, World>("ERC-165", setUp, {
  "supportsInterface is true when interfaceID is 0x01ffc9a7": async ({ port }) => {
    expect(interfaceIdOf(["supportsInterface(bytes4)"])).to.equal(ERC165);
    expect(await port.ask("supportsInterface", ERC165)).to.deep.equal([true]);
  },

  "supportsInterface is false when interfaceID is 0xffffffff": async ({ port }) => {
    expect(await port.ask("supportsInterface", INVALID)).to.deep.equal([false]);
  },

  "supportsInterface is true for any other interfaceID that the contract implements": async (world) => {
    for (const interfaceId of world.interfaces)
      expect(await world.port.ask("supportsInterface", interfaceId), interfaceId).to.deep.equal([true]);
  },

  "supportsInterface is false for any other interfaceID": async (world) => {
    const others = [
      "0x00000000",
      "0xfffffffe",
      "0x7fffffff",
      combined(world),
      dataSlice(id("nothing"), 0, 4),
    ];
    for (const interfaceId of others)
      expect(await world.port.ask("supportsInterface", interfaceId), interfaceId).to.deep.equal([false]);
  },

  "supportsInterface returns a bool: one word that is 0 or 1": async ({ connection, port }) => {
    const answer = (interfaceId: string) =>
      connection.ethers.provider.call({
        to: port.address,
        data: port.encode("supportsInterface", interfaceId),
      });
    expect(await answer(ERC165)).to.equal(zeroPadValue("0x01", 32));
    expect(await answer(INVALID)).to.equal(ZeroHash);
  },

  "supportsInterface uses less than 30,000 gas": async ({ connection, port, interfaces }) => {
    for (const interfaceId of [ERC165, INVALID, ...interfaces]) {
      const data = port.encode("supportsInterface", interfaceId);
      const gasLimit = intrinsicGas(data) + 29_999;
      await connection.ethers.provider.call({ to: port.address, data, gasLimit });
    }
  },
});
