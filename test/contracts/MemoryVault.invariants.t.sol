// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryVault} from "../../contracts/MemoryVault.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {VaultHandler} from "./support/VaultHandler.sol";
import {vm} from "./support/Vm.sol";

contract MemoryVaultInvariantsTest {
    MemoryVault private vault;
    VaultHandler private handler;

    function setUp() public {
        vm.warp(1_900_000_000);
        vault = new MemoryVault();
        handler = new VaultHandler(vault);
    }

    /// @dev Read by the runner: only the handler is called.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice Owner, authorizer, counters, lock and head are what the calls that were allowed make of them; the handler
    /// itself fails if a call was allowed that is not, or the other way round.
    /// hardhat-config: invariant.runs = 24
    /// hardhat-config: invariant.depth = 100
    /// hardhat-config: invariant.failOnRevert = true
    function invariant_HeadsAreWhatWasDone() public view {
        uint256 vaults = handler.VAULTS();
        for (uint256 i = 0; i < vaults; ++i) {
            uint256 vaultId = handler.ids(i);
            VaultHandler.Ghost memory ghost = handler.ghostOf(vaultId);
            IMemoryVault.Head memory head = vault.memoryHead(vaultId);
            vm.assertEq(head.owner, ghost.owner, "owner");
            vm.assertEq(head.authorizer, ghost.authorizer == address(0) ? ghost.owner : ghost.authorizer, "authorizer");
            vm.assertEq(head.sequence, ghost.sequence, "sequence");
            vm.assertEq(head.configNonce, ghost.configNonce, "configNonce");
            vm.assertEq(head.generation, ghost.generation, "generation");
            vm.assertTrue(head.locked == ghost.locked, "locked");
            vm.assertEq(head.stateRoot, ghost.stateRoot, "stateRoot");
        }
    }

    /// @notice Nobody can read or propose but by a grant of the present owner that has neither expired nor been revoked.
    /// hardhat-config: invariant.runs = 24
    /// hardhat-config: invariant.depth = 100
    /// hardhat-config: invariant.failOnRevert = true
    function invariant_GrantsAreTheOwnersAlone() public view {
        uint256 vaults = handler.VAULTS();
        uint256 people = handler.PEOPLE();
        for (uint256 i = 0; i < vaults; ++i) {
            uint256 vaultId = handler.ids(i);
            VaultHandler.Ghost memory ghost = handler.ghostOf(vaultId);
            for (uint256 p = 0; p < people; ++p) {
                address person = handler.person(p);
                VaultHandler.GhostGrant memory given = handler.ghostGrantOf(vaultId, person);
                bool inForce =
                    !ghost.burned && given.generation == ghost.generation && block.timestamp < given.expiresAt;
                vm.assertTrue(vault.canRead(vaultId, person) == (inForce && given.permissions & 1 != 0), "read");
                vm.assertTrue(vault.canPropose(vaultId, person) == (inForce && given.permissions & 2 != 0), "propose");
            }
        }
    }

    /// @notice Balances count the tokens.
    /// hardhat-config: invariant.runs = 24
    /// hardhat-config: invariant.depth = 100
    /// hardhat-config: invariant.failOnRevert = true
    function invariant_BalancesCountTheTokens() public view {
        uint256 vaults = handler.VAULTS();
        uint256 people = handler.PEOPLE();
        for (uint256 p = 0; p < people; ++p) {
            uint256 owned;
            for (uint256 i = 0; i < vaults; ++i) {
                if (vault.memoryHead(handler.ids(i)).owner == handler.person(p)) ++owned;
            }
            vm.assertEq(vault.balanceOf(handler.person(p)), owned, "balance");
        }
    }
}
