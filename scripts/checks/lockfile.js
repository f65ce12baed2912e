/**
 * Reads the lockfile and fails
 * - when an optional dependency is missing from it. A registry that has the packages of its own platform alone makes npm
 *   leave those of the others out, and `npm ci` then refuses the lockfile everywhere;
 * - when the client would load a cryptographic library twice. Hardhat and ethers bring copies of their own; what our other
 *   dependencies bring must be the copy that we use.
 */
import { readFile } from "node:fs/promises";

const { packages } = JSON.parse(await readFile(new URL("../../package-lock.json", import.meta.url), "utf8"));
const faults = [];

/** Where a package finds a dependency: in the nearest `node_modules`, as Node does. */
function resolve(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const candidate = `${folder}${folder === "" ? "" : "/"}node_modules/${name}`;
    if (candidate in packages) return candidate;
    if (folder === "") return undefined;
  }
}

for (const [location, { optionalDependencies = {} }] of Object.entries(packages))
  for (const name of Object.keys(optionalDependencies))
    if (resolve(location, name) === undefined)
      faults.push(`${name}, an optional dependency of ${location}, is not in the lockfile.`);

/** What the client reaches, ethers and what lies behind it aside. */
const reached = new Set();
function walk(location) {
  for (const name of Object.keys(packages[location].dependencies ?? {})) {
    const found = resolve(location, name);
    if (found === undefined || name === "ethers" || reached.has(found)) continue;
    reached.add(found);
    walk(found);
  }
}
walk("");

const copies = Map.groupBy(
  [...reached].filter((location) => /node_modules\/@(noble|scure)\/[^/]+$/.test(location)),
  (location) => location.slice(location.lastIndexOf("node_modules/") + "node_modules/".length),
);
if (copies.size === 0)
  faults.push("The client reaches no cryptographic library: this check looks in the wrong place.");
for (const [name, locations] of copies)
  // The same version in two folders is two copies to a bundler.
  if (locations.length > 1) faults.push(`${name} is there more than once: ${locations.join(", ")}.`);

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`The lockfile is whole, with one copy each of ${[...copies.keys()].join(", ")}.`);
