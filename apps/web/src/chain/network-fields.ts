import { deploymentOf } from "../../../../client/deployments.ts";
import { parseNetwork } from "./config.ts";
import { NetworkFaulty } from "./errors.ts";
import type { NetworkConfig } from "./network.ts";

/** Inputs of the form that names a network, as they are typed. */
export type NetworkFields = Readonly<
  Record<
    | "name"
    | "rpc"
    | "secondRpc"
    | "chainId"
    | "memoryVault"
    | "keyRegistry"
    | "blobLog"
    | "block"
    | "store"
    | "token",
    string
  >
>;

/** One input. */
export interface NetworkField {
  readonly name: keyof NetworkFields;
  readonly label: string;
  readonly hint: string;
  readonly secret: boolean;
}

const field = (name: keyof NetworkFields, label: string, hint: string): NetworkField => ({
  ...{ name, label, hint },
  secret: name === "token",
});

/** The inputs, in order. */
export const FIELDS: readonly NetworkField[] = [
  field("name", "Name", "What you call this network."),
  field(
    "rpc",
    "RPC",
    "The address where the chain is read, https://… Leave it empty to read through your wallet.",
  ),
  field(
    "secondRpc",
    "Second RPC",
    "Another provider of the same chain, which must agree. One alone could show an old state.",
  ),
  field(
    "chainId",
    "Chain id",
    "The chain's number: 1 is Ethereum, 8453 is Base. The RPC must be of this chain.",
  ),
  field(
    "memoryVault",
    "MemoryVault contract",
    "The address of the contract that holds the vaults, 0x and 40 digits. Whoever gave you this page has the three.",
  ),
  field(
    "keyRegistry",
    "KeyRegistry contract",
    "The address of the contract where readers publish their keys.",
  ),
  field("blobLog", "BlobLog contract", "The address of the contract that keeps sealed data on the chain."),
  field(
    "block",
    "First block",
    "The number of a block before the contracts were made; 0 if you do not know.",
  ),
  field(
    "store",
    "Store of sealed blobs",
    "Where sealed memories are kept. Your IPFS node: ipfs:http://127.0.0.1:5001. On the chain itself: chain. Several, and all other ways: docs/stores.md of the source code.",
  ),
  field(
    "token",
    "Token of the IPFS node",
    "Only if it asks for one. It is secret: it is kept while this page is open, and nowhere else.",
  ),
];

/** Inputs that are needed, and are empty or no number: a sentence each. */
export function fieldFaults(fields: NetworkFields): Partial<Record<keyof NetworkFields, string>> {
  const typed = trimmed(fields);
  const isNumber = /^[1-9]\d{0,18}$/.test(typed.chainId);
  const named = [typed.memoryVault, typed.keyRegistry, typed.blobLog].some((address) => address !== "");
  const isKnown = isNumber && !named && deploymentOf(BigInt(typed.chainId)) !== null;
  const needed = ["name", "chainId", ...(isKnown ? [] : CONTRACTS), "store"] as const;
  return Object.fromEntries([
    ...needed.flatMap((name) => (typed[name] === "" ? [[name, "This is needed."]] : [])),
    ...(isNumber || typed.chainId === ""
      ? []
      : [["chainId", "A chain's number has digits only, like 8453."]]),
  ]) as Partial<Record<keyof NetworkFields, string>>;
}

const CONTRACTS = ["memoryVault", "keyRegistry", "blobLog"] as const;

/** A network in the form. */
export function formOf(config: NetworkConfig | null): NetworkFields {
  const deployment = config?.deployment;
  return {
    name: config?.name ?? "",
    rpc: config?.rpc ?? "",
    secondRpc: config?.secondRpc ?? "",
    chainId: deployment === undefined ? "" : String(deployment.chainId),
    memoryVault: deployment?.memoryVault ?? "",
    keyRegistry: deployment?.keyRegistry ?? "",
    blobLog: deployment?.blobLog ?? "",
    block: String(deployment?.block ?? 0),
    store: config?.store ?? "",
    token: "",
  };
}

/**
 * The network that a form names.
 *
 * @throws {NetworkFaulty|ChainUnknown} when it names none.
 */
export function networkOf(fields: NetworkFields): NetworkConfig {
  const { name, chainId, store, block, rpc, secondRpc, memoryVault, keyRegistry, blobLog } = trimmed(fields);
  const contracts = { memoryVault, keyRegistry, blobLog };
  const anyContract = Object.values(contracts).some((address) => address !== "");
  const whole = {
    ...{ name, chainId, store },
    ...{ rpc: rpc === "" ? null : rpc, secondRpc: secondRpc === "" ? null : secondRpc },
    ...(anyContract ? { ...contracts, block: Number(block === "" ? "0" : block) } : {}),
  };
  return parseNetwork(JSON.stringify(whole), "What you typed").config;
}

/**
 * The token of a form, and the host that it is for.
 *
 * @throws {NetworkFaulty} when the store is no node that takes one.
 */
export function tokenOf(fields: NetworkFields): { readonly host: string; readonly token: string } | null {
  const { token, store } = trimmed(fields);
  if (token === "") return null;
  const address = /(?:^|[:+])ipfs:([^,+]+)/.exec(store)?.[1] ?? "";
  if (!URL.canParse(address))
    throw new NetworkFaulty("What you typed", "a token is for an IPFS node, and the store names none");
  return { host: new URL(address).host, token };
}

const trimmed = (fields: NetworkFields): NetworkFields =>
  Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.trim()])) as NetworkFields;
