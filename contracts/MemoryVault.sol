// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IERC5192} from "./interfaces/IERC5192.sol";
import {IERC8350} from "./interfaces/IERC8350.sol";
import {IMemoryVault} from "./interfaces/IMemoryVault.sol";
import {MemoryProof} from "./libraries/MemoryProof.sol";
import {SignatureValidation} from "./libraries/SignatureValidation.sol";
import {VaultMetadata} from "./libraries/VaultMetadata.sol";

/// @title MemoryVault
/// @notice AI memories that their owners hold. Each vault is an ERC-721 token and an ERC-8350 space at the same time.
///
/// VAULTS
/// - `vaultId = uint256(spaceId)`, derived from the first owner's address and a salt, the same on every chain. Nobody else
///   can register it, if that address is a key's, or a wallet's that the same people control on every chain. Two chains may
///   hold different histories of one id.
/// - The owner of the token is the ERC-8350 controller. The authorizer is a hot *commit key*: it may commit and revoke,
///   never grant, transfer or authorise. Zero in storage means that the owner is its own authorizer.
/// - A vault is minted locked. The lock closes the ERC-721 doors and `burn`; it does not stop the owner from moving the
///   token by `updateSpaceAuthorization`, which is why signing a `SpaceAuthorization` is as grave as a transfer.
/// - Whoever is approved for the token can transfer it while the vault is unlocked, and do nothing else. An operator can
///   also `approve` somebody, even while the vault is locked, and that approval outlives its own. An approval ends with a
///   change of owner or another `approve`, not when the authorizer alone is replaced.
/// - Every receipt locks, and only the owner unlocks. A contract that cannot call {unlock} or {updateSpaceAuthorization}
///   (an escrow, a pool, a bridge that knows ERC-721 only) keeps a vault for ever: sell by approval or by
///   `updateSpaceAuthorization`, never by escrow.
/// - The former owner may name the next authorizer with the next owner: its own key, if it likes. The next owner sets its
///   own first.
///
/// HEADS
/// - The head is a root, a pointer and a sequence number. It holds no text, topic, label, count or location of a memory.
/// - `commitTransition` is the only way to move it. A commit names the sequence and the state root that it follows, so
///   of two that race exactly one lands, and one that comes late cannot undo what happened since.
/// - What readers need is in state, not in logs, because nodes prune logs. The transition id and the state root of the
///   head are computed from it, not stored.
/// - Any profile and any provenance is accepted, so that formats can evolve over a contract that cannot. A head that is
///   not plainly of `PROFILE_ID` is marked *foreign*, and its transition id is stored.
///
/// GRANTS
/// - A grant is one storage slot: an expiry, permissions, and the generation of the vault that it was given in. The
///   generation is raised by each change of owner, which voids all grants at once: nothing here loops over grantees, so
///   a transfer and a revocation cost the same with one grantee as with ten thousand.
/// - A grant is valid while `block.timestamp < expiresAt`.
/// - There are no signed grants: a signature that is not spent would outlive the revocation.
/// - Grants know nothing of keys. What a grantee can decrypt is decided by the keyring in the head's blob; what is kept
///   here is what an agent *contract* can check, and it must check at each use.
///
/// SIGNATURES
/// - EIP-712, domain `AgentMemoryState`, `1`, as ERC-8350 fixes it. An empty signature counts only from the account
///   itself. See {SignatureValidation} for the rule, which also admits ERC-1271 and EIP-7702 accounts.
/// - A signed delta has no deadline: until another commit lands, whoever holds it can send it. Replacing its key stops it,
///   and it counts again if the same key is appointed again before the head moves.
/// - A signed `SpaceAuthorization` is spent by the next change of owner or authorizer, whatever that is.
/// - A signed `SpaceRegistration` has neither nonce nor deadline: whoever holds it can send it until the space is
///   registered, with the authorizer that it names. Then it is spent for ever.
///
/// TRUST AND LIVENESS
/// - There is no admin, proxy, pause, fee or payable function, and no constructor looks at its caller.
/// - Nothing here knows whether the blob behind a pointer exists, or whether a root is true: a commit is the
///   authorizer's word. A stolen commit key can write junk heads and revoke grants; the owner takes it back with
///   `updateSpaceAuthorization`.
/// - Nothing is called but ERC-1271 wallets (by STATICCALL, before anything is written) and the receiver of a
///   `safeTransferFrom` (after everything was).
///
/// WHAT A REVOCATION CANNOT UNDO
/// - A grantee keeps what it read. A revocation closes what is written under new keys after it, so `revoke` belongs
///   into one `multicall` with the commit that rotates them.
/// - A `multicall` keeps its calls together, but not a signed commit with them: whoever sees it can land the commit alone,
///   and the batch reverts with `StaleHead`. The keys are rotated then, and the listed grant still stands, or is missing
///   if it was a `grant`: send the other call again, by itself. A commit that its key sends itself, without a signature,
///   cannot be taken out.
/// - A burned vault's head stays readable on chain, and its blobs wherever they are stored.
contract MemoryVault is ERC721, EIP712, Multicall, IMemoryVault {
    /// @dev Slot n + 0 is all that a check has to load. At the end of a counter checked arithmetic refuses. The sequence
    /// outlasts a commit in every second of 34,000 years. The other two outlast any use, but not ill will: an owner can
    /// use up the configuration nonce for some 1.4e11 gas in all, and sell a vault that nobody can move, burn or
    /// authorise again. Nobody but an owner can, and whoever buys a vault can see both in {memoryHead} first.
    struct Vault {
        // slot n + 0
        address authorizer;
        uint40 sequence;
        uint24 configNonce;
        uint24 generation;
        uint8 flags;
        // slot n + 1
        bytes32 prevStateRoot;
        // slot n + 2
        bytes32 root;
        // slot n + 3
        bytes32 pointer;
        // slot n + 4, meaningful only while the head is foreign
        bytes32 foreignTransitionId;
    }

    /// @notice The permission to read.
    uint8 public constant READ = 1;
    /// @notice The permission to propose.
    uint8 public constant PROPOSE = 2;

    /// @notice The ERC-8350 profile of heads that follow this project's specification, version 1.
    bytes32 public constant PROFILE_ID = keccak256("memory-vault/v1/profile");

    /// @notice The type of a space's identifier (ERC-8350).
    bytes32 public constant MEMORY_SPACE_TYPEHASH = keccak256("MemorySpace(address initialController,bytes32 salt)");
    /// @notice The type of a state root (ERC-8350).
    bytes32 public constant MEMORY_STATE_TYPEHASH = keccak256(
        "MemoryState(bytes32 prevStateRoot,bytes32 transitionId)"
    );
    /// @notice The EIP-712 type of a commit (ERC-8350).
    bytes32 public constant EXPERIENCE_DELTA_TYPEHASH = keccak256(
        "ExperienceDelta(bytes32 spaceId,uint64 sequence,bytes32 prevStateRoot,bytes32 deltaCommitment,bytes32 provenanceCommitment,bytes32 profileId,bytes32 locatorCommitment)"
    );
    /// @notice The EIP-712 type of a registration (ERC-8350).
    bytes32 public constant SPACE_REGISTRATION_TYPEHASH = keccak256(
        "SpaceRegistration(bytes32 spaceId,address controller,address authorizer)"
    );
    /// @notice The EIP-712 type of an authorization update (ERC-8350).
    bytes32 public constant SPACE_AUTHORIZATION_TYPEHASH = keccak256(
        "SpaceAuthorization(bytes32 spaceId,address newController,address newAuthorizer,uint64 nonce)"
    );

    uint8 private constant LOCKED = 1;
    uint8 private constant FOREIGN = 2;

    mapping(uint256 vaultId => Vault) private _vaults;
    mapping(uint256 vaultId => mapping(address grantee => Grant)) private _grants;

    constructor() ERC721("Memory Vault", "VAULT") EIP712("AgentMemoryState", "1") {}

    // ------------------------------------------------------------------------------------------------- registration

    /// @inheritdoc IMemoryVault
    /// @dev The caller is the controller, so neither a signature nor a check of the derivation is needed.
    function mint(bytes32 salt, address authorizer) external returns (uint256 vaultId) {
        bytes32 spaceId = deriveSpaceId(msg.sender, salt);
        _register(spaceId, msg.sender, authorizer);
        return uint256(spaceId);
    }

    /// @inheritdoc IERC8350
    function registerSpace(
        bytes32 spaceId,
        address controller,
        address authorizer,
        bytes32 salt,
        bytes calldata controllerSignature
    ) external {
        if (controller == address(0)) revert InvalidController(controller);
        if (authorizer == address(0)) revert InvalidAuthorizer(authorizer);
        bytes32 derived = deriveSpaceId(controller, salt);
        if (spaceId != derived) revert SpaceIdMismatch(derived, spaceId);
        _requireAuthorized(
            uint256(spaceId),
            controller,
            keccak256(abi.encode(SPACE_REGISTRATION_TYPEHASH, spaceId, controller, authorizer)),
            controllerSignature
        );

        _register(spaceId, controller, authorizer);
    }

    /// @inheritdoc IERC8350
    function updateSpaceAuthorization(
        bytes32 spaceId,
        address newController,
        address newAuthorizer,
        bytes calldata controllerSignature
    ) external {
        uint256 vaultId = uint256(spaceId);
        address owner = _requireOwned(vaultId);
        if (newController == address(0)) revert InvalidController(newController);
        if (newAuthorizer == address(0)) revert InvalidAuthorizer(newAuthorizer);
        uint64 nonce = uint64(_vaults[vaultId].configNonce) + 1;
        _requireAuthorized(
            vaultId,
            owner,
            keccak256(abi.encode(SPACE_AUTHORIZATION_TYPEHASH, spaceId, newController, newAuthorizer, nonce)),
            controllerSignature
        );

        if (newController != owner) _update(newController, vaultId, address(0));
        _setAuthorization(vaultId, newController, newAuthorizer);
    }

    // ------------------------------------------------------------------------------------------------------- commits

    /// @inheritdoc IERC8350
    /// @dev The vault's existence needs no check of its own: a stored authorizer is cleared by a burn, and without one
    /// the owner is asked for, which reverts.
    function commitTransition(
        ExperienceDelta calldata delta,
        bytes calldata authorizerSignature
    ) external returns (bytes32 transitionId, bytes32 nextStateRoot) {
        uint256 vaultId = uint256(delta.spaceId);
        address authorizer = _authorizerOf(vaultId);
        (, bytes32 stateRoot, uint64 sequence) = _headOf(vaultId);
        transitionId = keccak256(abi.encode(EXPERIENCE_DELTA_TYPEHASH, delta));

        _requireAuthorized(vaultId, authorizer, transitionId, authorizerSignature);
        if (delta.sequence != sequence + 1 || delta.prevStateRoot != stateRoot)
            revert StaleHead(vaultId, sequence, stateRoot);
        if (delta.deltaCommitment == 0) revert InvalidRoot(vaultId);
        if (delta.profileId == 0) revert InvalidProfile(vaultId);

        _setHead(_vaults[vaultId], delta, transitionId);

        nextStateRoot = _hashState(delta.prevStateRoot, transitionId);
        _emitCommitted(delta, transitionId, nextStateRoot, authorizer);
    }

    // -------------------------------------------------------------------------------------------------------- grants

    /// @inheritdoc IMemoryVault
    /// @dev The generation is this contract's, never the caller's: a grant cannot be planted for the next owner.
    function grant(uint256 vaultId, address grantee, uint64 expiresAt, uint8 permissions, bytes32 welcome) external {
        _requireOwner(vaultId);
        if (grantee == address(0)) revert InvalidGrantee(grantee);
        if (expiresAt <= block.timestamp) revert InvalidExpiry(expiresAt);
        if (permissions == 0 || permissions > READ | PROPOSE) revert InvalidPermissions(permissions);

        uint64 generation = _vaults[vaultId].generation;
        _grants[vaultId][grantee] = Grant(expiresAt, permissions, generation);

        emit Granted(vaultId, grantee, expiresAt, permissions, generation, welcome);
    }

    /// @inheritdoc IMemoryVault
    /// @dev The authorizer is compared first: it is in the slot that the commit of the same batch loads anyway. A grant
    /// of a former generation is void, and deleted like any other.
    function revoke(uint256 vaultId, address grantee) external {
        if (msg.sender != _authorizerOf(vaultId) && msg.sender != grantee) _requireOwner(vaultId);
        // A vault with an authorizer of its own has an owner; one without was asked for its owner just now.
        mapping(address grantee => Grant) storage grants = _grants[vaultId];
        if (grants[grantee].permissions == 0) return;

        delete grants[grantee];

        emit Revoked(vaultId, grantee, msg.sender);
    }

    /// @inheritdoc IMemoryVault
    function propose(uint256 vaultId, bytes32 digest) external {
        _requireOwned(vaultId);
        if (!canPropose(vaultId, msg.sender)) revert Unauthorized(vaultId, msg.sender);

        emit Proposed(vaultId, msg.sender, digest);
    }

    // --------------------------------------------------------------------------------------------------------- token

    /// @inheritdoc IMemoryVault
    function lock(uint256 vaultId) external {
        _requireOwner(vaultId);
        _lock(vaultId);
    }

    /// @inheritdoc IMemoryVault
    function unlock(uint256 vaultId) external {
        _requireOwner(vaultId);
        if (_vaults[vaultId].flags & LOCKED == 0) return;

        _vaults[vaultId].flags &= ~LOCKED;

        emit Unlocked(vaultId);
    }

    /// @inheritdoc IMemoryVault
    /// @dev The id never returns, because its generation stays.
    function burn(uint256 vaultId) external {
        _requireOwner(vaultId);
        if (_vaults[vaultId].flags & LOCKED != 0) revert VaultLocked(vaultId);

        _burn(vaultId);
        _setAuthorization(vaultId, address(0), address(0));
    }

    /// @inheritdoc IERC721
    /// @dev Both `safeTransferFrom` come through here, and call their receiver after it.
    function transferFrom(address from, address to, uint256 vaultId) public override(ERC721, IERC721) {
        super.transferFrom(from, to, vaultId);
        _setAuthorization(vaultId, to, address(0));
    }

    // --------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IERC8350
    function deriveSpaceId(address initialController, bytes32 salt) public pure returns (bytes32 spaceId) {
        return keccak256(abi.encode(MEMORY_SPACE_TYPEHASH, initialController, salt));
    }

    /// @inheritdoc IERC8350
    function head(bytes32 spaceId) external view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) {
        return _headOf(uint256(spaceId));
    }

    /// @inheritdoc IERC8350
    function spaceAuthorization(
        bytes32 spaceId
    ) external view returns (address controller, address authorizer, uint64 configNonce) {
        uint256 vaultId = uint256(spaceId);
        return (_requireOwned(vaultId), _authorizerOf(vaultId), _vaults[vaultId].configNonce);
    }

    /// @inheritdoc IMemoryVault
    function memoryHead(uint256 vaultId) external view returns (Head memory) {
        Vault storage vault = _vaults[vaultId];
        address owner = _ownerOf(vaultId);
        (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) = _headOf(vaultId);
        return
            Head({
                owner: owner,
                authorizer: vault.authorizer == address(0) ? owner : vault.authorizer,
                sequence: sequence,
                configNonce: vault.configNonce,
                generation: vault.generation,
                locked: vault.flags & LOCKED != 0,
                foreign: vault.flags & FOREIGN != 0,
                prevStateRoot: vault.prevStateRoot,
                stateRoot: stateRoot,
                transitionId: transitionId,
                root: vault.root,
                pointer: vault.pointer
            });
    }

    /// @inheritdoc IMemoryVault
    function grantOf(uint256 vaultId, address grantee) external view returns (Grant memory) {
        _requireOwned(vaultId);
        return _grants[vaultId][grantee];
    }

    /// @inheritdoc IMemoryVault
    function canRead(uint256 vaultId, address account) external view returns (bool) {
        return _hasPermission(vaultId, account, READ);
    }

    /// @inheritdoc IMemoryVault
    function canPropose(uint256 vaultId, address account) public view returns (bool) {
        return _hasPermission(vaultId, account, PROPOSE);
    }

    /// @inheritdoc IMemoryVault
    function verifyMemory(uint256 vaultId, MemoryProof.Proof calldata proof) external view returns (bool) {
        Vault storage vault = _vaults[vaultId];
        if (_ownerOf(vaultId) == address(0) || vault.flags & FOREIGN != 0) return false;
        return MemoryProof.verify(vault.root, proof);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 vaultId) external view returns (bool) {
        _requireOwned(vaultId);
        return _vaults[vaultId].flags & LOCKED != 0;
    }

    /// @notice The token's metadata, made on chain from its id alone: it says nothing about the memory.
    /// @dev Requirements: the vault exists.
    /// @param vaultId The vault.
    /// @return A data URI of JSON with an SVG image.
    function tokenURI(uint256 vaultId) public view override returns (string memory) {
        _requireOwned(vaultId);
        return VaultMetadata.tokenURI(vaultId);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IERC5192).interfaceId ||
            interfaceId == type(IERC8350).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    // ------------------------------------------------------------------------------------------------------ internal

    /// @dev Every change of owner passes here: a mint, a transfer, a burn. A mint has written its own state before. The
    /// others begin a generation, in which all grants are void and the vault is locked. Their doors finish the step with
    /// {_setAuthorization}: at the ERC-721 doors and `burn` no commit key is left, and {updateSpaceAuthorization} names the
    /// next one, which may be the former.
    ///
    /// `auth` is the caller at the ERC-721 doors, which the lock closes, and zero at ours, which look for themselves.
    function _update(address to, uint256 vaultId, address auth) internal override returns (address from) {
        from = super._update(to, vaultId, auth);
        if (from == address(0)) return from;
        if (auth != address(0) && _vaults[vaultId].flags & LOCKED != 0) revert VaultLocked(vaultId);

        _vaults[vaultId].generation += 1;
        _lock(vaultId);
    }

    /// @dev The generation tells whether an id was ever used: it starts at 1 and is never reset. There is no receiver
    /// call, so a mint inside a constructor or a relayed one cannot be refused or re-entered.
    function _register(bytes32 spaceId, address controller, address authorizer) private {
        uint256 vaultId = uint256(spaceId);
        Vault storage vault = _vaults[vaultId];
        if (vault.generation != 0) revert SpaceAlreadyRegistered(spaceId);

        vault.authorizer = authorizer;
        vault.generation = 1;
        vault.flags = LOCKED;

        emit SpaceRegistered(spaceId, controller, authorizer == address(0) ? controller : authorizer);
        _mint(controller, vaultId);
        emit Locked(vaultId);
    }

    /// @dev The one place where the configuration nonce moves.
    function _setAuthorization(uint256 vaultId, address controller, address authorizer) private {
        Vault storage vault = _vaults[vaultId];
        uint24 configNonce = vault.configNonce + 1;

        vault.configNonce = configNonce;
        vault.authorizer = authorizer;

        emit SpaceAuthorizationUpdated(
            bytes32(vaultId),
            controller,
            authorizer == address(0) ? controller : authorizer,
            configNonce
        );
    }

    function _setHead(Vault storage vault, ExperienceDelta calldata delta, bytes32 transitionId) private {
        bool foreign = delta.profileId != PROFILE_ID || delta.provenanceCommitment != 0;

        vault.sequence += 1;
        if (foreign != (vault.flags & FOREIGN != 0)) vault.flags ^= FOREIGN;
        vault.prevStateRoot = delta.prevStateRoot;
        vault.root = delta.deltaCommitment;
        vault.pointer = delta.locatorCommitment;
        if (foreign) vault.foreignTransitionId = transitionId;
    }

    /// @dev A function of its own, because ten fields are all that a stack can hold.
    function _emitCommitted(
        ExperienceDelta calldata delta,
        bytes32 transitionId,
        bytes32 nextStateRoot,
        address authorizer
    ) private {
        emit TransitionCommitted(
            delta.spaceId,
            transitionId,
            delta.sequence,
            delta.prevStateRoot,
            nextStateRoot,
            delta.deltaCommitment,
            delta.provenanceCommitment,
            delta.profileId,
            delta.locatorCommitment,
            authorizer
        );
    }

    /// @dev A burn comes through here too: it could not begin with a locked vault, so it emits {Locked} between `Transfer`
    /// and `SpaceAuthorizationUpdated`.
    function _lock(uint256 vaultId) private {
        if (_vaults[vaultId].flags & LOCKED != 0) return;

        _vaults[vaultId].flags |= LOCKED;

        emit Locked(vaultId);
    }

    function _requireOwner(uint256 vaultId) private view {
        if (msg.sender != _requireOwned(vaultId)) revert Unauthorized(vaultId, msg.sender);
    }

    /// @dev The rule of {SignatureValidation}; without a signature it needs no digest, and has an error of its own.
    function _requireAuthorized(
        uint256 vaultId,
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        if (signature.length == 0) {
            if (msg.sender != account) revert Unauthorized(vaultId, msg.sender);
        } else if (!SignatureValidation.isAuthorized(account, _hashTypedDataV4(structHash), signature)) {
            revert InvalidSignature(account);
        }
    }

    /// @dev Reverts for a vault that was burned or never was: neither has an authorizer of its own.
    function _authorizerOf(uint256 vaultId) private view returns (address) {
        address authorizer = _vaults[vaultId].authorizer;
        return authorizer == address(0) ? _requireOwned(vaultId) : authorizer;
    }

    /// @dev A burn raises the generation like any change of owner, so it needs no check of its own. Nor does an unknown
    /// vault: without an owner nobody could give a grant.
    function _hasPermission(uint256 vaultId, address account, uint8 permission) private view returns (bool) {
        Grant storage g = _grants[vaultId][account];
        return
            g.permissions & permission != 0 &&
            block.timestamp < g.expiresAt &&
            g.generation == _vaults[vaultId].generation;
    }

    function _headOf(uint256 vaultId) private view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) {
        Vault storage vault = _vaults[vaultId];
        sequence = vault.sequence;
        if (sequence == 0) return (0, 0, 0);
        bytes32 prevStateRoot = vault.prevStateRoot;
        transitionId =
            vault.flags & FOREIGN != 0
                ? vault.foreignTransitionId
                : keccak256(
                    abi.encode(
                        EXPERIENCE_DELTA_TYPEHASH,
                        vaultId,
                        sequence,
                        prevStateRoot,
                        vault.root,
                        bytes32(0),
                        PROFILE_ID,
                        vault.pointer
                    )
                );
        stateRoot = _hashState(prevStateRoot, transitionId);
    }

    function _hashState(bytes32 prevStateRoot, bytes32 transitionId) private pure returns (bytes32) {
        return keccak256(abi.encode(MEMORY_STATE_TYPEHASH, prevStateRoot, transitionId));
    }
}
