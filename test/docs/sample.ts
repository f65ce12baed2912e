import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A sample of a page, made into a module. */
export interface Sample<T> {
  /** What the compiler has to say about it, under the project's own options. */
  readonly diagnostics: () => string[];
  readonly load: () => Promise<T>;
  readonly remove: () => Promise<void>;
}

/**
 * Writes a module to a folder that is not committed. It stands one folder below the root, so that it imports as tests and
 * scripts do.
 */
export async function sampleModule<T>(name: string, source: string): Promise<Sample<T>> {
  const file = `${ROOT}cache/${name}-${String(process.pid)}.ts`;
  await mkdir(`${ROOT}cache`, { recursive: true });
  await writeFile(file, source);
  return {
    diagnostics: () => {
      const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
        config: unknown;
      };
      const { options } = ts.parseJsonConfigFileContent(
        { ...(config as object), include: [], files: [] },
        ts.sys,
        ROOT,
      );
      const program = ts.createProgram([file], options);
      const own = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
      return own.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    },
    load: () => import(pathToFileURL(file).href) as Promise<T>,
    remove: () => rm(file, { force: true }),
  };
}
