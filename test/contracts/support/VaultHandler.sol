// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryVault} from "../../../contracts/MemoryVault.sol";
import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {vm} from "./Vm.sol";

/// @title VaultHandler
/// @notice Four people do random things with three vaults, many of them forbidden, while it keeps its own simple account
/// of what must have come of them.
contract VaultHandler {
    /// @dev What must be so, told from who called what, not from the contract.
    struct Ghost {
        bool minted;
        bool burned;
        bool locked;
        address owner;
        address authorizer;
        uint64 sequence;
        uint64 configNonce;
        uint64 generation;
        bytes32 stateRoot;
    }

    error AllowedWhatIsRefused();
    error RefusedWhatIsAllowed();

    struct GhostGrant {
        uint64 expiresAt;
        uint8 permissions;
        uint64 generation;
    }

    uint256 public constant PEOPLE = 4;
    uint256 public constant VAULTS = 3;

    MemoryVault public immutable vault;
    uint256[VAULTS] public ids;
    uint256 public successes;

    mapping(uint256 vaultId => Ghost) private _ghosts;
    mapping(uint256 vaultId => mapping(address person => GhostGrant)) private _grants;

    constructor(MemoryVault vault_) {
        vault = vault_;
        for (uint256 i = 0; i < VAULTS; ++i) ids[i] = uint256(vault_.deriveSpaceId(person(i), salt(i)));
    }

    function person(uint256 seed) public pure returns (address) {
        return address(uint160(0xFACE00 + (seed % PEOPLE)));
    }

    function salt(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("salt", i));
    }

    function ghostOf(uint256 vaultId) external view returns (Ghost memory) {
        return _ghosts[vaultId];
    }

    function ghostGrantOf(uint256 vaultId, address who) external view returns (GhostGrant memory) {
        return _grants[vaultId][who];
    }

    /// @dev What must happen must happen, and nothing else.
    function _expect(bool succeeded, bool shouldSucceed) private returns (bool) {
        if (succeeded && !shouldSucceed) revert AllowedWhatIsRefused();
        if (!succeeded && shouldSucceed) revert RefusedWhatIsAllowed();
        if (succeeded) ++successes;
        return succeeded;
    }

    function _alive(Ghost storage g) private view returns (bool) {
        return g.minted && !g.burned;
    }

    function _newOwner(Ghost storage g, address to, address authorizer) private {
        g.owner = to;
        g.authorizer = authorizer;
        g.generation += 1;
        g.configNonce += 1;
        g.locked = true;
    }

    function _call(uint256 who, bytes memory data) private returns (bool succeeded) {
        vm.prank(person(who));
        (succeeded, ) = address(vault).call(data);
    }

    // ---------------------------------------------------------------------------------------- what people do

    function mint(uint256 i, uint256 authorizer) external {
        i %= VAULTS;
        Ghost storage g = _ghosts[ids[i]];
        address key = authorizer % 3 == 0 ? address(0) : person(authorizer);
        if (!_expect(_call(i, abi.encodeCall(vault.mint, (salt(i), key))), !g.minted)) return;
        g.minted = true;
        g.locked = true;
        g.owner = person(i);
        g.authorizer = key;
        g.generation = 1;
    }

    function commit(uint256 i, uint256 who, bytes32 root, bytes32 provenance, bool stale) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        IERC8350.ExperienceDelta memory delta = IERC8350.ExperienceDelta({
            spaceId: bytes32(vaultId),
            sequence: g.sequence + 1,
            prevStateRoot: stale ? keccak256(abi.encode(g.stateRoot)) : g.stateRoot,
            deltaCommitment: root,
            provenanceCommitment: uint256(provenance) % 2 == 0 ? bytes32(0) : provenance,
            profileId: keccak256("memory-vault/v1/profile"),
            locatorCommitment: keccak256(abi.encode(root))
        });
        address authorizer = g.authorizer == address(0) ? g.owner : g.authorizer;
        bool may = _alive(g) && person(who) == authorizer && !stale && root != 0;
        if (!_expect(_call(who, abi.encodeCall(vault.commitTransition, (delta, ""))), may)) return;
        g.sequence += 1;
        bytes32 transitionId = keccak256(abi.encode(vault.EXPERIENCE_DELTA_TYPEHASH(), delta));
        g.stateRoot = keccak256(abi.encode(vault.MEMORY_STATE_TYPEHASH(), delta.prevStateRoot, transitionId));
    }

    function grant(uint256 i, uint256 who, uint256 grantee, uint32 duration, uint8 permissions) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        permissions %= 5;
        uint64 expiresAt = uint64(block.timestamp) + duration;
        bool may = _alive(g) && person(who) == g.owner && duration > 0 && permissions > 0 && permissions < 4;
        bytes memory data = abi.encodeCall(vault.grant, (vaultId, person(grantee), expiresAt, permissions, bytes32(0)));
        if (!_expect(_call(who, data), may)) return;
        _grants[vaultId][person(grantee)] = GhostGrant(expiresAt, permissions, g.generation);
    }

    function revoke(uint256 i, uint256 who, uint256 grantee) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        address caller = person(who);
        bool may = _alive(g) && (caller == g.owner || caller == g.authorizer || caller == person(grantee));
        if (!_expect(_call(who, abi.encodeCall(vault.revoke, (vaultId, person(grantee)))), may)) return;
        delete _grants[vaultId][person(grantee)];
    }

    function transfer(uint256 i, uint256 who, uint256 to) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        bool may = _alive(g) && person(who) == g.owner && !g.locked;
        bytes memory data = abi.encodeCall(vault.transferFrom, (person(who), person(to), vaultId));
        if (_expect(_call(who, data), may)) _newOwner(g, person(to), address(0));
    }

    function authorize(uint256 i, uint256 who, uint256 controller, uint256 authorizer) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        bool may = _alive(g) && person(who) == g.owner;
        bytes memory data = abi.encodeCall(
            vault.updateSpaceAuthorization,
            (bytes32(vaultId), person(controller), person(authorizer), "")
        );
        if (!_expect(_call(who, data), may)) return;
        if (person(controller) != g.owner) {
            _newOwner(g, person(controller), person(authorizer));
        } else {
            g.authorizer = person(authorizer);
            g.configNonce += 1;
        }
    }

    function setLock(uint256 i, uint256 who, bool closed) external {
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        bytes memory data = closed ? abi.encodeCall(vault.lock, (vaultId)) : abi.encodeCall(vault.unlock, (vaultId));
        if (_expect(_call(who, data), _alive(g) && person(who) == g.owner)) g.locked = closed;
    }

    /// @dev Seldom, or soon nothing would be left to play with.
    function burn(uint256 i, uint256 who, uint256 chance) external {
        if (chance % 8 != 0) return;
        uint256 vaultId = ids[i % VAULTS];
        Ghost storage g = _ghosts[vaultId];
        bool may = _alive(g) && person(who) == g.owner && !g.locked;
        if (!_expect(_call(who, abi.encodeCall(vault.burn, (vaultId))), may)) return;
        _newOwner(g, address(0), address(0));
        g.burned = true;
    }

    function wait_(uint16 time) external {
        vm.warp(block.timestamp + time);
    }
}
