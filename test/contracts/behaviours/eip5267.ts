import { expect } from "chai";
import type { TypedDataDomain, TypedDataField } from "ethers";
import { AbiCoder, id, Wallet } from "ethers";
import { network } from "hardhat";

import type { Connection } from "./behaviour.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import type { Port } from "./port.ts";
import { portOf } from "./port.ts";

/** What a contract takes from a signer: the message, and how anybody sends it with the signer's signature. */
export interface SignedRequest {
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
  /** Rejects when the contract does not take it. */
  relay: (signature: string) => Promise<unknown>;
}

export interface EIP5267Adapter {
  readonly address: string;
  /** A request that the contract takes at present, any. */
  requestOf: (signer: string) => Promise<SignedRequest>;
}

const VALUES = [
  "bytes1 fields",
  "string name",
  "string version",
  "uint256 chainId",
  "address verifyingContract",
  "bytes32 salt",
  "uint256[] extensions",
];
const ABI = [`function eip712Domain() view returns (${VALUES.join()})`];

/** The optional fields of a domain, in the order that EIP-712 gives them, with a value that is hardly the contract's. */
const FIELDS = [
  ["name", "Somebody Else's Contract"],
  ["version", "31337.1"],
  ["chainId", 999_999n],
  ["verifyingContract", "0x4444444444444444444444444444444444444444"],
  ["salt", id("another salt")],
] as const;

interface World extends Omit<EIP5267Adapter, "address"> {
  readonly connection: Connection;
  readonly contract: Port;
  /** Takes part with a key alone, so that nothing but the signature can count. */
  readonly signer: Wallet;
}

const setUp = (connection: Connection, { address, requestOf }: EIP5267Adapter): Promise<World> =>
  Promise.resolve({
    connection,
    contract: portOf(connection, address, ABI),
    signer: new Wallet(id("a signer of messages")),
    requestOf,
  });

/** The domain as the contract describes it: the fields that are present, with their values. */
async function describedDomain({ contract }: World): Promise<TypedDataDomain> {
  const answer = await contract.ask("eip712Domain");
  const fields = Number(answer["fields"]);
  return Object.fromEntries(
    FIELDS.filter((_, i) => ((fields >> i) & 1) === 1).map(([field]) => [field, answer[field] as unknown]),
  );
}

/** Signs a request under a domain and sends it. */
async function relayUnder({ requestOf, signer }: World, domain: TypedDataDomain): Promise<void> {
  const { types, value, relay } = await requestOf(signer.address);
  await relay(await signer.signTypedData(domain, types, value));
}

/** [EIP-5267](https://eips.ethereum.org/EIPS/eip-5267), retrieval of the EIP-712 domain. */
export const shouldBehaveLikeEIP5267 = behaviour<EIP5267Adapter, World>("EIP-5267", setUp, {
  "eip712Domain is defined exactly as declared: all specified values are returned": async (world) => {
    const { connection, contract } = world;
    const values = await contract.ask("eip712Domain");
    const question = { to: contract.address, data: contract.encode("eip712Domain") };
    // A decoder makes something of less as well, or of other types.
    expect(AbiCoder.defaultAbiCoder().encode(VALUES, values.toArray())).to.equal(
      await connection.ethers.provider.call(question),
    );
  },

  "fields: bit i is set if and only if domain field i is present (0 ≤ i ≤ 4)": async ({ contract }) => {
    const { fields } = (await contract.ask("eip712Domain")) as unknown as { fields: string };
    expect(Number(fields) & ~0b11111).to.equal(0);
  },

  "the values describe the domain that is used for verification: a signature under it is taken": async (
    world,
  ) => {
    await relayUnder(world, await describedDomain(world));
  },

  "each field that is present is part of the domain: a signature under another value of it is refused":
    async (world) => {
      const domain = await describedDomain(world);
      for (const [field, another] of FIELDS)
        if (field in domain) await expectThrow(relayUnder(world, { ...domain, [field]: another }), field);
      await relayUnder(world, domain);
    },

  "each field that is present is part of the domain: a signature under a domain without it is refused":
    async (world) => {
      const domain = await describedDomain(world);
      for (const field of Object.keys(domain))
        await expectThrow(
          relayUnder(world, Object.fromEntries(Object.entries(domain).filter(([key]) => key !== field))),
          field,
        );
      await relayUnder(world, domain);
    },

  "no other field is part of the domain: a signature under a domain with one more is refused": async (
    world,
  ) => {
    const domain = await describedDomain(world);
    for (const [field, another] of FIELDS)
      if (!(field in domain)) await expectThrow(relayUnder(world, { ...domain, [field]: another }), field);
    await relayUnder(world, domain);
  },

  "verifyingContract, if used, is the contract, as user agents validate": async (world) => {
    const { verifyingContract } = await describedDomain(world);
    if (verifyingContract != null) expect(verifyingContract).to.equal(world.contract.address);
  },

  "chainId, if used, SHOULD change to mirror the id of the underlying chain": async (world) => {
    const { connection, contract } = world;
    const code = await connection.ethers.provider.getCode(contract.address);
    // The same code on another chain, as after a fork.
    const fork = await network.create({ override: { chainId: 31_338 } });
    await fork.networkHelpers.setCode(contract.address, code);
    const forked = portOf(fork, contract.address, ABI);
    for (const [at, expected] of [
      [world, 31_337n],
      [{ ...world, contract: forked }, 31_338n],
    ] as const) {
      const { chainId } = await describedDomain(at);
      if (chainId != null) expect(chainId).to.equal(expected);
    }
    await fork.close();
  },

  "extensions: EIP numbers, none where the five fields are the whole domain": async ({ contract }) => {
    expect((await contract.ask("eip712Domain"))["extensions"]).to.deep.equal([]);
  },
});
