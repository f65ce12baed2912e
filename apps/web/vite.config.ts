import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the folder can be hosted under any path, on IPFS as well.
  base: "./",
  build: {
    target: "es2023",
    outDir: "dist",
    // Everything is a file of its own: the policy of the page allows no data in its place.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
