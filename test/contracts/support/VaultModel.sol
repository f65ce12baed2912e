// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {PEOPLE} from "./People.sol";

/// @title VaultModel
/// @notice What a vault must do, in the plainest words: each verb says whether it is allowed, and if it is, does it. It
/// knows no generations: a change of owner ends the grants one by one.
library VaultModel {
    /// @dev `key` is zero when the owner is its own authorizer. `moves` counts changes of owner after the mint, `receipts`
    /// those at which the wallet was asked. A grant is what stands at its reader's number: until when, and to do what; one
    /// that was ended is to do nothing.
    struct Vault {
        uint256 id;
        address origin;
        bytes32 salt;
        bool registered;
        bool burned;
        bool locked;
        bool foreign;
        address owner;
        address key;
        address approved;
        uint64 sequence;
        uint64 configNonce;
        uint64 moves;
        uint64 receipts;
        bytes32 prevStateRoot;
        bytes32 stateRoot;
        bytes32 transitionId;
        bytes32 root;
        bytes32 pointer;
        uint64[PEOPLE] expiry;
        uint8[PEOPLE] permissions;
    }

    uint8 internal constant READ = 1;
    uint8 internal constant PROPOSE = 2;

    function exists(Vault memory v) internal pure returns (bool) {
        return v.registered && !v.burned;
    }

    function authorizer(Vault memory v) internal pure returns (address) {
        return v.key == address(0) ? v.owner : v.key;
    }

    function mayUse(Vault memory v, uint256 who, uint8 permission) internal view returns (bool) {
        return exists(v) && block.timestamp < v.expiry[who] && v.permissions[who] & permission != 0;
    }

    // `by` is the account that agreed: the caller, or whoever signed exactly this. Zero is nobody.

    function register(Vault memory v, address by, address key) internal pure returns (bool) {
        if (v.registered || by != v.origin) return false;
        v.registered = true;
        v.locked = true;
        v.owner = by;
        v.key = key;
        return true;
    }

    function commit(
        Vault memory v,
        address by,
        IERC8350.ExperienceDelta memory delta,
        bytes32 transitionId,
        bytes32 stateRoot
    ) internal pure returns (bool) {
        if (!exists(v) || by != authorizer(v)) return false;
        if (delta.sequence != v.sequence + 1 || delta.prevStateRoot != v.stateRoot) return false;
        if (delta.deltaCommitment == 0 || delta.profileId == 0) return false;
        v.sequence += 1;
        v.prevStateRoot = v.stateRoot;
        v.stateRoot = stateRoot;
        v.transitionId = transitionId;
        v.root = delta.deltaCommitment;
        v.pointer = delta.locatorCommitment;
        v.foreign = delta.profileId != keccak256("memory-vault/v1/profile") || delta.provenanceCommitment != 0;
        return true;
    }

    function authorize(Vault memory v, address by, address controller, address key) internal pure returns (bool) {
        if (!exists(v) || by != v.owner || controller == address(0) || key == address(0)) return false;
        if (controller != v.owner) _passOn(v, controller);
        v.key = key;
        v.configNonce += 1;
        return true;
    }

    function grant(
        Vault memory v,
        address caller,
        uint256 grantee,
        uint64 expiresAt,
        uint8 permissions
    ) internal view returns (bool) {
        if (!exists(v) || caller != v.owner || grantee >= PEOPLE) return false;
        if (expiresAt <= block.timestamp || permissions == 0 || permissions > 3) return false;
        v.expiry[grantee] = expiresAt;
        v.permissions[grantee] = permissions;
        return true;
    }

    function revoke(Vault memory v, address caller, address grantee, uint256 i) internal pure returns (bool) {
        if (!exists(v) || (caller != v.owner && caller != authorizer(v) && caller != grantee)) return false;
        v.permissions[i] = 0;
        return true;
    }

    function setLocked(Vault memory v, address caller, bool locked) internal pure returns (bool) {
        if (!exists(v) || caller != v.owner) return false;
        v.locked = locked;
        return true;
    }

    function approve(Vault memory v, address caller, bool isOperator, address to) internal pure returns (bool) {
        if (!exists(v) || (caller != v.owner && !isOperator)) return false;
        v.approved = to;
        return true;
    }

    function transfer(
        Vault memory v,
        address caller,
        bool isOperator,
        address from,
        address to
    ) internal pure returns (bool) {
        if (!exists(v) || v.locked || from != v.owner || to == address(0)) return false;
        if (caller != v.owner && caller != v.approved && !isOperator) return false;
        _passOn(v, to);
        v.configNonce += 1;
        return true;
    }

    function burn(Vault memory v, address caller) internal pure returns (bool) {
        if (!exists(v) || caller != v.owner || v.locked) return false;
        _passOn(v, address(0));
        v.configNonce += 1;
        v.burned = true;
        return true;
    }

    /// @dev To the owner itself counts, and so does a burn.
    function _passOn(Vault memory v, address to) private pure {
        v.owner = to;
        v.key = address(0);
        v.approved = address(0);
        v.locked = true;
        v.moves += 1;
        for (uint256 i = 0; i < PEOPLE; ++i) v.permissions[i] = 0;
    }
}
