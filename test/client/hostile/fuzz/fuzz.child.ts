// A process of its own for fuzz.test.ts: what V8 counts here is the client alone. Tries every other decoder, from the one that it is told,
// and prints a line of JSON for each.
import { fileURLToPath } from "node:url";

import { coverage } from "./coverage.ts";
import { tryBlindly, tryGuided } from "./fuzz.ts";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [way = "blindly", inputs = "300", seed = "1", first = "0"] = process.argv.slice(2);
  const counter = way === "guided" ? coverage((url) => /\/(client|apps|cborg)\//.test(url)) : null;
  const { targets } = await import("./targets.ts");
  for (const [index, target] of (await targets()).entries()) {
    if (index % 2 !== Number(first)) continue;
    const started = performance.now();
    const trial = await (counter === null
      ? tryBlindly(target, Number(inputs), Number(seed))
      : tryGuided(target, Number(inputs), Number(seed), counter));
    const report = { ...trial, ms: Math.round(performance.now() - started), rss: process.memoryUsage.rss() };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}
