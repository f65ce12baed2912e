// Measures lexical recall on LoCoMo: npm run bench:recall -- ../shared/data/locomo/locomo4.json
import { readFileSync } from "node:fs";

import { measureRecall } from "./locomo.ts";

const file = process.argv[2];
if (file === undefined) {
  console.error("Usage: npm run bench:recall -- FILE, a LoCoMo data set (github.com/snap-research/locomo)");
  process.exit(2);
}
const { questions, turns, recall, milliseconds } = measureRecall(readFileSync(file, "utf8"), [5, 10, 20]);
console.log(`${questions} questions over ${turns} memories`);
for (const [k, share] of recall) console.log(`recall@${k}  ${(share * 100).toFixed(1)}`);
console.log(
  `index ${milliseconds.index.toFixed(0)} ms, search ${(milliseconds.search / questions).toFixed(2)} ms a question`,
);
