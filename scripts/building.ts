import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { fileJournalStore } from "../client/node.ts";

/** How long, in milliseconds, one build waits for another: a first one takes a minute on a slow machine. */
const PATIENCE = 600_000;

/**
 * Compiles the contracts, the tests' left out, where they are not compiled yet. Of several processes one does it at a time:
 * Hardhat writes its cache where another moves it from.
 *
 * @throws {JournalBusy} when another build takes more than ten minutes.
 */
export async function buildContracts(hre: HardhatRuntimeEnvironment): Promise<void> {
  const folder = path.join(hre.config.paths.cache, "building");
  const release = await fileJournalStore(folder, { patience: PATIENCE }).lock();
  try {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  } finally {
    await release();
  }
}
