/** Faults that a checker worth the name must find: each makes a property false. */
import { contentOf, type Overlay } from "./sources.ts";

export interface Fault {
  /** In words. */
  readonly name: string;
  /** The property that it violates. */
  readonly property: string;
  /** Text of the contract, once in its file, and what stands there instead. */
  readonly from: string;
  readonly to: string;
}

export const CONTRACT = "contracts/MemoryVault.sol";

export const FAULTS: readonly Fault[] = [
  {
    name: "a burn leaves an authorizer",
    property: "invariant",
    from: "_setAuthorization(vaultId, address(0), address(0));",
    to: "_setAuthorization(vaultId, address(0), msg.sender);",
  },
  {
    name: "a transfer begins a new history",
    property: "head-moves-by-commit-alone",
    from: "super.transferFrom(from, to, vaultId);",
    to: "super.transferFrom(from, to, vaultId); _vaults[vaultId].sequence = 0;",
  },
  {
    name: "the sequence of a commit is not checked",
    property: "head-counts-by-one",
    from: "delta.sequence != sequence + 1 || ",
    to: "",
  },
  {
    name: "the predecessor of a commit is not checked",
    property: "head-follows-its-predecessor",
    from: " || delta.prevStateRoot != stateRoot",
    to: "",
  },
  {
    name: "a foreign head's transition id is not kept",
    property: "head-is-a-hash-chain",
    from: "if (foreign) vault.foreignTransitionId = transitionId;",
    to: "",
  },
  {
    name: "a grant does not expire",
    property: "grant-is-valid-while-it-says",
    from: "block.timestamp < g.expiresAt &&",
    to: "",
  },
  {
    name: "a grant of another generation counts",
    property: "grant-is-valid-while-it-says",
    from: "g.generation == _vaults[vaultId].generation",
    to: "g.generation != 0",
  },
  {
    name: "a grant may begin expired",
    property: "grant-begins-by-the-owners-grant",
    from: "if (expiresAt <= block.timestamp)",
    to: "if (expiresAt == 0)",
  },
  {
    name: "a revoke leaves the grant",
    property: "grant-ends-by-revoke",
    from: "delete grants[grantee];",
    to: "",
  },
  {
    name: "a new owner begins no generation",
    property: "grant-ends-with-the-owner",
    from: "_vaults[vaultId].generation += 1;",
    to: "",
  },
  {
    name: "an empty signature counts from anybody",
    property: "commit-is-the-authorizers",
    from: "if (msg.sender != account) revert Unauthorized(vaultId, msg.sender);",
    to: "",
  },
  {
    name: "an id need not be derived",
    property: "registration-is-the-controllers",
    from: "if (spaceId != derived) revert SpaceIdMismatch(derived, spaceId);",
    to: "",
  },
  {
    name: "the signature of an authorization does not cover the new owner",
    property: "configuration-is-the-owners",
    from: "SPACE_AUTHORIZATION_TYPEHASH, spaceId, newController,",
    to: "SPACE_AUTHORIZATION_TYPEHASH, spaceId, newAuthorizer,",
  },
  {
    name: "anybody revokes",
    property: "grants-are-the-owners",
    from: "if (msg.sender != _authorizerOf(vaultId) && msg.sender != grantee) _requireOwner(vaultId);",
    to: "",
  },
  {
    name: "who is approved counts as the owner",
    property: "approval-is-for-transfers",
    from: "if (msg.sender != _requireOwned(vaultId)) revert Unauthorized(vaultId, msg.sender);",
    to: "_checkAuthorized(_requireOwned(vaultId), msg.sender, vaultId);",
  },
  {
    name: "the nonce skips a number",
    property: "nonce-steps-by-one",
    from: "vault.configNonce + 1;",
    to: "vault.configNonce + 2;",
  },
  {
    name: "the generation skips a number",
    property: "generation-steps-by-one",
    from: "_vaults[vaultId].generation += 1;",
    to: "_vaults[vaultId].generation += 2;",
  },
  {
    name: "a new owner finds the vault unlocked",
    property: "new-owner-begins-locked",
    from: "generation += 1;\n        _lock(vaultId);",
    to: "generation += 1;",
  },
  {
    name: "an id is registered again",
    property: "id-is-registered-once",
    from: "if (vault.generation != 0) revert SpaceAlreadyRegistered(spaceId);",
    to: "",
  },
  {
    name: "a burned id is free",
    property: "burned-never-returns",
    from: "if (vault.generation != 0) revert",
    to: "if (_ownerOf(vaultId) != address(0)) revert",
  },
  {
    name: "the lock is open to transfers",
    property: "locked-moves-by-authorization-alone",
    from: "if (auth != address(0) && _vaults[vaultId].flags & LOCKED != 0) revert VaultLocked(vaultId);",
    to: "",
  },
  {
    name: "the lock is open to a burn",
    property: "locked-moves-by-authorization-alone",
    from: "if (_vaults[vaultId].flags & LOCKED != 0) revert VaultLocked(vaultId);",
    to: "",
  },
  {
    name: "anybody unlocks",
    property: "lock-is-the-owners",
    from: "_requireOwner(vaultId);\n        if (_vaults[vaultId].flags & LOCKED == 0) return;",
    to: "if (_vaults[vaultId].flags & LOCKED == 0) return;",
  },
];

/**
 * The contract's file with a fault in it.
 *
 * @throws {RangeError} if the text that the fault replaces does not stand there, or more than once.
 */
export function withFault({ name, from, to }: Fault): Overlay {
  const content = contentOf(CONTRACT);
  const [before, after, ...more] = content.split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new RangeError(`"${name}" does not know where to go: ${from}`);
  return { [CONTRACT]: `${before}${to}${after}` };
}
