import { formatEther } from "ethers";

/** Chains whose coin is ether: Ethereum, its test networks, rollups that take it, and chains of this machine. */
const ETHER = new Set([
  ...[1n, 11_155_111n, 17_000n, 560_048n, 10n, 11_155_420n, 8_453n, 84_532n, 42_161n, 421_614n],
  ...[324n, 59_144n, 534_352n, 31_337n, 31_338n, 1_337n],
]);

/** An amount of the chain's coin, to six digits that count: enough to compare, short enough to read. */
export function coinText(wei: bigint, chainId: bigint): string {
  const [whole = "0", decimals = ""] = formatEther(wei).split(".");
  const zeros = /^0*/.exec(decimals)?.[0].length ?? 0;
  const kept = decimals.slice(0, whole === "0" ? zeros + 6 : 6).replace(/0+$/, "");
  return `${BigInt(whole).toLocaleString()}${kept === "" ? "" : `.${kept}`} ${ETHER.has(chainId) ? "ETH" : "in the chain's own coin"}`;
}
