import { id, type Signer, type TransactionReceipt } from "ethers";

import type { VaultRef } from "../../client/crypto/ref.ts";
import {
  deltaAfter,
  DELTA_TYPES,
  domainOf,
  encodeCall,
  PERMISSION,
  readChainHead,
  send,
  sendCalls,
  spaceIdOf,
  vaultIdOf,
  type VaultCall,
} from "../../client/vault/contract.ts";
import { MemoryVault__factory, type MemoryVault } from "../../typechain-types/index.ts";
import { total, type Chain, type Cost } from "./chain.ts";
import { accountOf, EXPIRY, grantees, type Costs } from "./operations.ts";

const NOBODY = `0x${"00".repeat(20)}`;
const NO_SIGNATURE = "0x";

/**
 * Who sends commits and revocations: the commit key, as a device without a wallet does, or the owner with the commit
 * key's signature, as a device with one does. Everything else is the owner's alone.
 */
export type Payer = "key" | "owner";

/** What is measured of ours besides. */
export type Besides = "add1WithoutKey" | "transfer1" | "unlock" | "lostDeviceTwo";

/** Deploys the contract that is measured. */
export async function deployOurs({ deployer }: Chain): Promise<MemoryVault> {
  const deployed = await new MemoryVault__factory(deployer).deploy();
  await deployed.waitForDeployment();
  return deployed;
}

/**
 * Measures our vault through the client's own encodings: whole transactions, each with cold slots that hold something
 * already.
 *
 * Root and pointer are 32 bytes each whatever stands behind them, so here they are the hashes of labels; what the client
 * makes of one memory or ten thousand is in `client.ts`, and costs the same.
 */
export async function measureOurs(
  chain: Chain,
  contract: MemoryVault,
  payer: Payer,
): Promise<Costs<Besides>> {
  const { key, secondKey, thirdKey } = chain;
  const vaults = await Vaults.of(chain, contract, payer);

  const { vault: sold } = await vaults.mint("sold", key);
  const { vault: kept, cost: mint } = await vaults.mint("kept", key);
  const { vault: keyless } = await vaults.mint("keyless", null);

  // The first commit fills empty slots, the second the one that the first left empty.
  for (const vault of [kept, kept, keyless, keyless]) await vault.commit();
  const [add1, add100, add10000] = [await kept.commit(), await kept.commit(), await kept.commit()];
  const add1WithoutKey = await keyless.commit();

  const [first = "", second = ""] = grantees(0, 2);
  await kept.grant([first]);
  const grant = await kept.grant([second]);
  await kept.revokeAndRotate(second);
  const grantFresh = await kept.grantFresh(second);
  await kept.revokeAndRotate(second);

  const revoke1of1 = await kept.revokeAndRotate(first);
  await kept.grant(grantees(0, 100));
  const revoke1of100 = await kept.revokeAndRotate(first);
  await kept.grant([first, ...grantees(100, 1_000)]);
  const revoke1of1000 = await kept.revokeAndRotate(first);

  const lostDevice = await kept.replaceKey(secondKey);
  const lostDeviceTwo = await kept.replaceKeyInTwo(thirdKey);

  await keyless.grant([first]);
  await keyless.unlock();
  const transfer1 = await keyless.transfer(accountOf(`${payer}: one buyer`));
  await sold.grant(grantees(0, 100));
  const unlock = await sold.unlock();
  const transfer100 = await sold.transfer(accountOf(`${payer}: buyer`));

  return {
    ...{ mint, add1, add100, add10000, grant, grantFresh },
    ...{ revoke1of1, revoke1of100, revoke1of1000, transfer100, lostDevice },
    ...{ add1WithoutKey, transfer1, unlock, lostDeviceTwo },
  };
}

/** The owner's vaults, all for one payer. */
class Vaults {
  readonly chain: Chain;
  readonly contract: MemoryVault;
  readonly payer: Payer;
  readonly place: Omit<VaultRef, "vaultId">;

  private constructor(chain: Chain, contract: MemoryVault, payer: Payer, place: Omit<VaultRef, "vaultId">) {
    this.chain = chain;
    this.contract = contract.connect(chain.owner);
    this.payer = payer;
    this.place = place;
  }

  static async of(chain: Chain, contract: MemoryVault, payer: Payer): Promise<Vaults> {
    const { chainId } = await chain.provider.getNetwork();
    return new Vaults(chain, contract, payer, { chainId, contract: await contract.getAddress() });
  }

  async mint(label: string, key: Signer | null): Promise<{ vault: MeasuredVault; cost: Cost }> {
    const salt = id(`${this.payer}: ${label}`);
    const authorizer = (await key?.getAddress()) ?? NOBODY;
    const cost = await this.owned(this.abi.encodeFunctionData("mint", [salt, authorizer]));
    const ref = { ...this.place, vaultId: vaultIdOf(this.chain.owner.address, salt) };
    return { vault: new MeasuredVault(this, ref, key), cost };
  }

  async cost(sent: Promise<TransactionReceipt>): Promise<Cost> {
    return this.chain.costOf(await sent);
  }

  get abi(): MemoryVault["interface"] {
    return this.contract.interface;
  }

  /** A transaction by the owner. */
  owned(data: string): Promise<Cost> {
    return this.cost(send(this.contract, data));
  }
}

/** A vault with an account for its commit key, or with its owner in that part. */
class MeasuredVault {
  readonly #vaults: Vaults;
  readonly #ref: VaultRef;
  #key: Signer | null;

  constructor(vaults: Vaults, ref: VaultRef, key: Signer | null) {
    this.#vaults = vaults;
    this.#ref = ref;
    this.#key = key;
  }

  get #owner(): Signer {
    return this.#vaults.chain.owner;
  }

  get #payer(): Signer {
    return this.#vaults.payer === "owner" ? this.#owner : (this.#key ?? this.#owner);
  }

  async commit(): Promise<Cost> {
    return this.#send(this.#payer, [await this.#commitBy(this.#payer)]);
  }

  grant(accounts: readonly string[]): Promise<Cost> {
    return this.#inHundreds(accounts.map((account) => grantTo(account)));
  }

  async grantFresh(account: string): Promise<Cost> {
    return this.#send(this.#owner, [grantTo(account), await this.#commitBy(this.#owner)]);
  }

  async revokeAndRotate(grantee: string): Promise<Cost> {
    const commit = await this.#commitBy(this.#payer);
    return this.#send(this.#payer, [{ kind: "revoke", grantee }, commit]);
  }

  /** The controller names another commit key, and the first commit under it gives all members new secrets. */
  async replaceKey(key: Signer): Promise<Cost> {
    const { abi, contract } = this.#vaults;
    const update = await this.#authorize(key);
    const commit = encodeCall(contract, this.#ref.vaultId, await this.#commitBy(this.#owner));
    return this.#vaults.owned(abi.encodeFunctionData("multicall", [[update, commit]]));
  }

  /** The same with the replacement alone and first, as it must be when the device may be in hostile hands. */
  async replaceKeyInTwo(key: Signer): Promise<Cost> {
    const update = await this.#vaults.owned(await this.#authorize(key));
    return total([update, await this.commit()]);
  }

  unlock(): Promise<Cost> {
    return this.#vaults.owned(this.#vaults.abi.encodeFunctionData("unlock", [this.#ref.vaultId]));
  }

  async transfer(to: string): Promise<Cost> {
    const { abi } = this.#vaults;
    const from = await this.#owner.getAddress();
    return this.#vaults.owned(abi.encodeFunctionData("transferFrom", [from, to, this.#ref.vaultId]));
  }

  /** Calldata that names another commit key; from here on this vault's commits are that key's. */
  async #authorize(key: Signer): Promise<string> {
    this.#key = key;
    return this.#vaults.abi.encodeFunctionData("updateSpaceAuthorization", [
      spaceIdOf(this.#ref.vaultId),
      await this.#owner.getAddress(),
      await key.getAddress(),
      NO_SIGNATURE,
    ]);
  }

  /** A commit that follows the head; whoever sends it and is not the authorizer attaches the commit key's signature. */
  async #commitBy(sender: Signer): Promise<VaultCall> {
    const { contract, payer } = this.#vaults;
    const head = await readChainHead(contract, this.#ref);
    const content = `${payer}, ${head.sequence.toString()} of ${head.prevStateRoot}`;
    const delta = deltaAfter(head, this.#ref, id(`root: ${content}`), id(`pointer: ${content}`));
    const key = this.#key;
    if (key === null || key === sender) return { kind: "commit", delta, signature: NO_SIGNATURE };
    return {
      kind: "commit",
      delta,
      signature: await key.signTypedData(domainOf(this.#ref), DELTA_TYPES, delta),
    };
  }

  async #inHundreds(calls: readonly VaultCall[]): Promise<Cost> {
    const costs: Cost[] = [];
    for (let from = 0; from < calls.length; from += 100)
      costs.push(await this.#send(this.#owner, calls.slice(from, from + 100)));
    return total(costs);
  }

  #send(sender: Signer, calls: readonly VaultCall[]): Promise<Cost> {
    const { contract } = this.#vaults;
    return this.#vaults.cost(sendCalls(contract.connect(sender), this.#ref.vaultId, calls));
  }
}

const grantTo = (grantee: string): VaultCall => ({
  kind: "grant",
  grantee,
  expiresAt: EXPIRY,
  permissions: PERMISSION.read,
  welcome: id(`welcome of ${grantee}`),
});
