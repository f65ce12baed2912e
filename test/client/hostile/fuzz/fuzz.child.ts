// A process of its own for fuzz.test.ts: what V8 counts here is the client alone. Prints a line of JSON for each decoder.
import { fileURLToPath } from "node:url";

import { coverage } from "./coverage.ts";
import { tryBlindly, tryGuided } from "./fuzz.ts";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [way = "blindly", inputs = "300", seed = "1", only = ""] = process.argv.slice(2);
  const counter = way === "guided" ? coverage((url) => /\/(client|apps|cborg)\//.test(url)) : null;
  const { targets } = await import("./targets.ts");
  for (const target of await targets()) {
    if (!target.name.includes(only)) continue;
    const started = performance.now();
    const trial = await (counter === null
      ? tryBlindly(target, Number(inputs), Number(seed))
      : tryGuided(target, Number(inputs), Number(seed), counter));
    const report = { ...trial, ms: Math.round(performance.now() - started), rss: process.memoryUsage.rss() };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}
