import { fileURLToPath } from "node:url";

import { build, type InlineConfig, type Rolldown } from "vite";

const CONFIG = fileURLToPath(new URL("../../apps/web/vite.config.ts", import.meta.url));

/** Where `npm run web:build` leaves the app. */
export const DIST = fileURLToPath(new URL("../../apps/web/dist", import.meta.url));

/** Builds the web app into a folder, which it empties before. */
export async function buildApp(folder: string): Promise<void> {
  await forPeople({ configFile: CONFIG, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
}

/** Vite asks the environment what it builds for, and a test's says that it builds for tests: React would come with its warnings. */
async function forPeople(options: InlineConfig): Promise<Awaited<ReturnType<typeof build>>> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await build(options);
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}

/** A file of the built app. */
export interface BuiltFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Whether the browser loads it before the app runs: the entry, what that imports, and their styles. */
  readonly first: boolean;
  /** Where its code is from. */
  readonly modules: readonly string[];
}

/** Builds the web app into memory, to look at it. */
export async function builtFiles(): Promise<BuiltFile[]> {
  const built = await forPeople({ configFile: CONFIG, logLevel: "silent", build: { write: false } });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === "chunk");
  const first = new Set(["index.html"]);
  const follow = (name: string): void => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (chunk === undefined || first.has(name)) return;
    first.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) first.add(style);
    chunk.imports.forEach(follow);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) follow(fileName);
  return output.map((file) => ({
    ...{ name: file.fileName, first: first.has(file.fileName) },
    content: file.type === "chunk" ? file.code : file.source,
    modules: file.type === "chunk" ? file.moduleIds : [],
  }));
}
