// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

contract MemoryVaultCommitTest is VaultTest {
    function commit(address sender, IERC8350.ExperienceDelta memory delta, bytes memory signature) private {
        vm.prank(sender);
        vault.commitTransition(delta, signature);
    }

    /// @dev The head is what this delta makes of it.
    function assertHead(IERC8350.ExperienceDelta memory delta, bool foreign) private view {
        bytes32 transitionId = transitionIdOf(delta);
        bytes32 stateRoot = stateRootOf(delta.prevStateRoot, transitionId);
        (bytes32 headTransitionId, bytes32 headStateRoot, uint64 sequence) = vault.head(delta.spaceId);
        vm.assertEq(headTransitionId, transitionId, "transitionId");
        vm.assertEq(headStateRoot, stateRoot, "stateRoot");
        vm.assertEq(sequence, delta.sequence, "sequence");

        IMemoryVault.Head memory head = vault.memoryHead(uint256(delta.spaceId));
        vm.assertEq(head.transitionId, transitionId, "memoryHead transitionId");
        vm.assertEq(head.stateRoot, stateRoot, "memoryHead stateRoot");
        vm.assertEq(head.prevStateRoot, delta.prevStateRoot, "prevStateRoot");
        vm.assertEq(head.sequence, delta.sequence, "memoryHead sequence");
        vm.assertEq(head.root, delta.deltaCommitment, "root");
        vm.assertEq(head.pointer, delta.locatorCommitment, "pointer");
        vm.assertTrue(head.foreign == foreign, "foreign");
    }

    function test_CommitTransition_GivenTheVaultDoesNotExist() public {
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        expectNonexistent();
        commit(owner, delta, "");
    }

    function test_CommitTransition_GivenTheVaultWasBurned() public {
        givenMinted();
        givenCommitted("one");
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.prank(owner);
        vault.burn(vaultId);
        IERC8350.ExperienceDelta memory delta = nextDelta("two");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        expectNonexistent();
        commit(key, delta, "");
        expectNonexistent();
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_GivenTheVaultHasANewOwner() public {
        givenUnlocked();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        vm.prank(owner);
        vault.transferFrom(owner, buyer, vaultId);
        expectUnauthorized(key);
        commit(key, delta, "");
        expectInvalidSignature(buyer);
        commit(stranger, delta, signature);
        expectUnauthorized(owner);
        commit(owner, delta, "");
        commit(buyer, delta, "");
        assertHead(delta, false);
    }

    function test_CommitTransition_WhenTheOwnerOfAVaultWithACommitKeySendsNoSignature() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        expectUnauthorized(owner);
        commit(owner, delta, "");
    }

    function test_CommitTransition_WhenTheOwnerOfAVaultWithACommitKeySigns() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(OWNER_KEY, transitionIdOf(delta));
        expectInvalidSignature(key);
        commit(owner, delta, signature);
    }

    function test_CommitTransition_WhenAnApprovedOperatorSendsNoSignature() public {
        givenMintedWithoutKey();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        vm.prank(owner);
        vault.approve(stranger, vaultId);
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        expectUnauthorized(stranger);
        commit(stranger, delta, "");
    }

    function test_CommitTransition_WhenTheSignatureIsForAnotherChain() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = signFor(COMMIT_KEY, transitionIdOf(delta), block.chainid + 1, address(vault));
        expectInvalidSignature(key);
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_WhenTheSignatureIsForAnotherContract() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = signFor(COMMIT_KEY, transitionIdOf(delta), block.chainid, address(this));
        expectInvalidSignature(key);
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_WhenTheSenderChangedWhatWasSigned() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        delta.locatorCommitment = keccak256("elsewhere");
        expectInvalidSignature(key);
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_WhenTheCommitIsOfAnotherVaultOfTheSameKey() public {
        givenMinted();
        vm.prank(owner);
        uint256 other = vault.mint(keccak256("other"), key);
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        delta.spaceId = bytes32(other);
        expectInvalidSignature(key);
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_WhenTheSequenceIsThatOfTheHead() public {
        givenMinted();
        givenCommitted("one");
        IERC8350.ExperienceDelta memory delta = nextDelta("two");
        delta.sequence -= 1;
        expectStaleHead();
        commit(key, delta, "");
    }

    function test_CommitTransition_WhenTheSequenceSkipsOne() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.sequence += 1;
        expectStaleHead();
        commit(key, delta, "");
    }

    function test_CommitTransition_WhenTheStateRootIsNotTheHeads() public {
        givenMinted();
        IERC8350.ExperienceDelta memory first = givenCommitted("one");
        IERC8350.ExperienceDelta memory delta = nextDelta("two");
        delta.prevStateRoot = first.prevStateRoot;
        expectStaleHead();
        commit(key, delta, "");
    }

    function test_CommitTransition_WhenTheSameCommitLandsTwice() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        commit(stranger, delta, signature);
        expectStaleHead();
        commit(stranger, delta, signature);
    }

    function test_CommitTransition_WhenTheRootIsZero() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.deltaCommitment = 0;
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidRoot.selector, vaultId));
        commit(key, delta, "");
    }

    function test_CommitTransition_WhenTheProfileIsZero() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.profileId = 0;
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidProfile.selector, vaultId));
        commit(key, delta, "");
    }

    function test_CommitTransition_GivenNoSequenceIsLeft() public {
        givenMinted();
        givenCommitted("one");
        setPacked(type(uint40).max, 0, 1, 1);
        IERC8350.ExperienceDelta memory delta = nextDelta("last");
        expectOverflow();
        commit(key, delta, "");
    }

    function test_CommitTransition_WhenItIsTheFirstCommit() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        vm.assertEq(delta.sequence, 1, "first");
        vm.assertEq(delta.prevStateRoot, 0, "follows nothing");
        bytes32 transitionId = transitionIdOf(delta);
        bytes32 stateRoot = stateRootOf(0, transitionId);
        vm.expectEmit(address(vault));
        emit IERC8350.TransitionCommitted(
            delta.spaceId,
            transitionId,
            1,
            0,
            stateRoot,
            delta.deltaCommitment,
            0,
            delta.profileId,
            delta.locatorCommitment,
            key
        );
        vm.prank(key);
        (bytes32 returnedId, bytes32 returnedRoot) = vault.commitTransition(delta, "");
        vm.assertEq(returnedId, transitionId, "returned id");
        vm.assertEq(returnedRoot, stateRoot, "returned root");
        assertHead(delta, false);
    }

    function test_CommitTransition_WhenItFollowsACommit() public {
        givenMinted();
        IERC8350.ExperienceDelta memory first = givenCommitted("one");
        IERC8350.ExperienceDelta memory second = givenCommitted("two");
        vm.assertEq(second.prevStateRoot, stateRootOf(0, transitionIdOf(first)), "chained");
        assertHead(second, false);
    }

    function test_CommitTransition_WhenThePointerIsZero() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.locatorCommitment = 0;
        commit(key, delta, "");
        assertHead(delta, false);
    }

    function test_CommitTransition_WhenTheProfileIsAnother() public {
        givenMinted();
        givenCommitted("one");
        IERC8350.ExperienceDelta memory delta = nextDelta("two");
        delta.profileId = keccak256("another profile");
        commit(key, delta, "");
        assertHead(delta, true);
    }

    function test_CommitTransition_WhenThereIsAProvenance() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.provenanceCommitment = keccak256("a model's word");
        commit(key, delta, "");
        assertHead(delta, true);
    }

    function test_CommitTransition_WhenAPlainCommitFollowsAForeignHead() public {
        givenMinted();
        IERC8350.ExperienceDelta memory foreign = nextDelta("one");
        foreign.profileId = keccak256("another profile");
        commit(key, foreign, "");
        IERC8350.ExperienceDelta memory plain = nextDelta("two");
        vm.assertEq(plain.prevStateRoot, stateRootOf(0, transitionIdOf(foreign)), "chained");
        commit(key, plain, "");
        assertHead(plain, false);
        vm.assertTrue(vault.locked(vaultId), "the lock shares the flags");
    }

    function test_CommitTransition_WhenAStrangerSendsTheAuthorizersSignature() public {
        givenMinted();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        bytes memory signature = sign(COMMIT_KEY, transitionIdOf(delta));
        vm.expectEmit(address(vault));
        emit IERC8350.TransitionCommitted(
            delta.spaceId,
            transitionIdOf(delta),
            1,
            0,
            stateRootOf(0, transitionIdOf(delta)),
            delta.deltaCommitment,
            0,
            delta.profileId,
            delta.locatorCommitment,
            key
        );
        commit(stranger, delta, signature);
        assertHead(delta, false);
    }

    function test_CommitTransition_GivenThereIsNoCommitKey() public {
        givenMintedWithoutKey();
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        commit(owner, delta, "");
        assertHead(delta, false);
        delta = nextDelta("two");
        commit(stranger, delta, sign(OWNER_KEY, transitionIdOf(delta)));
        assertHead(delta, false);
    }

    /// @dev Whatever is committed, plain or foreign, the head is computed to what was committed.
    function testFuzz_CommitTransition_Chains(
        bytes32[3] memory roots,
        bytes32[3] memory provenances,
        bytes32[3] memory profiles,
        bytes32[3] memory pointers
    ) public {
        givenMinted();
        for (uint256 i = 0; i < 3; ++i) {
            IERC8350.ExperienceDelta memory delta = nextDelta("any");
            if (roots[i] != 0) delta.deltaCommitment = roots[i];
            // Half of them plain, so that both kinds follow each other.
            if (uint256(pointers[i]) & 1 == 1) {
                delta.provenanceCommitment = provenances[i];
                if (profiles[i] != 0) delta.profileId = profiles[i];
            }
            delta.locatorCommitment = pointers[i];
            bool foreign = delta.provenanceCommitment != 0 || delta.profileId != vault.PROFILE_ID();
            commit(key, delta, "");
            assertHead(delta, foreign);
        }
    }
}
