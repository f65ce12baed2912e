/**
 * Memory Vault's client: everything that a device or a reader does, in Node and in a browser.
 *
 * @module
 */
export * from "./errors.ts";
export {
  generateIdentity,
  recipientBytes,
  recipientDigest,
  recipientOf,
  recipientText,
} from "./crypto/identity.ts";
export { mintSalt } from "./crypto/keys.ts";
export type { VaultRef } from "./crypto/ref.ts";
export { deploymentOf, type Deployment } from "./deployments.ts";
export type { Changes, Operation, ShredOperation } from "./memory/operations.ts";
export { preview, type Preview, type Previewed } from "./memory/preview.ts";
export { versionsOf } from "./memory/versions.ts";
export { SUGGESTED_SCOPES, type Memory, type MemoryType, type Source } from "./memory/record.ts";
export { memoryJournalStore, type JournalStore } from "./storage/journal-store.ts";
export { cidOf, digestOf, memoryStore, type BlobStore, type Digest } from "./storage/store.ts";
export { acceptWelcome, findWelcome, renewMembership, type AcceptRequest } from "./vault/accept.ts";
export { MAX_SCOPES } from "./vault/blob.ts";
export { PERMISSION, registryContract, vaultContract, vaultIdOf } from "./vault/contract.ts";
export type { Finality } from "./vault/contract.ts";
export { collectWelcome, dropWelcome, grant, grants, revoke } from "./vault/grant.ts";
export type { Granted, GrantEntry, GrantRequest } from "./vault/grant.ts";
export {
  dropLostText,
  lostTexts,
  forget,
  pending,
  reinforce,
  remember,
  scopeName,
  uncommitted,
  update,
  withdraw,
  type MemoryInput,
  type SeenMemory,
} from "./vault/memories.ts";
export { mintVault, type Minted, type MintRequest } from "./vault/mint.ts";
export { isOfMemory, type VaultOperation } from "./vault/operations.ts";
export { headOf, proveMemory, read, roleOf, status } from "./vault/read.ts";
export type { MemoryProof, ScopeView, VaultStatus, VaultView } from "./vault/read.ts";
export { recoverVault, type RecoverRequest } from "./vault/recover.ts";
export { keyOf, publishKey, type PublishedKey } from "./vault/registry.ts";
export type { RosterMember } from "./vault/roster.ts";
export { vaultAt, type Environment, type Vault } from "./vault/session.ts";
export { settle } from "./vault/settle.ts";
export { sync, type SyncResult } from "./vault/sync.ts";
export type { LostText } from "./vault/journal.ts";
