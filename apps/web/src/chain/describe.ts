import { dataLength, Interface, toBeHex, ZeroHash, type Result } from "ethers";

import { registryContract, vaultContract, type Deployment } from "../../../../client/index.ts";
import { sizeText, timeText } from "../ui/texts.ts";
import { NEXT_COMMIT } from "./transactions.ts";

/** OpenZeppelin's Multicall, which the vault is, and what BlobLog takes. */
const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);
const BLOB_LOG = new Interface(["function publish(bytes blob)"]);

/**
 * What a transaction does, in the words that a person reads before paying for it: one sentence a call.
 *
 * @param to - The contract that is called.
 * @param data - The call.
 */
export function describeCalls(deployment: Deployment, to: string, data: string): readonly string[] {
  const at = (address: string): boolean => to.toLowerCase() === address.toLowerCase();
  if (at(deployment.memoryVault)) return callsIn(data).map((call) => vaultCall(to, call));
  if (at(deployment.keyRegistry)) return [registryCall(to, data)];
  if (at(deployment.blobLog)) return [publication(data)];
  return [unknownCall(to, data)];
}

function callsIn(data: string): readonly string[] {
  const call = parsed(MULTICALL, data);
  return call === null ? [data] : [...(call.args[0] as readonly string[])];
}

const parsed = (abi: Interface, data: string) => {
  try {
    return abi.parseTransaction({ data });
  } catch {
    return null;
  }
};

const unknownCall = (to: string, data: string): string =>
  `Calls the contract at ${to} (function ${data.slice(0, 10)}), which this page does not know.`;

type Sentence = (args: Result) => string;

const field = (args: Result, name: string): string => String(args.getValue(name));

const VAULT_CALLS: Readonly<Record<string, Sentence>> = {
  mint: () => "Makes a new vault that belongs to your wallet.",
  commitTransition: () => NEXT_COMMIT,
  grant: (args) =>
    `Lists a grant to ${field(args, "grantee")} until ${timeText(Number(args.getValue("expiresAt")) * 1_000)}: it may ${permissions(args)}.` +
    (field(args, "welcome") === ZeroHash ? "" : " Its welcome, which is sealed, goes along."),
  revoke: (args) => `Revokes the grant of ${field(args, "grantee")}.`,
  propose: () => "Proposes a memory to the vault's owner.",
  updateSpaceAuthorization: (args) =>
    `Names ${field(args, "newController")} as the vault's owner and ${field(args, "newAuthorizer")} as the account that may commit.`,
  lock: () => "Locks the vault against transfers.",
  unlock: () => "Unlocks the vault: it can be transferred.",
  burn: () => "Burns the vault, for ever.",
  transferFrom: (args) => `Transfers the vault to ${field(args, "to")}.`,
  safeTransferFrom: (args) => `Transfers the vault to ${field(args, "to")}.`,
  approve: (args) => `Lets ${field(args, "to")} transfer the vault.`,
  setApprovalForAll: (args) =>
    args.getValue("approved") === true
      ? `Lets ${field(args, "operator")} transfer and manage ALL your vaults, also those to come.`
      : `Ends that ${field(args, "operator")} may transfer your vaults.`,
  registerSpace: (args) => `Makes a new vault that belongs to ${field(args, "controller")}.`,
};

function permissions(args: Result): string {
  const bits = Number(args.getValue("permissions"));
  const words = [
    bits & PERMISSION.read ? "read" : "",
    bits & PERMISSION.propose ? "propose memories to you" : "",
  ];
  return words.filter((word) => word !== "").join(" and ");
}

/** The two bits of a grant, as the contract has them. */
const PERMISSION = { read: 1, propose: 2 } as const;

/** Names of arguments that are a vault's id. */
const VAULT_ARGUMENTS = ["vaultId", "tokenId", "spaceId"];

/**
 * The vaults that a transaction is about, each once, in hexadecimal.
 *
 * @param to - The contract that is called.
 * @param data - The call.
 */
export function vaultsIn({ memoryVault }: Deployment, to: string, data: string): readonly string[] {
  if (to.toLowerCase() !== memoryVault.toLowerCase()) return [];
  const { interface: abi } = vaultContract(to, null as never);
  const ids = callsIn(data).flatMap((call) => {
    const args = parsed(abi, call);
    if (args === null) return [];
    const { inputs } = args.fragment;
    const own = inputs.flatMap(({ name }, i) =>
      VAULT_ARGUMENTS.includes(name) ? [args.args[i] as unknown] : [],
    );
    return inputs[0]?.name === "delta" ? [(args.args[0] as Result).getValue("spaceId") as unknown] : own;
  });
  return [...new Set(ids.map((id) => toBeHex(BigInt(String(id)), 32)))];
}

function vaultCall(to: string, data: string): string {
  const { interface: abi } = vaultContract(to, null as never);
  return sentence(abi, VAULT_CALLS, to, data);
}

const REGISTRY_CALLS: Readonly<Record<string, Sentence>> = {
  publishKey: () => "Publishes your public key, so that owners can grant to your account.",
  publishKeyBySig: () => "Publishes a public key that its holder signed.",
  retireKey: () => "Retires your public key.",
};

function registryCall(to: string, data: string): string {
  const { interface: abi } = registryContract(to, null as never);
  return sentence(abi, REGISTRY_CALLS, to, data);
}

function sentence(
  abi: Interface,
  calls: Readonly<Record<string, Sentence>>,
  to: string,
  data: string,
): string {
  const call = parsed(abi, data);
  const known = call === null ? undefined : calls[call.name];
  return call === null || known === undefined ? unknownCall(to, data) : known(call.args);
}

function publication(data: string): string {
  const call = parsed(BLOB_LOG, data);
  const size = call === null ? "sealed data" : `${sizeText(dataLength(String(call.args[0])))} of sealed data`;
  return `Publishes ${size} on the chain, for ever.`;
}
