import { defineConfig, type Plugin } from "vite";

import { PAGE_POLICY } from "./policy.ts";

/** Puts the policy into the page, before all that it is for. Not while developing: Vite's own client is inline. */
const policy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: PAGE_POLICY },
      injectTo: "head-prepend",
    },
  ],
};

const CLASS = /\bclass (\w+) extends [\w<>]+ \{/g;

/** Errors are shown by the names of their classes, which a build makes shorter: each is told its own. Keeping all names costs 80 kB. */
const errorNames: Plugin = {
  name: "error-names",
  apply: "build",
  enforce: "pre",
  transform: {
    filter: { id: /\/(client|apps\/web\/src)\/.*\.tsx?$/, code: CLASS },
    handler: (code) => ({
      code: code.replace(CLASS, (line, name: string) => `${line} static name = ${JSON.stringify(name)};`),
      map: null,
    }),
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the folder can be hosted under any path, on IPFS as well.
  base: "./",
  plugins: [policy, errorNames],
  build: {
    target: "es2023",
    outDir: "dist",
    emptyOutDir: true,
    // Not in bytes of one file, but as what the first screen takes: test/apps/web/bundle.test.ts has that limit.
    chunkSizeWarningLimit: 1_000,
    // Everything is a file of its own: the policy of the page allows no data in its place.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es", plugins: () => [errorNames] },
});
