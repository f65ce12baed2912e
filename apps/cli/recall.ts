import { VaultError, type Previewed, type Vault } from "../../client/index.ts";
import { indexFiles } from "../../client/recall.ts";
import { searchSight, wordRecall, type Recall, type RecallOptions } from "../mcp/recall.ts";
import { verified, type Sight } from "../mcp/sight.ts";
import { look } from "./look.ts";
import type { Session } from "./session.ts";

/** Searches a vault by the index that this device keeps of it, which takes in what changed. */
export async function searchKept(
  session: Pick<Session, "warn">,
  vault: Vault,
  sight: Sight,
  query: string,
  options: RecallOptions,
): Promise<Previewed[]> {
  const recall = wordRecall(indexFiles(vault));
  const { view } = sight;
  const head = view === null ? null : await recall.head(verified(view), view.sequence);
  const found = searchSight(sight, recall, head, query, { ...options, now: vault.now() });
  await keep(session, recall);
  return found;
}

/** Has the index that this device keeps, if it keeps one, let go of what the vault does not hold any more. */
export async function tidyKept(session: Pick<Session, "warn">, vault: Vault): Promise<void> {
  const files = indexFiles(vault);
  if ((await files.list()).length === 0) return;
  const recall = wordRecall(files);
  const { view } = await look(vault);
  if (view !== null) await recall.head(verified(view), view.sequence);
  await keep(session, recall);
}

/** What cannot be kept is made again the next time: worth a word, and no failure of what was asked for. */
async function keep({ warn }: Pick<Session, "warn">, recall: Recall): Promise<void> {
  try {
    await recall.keep();
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    warn(`The index for search was not kept: ${fault.message}`);
  }
}
