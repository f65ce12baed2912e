import { fileURLToPath } from "node:url";

import { build } from "vite";

const CONFIG = fileURLToPath(new URL("../../apps/web/vite.config.ts", import.meta.url));

/** Where `npm run web:build` leaves the app. */
export const DIST = fileURLToPath(new URL("../../apps/web/dist", import.meta.url));

/** Builds the web app into a folder, which it empties before. */
export async function buildApp(folder: string): Promise<void> {
  await build({ configFile: CONFIG, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
}
