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
  field("rpc", "RPC", "Where the chain is read, https://… Leave it empty to read through your wallet."),
  field(
    "secondRpc",
    "Second RPC",
    "Another provider of the same chain, which must agree. One alone could show an old state.",
  ),
  field("chainId", "Chain id", "A number. The RPC must be of this chain."),
  field("memoryVault", "MemoryVault contract", "Its address. Empty for a chain that this page knows."),
  field("keyRegistry", "KeyRegistry contract", "Its address."),
  field("blobLog", "BlobLog contract", "Its address."),
  field("block", "First block", "A block at or before the contracts'; 0 if you do not know."),
  field(
    "store",
    "Store of sealed blobs",
    "ipfs:RPC[,GATEWAY…], gateways:URL[,URL…], chain, or mirror:[QUORUM/]STORE+STORE…",
  ),
  field(
    "token",
    "Token of the IPFS node",
    "Only if it asks for one. It is secret: it is kept while this page is open, and nowhere else.",
  ),
];

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
