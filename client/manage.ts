/**
 * Who is let in and who leaves, and what is to be gone: changed grants, devices of the owner, new keys for everybody, shreds,
 * and what imports must not bring back. An entry of its own, which nobody who reads or writes a vault loads.
 *
 * @module
 */
export { welcomeFile, welcomeText } from "./crypto/welcome-text.ts";
export { change, type Changed, type ChangeRequest } from "./vault/change.ts";
export { MAX_TEXT_BYTES } from "./memory/record.ts";
export { conflictsIn, resolveConflict, type Conflict } from "./vault/conflicts.ts";
export * from "./vault/errors.ts";
export { addDevice, devices, type DeviceEntry, type DeviceRequest } from "./vault/devices.ts";
export type { ShredReceipt } from "./vault/journal.ts";
export { acceptHandover, handOver, transfer } from "./vault/handover.ts";
export type { CheckedHandover, HandoverRequest, TransferRequest } from "./vault/handover.ts";
export { importedBefore, noteImported } from "./vault/imported.ts";
export { checkTakeOver, takeOver, type Takeover, type TakeoverRequest } from "./vault/takeover.ts";
export { heads, readAt, type PastHead, type PastRequest } from "./vault/past.ts";
export { moveMemory } from "./vault/move.ts";
export { rekey, resumeRekey, unconfirmed, type RekeyRequest, type RekeyResult } from "./vault/rekey.ts";
export { revokeAll } from "./vault/revoke-all.ts";
export { dropReceipt, receipts, shred } from "./vault/shred.ts";
export { fingerprintOf } from "./vault/witness.ts";
