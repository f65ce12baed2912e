import { gzipSync } from "node:zlib";

import { build } from "esbuild";

/** An entry point of the client as a browser gets it. */
export interface Bundle {
  /** Bytes after gzip, without ethers, which the page brings along. */
  readonly gzipped: number;
  /** Files that are in it. */
  readonly files: readonly string[];
  /** What it imports and does not bring. */
  readonly imports: readonly string[];
}

/**
 * Bundles an entry point for browsers. What needs Node makes it fail.
 *
 * @param entry - its file, below `client/`.
 */
export async function bundled(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL(`../../client/${entry}`, import.meta.url).pathname],
    ...{ bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" },
    ...{ external: ["ethers"], write: false, metafile: true, logLevel: "silent" },
  });
  const [output] = Object.values(metafile.outputs);
  const [file] = outputFiles;
  if (output === undefined || file === undefined) throw new Error(`nothing came of ${entry}`);
  return {
    gzipped: gzipSync(file.contents, { level: 9 }).length,
    files: Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
    imports: [...new Set(output.imports.map(({ path }) => path))],
  };
}
