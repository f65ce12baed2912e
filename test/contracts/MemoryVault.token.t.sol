// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC5192} from "../../contracts/interfaces/IERC5192.sol";
import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {MemoryProof} from "../../contracts/libraries/MemoryProof.sol";
import {VaultMetadata} from "../../contracts/libraries/VaultMetadata.sol";
import {GreedyReceiver} from "./doubles/GreedyReceiver.sol";
import {RefusingReceiver} from "./doubles/RefusingReceiver.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

contract MemoryVaultTokenTest is VaultTest {
    bytes32 private constant UPDATED = keccak256("SpaceAuthorizationUpdated(bytes32,address,address,uint64)");

    function transfer(address sender, address from, address to) private {
        vm.prank(sender);
        vault.transferFrom(from, to, vaultId);
    }

    function expectLocked() private {
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.VaultLocked.selector, vaultId));
    }

    function expectNotApproved(address sender) private {
        vm.expectRevert(abi.encodeWithSignature("ERC721InsufficientApproval(address,uint256)", sender, vaultId));
    }

    // ------------------------------------------------------------------------------------------ lock and unlock

    function test_Lock_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        vault.lock(vaultId);
    }

    function test_Lock_WhenTheCallerIsNotTheOwner() public {
        givenUnlocked();
        expectUnauthorized(key);
        vm.prank(key);
        vault.lock(vaultId);
    }

    function test_Lock_GivenTheVaultIsLocked() public {
        givenMinted();
        vm.recordLogs();
        vm.prank(owner);
        vault.lock(vaultId);
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
        vm.assertTrue(vault.locked(vaultId), "locked");
    }

    function test_Lock_GivenTheVaultIsUnlocked() public {
        givenUnlocked();
        vm.expectEmit(address(vault));
        emit IERC5192.Locked(vaultId);
        vm.prank(owner);
        vault.lock(vaultId);
        vm.assertTrue(vault.locked(vaultId), "locked");
    }

    function test_Unlock_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        vault.unlock(vaultId);
    }

    function test_Unlock_WhenTheCallerIsNotTheOwner() public {
        givenMinted();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        expectUnauthorized(key);
        vm.prank(key);
        vault.unlock(vaultId);
        expectUnauthorized(stranger);
        vm.prank(stranger);
        vault.unlock(vaultId);
    }

    function test_Unlock_GivenTheVaultIsLocked() public {
        givenMinted();
        vm.expectEmit(address(vault));
        emit IERC5192.Unlocked(vaultId);
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.assertFalse(vault.locked(vaultId), "locked");
    }

    function test_Unlock_GivenTheVaultIsUnlocked() public {
        givenUnlocked();
        vm.recordLogs();
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    // A foreign head is kept in the same byte as the lock.

    function test_Unlock_GivenTheVaultIsUnlockedAndItsHeadForeign() public {
        givenUnlocked();
        givenCommittedForeign();
        vm.assertFalse(vault.locked(vaultId), "locked");
        vm.assertFalse(vault.memoryHead(vaultId).locked, "memoryHead");
        vm.recordLogs();
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    // ---------------------------------------------------------------------------------------------------- burn

    function burn(address sender) private {
        vm.prank(sender);
        vault.burn(vaultId);
    }

    function test_Burn_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        burn(owner);
    }

    function test_Burn_GivenTheVaultIsLocked() public {
        givenMinted();
        expectLocked();
        burn(owner);
    }

    function test_Burn_WhenTheCallerIsAnApprovedOperator() public {
        givenUnlocked();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        vm.prank(owner);
        vault.approve(buyer, vaultId);
        expectUnauthorized(stranger);
        burn(stranger);
        expectUnauthorized(buyer);
        burn(buyer);
    }

    function test_Burn_WhenTheCallerIsTheAuthorizer() public {
        givenUnlocked();
        expectUnauthorized(key);
        burn(key);
    }

    function test_Burn_GivenTheHeadIsForeign() public {
        givenUnlocked();
        givenCommittedForeign();
        burn(owner);
        expectNonexistent();
        vault.ownerOf(vaultId);
    }

    function test_Burn_GivenNoGenerationIsLeft() public {
        givenMinted();
        setPacked(0, 0, type(uint24).max, 0);
        expectOverflow();
        burn(owner);
    }

    function test_Burn_GivenTheVaultChangedHands() public {
        givenUnlocked();
        givenGranted(3);
        givenCommitted("one");
        transfer(owner, owner, buyer);
        vm.prank(buyer);
        vault.updateSpaceAuthorization(bytes32(vaultId), buyer, key, "");
        givenCommitted("two");
        vm.prank(buyer);
        vault.grant(vaultId, stranger, type(uint64).max, 3, WELCOME);
        vm.prank(buyer);
        vault.unlock(vaultId);
        vm.assertTrue(vault.canRead(vaultId, stranger), "before the burn");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        burn(buyer);
        address[2] memory grantees = [agent, stranger];
        for (uint256 i = 0; i < grantees.length; ++i) {
            vm.assertFalse(vault.canRead(vaultId, grantees[i]), "canRead");
            vm.assertFalse(vault.canPropose(vaultId, grantees[i]), "canPropose");
        }
        (head.owner, head.authorizer, head.locked) = (address(0), address(0), true);
        (head.configNonce, head.generation) = (3, 3);
        vm.assertEq(keccak256(abi.encode(vault.memoryHead(vaultId))), keccak256(abi.encode(head)), "memoryHead");
    }

    function test_Burn_WhenTheOwnerBurnsAnUnlockedVault() public {
        givenUnlocked();
        givenGranted(3);
        IERC8350.ExperienceDelta memory delta = givenCommitted("one");
        vm.expectEmit(address(vault));
        emit IERC721.Transfer(owner, address(0), vaultId);
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceAuthorizationUpdated(bytes32(vaultId), address(0), address(0), 1);
        burn(owner);

        (bytes32 transitionId, , uint64 sequence) = vault.head(bytes32(vaultId));
        vm.assertEq(transitionId, transitionIdOf(delta), "head");
        vm.assertEq(sequence, 1, "sequence");
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, address(0), "owner");
        vm.assertEq(head.authorizer, address(0), "authorizer");
        vm.assertEq(head.generation, 2, "generation");
        vm.assertEq(head.root, delta.deltaCommitment, "root");

        vm.assertFalse(vault.canRead(vaultId, agent), "canRead");
        vm.assertFalse(vault.canPropose(vaultId, agent), "canPropose");
        MemoryProof.Proof memory proof;
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "verifyMemory");
        assertNothingElseAnswers();
        vm.assertEq(vault.balanceOf(owner), 0, "balance");
    }

    /// @dev What a vault that was burned, or never was, refuses. The doors that move or grant have branches of their own.
    function assertNothingElseAnswers() private {
        expectNonexistent();
        vault.ownerOf(vaultId);
        expectNonexistent();
        vault.getApproved(vaultId);
        expectNonexistent();
        vault.tokenURI(vaultId);
        expectNonexistent();
        vault.locked(vaultId);
        expectNonexistent();
        vault.grantOf(vaultId, agent);
        expectNonexistent();
        vault.spaceAuthorization(bytes32(vaultId));
        expectNonexistent();
        vm.prank(owner);
        vault.approve(stranger, vaultId);
        expectNonexistent();
        vm.prank(owner);
        vault.lock(vaultId);
        expectNonexistent();
        vm.prank(owner);
        vault.unlock(vaultId);
        expectNonexistent();
        burn(owner);
        expectNonexistent();
        transfer(owner, owner, buyer);
    }

    // -------------------------------------------------------------------------------------------- transferFrom

    function test_TransferFrom_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        transfer(owner, owner, buyer);
    }

    function test_TransferFrom_GivenTheVaultIsLocked() public {
        givenMinted();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        vm.prank(owner);
        vault.approve(buyer, vaultId);
        address[3] memory callers = [owner, stranger, buyer];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectLocked();
            transfer(callers[i], owner, buyer);
        }
    }

    function test_TransferFrom_WhenTheCallerIsNotApproved() public {
        givenUnlocked();
        expectNotApproved(stranger);
        transfer(stranger, owner, stranger);
    }

    function test_TransferFrom_WhenTheCallerIsTheAuthorizer() public {
        givenUnlocked();
        expectNotApproved(key);
        transfer(key, owner, key);
    }

    function test_TransferFrom_WhenTheCallerIsAGrantee() public {
        givenUnlocked();
        givenGranted(3);
        expectNotApproved(agent);
        transfer(agent, owner, agent);
    }

    function test_TransferFrom_WhenTheSenderNamedIsNotTheOwner() public {
        givenUnlocked();
        vm.expectRevert(
            abi.encodeWithSignature("ERC721IncorrectOwner(address,uint256,address)", stranger, vaultId, owner)
        );
        transfer(owner, stranger, buyer);
    }

    function test_TransferFrom_WhenTheReceiverIsZero() public {
        givenUnlocked();
        vm.expectRevert(abi.encodeWithSignature("ERC721InvalidReceiver(address)", address(0)));
        transfer(owner, owner, address(0));
    }

    function test_TransferFrom_GivenNoGenerationIsLeft() public {
        givenMinted();
        setPacked(0, 0, type(uint24).max, 0);
        expectOverflow();
        transfer(owner, owner, buyer);
    }

    function test_TransferFrom_GivenTheVaultIsUnlocked() public {
        givenUnlocked();
        givenGranted(3);
        IERC8350.ExperienceDelta memory delta = givenCommitted("one");
        vm.prank(owner);
        vault.approve(stranger, vaultId);

        vm.expectEmit(address(vault));
        emit IERC721.Transfer(owner, buyer, vaultId);
        vm.expectEmit(address(vault));
        emit IERC5192.Locked(vaultId);
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceAuthorizationUpdated(bytes32(vaultId), buyer, buyer, 1);
        vm.recordLogs();
        transfer(owner, owner, buyer);
        vm.assertEq(countLogs(UPDATED), 1, "one event");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, buyer, "owner");
        vm.assertEq(head.authorizer, buyer, "authorizer");
        vm.assertEq(head.generation, 2, "generation");
        vm.assertEq(head.configNonce, 1, "configNonce");
        vm.assertTrue(head.locked, "locked");
        vm.assertEq(head.transitionId, transitionIdOf(delta), "head");
        vm.assertEq(vault.getApproved(vaultId), address(0), "approval");
        vm.assertFalse(vault.canRead(vaultId, agent), "grant");
        vm.assertEq(vault.balanceOf(owner), 0, "balance before");
        vm.assertEq(vault.balanceOf(buyer), 1, "balance after");
    }

    function test_TransferFrom_WhenAnApprovedAccountCalls() public {
        givenUnlocked();
        vm.prank(owner);
        vault.approve(stranger, vaultId);
        transfer(stranger, owner, buyer);
        vm.assertEq(vault.ownerOf(vaultId), buyer, "owner");
    }

    function test_TransferFrom_WhenAnOperatorCalls() public {
        givenUnlocked();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        transfer(stranger, owner, buyer);
        vm.assertEq(vault.ownerOf(vaultId), buyer, "owner");
    }

    function test_TransferFrom_WhenTheReceiverIsTheOwner() public {
        givenUnlocked();
        givenGranted(3);
        transfer(owner, owner, owner);
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, owner, "owner");
        vm.assertEq(head.authorizer, owner, "the commit key is gone");
        vm.assertEq(head.generation, 2, "generation");
        vm.assertEq(head.configNonce, 1, "configNonce");
        vm.assertTrue(head.locked, "locked");
        vm.assertFalse(vault.canRead(vaultId, agent), "grant");
        vm.assertEq(vault.balanceOf(owner), 1, "balance");
    }

    // ---------------------------------------------------------------------------------------- safeTransferFrom

    function test_SafeTransferFrom_GivenTheVaultIsLocked() public {
        givenMinted();
        expectLocked();
        vm.prank(owner);
        vault.safeTransferFrom(owner, buyer, vaultId);
    }

    function test_SafeTransferFrom_WhenTheReceiverRefuses() public {
        givenUnlocked();
        address receiver = address(new RefusingReceiver());
        vm.expectRevert(abi.encodeWithSelector(RefusingReceiver.NoTokens.selector));
        vm.prank(owner);
        vault.safeTransferFrom(owner, receiver, vaultId);
        vm.assertEq(vault.ownerOf(vaultId), owner, "owner");
    }

    function test_SafeTransferFrom_WhenTheReceiverActsOnReceipt() public {
        givenUnlocked();
        address receiver = address(new GreedyReceiver(buyer));
        vm.recordLogs();
        vm.prank(owner);
        vault.safeTransferFrom(owner, receiver, vaultId, "data");
        vm.assertEq(countLogs(UPDATED), 2, "two changes of owner");
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, buyer, "owner");
        vm.assertEq(head.authorizer, buyer, "authorizer");
        vm.assertEq(head.generation, 3, "generation");
        vm.assertEq(head.configNonce, 2, "configNonce");
        vm.assertTrue(head.locked, "locked");
        vm.assertFalse(vault.canRead(vaultId, receiver), "the grant in passing is void");
    }

    // -------------------------------------------------------------------------------------------- verifyMemory

    /// @dev A vault with two memories in one scope and one more scope; the proof is of the first memory.
    function memories() private pure returns (bytes32 root, MemoryProof.Proof memory proof) {
        proof.record = "a canonical record";
        proof.memoryPath = new bytes32[](1);
        proof.memoryPath[0] = keccak256("the other memory's leaf");
        proof.scopeId = bytes16(keccak256("scope"));
        proof.count = 2;
        proof.scopeSalt = keccak256("scope salt");
        proof.scopePath = new bytes32[](1);
        proof.scopePath[0] = keccak256("the other scope's leaf");
        bytes32 leaf = hashTwice(abi.encode(keccak256("memory-vault/v1/memory-leaf"), sha256(proof.record)));
        bytes32 scopeRoot = pair(leaf, proof.memoryPath[0]);
        bytes32 scopeLeaf = hashTwice(
            abi.encode(keccak256("memory-vault/v1/scope-leaf"), proof.scopeId, scopeRoot, uint256(2), proof.scopeSalt)
        );
        root = pair(scopeLeaf, proof.scopePath[0]);
    }

    function hashTwice(bytes memory data) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(data)));
    }

    function pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function commitRoot(bytes32 root, bytes32 provenance) private {
        IERC8350.ExperienceDelta memory delta = nextDelta("memories");
        delta.deltaCommitment = root;
        delta.provenanceCommitment = provenance;
        vm.prank(key);
        vault.commitTransition(delta, "");
    }

    function test_VerifyMemory_GivenTheVaultDoesNotExist() public view {
        (, MemoryProof.Proof memory proof) = memories();
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "verified");
    }

    function test_VerifyMemory_GivenTheHeadIsEmpty() public {
        givenMinted();
        (, MemoryProof.Proof memory proof) = memories();
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "verified");
    }

    function test_VerifyMemory_GivenTheHeadIsForeign() public {
        givenMinted();
        (bytes32 root, MemoryProof.Proof memory proof) = memories();
        commitRoot(root, keccak256("provenance"));
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "verified");
    }

    function test_VerifyMemory_GivenTheMemoryWasRemovedSince() public {
        givenMinted();
        (bytes32 root, MemoryProof.Proof memory proof) = memories();
        commitRoot(root, 0);
        givenCommitted("without it");
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "verified");
    }

    function test_VerifyMemory_GivenTheMemoryIsInTheHead() public {
        givenMinted();
        (bytes32 root, MemoryProof.Proof memory proof) = memories();
        commitRoot(root, 0);
        vm.assertTrue(vault.verifyMemory(vaultId, proof), "verified");
        vm.prank(owner);
        vault.unlock(vaultId);
        burn(owner);
        vm.assertFalse(vault.verifyMemory(vaultId, proof), "after the burn");
    }

    // --------------------------------------------------------------------------------------------------- views

    function test_Views_GivenTheVaultDoesNotExist() public {
        (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) = vault.head(bytes32(vaultId));
        vm.assertEq(transitionId, 0, "transitionId");
        vm.assertEq(stateRoot, 0, "stateRoot");
        vm.assertEq(sequence, 0, "sequence");
        IMemoryVault.Head memory zeros;
        vm.assertEq(keccak256(abi.encode(vault.memoryHead(vaultId))), keccak256(abi.encode(zeros)), "memoryHead");
        vm.assertFalse(vault.canRead(vaultId, address(0)), "canRead");
        assertNothingElseAnswers();
    }

    function test_Views_GivenThereIsAHead() public {
        givenMinted();
        givenCommitted("one");
        IERC8350.ExperienceDelta memory delta = givenCommitted("two");
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), owner, stranger, "");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        bytes32 transitionId = transitionIdOf(delta);
        IMemoryVault.Head memory expected = IMemoryVault.Head({
            owner: owner,
            authorizer: stranger,
            sequence: 2,
            configNonce: 1,
            generation: 1,
            locked: true,
            foreign: false,
            prevStateRoot: delta.prevStateRoot,
            stateRoot: stateRootOf(delta.prevStateRoot, transitionId),
            transitionId: transitionId,
            root: delta.deltaCommitment,
            pointer: delta.locatorCommitment
        });
        vm.assertEq(keccak256(abi.encode(head)), keccak256(abi.encode(expected)), "memoryHead");

        (address controller, address authorizer, uint64 configNonce) = vault.spaceAuthorization(bytes32(vaultId));
        vm.assertEq(vault.ownerOf(vaultId), owner, "ownerOf");
        vm.assertEq(controller, owner, "controller");
        vm.assertEq(authorizer, stranger, "authorizer");
        vm.assertEq(configNonce, 1, "configNonce");
        vm.assertTrue(vault.locked(vaultId), "locked");
    }

    function test_Views_WhenAnInterfaceIsAskedFor() public view {
        bytes4[5] memory interfaces = [
            type(IERC165).interfaceId,
            type(IERC721).interfaceId,
            type(IERC721Metadata).interfaceId,
            bytes4(0xb45a3c0e),
            type(IERC8350).interfaceId
        ];
        for (uint256 i = 0; i < interfaces.length; ++i) {
            vm.assertTrue(vault.supportsInterface(interfaces[i]), "supported");
        }
        vm.assertFalse(vault.supportsInterface(0xffffffff), "0xffffffff");
    }

    function test_Views_WhenTheNameIsAskedFor() public view {
        vm.assertEq(keccak256(bytes(vault.name())), keccak256("Memory Vault"), "name");
        vm.assertEq(keccak256(bytes(vault.symbol())), keccak256("VAULT"), "symbol");
    }

    function test_Views_WhenTheTokenUriIsAskedFor() public {
        givenMinted();
        bytes32 expected = keccak256(bytes(VaultMetadata.tokenURI(vaultId)));
        vm.assertEq(keccak256(bytes(vault.tokenURI(vaultId))), expected, "tokenURI");
        givenCommitted("one");
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), buyer, stranger, "");
        vm.assertEq(keccak256(bytes(vault.tokenURI(vaultId))), expected, "with another head and owner");
    }

    function test_Views_WhenTheTypeHashesAreAskedFor() public view {
        vm.assertEq(
            vault.EXPERIENCE_DELTA_TYPEHASH(),
            0x4f020f86bc06d852f1fde17853b4d92a70214eeab8e09718028124af097d070d,
            "ExperienceDelta"
        );
        vm.assertEq(
            vault.MEMORY_STATE_TYPEHASH(),
            0xf3148762556cbf851baf4b9a205e18ff4e6b366a58a3a1ef58e8626ba41beadb,
            "MemoryState"
        );
        vm.assertEq(
            vault.MEMORY_SPACE_TYPEHASH(),
            0x9ae5478f084ad3b841da58a9cb2354d153cddec59ee64d0cb741fa9d08884531,
            "MemorySpace"
        );
    }

    function test_Views_WhenTheFirstSlotIsRead() public {
        givenUnlocked();
        IERC8350.ExperienceDelta memory delta = givenCommittedForeign();
        vm.prank(owner);
        vault.transferFrom(owner, buyer, vaultId);
        vm.prank(buyer);
        vault.updateSpaceAuthorization(bytes32(vaultId), buyer, stranger, "");

        uint256 slot = uint256(vm.load(address(vault), slotOf(vaultId)));
        vm.assertEq(address(uint160(slot)), stranger, "authorizer");
        vm.assertEq(uint40(slot >> 160), 1, "sequence");
        vm.assertEq(uint24(slot >> 200), 2, "configNonce");
        vm.assertEq(uint24(slot >> 224), 2, "generation");
        vm.assertEq(slot >> 248, 3, "flags: locked and foreign");
        vm.assertEq(word(1), delta.prevStateRoot, "prevStateRoot");
        vm.assertEq(word(2), delta.deltaCommitment, "root");
        vm.assertEq(word(3), delta.locatorCommitment, "pointer");
        vm.assertEq(word(4), transitionIdOf(delta), "foreignTransitionId");
    }

    function word(uint256 offset) private view returns (bytes32) {
        return vm.load(address(vault), bytes32(uint256(slotOf(vaultId)) + offset));
    }
}
