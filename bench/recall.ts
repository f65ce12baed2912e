// Measures recall by words on LoCoMo: npm run bench:recall -- ../shared/data/locomo/locomo4.json
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { crossValidate, measureRecall, NotLocomo, readLocomo, type Share } from "./locomo.ts";
import { aligned } from "./table.ts";

const KS = [5, 10, 20];
const USAGE =
  "Usage: npm run bench:recall -- FILE [--json FILE] [--validate], FILE a LoCoMo data set (github.com/snap-research/locomo)";

const percent = (share: number): number => Number((share * 100).toFixed(1));
const cells = ({ questions, at }: Share): string[] => [
  String(questions),
  ...[...at.values()].map((share) => percent(share).toFixed(1)),
];

function main(): void {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, validate: { type: "boolean" } },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new TypeError(USAGE);
  const conversations = readLocomo(readFileSync(file, "utf8"));
  const { all, byCategory, turns, milliseconds } = measureRecall(conversations, KS);
  const header = ["", "questions", ...KS.map((k) => `recall@${k}`)];
  const rows = [...byCategory].map(([category, share]) => [category, ...cells(share)]);
  console.log(aligned([header, ["all", ...cells(all)], ...rows]));
  const each = all.questions === 0 ? 0 : milliseconds.search / all.questions;
  console.log(
    `${turns} memories indexed in ${milliseconds.index.toFixed(0)} ms, ${each.toFixed(2)} ms a question`,
  );
  if (values.json !== undefined) {
    const figures = Object.fromEntries([...all.at].map(([k, share]) => [`recall@${k}`, percent(share)]));
    writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  }
  if (values.validate === true) validate(conversations);
}

/** What would have been chosen without each conversation, and what it gives there. */
function validate(conversations: ReturnType<typeof readLocomo>): void {
  const { folds, chosen } = crossValidate(conversations);
  const rows = folds.map(({ heldOut, chosen: { reach, weight }, questions, recall }) => [
    ...[heldOut, String(reach), String(weight), String(questions), percent(recall).toFixed(1)],
  ]);
  console.log(aligned([["held out", "reach", "weight", "questions", "recall@10"], ...rows]));
  const questions = folds.reduce((sum, fold) => sum + fold.questions, 0);
  const mean = folds.reduce((sum, fold) => sum + fold.recall * fold.questions, 0) / questions;
  console.log(`held out, all: ${percent(mean).toFixed(1)}`);
  console.log(`chosen by all: reach ${chosen.reach}, weight ${chosen.weight}`);
}

try {
  main();
} catch (fault) {
  // A file that cannot be read, or is something else, is the caller's affair; all else is a fault of ours.
  const expected = fault instanceof NotLocomo || (fault instanceof Error && "code" in fault);
  if (!expected && !(fault instanceof TypeError && fault.message === USAGE)) throw fault;
  console.error(fault.message);
  process.exitCode = fault instanceof NotLocomo ? 1 : 2;
}
