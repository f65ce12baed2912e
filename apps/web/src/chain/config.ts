import { getAddress, isAddress } from "ethers";

import { deploymentOf, type Deployment } from "../../../../client/deployments.ts";
import { ChainUnknown, NetworkFaulty } from "./errors.ts";
import type { NetworkConfig } from "./network.ts";
import type { Settings } from "./settings.ts";

/** A vault that the page's host made to be looked at: its words are no secret. */
export interface Sample {
  readonly words: string;
  readonly owner: string;
  readonly label: string;
}

/** What a `network.json` says. */
export interface NetworkFile {
  readonly config: NetworkConfig;
  readonly sample: Sample | null;
}

type Fields = Readonly<Record<string, unknown>>;

const KNOWN = [
  "name",
  "rpc",
  "secondRpc",
  "chainId",
  "memoryVault",
  "keyRegistry",
  "blobLog",
  "block",
].concat(["store", "sample"]);

/**
 * Reads what names a network: `network.json`, or what the settings kept.
 *
 * @param text - JSON.
 * @param where - What it is called if it cannot be used.
 * @throws {NetworkFaulty} when it is anything else. {ChainUnknown} when it leaves the contracts out, and nobody knows them.
 */
export function parseNetwork(text: string, where: string): NetworkFile {
  const fault = (why: string, options?: ErrorOptions): NetworkFaulty =>
    new NetworkFaulty(where, why, options);
  const fields = fieldsIn(text, fault);
  const unknown = Object.keys(fields).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw fault(`it has a field ${JSON.stringify(unknown)}, which nobody knows`);
  const config = {
    name: textIn(fields, "name", fault),
    rpc: addressIn(fields, "rpc", fault),
    secondRpc: addressIn(fields, "secondRpc", fault),
    deployment: deploymentIn(fields, fault),
    store: textIn(fields, "store", fault),
  };
  return { config, sample: sampleIn(fields["sample"], fault) };
}

type FaultOf = (why: string, options?: ErrorOptions) => NetworkFaulty;

function fieldsIn(text: string, fault: FaultOf): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch (cause) {
    throw fault("it is no JSON", { cause });
  }
  throw fault("it is no JSON object");
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const MOST = 2_000;

function textIn(fields: Fields, name: string, fault: FaultOf): string {
  const value = fields[name];
  if (typeof value === "string" && value.trim() !== "" && value.length <= MOST) return value;
  throw fault(`"${name}" is not a text of 1 to ${MOST} characters`);
}

/** An RPC's address. It is not repeated: it may hold a key. */
function addressIn(fields: Fields, name: string, fault: FaultOf): string | null {
  if (fields[name] === undefined || fields[name] === null) return null;
  const text = textIn(fields, name, fault);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw fault(`"${name}" is no address that begins with https:// or http://, without a password`);
  return text;
}

function deploymentIn(fields: Fields, fault: FaultOf): Deployment {
  const chain = fields["chainId"];
  if (typeof chain !== "string" || !/^[1-9]\d{0,18}$/.test(chain))
    throw fault('"chainId" is not a whole number in quotes, like "31337"');
  const chainId = BigInt(chain);
  if (["memoryVault", "keyRegistry", "blobLog"].every((name) => fields[name] === undefined)) {
    const known = deploymentOf(chainId);
    if (known === null) throw new ChainUnknown(chainId);
    return known;
  }
  const { block } = fields;
  if (typeof block !== "number" || !Number.isSafeInteger(block) || block < 0)
    throw fault('"block" is not the number of a block');
  const contract = (name: string): string => {
    const text = textIn(fields, name, fault);
    if (!isAddress(text)) throw fault(`"${name}" is no address of a contract`);
    return getAddress(text);
  };
  return {
    ...{ chainId, block },
    memoryVault: contract("memoryVault"),
    keyRegistry: contract("keyRegistry"),
    blobLog: contract("blobLog"),
  };
}

function sampleIn(value: unknown, fault: FaultOf): Sample | null {
  if (value === undefined || value === null) return null;
  if (!isFields(value)) throw fault('"sample" is no JSON object');
  return {
    words: textIn(value, "words", fault),
    owner: textIn(value, "owner", fault),
    label: textIn(value, "label", fault),
  };
}

/** A network as the settings keep it: what {@link parseNetwork} reads. */
export function networkText({ name, rpc, secondRpc, deployment, store }: NetworkConfig): string {
  const { chainId, memoryVault, keyRegistry, blobLog, block } = deployment;
  const contracts = { chainId: String(chainId), memoryVault, keyRegistry, blobLog, block };
  return JSON.stringify({ name, rpc, secondRpc, ...contracts, store });
}

/** What two networks differ in, in words for a person. */
export function differences(one: NetworkConfig, other: NetworkConfig): readonly string[] {
  const [a, b] = [one, other].map((config) => JSON.parse(networkText(config)) as Fields);
  return Object.entries(NAMES).flatMap(([field, name]) => (a?.[field] === b?.[field] ? [] : [name]));
}

const NAMES = {
  ...{ rpc: "the RPC", secondRpc: "the second RPC", chainId: "the chain", store: "the store" },
  ...{
    memoryVault: "the vaults' contract",
    keyRegistry: "the keys' contract",
    blobLog: "the blobs' contract",
  },
} as const;

/** How the page's own files are fetched. */
export type FetchText = (path: string) => Promise<string | null>;

/** Fetches a file beside the page; `null` where there is none, or a host answers a page in its place. */
export const fetchBeside: FetchText = async (path) => {
  const answer = await fetch(path, { cache: "no-cache", credentials: "omit" });
  const isPage = answer.headers.get("content-type")?.includes("text/html") === true;
  return answer.ok && !isPage ? answer.text() : null;
};

/**
 * The network that the page's host names.
 *
 * @returns `null` where it names none.
 * @throws {NetworkFaulty} when its `network.json` cannot be used.
 */
export async function hostedNetwork(fetchText: FetchText = fetchBeside): Promise<NetworkFile | null> {
  const text = await fetchText("./network.json").catch(() => null);
  return text === null ? null : parseNetwork(text, "This page's network.json");
}

/**
 * The network that is used: the person's own, else the one that the page's host names.
 *
 * @returns `null` where neither is there: the person is asked.
 * @throws {NetworkFaulty} when what is kept cannot be used.
 */
export async function chosenNetwork(
  settings: Settings,
  fetchText: FetchText = fetchBeside,
): Promise<NetworkConfig | null> {
  const own = await settings.get("network");
  if (own !== null) return parseNetwork(own, "The network in the settings").config;
  return (await hostedNetwork(fetchText))?.config ?? null;
}
