// A process of its own for files.test.ts: takes a journal's lock and holds it, leaves with it, or counts under it.
import { fileURLToPath } from "node:url";

import { fileJournalStore } from "../../../client/storage/files.ts";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = "", what] = process.argv.slice(2);
  const journal = fileJournalStore(folder, { patience: 60_000 });
  if (what === "count") {
    for (let i = 0; i < 20; i++) {
      const release = await journal.lock();
      const count = Number(new TextDecoder().decode((await journal.read("count")) ?? undefined));
      await journal.write("count", new TextEncoder().encode(String(count + 1)));
      await release();
    }
    process.exit(0);
  }
  await journal.lock();
  if (what === "leave") process.exit(0);
  process.send?.("held");
  setInterval(() => undefined, 1000);
}
