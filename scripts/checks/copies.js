/**
 * Fails when the client would load a cryptographic library twice. Hardhat and ethers bring copies of their own, which are
 * none of our business; what our dependencies bring must be the copy that we use.
 */
import { readFile } from "node:fs/promises";

const lock = JSON.parse(await readFile(new URL("../../package-lock.json", import.meta.url), "utf8"));
const packages = Object.entries(lock.packages);

// Follow the dependencies of the package itself, except into ethers, as npm resolves them: the nearest folder wins.
const resolve = (from, name) => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const candidate = `${folder}${folder === "" ? "" : "/"}node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (folder === "") return undefined;
  }
};
const reached = new Set();
const walk = (location) => {
  const { dependencies = {}, optionalDependencies = {} } = lock.packages[location];
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = resolve(location, name);
    if (found === undefined || name === "ethers" || reached.has(found)) continue;
    reached.add(found);
    walk(found);
  }
};
walk("");

const versions = new Map();
for (const location of reached) {
  const name = location.slice(location.lastIndexOf("node_modules/") + "node_modules/".length);
  if (!/^@(noble|scure)\//.test(name)) continue;
  versions.set(name, [...(versions.get(name) ?? []), lock.packages[location].version]);
}
let failed = versions.size === 0 || packages.length === 0;
for (const [name, found] of versions) {
  // One version in two places is one copy in a bundle only if a bundler merges them, so it counts as well.
  if (found.length === 1) continue;
  console.error(
    `${name} is there ${found.length} times: ${found.join(", ")}. Use "overrides" in package.json.`,
  );
  failed = true;
}
if (failed) process.exit(1);
console.log(`One copy each of ${[...versions].map(([name, [version]]) => `${name} ${version}`).join(", ")}.`);
