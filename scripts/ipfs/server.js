// A real IPFS node, for tests and the demo: ipfs-core with its HTTP server, which speaks Kubo's RPC. Alone: it knows nobody and
// looks for nobody. Arguments: the folder that the packages are installed in, and the node's own.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, repo] = process.argv.slice(2);

/** Imports a package from the folder: no package can be asked for by a path that is not above this file. */
async function imported(name) {
  const at = path.join(folder, "node_modules", name);
  const { exports } = JSON.parse(await readFile(path.join(at, "package.json"), "utf8"));
  return import(pathToFileURL(path.join(at, exports["."].import)));
}

const { create } = await imported("ipfs-core");
const { HttpApi } = await imported("ipfs-http-server");

const node = await create({
  repo,
  offline: true,
  silent: true,
  init: { algorithm: "Ed25519", emptyRepo: true },
  config: {
    Addresses: { Swarm: [], API: "/ip4/127.0.0.1/tcp/0", Gateway: "" },
    Bootstrap: [],
    Discovery: { MDNS: { Enabled: false }, webRTCStar: { Enabled: false } },
  },
});
const api = new HttpApi(node);
await api.start();
process.send({ url: api._apiServers[0].info.uri });
// Whoever started it is gone: so is it.
process.once("disconnect", () => process.exit());
process.once("SIGTERM", () => void api.stop().then(() => node.stop().then(() => process.exit())));
