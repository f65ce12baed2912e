// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {PEOPLE} from "./support/People.sol";
import {VaultHandler} from "./support/VaultHandler.sol";
import {VaultModel} from "./support/VaultModel.sol";
import {vm} from "./support/Vm.sol";

/// @notice What holds after each of whatever people do. The rules about single deeds are the handler's, who fails in the
/// midst of a deed.
/// @dev The runner draws the same numbers for every invariant; another depth makes it use them differently from the
/// second sequence on.
contract MemoryVaultInvariantsTest is VaultHandler {
    using VaultModel for VaultModel.Vault;

    /// @notice Owner, authorizer, counters, lock and head are what the deeds that are allowed make of them.
    /// hardhat-config: invariant.depth = 2000
    function invariant_HeadsAreWhatWasDone() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            VaultModel.Vault memory v = vaults[i];
            IMemoryVault.Head memory head = vault.memoryHead(v.id);
            vm.assertEq(head.owner, v.owner, "owner");
            vm.assertEq(head.authorizer, v.authorizer(), "authorizer");
            vm.assertEq(head.sequence, v.sequence, "sequence");
            vm.assertEq(head.configNonce, v.configNonce, "configNonce");
            vm.assertEq(head.generation, v.registered ? 1 + v.moves : 0, "generation");
            vm.assertEq(head.locked, v.locked, "locked");
            vm.assertEq(head.foreign, v.foreign, "foreign");
            vm.assertEq(head.prevStateRoot, v.prevStateRoot, "prevStateRoot");
            vm.assertEq(head.stateRoot, v.stateRoot, "stateRoot");
            vm.assertEq(head.transitionId, v.transitionId, "transitionId");
            vm.assertEq(head.root, v.root, "root");
            vm.assertEq(head.pointer, v.pointer, "pointer");
        }
    }

    /// @notice A head is the last logged transition, and its state root the hash chain of all that were logged. That
    /// each is the one successor of the one before is the ledger's rule.
    /// hardhat-config: invariant.depth = 2010
    function invariant_HeadsAreTheChainOfTheLogs() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            Page storage page = pages[vaults[i].id];
            (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) = vault.head(bytes32(vaults[i].id));
            vm.assertEq(transitionId, page.transitionId, "transitionId");
            vm.assertEq(stateRoot, page.stateRoot, "stateRoot");
            vm.assertEq(sequence, page.commits, "sequence");
        }
    }

    /// @notice Nobody can read or propose but by a grant of the present owner that has neither expired nor been revoked.
    /// hardhat-config: invariant.depth = 2020
    function invariant_GrantsAreTheOwnersAlone() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            VaultModel.Vault memory v = vaults[i];
            for (uint256 who = 0; who < PEOPLE; ++who) {
                vm.assertEq(vault.canRead(v.id, people[who]), v.mayUse(who, VaultModel.READ), "read");
                vm.assertEq(vault.canPropose(v.id, people[who]), v.mayUse(who, VaultModel.PROPOSE), "propose");
            }
        }
    }

    /// @notice What is stored of a grant is what was logged last, and it counts as long as its generation does.
    /// hardhat-config: invariant.depth = 2030
    function invariant_GrantsAreTheLogged() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            uint256 id = vaults[i].id;
            Page storage page = pages[id];
            if (page.owner == address(0)) continue;
            for (uint256 who = 0; who < PEOPLE; ++who) {
                IMemoryVault.Grant memory logged = page.grants[people[who]];
                IMemoryVault.Grant memory stored = vault.grantOf(id, people[who]);
                vm.assertEq(stored.expiresAt, logged.expiresAt, "expiresAt");
                vm.assertEq(stored.permissions, logged.permissions, "permissions");
                vm.assertEq(stored.generation, logged.generation, "generation");
                bool counts = logged.generation == page.moves + 1 && block.timestamp < logged.expiresAt;
                vm.assertEq(vault.canRead(id, people[who]), counts && logged.permissions & 1 != 0, "read");
            }
        }
    }

    /// @notice Each step of a configuration nonce was logged once, a change of owner with no step of its own beside it,
    /// and the last log has the pair that is in force.
    /// hardhat-config: invariant.depth = 2040
    function invariant_ConfigurationStepsAreLoggedOnce() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            Page storage page = pages[vaults[i].id];
            IMemoryVault.Head memory head = vault.memoryHead(vaults[i].id);
            vm.assertFalse(page.owes, "a change of owner without a step");
            vm.assertEq(head.configNonce, page.authorizations, "configNonce");
            vm.assertEq(head.owner, page.owner, "controller");
            vm.assertEq(head.authorizer, page.authorizer, "authorizer");
        }
    }

    /// @notice A generation is 1 after the mint and 1 more with each change of owner that was logged since: a transfer,
    /// also to the owner itself, an authorization that names another controller, a burn.
    /// hardhat-config: invariant.depth = 2050
    function invariant_GenerationsCountChangesOfOwner() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            Page storage page = pages[vaults[i].id];
            uint64 generation = vault.memoryHead(vaults[i].id).generation;
            vm.assertEq(generation, page.registered ? 1 + page.moves : 0, "generation");
        }
    }

    /// @notice Who burned a vault, or ever had it, cannot have it again: neither door registers its id, and nobody has
    /// its token, reads or proposes.
    /// hardhat-config: invariant.depth = 2060
    function invariant_BurnedIdsNeverReturn() public {
        for (uint256 i = 0; i < VAULTS; ++i) {
            VaultModel.Vault memory v = vaults[i];
            if (!v.burned) continue;
            bytes memory mint_ = abi.encodeCall(vault.mint, (v.salt, v.origin));
            bytes memory register_ = abi.encodeCall(
                vault.registerSpace,
                (bytes32(v.id), v.origin, v.origin, v.salt, "")
            );
            vm.prank(v.origin);
            (bool minted, ) = address(vault).call(mint_);
            vm.prank(v.origin);
            (bool registered, ) = address(vault).call(register_);
            (bool owned, ) = address(vault).staticcall(abi.encodeCall(vault.ownerOf, (v.id)));
            vm.assertFalse(minted || registered || owned, "it returned");
            vm.assertEq(vault.memoryHead(v.id).owner, address(0), "owner");
        }
    }

    /// @notice There are as many tokens as were minted and not burned, and each counts for its owner.
    /// hardhat-config: invariant.depth = 2070
    function invariant_BalancesCountTheTokens() public view {
        uint256[PEOPLE + 1] memory owned;
        for (uint256 i = 0; i < VAULTS; ++i) ++owned[indexOf(vault.memoryHead(vaults[i].id).owner)];
        uint256 supply;
        for (uint256 who = 0; who < PEOPLE; ++who) {
            vm.assertEq(vault.balanceOf(people[who]), owned[who], "balance");
            vm.assertEq(balances[people[who]], owned[who], "logged balance");
            supply += owned[who];
        }
        vm.assertEq(supply, mints - burns, "supply");
    }
}
