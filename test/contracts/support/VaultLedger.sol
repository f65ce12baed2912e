// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";
import {VaultTest} from "./VaultTest.sol";
import {Vm} from "./Vm.sol";

/// @title VaultLedger
/// @notice The vaults as somebody knows them who reads the logs and nothing else. A log that does not fit those before it
/// is a fault.
abstract contract VaultLedger is VaultTest {
    /// @dev `owes` is a change of owner whose SpaceAuthorizationUpdated has not come yet.
    struct Page {
        bool registered;
        bool locked;
        bool owes;
        address owner;
        address authorizer;
        uint64 authorizations;
        uint64 moves;
        uint64 commits;
        bytes32 transitionId;
        bytes32 stateRoot;
        mapping(address grantee => IMemoryVault.Grant) grants;
    }

    error OutOfLine(bytes32 topic, string what);

    uint256 internal mints;
    uint256 internal burns;
    mapping(uint256 vaultId => Page) internal pages;
    mapping(address account => uint256) internal balances;

    function record(Vm.Log[] memory logs) internal {
        for (uint256 n = 0; n < logs.length; ++n) _record(logs[n].topics[0], logs[n]);
    }

    function _record(bytes32 topic, Vm.Log memory log) private {
        if (topic == IERC721.Transfer.selector) return _transfer(pages[uint256(log.topics[3])], log);
        if (topic == IERC5192.Locked.selector || topic == IERC5192.Unlocked.selector)
            return _lock(pages[abi.decode(log.data, (uint256))], log);
        if (topic == IERC721.Approval.selector || topic == IERC721.ApprovalForAll.selector) return;

        Page storage page = pages[uint256(log.topics[1])];
        if (topic == IERC8350.SpaceRegistered.selector) _register(page, log);
        else if (topic == IERC8350.SpaceAuthorizationUpdated.selector) _authorize(page, log);
        else if (topic == IERC8350.TransitionCommitted.selector) _commit(page, log);
        else if (topic == IMemoryVault.Granted.selector) _grant(page, log);
        else if (topic == IMemoryVault.Revoked.selector) _revoke(page, log);
        else if (topic == IMemoryVault.Proposed.selector) _propose(page, log);
        else revert OutOfLine(topic, "unknown");
    }

    function _register(Page storage page, Vm.Log memory log) private {
        _require(!page.registered, log, "registered twice");
        page.registered = true;
        page.authorizer = _account(log.topics[3]);
    }

    /// @dev A change of owner owes its configuration step; a mint has none.
    function _transfer(Page storage page, Vm.Log memory log) private {
        (address from, address to) = (_account(log.topics[1]), _account(log.topics[2]));
        _require(page.registered && !page.owes && page.owner == from, log, "not from its owner");
        if (from == address(0)) {
            _require(page.moves == 0, log, "minted twice");
            mints += 1;
        } else {
            balances[from] -= 1;
            page.moves += 1;
            page.owes = true;
        }
        if (to == address(0)) burns += 1;
        else balances[to] += 1;
        page.owner = to;
    }

    function _authorize(Page storage page, Vm.Log memory log) private {
        uint64 configNonce = abi.decode(log.data, (uint64));
        _require(configNonce == page.authorizations + 1, log, "not the next configuration nonce");
        _require(_account(log.topics[2]) == page.owner, log, "not the owner");
        _require(page.owes || page.owner != address(0), log, "nobody's vault");
        page.authorizations = configNonce;
        page.authorizer = _account(log.topics[3]);
        page.owes = false;
    }

    function _commit(Page storage page, Vm.Log memory log) private {
        IERC8350.ExperienceDelta memory delta;
        bytes32 stateRoot;
        address authorizer;
        delta.spaceId = log.topics[1];
        delta.sequence = uint64(uint256(log.topics[3]));
        (
            delta.prevStateRoot,
            stateRoot,
            delta.deltaCommitment,
            delta.provenanceCommitment,
            delta.profileId,
            delta.locatorCommitment,
            authorizer
        ) = abi.decode(log.data, (bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, address));
        _require(page.owner != address(0), log, "nobody's vault");
        _require(delta.sequence == page.commits + 1, log, "not the next sequence");
        _require(delta.prevStateRoot == page.stateRoot, log, "not after the last state");
        _require(log.topics[2] == transitionIdOf(delta), log, "not the transition id of its fields");
        _require(stateRoot == stateRootOf(page.stateRoot, log.topics[2]), log, "not the state that follows");
        _require(authorizer == page.authorizer, log, "not by the authorizer");
        page.commits = delta.sequence;
        page.transitionId = log.topics[2];
        page.stateRoot = stateRoot;
    }

    function _grant(Page storage page, Vm.Log memory log) private {
        (uint64 expiresAt, uint8 permissions, uint64 generation, ) = abi.decode(
            log.data,
            (uint64, uint8, uint64, bytes32)
        );
        _require(generation == page.moves + 1, log, "of another owner");
        page.grants[_account(log.topics[2])] = IMemoryVault.Grant(expiresAt, permissions, generation);
    }

    function _revoke(Page storage page, Vm.Log memory log) private {
        address grantee = _account(log.topics[2]);
        _require(page.grants[grantee].permissions != 0, log, "no grant");
        delete page.grants[grantee];
    }

    function _propose(Page storage page, Vm.Log memory log) private view {
        IMemoryVault.Grant memory given = page.grants[_account(log.topics[2])];
        bool inForce = given.generation == page.moves + 1 && block.timestamp < given.expiresAt;
        _require(inForce && given.permissions & 2 != 0, log, "no grant in force");
    }

    function _lock(Page storage page, Vm.Log memory log) private {
        bool locked = log.topics[0] == IERC5192.Locked.selector;
        _require(page.locked != locked, log, "nothing changed");
        page.locked = locked;
    }

    function _require(bool inLine, Vm.Log memory log, string memory what) private pure {
        if (!inLine) revert OutOfLine(log.topics[0], what);
    }

    function _account(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
