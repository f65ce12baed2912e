import { BlobLog__factory } from "../../typechain-types/index.ts";
import { seeded } from "../../test/helpers/seeded.ts";
import { aligned } from "../table.ts";
import { openChain, receiptOf, rollupPrice, ROLLUP_FEES, type Cost } from "./chain.ts";

/** The sizes that a blob on chain may have, in bytes. */
const SIZES = [4_096, 16_384, 65_536] as const;

/** What a KiB of a blob takes on chain. */
export interface BlobCost {
  readonly bytes: number;
  readonly gas: number;
  /** On a rollup of the OP stack, at {@link ROLLUP_FEES}: for data, and all together, in gwei. */
  readonly rollup: { readonly dataFee: number; readonly total: number };
}

/** Measures what the store on chain sends, for a blob of each size, uniform as sealed bytes are. */
export async function measureBlobs(): Promise<BlobCost[]> {
  const [mainnet, rollup] = [await publishOn("l1"), await publishOn("op")];
  return SIZES.map((bytes, i) => {
    const [here, there] = [mainnet[i], rollup[i]];
    if (here === undefined || there === undefined) throw new Error("a size was not measured");
    const { dataFee, total } = rollupPrice(there);
    return { bytes, gas: here.gas, rollup: { dataFee, total } };
  });
}

async function publishOn(chainType: "l1" | "op"): Promise<Cost[]> {
  const chain = await openChain(chainType);
  const log = await new BlobLog__factory(chain.deployer).deploy();
  const random = seeded("blobs on chain");
  const costs: Cost[] = [];
  for (const bytes of SIZES)
    costs.push(await chain.costOf(await receiptOf(log.connect(chain.owner).publish(random(bytes)))));
  return costs;
}

/** The table of `docs/stores.md`. */
export function blobTable(costs: readonly BlobCost[]): string {
  const rows = costs.map(({ bytes, gas, rollup }) => {
    const kib = bytes / 1_024;
    const each = [gas / kib, rollup.dataFee / kib, rollup.total / kib].map((value) =>
      count(Math.round(value)),
    );
    return [`${kib} KiB`, count(gas), ...each];
  });
  const { l1BaseFee, l1BlobBaseFee, l2BaseFee } = ROLLUP_FEES;
  const fees = [l1BaseFee, l1BlobBaseFee, l2BaseFee].map((wei) => `${wei / 1e9} gwei`);
  return [
    "A blob in BlobLog, whole transactions; on an OP rollup in gwei, a billionth of an ether",
    `base fee of mainnet ${fees[0] ?? ""}, of its blobs ${fees[1] ?? ""}, of the rollup ${fees[2] ?? ""}`,
    "",
    aligned([["", "gas", "gas a KiB", "rollup: data fee a KiB", "all, a KiB"], ...rows]),
  ].join("\n");
}

const count = (value: number): string => value.toLocaleString("en-US");
