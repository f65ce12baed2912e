import type { BlobStore, Deployment } from "../../../../../../client/index.ts";
import type { RpcProvider } from "../../../chain/network.ts";

/** Where somebody looks who has no key: a chain and, if they can reach it, a store. */
export interface Watched {
  readonly provider: RpcProvider;
  readonly deployment: Deployment;
  readonly vaultId: bigint;
  readonly store?: BlobStore;
}

/** How far a look has come. */
export interface Progress {
  readonly doing: "events" | "transactions" | "keys" | "store";
  /** From 0 to 1. */
  readonly done: number;
}

/** Who waits for a look. */
export interface Waiting {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** An event as anybody reads it in the chain's log. */
export interface SeenEvent {
  /** Which contract logged it. */
  readonly of: "vault" | "agent" | "registry" | "blobLog";
  readonly address: string;
  readonly name: string;
  /** By the names of the interface: addresses, whole numbers, and bytes in hexadecimal digits. */
  readonly args: Readonly<Record<string, string>>;
  readonly block: number;
  /** Its place in the block. */
  readonly index: number;
  /** The transaction's hash. */
  readonly hash: string;
}

/** Events that are not shown, because there are too many of their kind. */
export interface LeftOut {
  /** Which contract or account left them; the empty text for the vault's own, `null` for several that have no place here. */
  readonly by: string | null;
  readonly name: string;
  readonly count: number;
}

/** What a walk through the log found. */
export interface Walked {
  readonly what:
    | "vault"
    | "proposals"
    | "approvals"
    | "locks"
    | "agents"
    | "strangers"
    | "keys"
    | "operators"
    | "publications";
  /** Oldest first. */
  readonly events: readonly SeenEvent[];
  readonly leftOut: readonly LeftOut[];
  /** The oldest block that was looked at; `null` for none. */
  readonly reached: number | null;
  /** Why it ended before its end, if it did. */
  readonly stopped: "refused" | "too much" | null;
}

/** A transaction that left events of the vault. What a node does not tell, or was not asked, is `null`. */
export interface SeenTransaction {
  readonly hash: string;
  readonly block: number;
  /** Whether the node was asked. */
  readonly looked: boolean;
  /** Unix seconds. */
  readonly time: number | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Bytes of calldata. */
  readonly bytes: number | null;
  readonly gas: number | null;
  /** What it paid, in wei. */
  readonly fee: bigint | null;
  /** The functions that it calls, as far as the contracts are known. */
  readonly calls: readonly string[];
}

/** The head as the contract tells it to everybody. */
export interface SeenHead {
  /** Zero when the vault was burned. */
  readonly owner: string;
  readonly authorizer: string;
  readonly sequence: number;
  readonly configNonce: number;
  /** How many owners there were. */
  readonly generation: number;
  readonly locked: boolean;
  readonly foreign: boolean;
  readonly root: string;
  readonly pointer: string;
  readonly stateRoot: string;
}

/** What a marketplace shows. */
export interface SeenToken {
  readonly name: string;
  readonly description: string;
  /** An SVG as a data address. */
  readonly image: string;
}

/** A commit. */
export interface SeenCommit {
  readonly sequence: number;
  readonly root: string;
  readonly pointer: string;
  readonly stateRoot: string;
  readonly authorizer: string;
  /** Whether it was written in another format than this one. */
  readonly foreign: boolean;
  /** What else its transaction did with the vault: a revoke beside it shows. */
  readonly beside: readonly string[];
  readonly transaction: SeenTransaction;
}

/** A listed grant, from its event to whatever ended it. */
export interface SeenGrant {
  readonly grantee: string;
  readonly mayRead: boolean;
  readonly mayPropose: boolean;
  /** Of its event. */
  readonly block: number;
  /** Unix seconds; `null` where its transaction was not looked up. */
  readonly from: number | null;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Unix seconds, before its expiry; `null` when nothing ended it, or what did was not looked up. */
  readonly ended: number | null;
  readonly endedBy: "revoked" | "replaced" | "new owner" | null;
  /** The block of what ended it. */
  readonly endedIn: number | null;
  /** Whether it counts at the block that was looked at. */
  readonly stands: boolean;
  /** Digest of a welcome that lies in the store, or `null`. */
  readonly welcome: string | null;
  readonly hash: string;
}

/** An account that had to do with the vault. */
export interface SeenAccount {
  readonly address: string;
  readonly roles: readonly string[];
  /** How many of the transactions that were looked up it sent. */
  readonly sent: number;
}

/** A key in the registry. */
export interface SeenKey {
  readonly account: string;
  readonly digest: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly block: number;
  /** Digest of an attestation, or `null`. */
  readonly attestation: string | null;
}

/** A blob whose digest stands on chain. */
export interface NamedBlob {
  readonly digest: string;
  readonly what: "welcome" | "proposal";
  /** In bytes; `null` where the store does not have it, does not hand it out as it was, or nobody asked one. */
  readonly size: number | null;
  /** Why the store did not hand it out; `null` where it merely is not there. */
  readonly fault: string | null;
  /** Whether its first bytes say that it is an age file. */
  readonly age: boolean;
}

/** A blob on a shelf. */
export interface ShelvedBlob {
  readonly digest: string;
  readonly size: number;
}

/** What one store shows to whoever keeps it. */
export interface Shelf {
  readonly store: string;
  /** `null` where it cannot be listed from here. Its keeper can. */
  readonly blobs: readonly ShelvedBlob[] | null;
  /** Whether these are all of them, and not the newest alone. */
  readonly whole: boolean;
  /** Why listing it failed. */
  readonly fault: string | null;
}

/** What was found of a vault at one block, but for its transactions. */
export interface Found {
  readonly chainId: bigint;
  readonly contract: string;
  readonly vaultId: bigint;
  /** The newest block that was looked at, and its time in Unix seconds. */
  readonly block: number;
  readonly time: number;
  readonly head: SeenHead;
  readonly token: SeenToken | null;
  /** Oldest first, as are all lists here. */
  readonly events: readonly SeenEvent[];
  readonly leftOut: readonly LeftOut[];
  /** Whether the vault's own events were looked for back to its mint. */
  readonly whole: boolean;
  readonly keys: readonly SeenKey[];
  readonly named: readonly NamedBlob[];
  readonly shelves: readonly Shelf[];
  /** What is not whole, and why, in sentences. */
  readonly incomplete: readonly string[];
}

/** What an outsider sees of a vault, as far as its transactions were looked up. */
export interface OutsiderView extends Found {
  readonly commits: readonly SeenCommit[];
  /** How many commits the node does not show, as one does that forgot old events. */
  readonly missing: number;
  /** How many commits are too old to be shown. */
  readonly older: number;
  readonly grants: readonly SeenGrant[];
  readonly transactions: readonly SeenTransaction[];
  readonly accounts: readonly SeenAccount[];
}
