import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { blobTable, measureBlobs } from "../../bench/gas/blobs.ts";
import { ROLLUP_FEES } from "../../bench/gas/chain.ts";
import { fenced } from "../docs/markdown.ts";

const PAGE = new URL("../../docs/stores.md", import.meta.url);

describe("the gas of blobs on chain", () => {
  it("is what docs/stores.md says, follows EIP-7623's floor, and the rollup's fee Fjord's formula", async () => {
    const costs = await measureBlobs();
    const table = `${blobTable(costs)}\n`;
    const page = await readFile(PAGE, "utf8");
    if (process.env["UPDATE_GAS_SNAPSHOT"] !== undefined)
      await writeFile(
        PAGE,
        page.replace(/(?<=^```text\n)[^`]*(?=^```$)/gm, () => table),
      );
    else expect(fenced(page, "text")).to.deep.equal([table]);
    const { baseFeeScalar, blobBaseFeeScalar, l1BaseFee, l1BlobBaseFee } = ROLLUP_FEES;
    for (const { bytes, gas, rollup } of costs) {
      // 21,000 and 40 a byte that is not zero, 10 a zero byte: one in 256 of uniform bytes, and a few words around them.
      const floor = 21_000 + bytes * (40 - 30 / 256);
      expect(gas / floor).to.be.within(0.99, 1.03);
      // Fjord: (836,500 of a millionth of each byte that FastLZ leaves, less 42.5856) × (16 × scalar × base fee + scalar × blob base fee) / 1e6.
      const scaled = (16 * baseFeeScalar * l1BaseFee + blobBaseFeeScalar * l1BlobBaseFee) / 1e6;
      const fee = (0.8365 * (bytes + 300) - 42.5856) * scaled;
      expect((rollup.dataFee * 1e9) / fee, "FastLZ makes uniform bytes a thirtieth longer").to.be.within(
        0.97,
        1.06,
      );
    }
  });
});
