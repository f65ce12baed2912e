import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress, hexlify, isAddress, isError, ZeroAddress } from "ethers";

import {
  acceptWelcome,
  findWelcome,
  mintSalt,
  mintVault,
  NotInitialised,
  recoverVault,
  renewMembership,
  roleOf,
  vaultAt,
  vaultContract,
  VaultError,
  vaultIdOf,
  WelcomeRejected,
  type Environment,
} from "../../../../../client/index.ts";
import type { Network } from "../../chain/network.ts";
import type { Transactions } from "../../chain/transactions.ts";
import { sameVault, type Device } from "../../device/device.ts";
import type { KnownVault } from "../../device/profile.ts";
import type { Turns } from "../../device/turns.ts";
import { environmentOf } from "../../session/open.ts";

/** What somebody came for, who has no vault open yet. */
export type Plan =
  | { readonly kind: "create"; readonly seed: Uint8Array; readonly label: string }
  | ({ readonly kind: "recover" } & TypedSheet)
  | ({ readonly kind: "accept" } & Joining);

/** What a welcome is waited for as: a reader's, or one for a further device of the owner. Either is opened, whichever comes. */
export interface Joining {
  readonly as: KnownVault["role"];
}

/** What stands on the sheet with the words. */
export interface Recovery {
  readonly seed: Uint8Array;
  /** Who minted the vault; empty where its id is known. */
  readonly owner: string;
  /** The vault's id, for words that did not mint it; empty for the others. */
  readonly vaultId: string;
  readonly label: string;
}

/** The sheet names no vault. */
export class SheetIncomplete extends VaultError {
  constructor(readonly what: string) {
    super(`${what} Look at the sheet with the words: it has the first owner's address, or the vault's id.`);
  }
}

/** An owner's address, as it was typed, is none. */
export class OwnerFaulty extends VaultError {
  constructor(readonly owner: string) {
    super(
      `${JSON.stringify(owner)} is no whole address: 0x and 40 digits. Copy the first owner's from the sheet with the words.`,
    );
  }
}

/** A sheet is whole, and no vault is what it says. */
export class NoSuchVault extends VaultError {
  constructor(
    readonly vaultId: bigint,
    isNamed: boolean,
    options?: ErrorOptions,
  ) {
    super(
      isNamed
        ? "No vault has this id on the network that is set. Compare it with the sheet."
        : "No vault was minted by this address with these words. Compare both with the sheet, and the network with where the vault was minted. " +
            "Renewed words, and those of a vault that you bought, go with the vault's id.",
      options,
    );
  }
}

/** A sheet as it was typed. */
export interface TypedSheet extends Recovery {
  readonly words: string;
}

/**
 * Looks whether a sheet's vault is there, before anything is made for it.
 *
 * @throws SheetIncomplete|OwnerFaulty when the sheet's address or id is none. NoSuchVault when there is no such vault.
 */
export async function lookUp(
  { config, provider }: Pick<Network, "config" | "provider">,
  sheet: Recovery,
): Promise<void> {
  const { owner, vaultId } = checkedSheet(sheet);
  const id = vaultId ?? vaultIdOf(owner, hexlify(mintSalt(sheet.seed, 0)));
  const contract = vaultContract(config.deployment.memoryVault, provider);
  const { generation } = await contract.memoryHead(id).catch((cause: unknown) => {
    throw isError(cause, "CALL_EXCEPTION") ? new NoSuchVault(id, vaultId !== undefined, { cause }) : cause;
  });
  if (generation === 0n) throw new NoSuchVault(id, vaultId !== undefined);
}

/** What the network's vaults are called by. */
const placeOf = ({ config: { deployment } }: Network) => ({
  chainId: deployment.chainId,
  contract: deployment.memoryVault.toLowerCase(),
});

/** What all tabs call the mint by: only one vault is being made in a browser. */
const MINT_TURN = "mint";

/** The mint in one sentence, for the question about its cost. */
const MINT_ACT = "Your new words recover what is made here. It is empty at first.";

/** What orders the tabs at a mint. */
export interface MintTurns {
  readonly turns: Pick<Turns, "send">;
  readonly transactions: Pick<Transactions, "during">;
}

/**
 * Mints the vault whose words were shown, after what other tabs do with it.
 *
 * @returns `null` where another tab minted it meanwhile, or let it go.
 * @throws What {@link mintUnfinished} throws, and whoever waits for a turn.
 */
export const mintInTurn = (
  { turns, transactions }: MintTurns,
  device: Device,
  network: Network,
): Promise<KnownVault | null> =>
  turns.send(MINT_TURN, async () => {
    if ((await device.unfinished()) === null) return null;
    return transactions.during(MINT_ACT, () => mintUnfinished(device, network));
  });

/** Lets the words go that were to be minted, after what other tabs do with them. */
export const letGo = ({ turns }: Pick<MintTurns, "turns">, device: Device): Promise<void> =>
  turns.send(MINT_TURN, () => device.keepUnfinished(null));

/**
 * Mints the vault whose words were shown, or finds that it was minted already. Its seed is let go when it stands.
 *
 * @throws What the wallet and the client throw; the seed stays here then, and the next try goes on with it.
 */
export async function mintUnfinished(device: Device, network: Network): Promise<KnownVault> {
  const unfinished = await device.unfinished();
  if (unfinished === null) throw new SheetIncomplete("No vault is being made in this browser any more.");
  const { seed, label } = unfinished;
  const owner = await network.signer.getAddress();
  const vaultId = vaultIdOf(owner, hexlify(mintSalt(seed, 0)));
  const known = { ...placeOf(network), vaultId, label, role: "owner" as const };
  const isNew = !(await device.vaults()).some((each) => sameVault(each, known));
  // Remembered first: if this page goes before the receipt is there, the vault is not lost.
  await device.remember(known);
  await mintVault({
    ...environmentOf(device, network),
    ...{ address: network.config.deployment.memoryVault, seed },
  })
    .catch(async (fault: unknown) => {
      // Nobody else found it there, and no other tab was done with its words meanwhile.
      if (fault instanceof VaultError && isNew && (await waits(device, seed))) await device.forget(known);
      throw fault;
    })
    .finally(() => seed.fill(0));
  await device.keepUnfinished(null);
  return known;
}

/** Whether the vault of this seed is still to be minted. */
async function waits(device: Device, seed: Uint8Array): Promise<boolean> {
  const unfinished = await device.unfinished();
  return unfinished !== null && bytesToHex(unfinished.seed) === bytesToHex(seed);
}

/**
 * Recovers a vault from its words. All of it is read and proven before anything is kept.
 *
 * @throws SheetIncomplete|OwnerFaulty when the sheet's address or id is none; and what `recoverVault` throws.
 */
export async function recover(device: Device, network: Network, sheet: Recovery): Promise<KnownVault> {
  const { owner, vaultId } = checkedSheet(sheet);
  const vault = await recoverVault({
    ...environmentOf(device, network),
    ...{ seed: sheet.seed, vaultId, owner, address: network.config.deployment.memoryVault },
  });
  const known = { ...vault.ref, label: sheet.label, role: "owner" as const };
  await device.remember(known);
  return known;
}

/** The address and the id of a sheet. */
export function checkedSheet({ owner, vaultId }: Pick<Recovery, "owner" | "vaultId">) {
  const [typedOwner, typedId] = [owner.trim(), vaultId.trim()];
  if (typedOwner === "" && typedId === "") throw new SheetIncomplete("Say whose vault it is.");
  if (typedOwner !== "" && !isAddress(typedOwner)) throw new OwnerFaulty(typedOwner);
  return {
    owner: getAddress(typedOwner === "" ? ZeroAddress : typedOwner),
    vaultId: typedId === "" ? undefined : idOf(typedId),
  };
}

function idOf(text: string): bigint {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return BigInt(text);
  throw new SheetIncomplete("A vault's id is 0x and 64 digits.");
}

/**
 * Opens a welcome: one that renews a membership that is here, or that of another vault.
 *
 * @param welcome - The age file.
 * @throws What `acceptWelcome` throws.
 */
export async function accept(
  device: Device,
  network: Network,
  welcome: Uint8Array,
  label: string,
): Promise<KnownVault> {
  const environment = environmentOf(device, network);
  const renewed = await renew(device, network, environment, welcome);
  const vault =
    renewed === null
      ? await acceptWelcome({
          ...environment,
          ...{ welcome, identity: device.keys.identity, address: network.config.deployment.memoryVault },
        })
      : vaultAt(renewed, environment);
  const known = { ...vault.ref, label: label || (renewed?.label ?? ""), role: await roleOf(vault) };
  await device.remember(known);
  return known;
}

/** The vault of this device that a welcome renews, or `null`. */
async function renew(
  device: Device,
  network: Network,
  environment: Environment,
  welcome: Uint8Array,
): Promise<KnownVault | null> {
  const { chainId, contract } = placeOf(network);
  for (const known of await device.vaults()) {
    if (known.chainId !== chainId || known.contract.toLowerCase() !== contract) continue;
    try {
      await renewMembership(vaultAt(known, environment), welcome);
      return known;
    } catch (fault) {
      if (!(fault instanceof WelcomeRejected || fault instanceof NotInitialised)) throw fault;
    }
  }
  return null;
}

/**
 * Looks for the welcome of a grant that stands on the chain, for the connected wallet's account.
 *
 * @param vaultId - As text: 0x and 64 digits.
 * @throws SheetIncomplete when that is no id; and what `findWelcome` throws.
 */
export async function listedWelcome(network: Network, vaultId: string): Promise<Uint8Array> {
  const { deployment } = network.config;
  const grantee = await network.signer.getAddress();
  const contract = vaultContract(deployment.memoryVault, network.provider);
  return findWelcome(contract, idOf(vaultId.trim()), grantee, network.store, deployment.block);
}
