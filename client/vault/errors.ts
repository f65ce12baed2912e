/**
 * Errors of who is let in, changed, removed and handed over to: of the entry `memory-vault/manage` alone, so that nobody loads
 * them who reads or writes a vault.
 */
import { VaultError } from "../errors.ts";

/** A shred that names nothing. */
export class NoMemories extends VaultError {
  constructor() {
    super("A shred names at least one memory. Say which.");
  }
}

/** A listed grant that was changed, and is on chain as it was. */
export class ChangeLeftOut extends VaultError {
  constructor(readonly grantee: string) {
    super(`Somebody landed the commit without the changed grant of ${grantee} beside it. Change it again.`);
  }
}

/** A member whose record nobody vouches for who is not about to be removed. */
export interface UnconfirmedMember {
  /** Names the record as it stands: what `confirmed` takes. */
  readonly fingerprint: string;
  readonly id: string;
  readonly class: "owner" | "reader";
  /** The owner's own words. */
  readonly label: string;
  /** Names of the scopes that a reader reads, as the head to build on has them. */
  readonly scopes: readonly string[];
  /** sha256 of its recipient, 0x-prefixed: the device shows the same. */
  readonly recipientDigest: string;
}

/** Whoever is removed may have written these members' keys or terms. */
export class RecipientsUnconfirmed extends VaultError {
  constructor(readonly members: readonly UnconfirmedMember[]) {
    const named = members.map(({ label, id, scopes, recipientDigest }) =>
      [`${label} (${id}, key ${recipientDigest}`, ...scopes.map((scope) => `reads ${scope}`)].join(", "),
    );
    super(
      `Whoever is removed may have put these in: ${named.map((each) => `${each})`).join("; ")}. Compare each key with what ` +
        "its device shows, and what it reads with what you gave; then confirm it, or remove it too.",
    );
  }
}

/** Nobody of that name is a member. What is longer than an account is not repeated: it may be a secret. */
export class UnknownMember extends VaultError {
  readonly member: string;

  constructor(who: string) {
    const member = who.length > "0x".length + 40 ? `${who.slice(0, 6)}…` : who;
    super(`${member} is no member of this vault. List the devices and the grants to see who is.`);
    this.member = member;
  }
}

/** Two members would find their welcomes by one locator: neither could tell which is its own. */
export class LocatorShared extends VaultError {
  constructor(readonly memberIds: readonly [string, string]) {
    super(`Members ${memberIds.join(" and ")} have one locator, and one of them would be lost. Remove one.`);
  }
}

/** A device that was just recovered is no member of its own yet. */
export class NotEnrolled extends VaultError {
  constructor(readonly memberId: string) {
    super(`This device is not a member yet (it becomes ${memberId}). Sync it first.`);
  }
}

/** The device that does it cannot leave by it. */
export class OwnDevice extends VaultError {
  constructor(readonly memberId: string) {
    super(`This device (member ${memberId}) cannot remove itself. Remove it from another one.`);
  }
}

/** The vault's memories were handed over to nobody, or not to this device. */
export class NotHandedOver extends VaultError {
  constructor(
    readonly vaultId: bigint,
    readonly why: string,
  ) {
    super(
      `Vault 0x${vaultId.toString(16).padStart(64, "0")} was not handed over: ${why}. Its memories stay closed to whoever owns it next. ` +
        "Hand it over first, or say that it is to go without them.",
    );
  }
}

/** What must be final is not final yet. */
export class NotFinal extends VaultError {
  constructor(readonly what: string) {
    super(`Not final yet: ${what}. Wait until the chain will not take it back, and call again.`);
  }
}

/** What is to be undone took the words with it. */
export class WordsNeeded extends VaultError {
  constructor() {
    super(
      "The 24 words are not in the roster (a hand-over takes them out): give them, or they would open the vault no more.",
    );
  }
}
