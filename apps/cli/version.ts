import { readFileSync } from "node:fs";

/** The nearest package.json above this file is the package's, in a checkout as well as built. */
function packageVersion(folder: URL): string {
  try {
    const { name, version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as {
      name?: string;
      version?: string;
    };
    if (name === "memory-vault" && version !== undefined) return version;
  } catch {
    // None here.
  }
  const above = new URL("../", folder);
  return above.href === folder.href ? "0.0.0" : packageVersion(above);
}

/** The package's version. */
export const VERSION = packageVersion(new URL("./", import.meta.url));
