import type { Cli } from "../cli.ts";
import { addAccept } from "./accept.ts";
import { addAdd } from "./add.ts";
import { addAgent } from "./agent.ts";
import { addBio } from "./bio.ts";
import { addChange } from "./change.ts";
import { addCompletion } from "./completion.ts";
import { addConflicts } from "./conflicts.ts";
import { addDev } from "./dev.ts";
import { addDevices } from "./devices.ts";
import { addExport } from "./export.ts";
import { addGrant } from "./grant.ts";
import { addHanding } from "./handing.ts";
import { addImport } from "./import.ts";
import { addInbox } from "./inbox.ts";
import { addInit } from "./init.ts";
import { addMcp } from "./mcp.ts";
import { addMint } from "./mint.ts";
import { addPassphrase } from "./passphrase.ts";
import { addPropose } from "./propose.ts";
import { addReceipts } from "./receipts.ts";
import { addRead } from "./read.ts";
import { addRequests } from "./requests.ts";
import { addRecover } from "./recover.ts";
import { addStatus } from "./status.ts";
import { addStores } from "./stores.ts";
import { addSync } from "./sync.ts";
import { addVerify } from "./verify.ts";
import { addWords } from "./words.ts";

/** All commands, in the order of their help. */
export const commands: readonly ((cli: Cli) => void)[] = [
  ...[addInit, addDev, addMint, addAdd, addImport, addRead, addBio, addChange, addConflicts, addReceipts],
  ...[
    addSync,
    addGrant,
    addAccept,
    addRequests,
    addAgent,
    addInbox,
    addPropose,
    addDevices,
    addWords,
    addHanding,
    addRecover,
    addExport,
    addVerify,
    addStatus,
    addStores,
    addMcp,
    addPassphrase,
    addCompletion,
  ],
];
