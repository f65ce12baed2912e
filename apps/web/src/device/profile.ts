import type { JournalStore, VaultRef } from "../../../../client/index.ts";

/** This device's secrets. They leave it only sealed. */
export interface DeviceKeys {
  /** 32 bytes that seal the journals. */
  readonly journalKey: Uint8Array;
  /** The age identity that welcomes to this device are encrypted to. */
  readonly identity: string;
}

/** What the device remembers of a vault: nothing in it is secret. */
export interface KnownVault extends VaultRef {
  /** The person's own words. */
  readonly label: string;
  readonly role: "owner" | "reader";
}

/** An unlocked device. */
export interface Profile {
  readonly keys: DeviceKeys;
  readonly vaults: () => Promise<readonly KnownVault[]>;
  /** Remembers a vault; one that is known gets the new label and role. */
  readonly remember: (vault: KnownVault) => Promise<void>;
  /** A vault's own journal, in this browser. */
  readonly journalStore: (vault: VaultRef) => JournalStore;
}
