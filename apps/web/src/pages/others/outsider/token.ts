import { Interface, isError } from "ethers";

import type { SeenToken, Watched } from "./seen.ts";

const JSON_DATA = "data:application/json;base64,";
const SVG_DATA = /^data:image\/svg\+xml;base64,[A-Za-z0-9+/]+=*$/;

/**
 * A token's metadata. Anybody may have written the contract that made it: nothing but an SVG within the address itself is taken
 * for its picture, so that showing it asks nobody for anything.
 *
 * @param uri - What `tokenURI` answers.
 * @returns `null` for anything else.
 */
export function tokenIn(uri: string): SeenToken | null {
  if (!uri.startsWith(JSON_DATA)) return null;
  try {
    const bytes = Uint8Array.from(atob(uri.slice(JSON_DATA.length)), (digit) => digit.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const { name, description, image } = value as Readonly<Record<string, unknown>>;
    if (typeof name !== "string" || typeof description !== "string" || typeof image !== "string") return null;
    return SVG_DATA.test(image) ? { name, description, image } : null;
  } catch {
    // Not base64, not UTF-8, not JSON, or null: no metadata.
    return null;
  }
}

const METADATA = new Interface(["function tokenURI(uint256 tokenId) view returns (string)"]);

/** The metadata of a vault's token as of a block; `null` where there is none, as of a burned one. */
export async function tokenAt(
  { provider, deployment, vaultId }: Watched,
  blockTag: number,
): Promise<SeenToken | null> {
  const data = METADATA.encodeFunctionData("tokenURI", [vaultId]);
  try {
    const answer = await provider.call({ to: deployment.memoryVault, data, blockTag });
    const [uri] = METADATA.decodeFunctionResult("tokenURI", answer) as unknown as [string];
    return tokenIn(uri);
  } catch (fault) {
    if (isError(fault, "CALL_EXCEPTION") || isError(fault, "BAD_DATA")) return null;
    throw fault;
  }
}
