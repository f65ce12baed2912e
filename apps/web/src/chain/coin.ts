import { formatEther } from "ethers";

/** An amount of the chain's coin, to six digits that count: enough to compare, short enough to read. */
export function coinText(wei: bigint): string {
  const [whole = "0", decimals = ""] = formatEther(wei).split(".");
  const zeros = /^0*/.exec(decimals)?.[0].length ?? 0;
  const kept = decimals.slice(0, whole === "0" ? zeros + 6 : 6).replace(/0+$/, "");
  return `${BigInt(whole).toLocaleString()}${kept === "" ? "" : `.${kept}`} ETH`;
}
