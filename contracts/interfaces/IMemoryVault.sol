// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {MemoryProof} from "../libraries/MemoryProof.sol";
import {IERC5192} from "./IERC5192.sol";
import {IERC8350} from "./IERC8350.sol";

/// @title IMemoryVault
/// @notice A vault is an AI memory that its owner holds: an ERC-721 token that is an ERC-8350 space at the same time,
/// `vaultId = uint256(spaceId)`. This interface adds to the two standards what a vault can do beyond them: grants,
/// proposals, the lock, and reads that answer everything in one call.
/// @dev Wherever an account is refused for want of a token the error is ERC-6093's `ERC721NonexistentToken(vaultId)`;
/// a burned vault is refused like one that was never minted.
interface IMemoryVault is IERC721, IERC5192, IERC8350 {
    /// @notice The head of a vault with everything that a reader or a writer needs to know, read at one block.
    /// @param owner The owner; zero after a burn, or if there never was such a vault.
    /// @param authorizer The authorizer in effect (the owner if none was set); zero when `owner` is.
    /// @param sequence The number of commits.
    /// @param configNonce The number of changes of owner or authorizer; at 2^24 - 1 no further one is possible.
    /// @param generation The number of owners so far, counting each change; zero if there never was such a vault.
    /// @param locked Whether the ERC-721 doors and `burn` are closed.
    /// @param foreign Whether the last commit was of another profile than ours, or had a provenance.
    /// @param prevStateRoot The state root that the last commit followed.
    /// @param stateRoot The state root of the head; the next commit must name it.
    /// @param transitionId The transition id of the last commit.
    /// @param root The Merkle root over the memory (the last `deltaCommitment`).
    /// @param pointer The masked digest of the head's blob (the last `locatorCommitment`).
    struct Head {
        address owner;
        address authorizer;
        uint64 sequence;
        uint64 configNonce;
        uint64 generation;
        bool locked;
        bool foreign;
        bytes32 prevStateRoot;
        bytes32 stateRoot;
        bytes32 transitionId;
        bytes32 root;
        bytes32 pointer;
    }

    /// @notice A listed grant as it is stored, whether or not it is in force.
    /// @param expiresAt The first second at which it is no longer valid.
    /// @param permissions READ (1), PROPOSE (2), or both.
    /// @param generation The generation of the vault that it was given in; it is void in any other.
    struct Grant {
        uint64 expiresAt;
        uint8 permissions;
        uint64 generation;
    }

    /// @notice Emitted when a grant was given or replaced.
    /// @param vaultId The vault.
    /// @param grantee Who may read or propose.
    /// @param expiresAt The first second at which it may no longer.
    /// @param permissions READ (1), PROPOSE (2), or both.
    /// @param generation The generation of the vault that the grant belongs to.
    /// @param welcome The digest of the blob that admits the grantee, or zero if it is handed over otherwise.
    event Granted(
        uint256 indexed vaultId,
        address indexed grantee,
        uint64 expiresAt,
        uint8 permissions,
        uint64 generation,
        bytes32 welcome
    );

    /// @notice Emitted when a stored grant was deleted.
    /// @param vaultId The vault.
    /// @param grantee Whose grant it was.
    /// @param by Who deleted it: the owner, the authorizer, or the grantee.
    event Revoked(uint256 indexed vaultId, address indexed grantee, address indexed by);

    /// @notice Emitted when a grantee left a proposal for the owner's devices.
    /// @param vaultId The vault.
    /// @param proposer The grantee.
    /// @param digest The digest of the proposal's blob.
    event Proposed(uint256 indexed vaultId, address indexed proposer, bytes32 digest);

    /// @notice `caller` may not do this with the vault.
    error Unauthorized(uint256 vaultId, address caller);
    /// @notice The signature is not `signer`'s over what was sent, for this chain and this contract.
    error InvalidSignature(address signer);
    /// @notice The space was registered before, and perhaps burned since.
    error SpaceAlreadyRegistered(bytes32 spaceId);
    /// @notice The space identifier is not the one derived from controller and salt.
    error SpaceIdMismatch(bytes32 expected, bytes32 actual);
    /// @notice The controller is the zero address.
    error InvalidController(address controller);
    /// @notice The authorizer is the zero address.
    error InvalidAuthorizer(address authorizer);
    /// @notice The commit does not follow the head. The values are the head as it stands.
    error StaleHead(uint256 vaultId, uint64 sequence, bytes32 stateRoot);
    /// @notice The commit's `deltaCommitment` is zero.
    error InvalidRoot(uint256 vaultId);
    /// @notice The commit's `profileId` is zero.
    error InvalidProfile(uint256 vaultId);
    /// @notice The vault is locked: unlock it first.
    error VaultLocked(uint256 vaultId);
    /// @notice The grantee is the zero address.
    error InvalidGrantee(address grantee);
    /// @notice The expiry is not in the future.
    error InvalidExpiry(uint64 expiresAt);
    /// @notice The permissions are none, or contain an unknown one.
    error InvalidPermissions(uint8 permissions);

    /// @notice Registers a space for the caller and mints its token, locked. Calls no receiver.
    /// @dev Emits {IERC8350-SpaceRegistered}, {IERC721-Transfer} and {IERC5192-Locked}.
    ///
    /// Requirements:
    /// - The caller never registered this salt, burned vaults included.
    /// @param salt Chosen by the caller; it and the caller's address give the vault's id.
    /// @param authorizer The commit key: it may commit and revoke, never grant, transfer or authorise. Zero means the
    /// owner, whoever that is.
    /// @return vaultId The vault.
    function mint(bytes32 salt, address authorizer) external returns (uint256 vaultId);

    /// @notice Gives a listed grant, or replaces it. Listed grants are public; those that no contract must check stay
    /// off chain, in the sealed keyring.
    /// @dev Emits {Granted}.
    ///
    /// Requirements:
    /// - The caller is the owner.
    /// - `grantee` is not zero, `expiresAt` is in the future, `permissions` are READ, PROPOSE, or both.
    /// @param vaultId The vault.
    /// @param grantee Who may read or propose.
    /// @param expiresAt The first second at which it may no longer.
    /// @param permissions READ (1), PROPOSE (2), or both.
    /// @param welcome The digest of the blob that admits the grantee, or zero. It stands in the event only.
    function grant(uint256 vaultId, address grantee, uint64 expiresAt, uint8 permissions, bytes32 welcome) external;

    /// @notice Deletes a grant. Without a stored one it succeeds and emits nothing, so that a grantee that leaves first
    /// cannot make the owner's batch fail.
    /// @dev Emits {Revoked} if there was a stored grant. In a batch with a *signed* commit it can be left behind: whoever
    /// lands the commit alone makes the batch revert, and the grant stands until `revoke` is sent again.
    ///
    /// Requirements:
    /// - The caller is the owner, the authorizer, or the grantee itself.
    /// @param vaultId The vault.
    /// @param grantee Whose grant it is.
    function revoke(uint256 vaultId, address grantee) external;

    /// @notice Leaves a proposal for the owner's devices, which judge it; nothing else changes.
    /// @dev Emits {Proposed}.
    ///
    /// Requirements:
    /// - The caller has a grant in force with PROPOSE.
    /// @param vaultId The vault.
    /// @param digest The digest of the proposal's blob.
    function propose(uint256 vaultId, bytes32 digest) external;

    /// @notice Closes the ERC-721 doors and `burn`. Succeeds if they are closed already.
    /// @dev Emits {IERC5192-Locked} if the vault was unlocked.
    ///
    /// Requirements:
    /// - The caller is the owner.
    /// @param vaultId The vault.
    function lock(uint256 vaultId) external;

    /// @notice Opens the ERC-721 doors and `burn` until the vault is locked, or has another owner. Succeeds if they are
    /// open already.
    /// @dev Emits {IERC5192-Unlocked} if the vault was locked. Approvals given while it was locked count from now on.
    ///
    /// Every receipt locks again. A contract that receives a vault and can call neither this nor
    /// {IERC8350-updateSpaceAuthorization}, such as an escrow that knows ERC-721 only, can never give it back.
    ///
    /// Requirements:
    /// - The caller is the owner.
    /// @param vaultId The vault.
    function unlock(uint256 vaultId) external;

    /// @notice Ends a vault for ever: its id can never be registered again, and its head never moves again.
    /// @dev Emits {IERC721-Transfer} to nobody, {IERC5192-Locked}, and {IERC8350-SpaceAuthorizationUpdated} with zero
    /// addresses.
    ///
    /// Requirements:
    /// - The caller is the owner; approved accounts and operators are refused.
    /// - The vault is unlocked.
    /// @param vaultId The vault.
    function burn(uint256 vaultId) external;

    /// @notice Everything about the head of a vault, read at one block. It answers for burned vaults too, and zeros for
    /// those that never were.
    /// @param vaultId The vault.
    /// @return The head.
    function memoryHead(uint256 vaultId) external view returns (Head memory);

    /// @notice The stored grant of an account, in force or not; zeros if there is none.
    /// @dev Requirements: the vault exists.
    /// @param vaultId The vault.
    /// @param grantee The account.
    /// @return The stored values.
    function grantOf(uint256 vaultId, address grantee) external view returns (Grant memory);

    /// @notice Whether an account has a grant in force with READ. It knows nothing of keys: it is what an agent contract
    /// checks, at each use, never cached. The owner has no grant unless it gave one to itself.
    /// @param vaultId The vault.
    /// @param account The account.
    /// @return Whether it may read; false for a vault that was burned or never was.
    function canRead(uint256 vaultId, address account) external view returns (bool);

    /// @notice Whether an account has a grant in force with PROPOSE.
    /// @param vaultId The vault.
    /// @param account The account.
    /// @return Whether it may propose; false for a vault that was burned or never was.
    function canPropose(uint256 vaultId, address account) external view returns (bool);

    /// @notice Whether a disclosed memory belongs to the current head.
    /// @param vaultId The vault.
    /// @param proof The memory and its two Merkle paths. A call that contains it discloses the whole record, the id of
    /// its scope and the number of memories there.
    /// @return Whether it does; false for a vault that was burned or never was, and for a foreign head, whose root may
    /// mean something else (see {MemoryProof} for those).
    function verifyMemory(uint256 vaultId, MemoryProof.Proof calldata proof) external view returns (bool);
}
