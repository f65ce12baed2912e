// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

contract MemoryVaultGrantsTest is VaultTest {
    bytes32 private constant REVOKED = keccak256("Revoked(uint256,address,address)");
    bytes32 private constant DIGEST = keccak256("proposal");

    function grant(address sender, address grantee, uint64 expiresAt, uint8 permissions) private {
        vm.prank(sender);
        vault.grant(vaultId, grantee, expiresAt, permissions, WELCOME);
    }

    function transfer(address from, address to) private {
        vm.prank(from);
        vault.unlock(vaultId);
        vm.prank(from);
        vault.transferFrom(from, to, vaultId);
    }

    // --------------------------------------------------------------------------------------------------- grant

    function test_Grant_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        grant(owner, agent, EXPIRY, 1);
    }

    function test_Grant_GivenTheVaultWasBurned() public {
        givenBurned();
        expectNonexistent();
        grant(owner, agent, EXPIRY, 1);
    }

    function test_Grant_WhenTheCallerIsTheAuthorizer() public {
        givenMinted();
        expectUnauthorized(key);
        grant(key, agent, EXPIRY, 1);
    }

    function test_Grant_WhenTheCallerIsAnApprovedOperator() public {
        givenUnlocked();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        vm.prank(owner);
        vault.approve(stranger, vaultId);
        expectUnauthorized(stranger);
        grant(stranger, agent, EXPIRY, 1);
    }

    function test_Grant_WhenTheCallerIsTheFormerOwner() public {
        givenMinted();
        transfer(owner, buyer);
        expectUnauthorized(owner);
        grant(owner, agent, EXPIRY, 1);
    }

    function test_Grant_WhenTheGranteeIsZero() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidGrantee.selector, address(0)));
        grant(owner, address(0), EXPIRY, 1);
    }

    function test_Grant_WhenTheExpiryIsNow() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidExpiry.selector, NOW));
        grant(owner, agent, NOW, 1);
        grant(owner, agent, NOW + 1, 1);
    }

    function test_Grant_WhenThePermissionsAreNone() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidPermissions.selector, 0));
        grant(owner, agent, EXPIRY, 0);
    }

    function test_Grant_WhenAPermissionIsUnknown() public {
        givenMinted();
        for (uint16 permissions = 4; permissions < 256; ++permissions) {
            vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidPermissions.selector, permissions));
            grant(owner, agent, EXPIRY, uint8(permissions));
        }
    }

    function test_Grant_WhenThePermissionIsToRead() public {
        givenMinted();
        vm.expectEmit(address(vault));
        emit IMemoryVault.Granted(vaultId, agent, EXPIRY, 1, 1, WELCOME);
        grant(owner, agent, EXPIRY, 1);

        IMemoryVault.Grant memory stored = vault.grantOf(vaultId, agent);
        vm.assertEq(stored.expiresAt, EXPIRY, "expiresAt");
        vm.assertEq(stored.permissions, 1, "permissions");
        vm.assertEq(stored.generation, 1, "generation");
        vm.assertTrue(vault.canRead(vaultId, agent), "read");
        vm.assertFalse(vault.canPropose(vaultId, agent), "propose");
        vm.assertFalse(vault.canRead(vaultId, owner), "the owner has no grant");
    }

    function test_Grant_WhenThePermissionIsToPropose() public {
        givenMinted();
        grant(owner, agent, EXPIRY, 2);
        vm.assertFalse(vault.canRead(vaultId, agent), "read");
        vm.assertTrue(vault.canPropose(vaultId, agent), "propose");
    }

    function test_Grant_GivenTheGranteeHasAGrant() public {
        givenMinted();
        grant(owner, agent, EXPIRY, 1);
        grant(owner, agent, EXPIRY - 5, 2);
        IMemoryVault.Grant memory stored = vault.grantOf(vaultId, agent);
        vm.assertEq(stored.expiresAt, EXPIRY - 5, "expiresAt");
        vm.assertEq(stored.permissions, 2, "permissions");
        vm.assertFalse(vault.canRead(vaultId, agent), "read");
    }

    function test_Grant_WhenTheGrantExpires() public {
        givenMinted();
        grant(owner, agent, EXPIRY, 3);
        vm.warp(EXPIRY - 1);
        vm.assertTrue(vault.canRead(vaultId, agent), "read, the second before");
        vm.assertTrue(vault.canPropose(vaultId, agent), "propose, the second before");
        vm.warp(EXPIRY);
        vm.assertFalse(vault.canRead(vaultId, agent), "read, at the expiry");
        vm.assertFalse(vault.canPropose(vaultId, agent), "propose, at the expiry");
    }

    function test_Grant_GivenTheVaultChangesHands() public {
        givenMinted();
        grant(owner, agent, EXPIRY, 3);
        // Planted for the next owner: the seller grants to itself.
        grant(owner, owner, type(uint64).max, 3);
        transfer(owner, buyer);
        vm.assertFalse(vault.canRead(vaultId, agent), "under the next owner");
        vm.assertFalse(vault.canRead(vaultId, owner), "the seller");
        transfer(buyer, owner);
        vm.assertFalse(vault.canRead(vaultId, agent), "when it comes back");
        vm.assertFalse(vault.canPropose(vaultId, agent), "when it comes back");
    }

    function testFuzz_Grant_ReadsAsGiven(
        address grantee,
        uint64 expiresAt,
        uint8 permissions,
        uint64 time,
        uint24 generation
    ) public {
        permissions = 1 + (permissions % 3);
        if (expiresAt <= NOW) expiresAt += NOW + 1;
        vm.assume(grantee != address(0) && expiresAt > NOW && generation != 0);
        givenMinted();
        setPacked(0, 0, generation, 1);
        grant(owner, grantee, expiresAt, permissions);
        vm.assertEq(vault.grantOf(vaultId, grantee).generation, generation, "generation");
        vm.warp(time);
        vm.assertTrue(vault.canRead(vaultId, grantee) == (time < expiresAt && permissions & 1 != 0), "read");
        vm.assertTrue(vault.canPropose(vaultId, grantee) == (time < expiresAt && permissions & 2 != 0), "propose");
    }

    // -------------------------------------------------------------------------------------------------- revoke

    function revoke(address sender) private {
        vm.prank(sender);
        vault.revoke(vaultId, agent);
    }

    function assertRevoked() private view {
        IMemoryVault.Grant memory stored = vault.grantOf(vaultId, agent);
        vm.assertEq(stored.expiresAt, 0, "expiresAt");
        vm.assertEq(stored.permissions, 0, "permissions");
        vm.assertEq(stored.generation, 0, "generation");
        vm.assertFalse(vault.canRead(vaultId, agent), "read");
    }

    function test_Revoke_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        revoke(owner);
        expectNonexistent();
        revoke(agent);
    }

    function test_Revoke_GivenTheVaultWasBurned() public {
        givenUnlocked();
        givenGranted(1);
        vm.prank(owner);
        vault.burn(vaultId);
        address[3] memory callers = [owner, key, agent];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectNonexistent();
            revoke(callers[i]);
        }
    }

    function test_Revoke_WhenTheCallerIsAStranger() public {
        givenMinted();
        givenGranted(1);
        expectUnauthorized(stranger);
        revoke(stranger);
    }

    function test_Revoke_WhenTheCallerIsAnApprovedOperator() public {
        givenMinted();
        givenGranted(1);
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        expectUnauthorized(stranger);
        revoke(stranger);
    }

    function test_Revoke_WhenTheCallerIsAnotherGrantee() public {
        givenMinted();
        givenGranted(1);
        grant(owner, stranger, EXPIRY, 3);
        expectUnauthorized(stranger);
        revoke(stranger);
    }

    function test_Revoke_WhenTheCallerIsTheOwner() public {
        givenMinted();
        givenGranted(3);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Revoked(vaultId, agent, owner);
        revoke(owner);
        assertRevoked();
    }

    function test_Revoke_WhenTheCallerIsTheAuthorizer() public {
        givenMinted();
        givenGranted(3);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Revoked(vaultId, agent, key);
        revoke(key);
        assertRevoked();
    }

    function test_Revoke_WhenTheCallerIsTheGrantee() public {
        givenMinted();
        givenGranted(3);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Revoked(vaultId, agent, agent);
        revoke(agent);
        assertRevoked();
    }

    function test_Revoke_GivenThereIsNoGrant() public {
        givenMinted();
        vm.recordLogs();
        revoke(owner);
        revoke(key);
        revoke(agent);
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    function test_Revoke_GivenTheGrantIsOfAFormerGeneration() public {
        givenMinted();
        givenGranted(1);
        transfer(owner, buyer);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Revoked(vaultId, agent, buyer);
        revoke(buyer);
        assertRevoked();
    }

    // ------------------------------------------------------------------------------------------------- propose

    function propose(address sender) private {
        vm.prank(sender);
        vault.propose(vaultId, DIGEST);
    }

    function test_Propose_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        propose(agent);
    }

    function test_Propose_GivenTheVaultWasBurned() public {
        givenUnlocked();
        givenGranted(3);
        vm.prank(owner);
        vault.burn(vaultId);
        expectNonexistent();
        propose(agent);
    }

    function test_Propose_GivenTheCallerMayOnlyRead() public {
        givenMinted();
        givenGranted(1);
        expectUnauthorized(agent);
        propose(agent);
    }

    function test_Propose_GivenTheCallersGrantExpired() public {
        givenMinted();
        givenGranted(2);
        vm.warp(EXPIRY);
        expectUnauthorized(agent);
        propose(agent);
    }

    function test_Propose_GivenTheVaultChangedHands() public {
        givenMinted();
        givenGranted(2);
        transfer(owner, buyer);
        expectUnauthorized(agent);
        propose(agent);
    }

    function test_Propose_WhenTheCallerIsTheOwner() public {
        givenMinted();
        expectUnauthorized(owner);
        propose(owner);
    }

    function test_Propose_GivenTheCallerMayPropose() public {
        givenMinted();
        givenGranted(2);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Proposed(vaultId, agent, DIGEST);
        propose(agent);
    }

    // ----------------------------------------------------------------------------------------------- multicall

    function revokeAndCommit(
        IERC8350.ExperienceDelta memory delta,
        bytes memory signature
    ) private view returns (bytes[] memory calls) {
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(vault.revoke, (vaultId, agent));
        calls[1] = abi.encodeCall(vault.commitTransition, (delta, signature));
    }

    function test_Multicall_WhenAGranteeRevokedItselfFirst() public {
        givenMinted();
        givenGranted(1);
        bytes[] memory calls = revokeAndCommit(nextDelta("rotation"), "");
        revoke(agent);
        vm.prank(key);
        vault.multicall(calls);
        vm.assertEq(vault.memoryHead(vaultId).sequence, 1, "rotated");
    }

    function test_Multicall_WhenTheCommitIsStale() public {
        givenMinted();
        givenGranted(1);
        bytes[] memory calls = revokeAndCommit(nextDelta("rotation"), "");
        givenCommitted("another device");
        expectStaleHead();
        vm.prank(key);
        vault.multicall(calls);
        vm.assertTrue(vault.canRead(vaultId, agent), "still granted");
    }

    function test_Multicall_WhenTheOwnerSendsTheAuthorizersSignature() public {
        givenMinted();
        givenGranted(1);
        IERC8350.ExperienceDelta memory delta = nextDelta("rotation");
        bytes[] memory calls = revokeAndCommit(delta, sign(COMMIT_KEY, transitionIdOf(delta)));
        vm.recordLogs();
        vm.prank(owner);
        vault.multicall(calls);
        vm.assertEq(countLogs(REVOKED), 1, "revoked");
        vm.assertFalse(vault.canRead(vaultId, agent), "read");
        vm.assertEq(vault.memoryHead(vaultId).sequence, 1, "rotated");
    }
}
