// A process of its own for directory.test.ts: puts numbered blobs into a folder, and says so after the first.
import { directoryStore } from "../../../client/storage/directory.ts";

if (process.send) {
  const [folder = "", count = "0"] = process.argv.slice(2);
  const store = directoryStore(folder);
  for (let seed = 0; seed < Number(count); seed++) {
    await store.put(new Uint8Array(65536).fill(seed).fill(seed >> 8, 100));
    if (seed === 0) process.send("begun");
  }
}
