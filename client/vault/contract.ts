import {
  AbiCoder,
  BaseWallet,
  concat,
  getAddress,
  Interface,
  isError,
  keccak256,
  SigningKey,
  TypedDataEncoder,
  id as keccakText,
  toBeHex,
  type ContractRunner,
  type Provider,
  type Signer,
  type TransactionReceipt,
} from "ethers";

import type { VaultRef } from "../crypto/ref.ts";
import { ContractRefusal, HeadInconsistent, InsufficientFunds, VaultNotFound } from "../errors.ts";
// The interfaces' bindings: those of the contracts carry bytecode, which no reader needs to load.
import { IKeyRegistry__factory } from "../../typechain-types/factories/interfaces/IKeyRegistry__factory.ts";
import { IMemoryVault__factory } from "../../typechain-types/factories/interfaces/IMemoryVault__factory.ts";
import type { IKeyRegistry as KeyRegistry } from "../../typechain-types/interfaces/IKeyRegistry.ts";
import type { IMemoryVault as MemoryVault } from "../../typechain-types/interfaces/IMemoryVault.ts";

export type { KeyRegistry, MemoryVault };

/** Attaches to a deployed MemoryVault. */
export const vaultContract = (address: string, runner: ContractRunner): MemoryVault =>
  IMemoryVault__factory.connect(address, runner);

/** Attaches to a deployed KeyRegistry. */
export const registryContract = (address: string, runner: ContractRunner): KeyRegistry =>
  IKeyRegistry__factory.connect(address, runner);

/** The profile of our commits (SPEC §1): any other makes a head foreign. */
export const PROFILE_ID = keccakText("memory-vault/v1/profile");

/** Grant permissions, as bits. */
export const PERMISSION = { read: 1, propose: 2 } as const;

const ZERO_HASH = `0x${"00".repeat(32)}`;

/** The whole head of a vault, from one call. Hashes are 0x-prefixed hex. */
export interface ChainHead {
  readonly owner: string;
  readonly authorizer: string;
  readonly sequence: bigint;
  readonly configNonce: bigint;
  readonly generation: bigint;
  readonly locked: boolean;
  readonly foreign: boolean;
  readonly prevStateRoot: string;
  readonly stateRoot: string;
  readonly transitionId: string;
  readonly root: string;
  readonly pointer: string;
}

/** The ERC's ExperienceDelta as this client writes it. */
export interface Delta {
  readonly spaceId: string;
  readonly sequence: bigint;
  readonly prevStateRoot: string;
  readonly deltaCommitment: string;
  readonly provenanceCommitment: string;
  readonly profileId: string;
  readonly locatorCommitment: string;
}

/** A vault's id as the ERC's space id. */
export const spaceIdOf = (vaultId: bigint): string => toBeHex(vaultId, 32);

/** The id of the vault that `owner` mints with `salt`, on every chain. */
export function vaultIdOf(owner: string, salt: string): bigint {
  const typehash = keccakText("MemorySpace(address initialController,bytes32 salt)");
  return BigInt(
    keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "address", "bytes32"], [typehash, owner, salt])),
  );
}

/**
 * Reads a vault's head, and checks what it says of itself: pointer and root are those of its state root, so that a pin
 * on the state root is a pin on them.
 *
 * @param blockTag - `latest`, `finalized` or a block number.
 * @throws {VaultNotFound} when no vault of that id was ever minted there.
 * @throws {HeadInconsistent} when the RPC made it up.
 */
export async function readChainHead(
  contract: MemoryVault,
  ref: VaultRef,
  blockTag: string | number = "latest",
): Promise<ChainHead> {
  const { vaultId } = ref;
  const answer = await contract.memoryHead(vaultId, { blockTag }).catch((cause: unknown) => {
    // A call to an address without code, or a contract's own refusal, means the same to a reader.
    const nothing = isError(cause, "BAD_DATA") && cause.value === "0x";
    const absent = nothing || (refusalOf(contract, cause) !== null && !isNodesOwn(cause));
    throw absent ? new VaultNotFound(vaultId, { cause }) : cause;
  });
  if (answer.generation === 0n) throw new VaultNotFound(vaultId);
  const { owner, authorizer, sequence, configNonce, generation, locked, foreign } = answer;
  const { prevStateRoot, stateRoot, transitionId, root, pointer } = answer;
  const head = {
    ...{ owner, authorizer, sequence, configNonce, generation, locked, foreign },
    ...{ prevStateRoot, stateRoot, transitionId, root, pointer },
  };
  const before = { sequence: sequence - 1n, stateRoot: prevStateRoot };
  const ours = sequence > 0n && !foreign;
  if (ours && stateRootAfter(deltaAfter(before, ref, root, pointer)) !== stateRoot)
    throw new HeadInconsistent(stateRoot);
  return head;
}

/** The delta that follows `head` exactly. */
export function deltaAfter(
  head: Pick<ChainHead, "sequence" | "stateRoot">,
  ref: VaultRef,
  root: string,
  pointer: string,
): Delta {
  return {
    spaceId: spaceIdOf(ref.vaultId),
    sequence: head.sequence + 1n,
    prevStateRoot: head.stateRoot,
    deltaCommitment: root,
    provenanceCommitment: ZERO_HASH,
    profileId: PROFILE_ID,
    locatorCommitment: pointer,
  };
}

/** EIP-712 types of the delta, as the ERC fixes them. */
export const DELTA_TYPES = {
  ExperienceDelta: [
    { name: "spaceId", type: "bytes32" },
    { name: "sequence", type: "uint64" },
    { name: "prevStateRoot", type: "bytes32" },
    { name: "deltaCommitment", type: "bytes32" },
    { name: "provenanceCommitment", type: "bytes32" },
    { name: "profileId", type: "bytes32" },
    { name: "locatorCommitment", type: "bytes32" },
  ],
};

/** The EIP-712 domain of a vault contract, as the ERC fixes it. */
export const domainOf = (ref: VaultRef) => ({
  name: "AgentMemoryState",
  version: "1",
  chainId: ref.chainId,
  verifyingContract: getAddress(ref.contract),
});

/** The ERC's transition id: the EIP-712 struct hash of the delta. */
export const transitionIdOf = (delta: Delta): string =>
  TypedDataEncoder.hashStruct("ExperienceDelta", DELTA_TYPES, delta);

/** The state root after a transition. */
export const stateRootAfter = (delta: Delta): string =>
  keccak256(
    concat([
      keccakText("MemoryState(bytes32 prevStateRoot,bytes32 transitionId)"),
      delta.prevStateRoot,
      transitionIdOf(delta),
    ]),
  );

/** The account of a key. ethers' `Wallet` would bring along what opens JSON wallets, which no page needs to load. */
export const keyWallet = (key: string, provider?: Provider): BaseWallet =>
  new BaseWallet(new SigningKey(key), provider);

/** Signs a delta with the commit key. */
export const signDelta = (commitKey: string, ref: VaultRef, delta: Delta): Promise<string> =>
  keyWallet(commitKey).signTypedData(domainOf(ref), DELTA_TYPES, delta);

/** OpenZeppelin's Multicall, which the vault is and its interface does not name. */
const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);

/** Calls that are asked in one: a node bounds the gas of a call. */
const ASKED_AT_ONCE = 500;

/** Which of some accounts' grants stand on chain, in few calls whatever their number. */
export async function standing(
  contract: MemoryVault,
  vaultId: bigint,
  grantees: readonly string[],
  blockTag: number,
): Promise<ReadonlySet<string>> {
  const stand = new Set<string>();
  for (let start = 0; start < grantees.length; start += ASKED_AT_ONCE) {
    const asked = grantees.slice(start, start + ASKED_AT_ONCE);
    const calls = asked.map((grantee) =>
      contract.interface.encodeFunctionData("canRead", [vaultId, grantee]),
    );
    const data = MULTICALL.encodeFunctionData("multicall", [calls]);
    const answer = await contract.runner?.call?.({ to: await contract.getAddress(), data, blockTag });
    const [results] = MULTICALL.decodeFunctionResult("multicall", answer ?? "0x") as unknown as [string[]];
    for (const [i, grantee] of asked.entries()) if (BigInt(results[i] ?? "0x00") === 1n) stand.add(grantee);
  }
  return stand;
}

/** One call of a commit's transaction. */
export type VaultCall =
  | { readonly kind: "commit"; readonly delta: Delta; readonly signature: string }
  | { readonly kind: "revoke"; readonly grantee: string }
  | {
      readonly kind: "grant";
      readonly grantee: string;
      readonly expiresAt: number;
      readonly permissions: number;
      readonly welcome: string;
    };

/** Calldata of one call. */
export function encodeCall(contract: MemoryVault, vaultId: bigint, call: VaultCall): string {
  const { interface: abi } = contract;
  switch (call.kind) {
    case "commit":
      return abi.encodeFunctionData("commitTransition", [call.delta, call.signature]);
    case "revoke":
      return abi.encodeFunctionData("revoke", [vaultId, call.grantee]);
    case "grant":
      return abi.encodeFunctionData("grant", [
        ...([vaultId, call.grantee, call.expiresAt, call.permissions, call.welcome] as const),
      ]);
  }
}

/**
 * Sends calls in one transaction (a multicall when there are several) and waits for its receipt.
 *
 * @throws {ContractRefusal} when the contract refuses, with its own error's name and values.
 */
export async function sendCalls(
  contract: MemoryVault,
  vaultId: bigint,
  calls: readonly VaultCall[],
): Promise<TransactionReceipt> {
  const encoded = calls.map((call) => encodeCall(contract, vaultId, call));
  const [only] = encoded;
  const single = encoded.length === 1 && only !== undefined;
  return send(contract, single ? only : MULTICALL.encodeFunctionData("multicall", [encoded]));
}

/**
 * Sends one transaction to a contract and waits for its receipt.
 *
 * @throws {ContractRefusal} when the contract refuses, with its own error's name and values.
 */
export async function send(contract: MemoryVault | KeyRegistry, data: string): Promise<TransactionReceipt> {
  const { runner } = contract;
  if (runner?.sendTransaction === undefined) throw new TypeError("sending needs a signer");
  try {
    const sent = await runner.sendTransaction({ to: await contract.getAddress(), data });
    const receipt = await sent.wait();
    if (receipt === null) throw new ContractRefusal("no receipt", []);
    return receipt;
  } catch (cause) {
    if (isError(cause, "INSUFFICIENT_FUNDS")) throw new InsufficientFunds(await payerOf(runner), { cause });
    throw refusalOf(contract, cause) ?? cause;
  }
}

/** Which account to fund: with the commit key it is one that nobody has seen yet. */
const payerOf = async (runner: ContractRunner & Partial<Pick<Signer, "getAddress">>): Promise<string> =>
  (await runner.getAddress?.()) ?? "The account that pays";

/** Sets the commit key of a vault. `contract` is as its owner's wallet sees it: nobody else may. */
export const setAuthorizer = (
  contract: MemoryVault,
  vaultId: bigint,
  owner: string,
  authorizer: string,
): Promise<TransactionReceipt> =>
  send(
    contract,
    contract.interface.encodeFunctionData("updateSpaceAuthorization", [
      ...([spaceIdOf(vaultId), owner, authorizer, "0x"] as const),
    ]),
  );

/** Gives a vault to another account, which is its authorizer then. `contract` is as its owner's wallet sees it. */
export const setController = (
  contract: MemoryVault,
  vaultId: bigint,
  to: string,
): Promise<TransactionReceipt> => setAuthorizer(contract, vaultId, to, to);

/** Names the contract's refusal from its ABI, or `null` when the fault is another. */
export function refusalOf(contract: MemoryVault | KeyRegistry, fault: unknown): ContractRefusal | null {
  if (fault instanceof ContractRefusal) return fault;
  const data = revertData(fault);
  if (data === null)
    return isError(fault, "CALL_EXCEPTION") ? new ContractRefusal("reverted", [], { cause: fault }) : null;
  const parsed = contract.interface.parseError(data);
  return new ContractRefusal(parsed?.name ?? "reverted", parsed?.args.toArray() ?? [], { cause: fault });
}

/** Whether a call failed without a word of a revert: ethers calls it the same when the node failed and not the call. */
const isNodesOwn = (fault: unknown): boolean =>
  isError(fault, "CALL_EXCEPTION") &&
  fault.data === null &&
  !/revert/i.test(String((fault.info?.["error"] as { message?: unknown } | undefined)?.message));

/** Providers wrap a revert's data in their own errors; wherever it is, it is hex and begins with a selector. */
function revertData(fault: unknown, depth = 0): string | null {
  if (typeof fault !== "object" || fault === null || depth > 4) return null;
  if ("data" in fault && typeof fault.data === "string" && /^0x[0-9a-f]{8,}$/i.test(fault.data))
    return fault.data;
  const inner = ["data", "error", "info", "cause"].map((key) => (fault as Record<string, unknown>)[key]);
  return inner.map((value) => revertData(value, depth + 1)).find((data) => data !== null) ?? null;
}

/** When a head counts as final. */
export type Finality = { readonly tag: "finalized" } | { readonly confirmations: number };

const LOCAL_CHAINS = new Set([31_337n, 31_338n, 1_337n]);

/** The chain's own `finalized` tag; on a local chain one confirmation (SPEC §6). */
export const finalityOf = (chainId: bigint): Finality =>
  LOCAL_CHAINS.has(chainId) ? { confirmations: 1 } : { tag: "finalized" };

const CONFIRMATIONS_WITHOUT_TAG = 64;

/** JSON-RPC's codes for a method, and for a parameter, that a node does not know. */
const UNKNOWN_TO_NODE = new Set([-32_601, -32_602]);

/** Whether a node said that it knows no such tag. Any other fault is no answer: a throttled node may well know it. */
function knowsNoTag(fault: unknown): boolean {
  const { error, info } = fault as {
    readonly error?: RpcError;
    readonly info?: { readonly error?: RpcError };
  };
  const code = (error ?? info?.error)?.code;
  return code !== undefined && UNKNOWN_TO_NODE.has(code);
}

/** What a node answers in place of a result, where ethers leaves it. */
interface RpcError {
  readonly code?: number;
}

/**
 * The number of the newest block that counts as final, or `null` when the chain is too young.
 * A chain that knows no `finalized` tag is asked for 64 confirmations instead.
 */
export async function finalBlock(provider: Provider, finality: Finality): Promise<number | null> {
  if ("tag" in finality) {
    const block = await provider.getBlock(finality.tag).catch((fault: unknown) => {
      if (knowsNoTag(fault)) return null;
      throw fault;
    });
    if (block !== null) return block.number;
  }
  const confirmations = "tag" in finality ? CONFIRMATIONS_WITHOUT_TAG : finality.confirmations;
  const number = (await provider.getBlockNumber()) - confirmations + 1;
  return number < 0 ? null : number;
}

const ERC1271 = new Interface([
  "function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)",
]);
const ERC1271_MAGIC = "0x1626ba7e".padEnd(66, "0");

/** Asks an account that is a contract whether it takes a signature for its own (ERC-1271). */
export async function accountAccepts(
  provider: Pick<Provider, "call" | "getCode">,
  account: string,
  digest: string,
  signature: Uint8Array,
): Promise<boolean> {
  if ((await provider.getCode(account)) === "0x") return false;
  const data = ERC1271.encodeFunctionData("isValidSignature", [digest, signature]);
  const answer = await provider.call({ to: account, data }).catch((fault: unknown) => {
    // An account that knows no ERC-1271 reverts; any other fault is the node's and no answer.
    if (isError(fault, "CALL_EXCEPTION") || revertData(fault) !== null) return "0x";
    throw fault;
  });
  return answer.slice(0, 66) === ERC1271_MAGIC;
}
