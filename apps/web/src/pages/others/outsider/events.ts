import type { Interface } from "ethers";
import { dataLength, dataSlice, zeroPadValue } from "ethers";

import { agentContract, spaceIdOf } from "../../../../../../client/agents.ts";
import { registryContract, vaultContract } from "../../../../../../client/index.ts";
import { blobLogContract } from "../../../../../../client/stores.ts";
import { MOST_ACCOUNTS, MOST_EACH, MOST_OWN, MOST_PUBLISHED, MOST_SAID, MOST_STRANGERS } from "./bounds.ts";
import type { Placed } from "./decode.ts";
import type { SeenEvent, Watched } from "./seen.ts";
import type { Asked, Walk } from "./walk.ts";

const topics = (of: Interface, ...names: string[]): string[] =>
  names.map((name) => of.getEvent(name)?.topicHash ?? "");

/** The vault's own: of one kind, whoever it is by. */
const own = { by: () => "", groups: 1 };

/** Whose an event is by one of its arguments. */
const byArgument =
  (name: string) =>
  ({ args }: SeenEvent): string =>
    args[name] ?? "";

const vaultAsk = ({ deployment, provider }: Watched, names: string[], filter: (string | null)[]): Asked => {
  const { interface: abi } = vaultContract(deployment.memoryVault, provider);
  const asked = { address: deployment.memoryVault, topics: [topics(abi, ...names), ...filter] };
  return { of: "vault", abi, filter: asked };
};

/** The event that a vault begins with. */
export const isMint = ({ name, args }: SeenEvent): boolean =>
  name === "Transfer" && BigInt(args["from"] ?? 1) === 0n;

/** What only owners, and who may commit for them, leave: from a block back to the mint. */
export function ownWalk(watched: Watched): Walk {
  const id = spaceIdOf(watched.vaultId);
  const names = ["SpaceRegistered", "SpaceAuthorizationUpdated", "TransitionCommitted", "Granted", "Revoked"];
  return {
    ...{ what: "vault", ...own, each: MOST_OWN },
    asked: [vaultAsk(watched, names, [id]), vaultAsk(watched, ["Transfer"], [null, null, id])],
    isLast: isMint,
  };
}

/** What others may leave in the vault's own log, or what is to be looked for among what they leave about theirs. */
export function othersWalks(watched: Watched): Walk[] {
  const id = spaceIdOf(watched.vaultId);
  return [
    {
      ...{ what: "proposals", by: byArgument("proposer"), each: MOST_EACH, groups: MOST_ACCOUNTS },
      asked: [vaultAsk(watched, ["Proposed"], [id])],
    },
    {
      ...{ what: "approvals", ...own, each: MOST_EACH },
      asked: [vaultAsk(watched, ["Approval"], [null, null, id])],
    },
    {
      // These two name the vault in their data: those of all vaults are looked through for it.
      ...{ what: "locks", ...own, each: MOST_EACH },
      asked: [vaultAsk(watched, ["Locked", "Unlocked"], [])],
      isWanted: ({ args }) => BigInt(args["tokenId"] ?? 0) === watched.vaultId,
    },
  ];
}

/**
 * What agents logged about the vault. Those that a grant lists are asked for by their addresses, so that no stranger takes their place.
 *
 * @param listed - Accounts that a grant lists or listed.
 */
export function agentWalks({ deployment, provider, vaultId }: Watched, listed: readonly string[]): Walk[] {
  const { interface: abi } = agentContract(deployment.memoryVault, provider);
  const filter = { topics: [topics(abi, "Requested", "Answered"), null, spaceIdOf(vaultId)] };
  const known = new Set(listed.map((each) => each.toLowerCase()));
  const by = ({ address }: Placed): string => address;
  const limits = { by, byPlace: by, each: MOST_EACH, kept: shortened, isFlooded: true };
  return [
    {
      ...{ what: "agents", ...limits, groups: MOST_ACCOUNTS },
      asked: listed.length === 0 ? [] : [{ of: "agent", abi, filter: { ...filter, address: [...listed] } }],
    },
    {
      ...{ what: "strangers", ...limits, groups: MOST_STRANGERS },
      asked: [{ of: "agent", abi, filter }],
      isPlaced: ({ address }) => !known.has(address.toLowerCase()),
    },
  ];
}

/** What is said may be as long as a block takes: its beginning is kept, and how long it was. */
function shortened(event: SeenEvent): SeenEvent {
  const { data = "0x" } = event.args;
  const bytes = dataLength(data);
  const cut = bytes > MOST_SAID ? dataSlice(data, 0, MOST_SAID) : data;
  return { ...event, args: { bytes: String(bytes), ...event.args, data: cut } };
}

/** What the registry and the vault logged of accounts that had to do with the vault, whenever that was. */
export function accountWalks(
  { deployment, provider }: Watched,
  accounts: readonly string[],
  owners: readonly string[],
): Walk[] {
  const { interface: keys } = registryContract(deployment.keyRegistry, provider);
  const { interface: abi } = vaultContract(deployment.memoryVault, provider);
  const asked = (each: Asked, whose: readonly string[]): Asked[] => (whose.length === 0 ? [] : [each]);
  const padded = (addresses: readonly string[]): string[] => addresses.map((each) => zeroPadValue(each, 32));
  const limits = { each: MOST_EACH, groups: MOST_ACCOUNTS };
  const published = {
    address: deployment.keyRegistry,
    topics: [topics(keys, "KeyPublished", "KeyRetired"), padded(accounts)],
  };
  const operators = {
    address: deployment.memoryVault,
    topics: [topics(abi, "ApprovalForAll"), padded(owners)],
  };
  return [
    {
      ...{ what: "keys", by: byArgument("account"), ...limits },
      asked: asked({ of: "registry", abi: keys, filter: published }, accounts),
    },
    {
      ...{ what: "operators", by: byArgument("owner"), ...limits },
      asked: asked({ of: "vault", abi, filter: operators }, owners),
    },
  ];
}

/** What was published on BlobLog, whoever's it is: nobody sees whose. */
export function publicationsWalk({ deployment: { blobLog }, provider }: Watched): Walk {
  const { interface: abi } = blobLogContract(blobLog, provider);
  const filter = { address: blobLog, topics: topics(abi, "BlobPublished") };
  return {
    ...{ what: "publications", ...own, each: MOST_PUBLISHED, asked: [{ of: "blobLog", abi, filter }] },
    ...{ kept: withoutBytes, isFlooded: true, data: 3 * 32 },
  };
}

/** The bytes of a blob are a page's worth of digits: their number says it. */
function withoutBytes(event: SeenEvent): SeenEvent {
  const { digest = "", blob = "0x", bytes = String(dataLength(blob)) } = event.args;
  return { ...event, args: { digest, bytes } };
}
