/** The base of every error that this library throws on purpose; anything else is a bug, or the platform's own. */
export class VaultError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A blob is in none of the stores that were asked. */
export class BlobMissing extends VaultError {
  constructor(
    readonly digest: string,
    readonly stores: readonly string[],
  ) {
    super(`Blob ${digest} is missing from ${stores.join(", ")}. Add a store that has it, or ask its writer.`);
  }
}

/** A store handed out bytes that do not have the digest they were asked for by. */
export class BlobAltered extends VaultError {
  constructor(
    readonly digest: string,
    readonly store: string,
  ) {
    super(
      `Blob ${digest} was altered in ${store}. Read it from another store; putting it again repairs this one.`,
    );
  }
}

/** A store cannot be used: no permission, not a folder, not reachable, broken. */
export class StoreUnavailable extends VaultError {
  constructor(
    readonly store: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${store} cannot be used: ${why}. Nothing was half written; mend it and try again.`, options);
  }
}

/** A store has no room left; nothing was half written. */
export class StoreFull extends VaultError {
  constructor(
    readonly store: string,
    options?: ErrorOptions,
  ) {
    super(`${store} has no room left. Nothing was half written; free some space and try again.`, options);
  }
}

/** Not the digest of a blob. */
export class InvalidDigest extends VaultError {
  constructor(readonly digest: string) {
    super(`${JSON.stringify(digest)} is not a digest: 64 lower-case hexadecimal digits are.`);
  }
}

/** Not a name that a journal file may have. */
export class InvalidName extends VaultError {
  constructor(readonly file: string) {
    super(
      `${JSON.stringify(file)} is no name for a journal file: lower-case letters, digits, dots and dashes are, no dot first.`,
    );
  }
}

/** Somebody else holds the journal and did not let go in time. */
export class JournalBusy extends VaultError {
  constructor(
    readonly journal: string,
    readonly holder: number,
  ) {
    super(
      `The journal ${journal} is in use by process ${holder}. Wait until it is done, or end it, and try again.`,
    );
  }
}

/** A file of the journal was cut or changed on disk. */
export class JournalDamaged extends VaultError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `The journal's ${file} is damaged. Put a copy of it back, or take it away: ` +
        (file === "state"
          ? "then the 24 words recover the device."
          : "what it held is lost then, and nothing else."),
      options,
    );
  }
}

/** A file of the journal is of a version that this client does not know. */
export class JournalVersion extends VaultError {
  constructor(
    readonly file: string,
    readonly version: number,
  ) {
    super(`The journal's ${file} is of version ${version}. Use the release that wrote it, or a newer one.`);
  }
}

/** A sealed thing opens under this key, by its commitment, and is broken all the same. */
export class AlteredError extends VaultError {
  constructor(
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`Altered: ${what}. Somebody changed or cut it; read it again from another store.`, options);
  }
}

/** A key that does not open what it was expected to open. */
export class WrongKeyError extends VaultError {
  constructor(
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(
      `The key does not open ${what}. Check that vault, chain and device are the ones it was made for.`,
      options,
    );
  }
}

/** Bytes that are not what the format says, or plain data that the format cannot hold. */
export class MalformedData extends VaultError {
  constructor(
    readonly what: string,
    readonly where: string,
    options?: ErrorOptions,
  ) {
    super(
      `Malformed ${what}: ${where}. Its writer does not follow the format, or another version of it.`,
      options,
    );
  }
}

/** The records do not add up to the root that they must have. */
export class RootMismatch extends VaultError {
  constructor(
    readonly scope: string | null,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      `${scope === null ? "The vault" : `Scope ${scope}`} has root ${actual} instead of ${expected}: ` +
        "memories are missing, added or altered. Nothing of it was returned; read again from another store and RPC.",
    );
  }
}

/** The chain shows an older state, or another one, than this device saw become final. */
export class RollbackDetected extends VaultError {
  constructor(
    readonly pinned: string,
    readonly seen: string,
  ) {
    super(
      `The vault was rolled back: ${pinned} was final, the RPC shows ${seen}. Ask another RPC before you go on.`,
    );
  }
}

/** The head is older than this member's admission. */
export class NotYetAdmitted extends VaultError {
  constructor(
    readonly admittedIn: number,
    readonly epoch: number,
  ) {
    super(
      `The secret here holds from epoch ${admittedIn} on, the head is in ${epoch}. ` +
        "If this is the newest head, wait for the admission to land; earlier ones this device does not open any more.",
    );
  }
}

/** The keyring has no entry for this member any more. */
export class NotAMember extends VaultError {
  constructor(readonly epoch: number) {
    super(
      `The keyring of epoch ${epoch} has no entry for this member. Ask the vault's owner for a new grant.`,
    );
  }
}

// Whoever names a time that no date has must not turn this error into another.
const isoOf = (time: number): string => {
  const date = new Date(time * 1_000);
  return Number.isNaN(date.getTime()) ? `${time} (unix seconds)` : date.toISOString();
};

/** The grant has run out. */
export class GrantExpired extends VaultError {
  constructor(readonly expiresAt: number) {
    super(`The grant expired at ${isoOf(expiresAt)}. Ask the vault's owner for a new one.`);
  }
}

/** The head was written by other software, under a profile that this library does not read. */
export class ForeignHead extends VaultError {
  constructor(readonly transitionId?: string) {
    super(
      `The head${transitionId === undefined ? "" : ` ${transitionId}`} is in a format of other software. ` +
        "Open it there, or recover from an earlier blob.",
    );
  }
}

/** The vault has another owner than it had when this device last read it. */
export class VaultChangedHands extends VaultError {
  constructor(
    readonly pinned: bigint,
    readonly seen: bigint,
  ) {
    super(
      `The vault changed hands: generation ${pinned} became ${seen}, and its grants ended. ` +
        "Trust it only if you expected this, and then open it anew.",
    );
  }
}

/** A memory without a text. */
export class NoText extends VaultError {
  constructor() {
    super("A memory has a text, and this one is empty. Give it one; what is to go is forgotten.");
  }
}

/** A memory is larger than a record may be. */
export class RecordTooLarge extends VaultError {
  constructor(
    readonly what: string,
    readonly size: number,
    readonly limit: number,
  ) {
    super(`The ${what} has ${size} bytes, ${limit} are allowed. Split it into several memories.`);
  }
}

/** Content does not fit the place that the format gives it. */
export class ContentTooLarge extends VaultError {
  constructor(
    readonly what: string,
    readonly size: number,
    readonly limit: number,
  ) {
    super(`The ${what} takes ${size}, ${limit} is the limit. Make it smaller, or split it.`);
  }
}

/** A vault holds no more scopes. */
export class TooManyScopes extends VaultError {
  constructor(
    readonly count: number,
    readonly limit: number,
  ) {
    super(`${count} scopes are more than the ${limit} that a vault holds. Use an existing scope, or tags.`);
  }
}

/** No live memory of that id is among those that this member reads. */
export class UnknownMemory extends VaultError {
  constructor(readonly id: string) {
    super(`There is no memory ${id} here. It may have been forgotten, or its scope not granted.`);
  }
}

/** An age recipient that is not the post-quantum hybrid kind. A secret pasted in its place is not repeated. */
export class ClassicRecipient extends VaultError {
  readonly recipient: string;

  constructor(recipient: string) {
    const beginning = shortened(recipient, 12);
    super(`${beginning} is not post-quantum. Only recipients that begin with age1pq1 may be used here.`);
    this.recipient = beginning;
  }
}

/** Not the 24 words of a vault. The words themselves are never in the message. */
export class InvalidWords extends VaultError {
  constructor(readonly why: string) {
    super(`These are not the 24 words of a vault: ${why}. Compare them with the sheet.`);
  }
}

/** A welcome that this device does not accept. */
export class WelcomeRejected extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The welcome was rejected: ${why}. Ask the vault's owner for a new one.`, options);
  }
}

/** An account without a key in the registry. */
export class KeyNotPublished extends VaultError {
  constructor(readonly account: string) {
    super(
      `${account} has no key in the registry, or it was retired or expired. It must publish one, or hand it over.`,
    );
  }
}

/** A vault that was minted and never written. */
export class VaultEmpty extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `Vault ${idText(vaultId)} has no commit yet. Sync the device that minted it, or recover with the owner's wallet.`,
    );
  }
}

/** The contract knows no vault of that id. */
export class VaultNotFound extends VaultError {
  constructor(
    readonly vaultId: bigint,
    options?: ErrorOptions,
  ) {
    super(
      `There is no vault 0x${vaultId.toString(16).padStart(64, "0")} at that contract. Check chain, contract and id; ` +
        "words give the id of what their owner's address minted by them: another vault's must be named.",
      options,
    );
  }
}

/** The contract refused; name and values are those of its own error. */
export class ContractRefusal extends VaultError {
  constructor(
    readonly error: string,
    readonly values: readonly unknown[],
    options?: ErrorOptions,
  ) {
    super(`The contract refused: ${error}(${values.map(String).join(", ")}).`, options);
  }
}

/** The vault was minted by another device. */
export class VaultExists extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `Vault ${idText(vaultId)} exists and has another commit key. Recover it, or mint with the next index.`,
    );
  }
}

/** The device keeps no state of this vault. */
export class NotInitialised extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(`This device knows nothing of vault ${idText(vaultId)}. Mint it, accept a welcome, or recover it.`);
  }
}

/** A listed grant does not stand on chain any more. */
export class GrantRevoked extends VaultError {
  constructor(readonly grantee: string) {
    super(`The grant of ${grantee} was revoked. Ask the owner for a new one.`);
  }
}

/** Only the owner's devices and the recovery words can do this. */
export class OwnerClassOnly extends VaultError {
  constructor(readonly action: string) {
    super(`Only the owner's own devices can ${action}; this one is a reader.`);
  }
}

/** The transaction must come from the vault's owner. */
export class OwnerRequired extends VaultError {
  constructor(
    readonly owner: string,
    readonly account: string | null,
  ) {
    super(
      `Only the owner ${owner} can do this; the wallet is ${account ?? "absent"}. Connect the owner's wallet.`,
    );
  }
}

/** Something that costs gas was asked for without an account. */
export class WalletRequired extends VaultError {
  constructor(readonly action: string) {
    super(`To ${action} takes a wallet. Give one.`);
  }
}

/** This device does not hold the key that may commit. */
export class CommitKeyMissing extends VaultError {
  constructor(readonly authorizer: string) {
    super(
      `The vault takes commits of ${authorizer}, whose key is not here. Use the owner's wallet, or set a new commit key.`,
    );
  }
}

/** Other writers came first, again and again. */
export class RaceLost extends VaultError {
  constructor(readonly attempts: number) {
    super(`Other writers came first ${attempts} times. Nothing is lost: the journal keeps it. Sync again.`);
  }
}

/** A signed batch may have landed so long ago that nobody can tell. */
export class UncertainBatch extends VaultError {
  constructor(
    readonly batch: string,
    readonly operations: readonly string[],
  ) {
    super(
      `Batch ${batch} of ${operations.length} operations was signed more than 128 commits ago and may have landed. It is not sent again: look whether its memories are there.`,
    );
  }
}

/** Not a name for a scope. */
export class InvalidScopeName extends VaultError {
  constructor(readonly scope: string) {
    super(`${JSON.stringify(scope)} is no name for a scope: 1 to 128 bytes without control characters are.`);
  }
}

/** Not an account that can be granted anything. A secret pasted in its place is not repeated. */
export class InvalidAccount extends VaultError {
  readonly account: string;

  constructor(account: string) {
    const beginning = shortened(account, 6);
    super(`Not a grantee: ${beginning}. Give an address, checksummed or in one case.`);
    this.account = beginning;
  }
}

/** A grant must end, and not yesterday. */
export class InvalidExpiry extends VaultError {
  constructor(
    readonly expiresAt: number,
    readonly now: number,
    readonly latest: number,
  ) {
    super(
      `A grant cannot end at ${expiresAt}: it is ${now} now, and ${latest} is the latest (unix seconds, not milliseconds). Choose a time between.`,
    );
  }
}

/** The grantee has a grant. */
export class AlreadyMember extends VaultError {
  constructor(
    readonly grantee: string,
    readonly memberId: string,
  ) {
    super(
      `${grantee === "" ? "This recipient" : grantee} has a grant already (member ${memberId}), perhaps one that is not ` +
        "final yet. Collect its welcome; or revoke it, and grant anew.",
    );
  }
}

/** Nobody of that name has a grant. What is longer than an account is not repeated: it may be a secret. */
export class NotGranted extends VaultError {
  readonly grantee: string;

  constructor(who: string) {
    const grantee = who.length > ACCOUNT_LENGTH ? shortened(who, 6) : who;
    super(`${grantee} has no grant in this vault. List the grants to see who has.`);
    this.grantee = grantee;
  }
}

/** The grant names no welcome in the store. */
export class WelcomeNotStored extends VaultError {
  constructor(
    readonly vaultId: bigint,
    readonly grantee: string,
  ) {
    super(
      `No welcome for ${grantee} is in the store. Ask the owner for the file, or for a grant with a stored welcome.`,
    );
  }
}

/** The node has pruned the event that holds a key's bytes. */
export class KeyBytesMissing extends VaultError {
  constructor(
    readonly account: string,
    readonly digest: string,
  ) {
    super(
      `The node no longer has the bytes of the key of ${account}. Ask its holder for the recipient with digest ${digest}.`,
    );
  }
}

/** The device is an owner's device of this vault already. */
export class AlreadyInitialised extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `This journal is that of an owner's device of vault ${idText(vaultId)}. Accept welcomes in another.`,
    );
  }
}

/** The account that pays has too little. */
export class InsufficientFunds extends VaultError {
  constructor(
    readonly account: string,
    options?: ErrorOptions,
  ) {
    super(
      `${account} has too little to pay for the transaction. Fund it, or pay with another wallet.`,
      options,
    );
  }
}

/** A grant of nothing. */
export class NoScopes extends VaultError {
  constructor() {
    super("A grant names at least one scope. Say which.");
  }
}

/** What the RPC says of a head does not fit together. */
export class HeadInconsistent extends VaultError {
  constructor(readonly stateRoot: string) {
    super(
      `Root and pointer are not those of the state root ${stateRoot}: this RPC makes heads up. Ask another.`,
    );
  }
}

/** The RPC knows no block at all. */
export class NoBlocks extends VaultError {
  constructor() {
    super("The RPC has no newest block to show. Wait until it has synchronised, or ask another.");
  }
}

/** A listed grant that is not on chain, though the commit beside it landed. */
export class GrantLeftOut extends VaultError {
  constructor(readonly grantee: string) {
    super(`Somebody landed the commit without the grant of ${grantee}: nobody was admitted. Grant again.`);
  }
}

/** An epoch that no honest vault has. */
export class EpochOutOfReach extends VaultError {
  constructor(
    readonly epoch: number,
    readonly known: number,
  ) {
    super(`The head claims epoch ${epoch}, this device knows ${known}: too far to follow. Ask another RPC.`);
  }
}

/** A head of the past that the node does not show. */
export class HeadUnknown extends VaultError {
  constructor(readonly sequence: bigint) {
    super(
      `The node does not show head ${sequence}: it has pruned the log, or there is none. Ask an RPC that keeps its log, or choose a later head.`,
    );
  }
}

/** Events are looked for so far back and no further. */
export class BlocksOutOfReach extends VaultError {
  constructor(
    readonly newest: number,
    readonly blocks: number,
  ) {
    super(
      `The RPC names ${newest} as its newest block, and what is looked for is not in the last ${blocks}. Ask another RPC.`,
    );
  }
}

/** A rekey was begun and is not done. */
export class RekeyPending extends VaultError {
  constructor(readonly operationId: string) {
    super(
      `A rekey was begun and is not done (operation ${operationId}). Go on with it: nothing else is written before.`,
    );
  }
}

/** A vault's id as 0x and 64 digits, as tools and chains show it. */
const idText = (vaultId: bigint): string => `0x${vaultId.toString(16).padStart(64, "0")}`;

const ACCOUNT_LENGTH = "0x".length + 40;

const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}…`;

/** Proposals come from accounts. */
export class ProposalUnlisted extends VaultError {
  constructor() {
    super("Only a listed grantee can propose. Grant to an account, or without that permission.");
  }
}

/** One node says that nothing was ever committed, another that something was. */
export class VaultInUse extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `Vault ${idText(vaultId)} is in use, and the RPC lags behind. Recover again when it has caught up.`,
    );
  }
}

/** Nothing stands at the address that the contract should have. */
export class ContractMissing extends VaultError {
  constructor(
    readonly address: string,
    readonly chainId: bigint,
  ) {
    super(
      `No contract stands at ${address} on chain ${chainId}: nothing was sent. Deploy there, or check the network.`,
    );
  }
}

/** Two RPCs answer the same question differently, and go on doing so. */
export class RpcsDisagree extends VaultError {
  constructor(
    readonly what: string,
    readonly first: string,
    readonly second: string,
  ) {
    super(
      `The RPCs disagree on ${what}: the first says ${first}; the second ${second}. Nothing was taken from either. ` +
        "One is far behind, on another chain or fork, or lies: try again, ask a third, and replace the one that differs from it.",
    );
  }
}

/** An RPC does not answer, or not as one does. */
export class RpcUnavailable extends VaultError {
  constructor(
    readonly rpc: "first" | "second",
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The ${rpc} RPC gives no answer: ${why}. Nothing is lost: try again, or use another.`, options);
  }
}

/** The vault's memories were handed over to a buyer: nothing more is written here. */
export class HandedOver extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `Vault ${idText(vaultId)} was handed over. Nothing here is lost: transfer it, or take it back with a rekey and the 24 words.`,
    );
  }
}
