/**
 * Where blobs can be kept besides memory and a folder. An entry of its own: who keeps them elsewhere loads none of it.
 *
 * @module
 */
export {
  blobLogContract,
  chainStore,
  MAX_PUBLISHED,
  TransactionWaits,
  type ChainStore,
  type ChainStoreOptions,
  type PublishingCost,
} from "./storage/chain.ts";
export type { Copies, NotCopied, Repaired, Shortfall, StoreCopies } from "./storage/copies.ts";
export { randomDelay } from "./storage/delay.ts";
export { ipfsStore, StoreReadOnly, type IpfsOptions } from "./storage/ipfs.ts";
export type { StoredBlob } from "./storage/store.ts";
export { isLocal } from "./storage/redirect.ts";
export type { PinningService } from "./storage/pinning.ts";
export { namedStore, type StoreParts } from "./storage/named.ts";
export {
  InvalidStoreName,
  parseStoreName,
  STORE_SYNTAX,
  storeNameText,
  type FolderOf,
  type StoreName,
} from "./storage/store-name.ts";
export { isMirror, mirrorStore, QuorumMissed, type Mirror, type MirrorOptions } from "./storage/mirror.ts";
export { audit, carryOver, collectGarbage, repair, type Audit, type Repair } from "./vault/audit.ts";
