// A process of its own for directory.test.ts: puts numbered blobs into a folder, and says so after the first.
import { fileURLToPath } from "node:url";

import { directoryStore } from "../../../client/storage/directory.ts";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = "", count = "0", round = "0"] = process.argv.slice(2);
  const store = directoryStore(folder);
  for (let seed = 0; seed < Number(count); seed++) {
    await store.put(
      new Uint8Array(262_144)
        .fill(seed)
        .fill(seed >> 8, 100)
        .fill(Number(round), 200),
    );
    if (seed === 0) process.send?.("begun");
  }
}
