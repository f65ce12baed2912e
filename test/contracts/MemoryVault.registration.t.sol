// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC5192} from "../../contracts/interfaces/IERC5192.sol";
import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {MintingWallet} from "./doubles/MintingWallet.sol";
import {RefusingReceiver} from "./doubles/RefusingReceiver.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

contract MemoryVaultRegistrationTest is VaultTest {
    // ---------------------------------------------------------------------------------------------------- mint

    function test_Mint_GivenTheCallerUsedTheSaltBefore() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.SpaceAlreadyRegistered.selector, vaultId));
        vm.prank(owner);
        vault.mint(SALT, key);
    }

    function test_Mint_GivenTheVaultWasBurned() public {
        givenBurned();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.SpaceAlreadyRegistered.selector, vaultId));
        vm.prank(owner);
        vault.mint(SALT, key);
    }

    function test_Mint_GivenAnotherAccountUsedTheSameSalt() public {
        vm.prank(stranger);
        uint256 theirs = vault.mint(SALT, key);
        givenMinted();
        vm.assertTrue(theirs != vaultId, "two vaults");
        vm.assertEq(vault.ownerOf(theirs), stranger, "theirs");
        vm.assertEq(vault.ownerOf(vaultId), owner, "ours");
    }

    function test_Mint_WhenTheAuthorizerIsZero() public {
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceRegistered(bytes32(vaultId), owner, owner);
        givenMintedWithoutKey();
        (, address authorizer, ) = vault.spaceAuthorization(bytes32(vaultId));
        vm.assertEq(authorizer, owner, "spaceAuthorization");
        vm.assertEq(vault.memoryHead(vaultId).authorizer, owner, "memoryHead");
    }

    function test_Mint_WhenTheAuthorizerIsACommitKey() public {
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceRegistered(bytes32(vaultId), owner, key);
        vm.expectEmit(address(vault));
        emit IERC721.Transfer(address(0), owner, vaultId);
        vm.expectEmit(address(vault));
        emit IERC5192.Locked(vaultId);
        vm.prank(owner);
        vm.assertEq(vault.mint(SALT, key), vaultId, "id");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, owner, "owner");
        vm.assertEq(head.authorizer, key, "authorizer");
        vm.assertEq(head.generation, 1, "generation");
        vm.assertEq(head.configNonce, 0, "configNonce");
        vm.assertEq(head.sequence, 0, "sequence");
        vm.assertEq(head.stateRoot, 0, "stateRoot");
        vm.assertTrue(head.locked, "locked");
        vm.assertFalse(head.foreign, "foreign");
        vm.assertEq(vault.balanceOf(owner), 1, "balance");
    }

    function test_Mint_WhenTheCallerIsAContractThatDoesNotReceiveTokens() public {
        MintingWallet wallet = new MintingWallet();
        vm.assertEq(vault.ownerOf(wallet.mint(vault, SALT)), address(wallet), "owner");
    }

    function testFuzz_Mint_DerivesTheIdFromTheCallerAndTheSalt(
        address caller,
        bytes32 salt,
        address authorizer
    ) public {
        vm.assume(caller != address(0));
        vm.prank(caller);
        uint256 id = vault.mint(salt, authorizer);
        bytes32 typehash = keccak256("MemorySpace(address initialController,bytes32 salt)");
        vm.assertEq(bytes32(id), keccak256(abi.encode(typehash, caller, salt)), "id");
        vm.assertEq(vault.ownerOf(id), caller, "owner");
    }

    // ------------------------------------------------------------------------------------------- registerSpace

    function register(address authorizer, bytes memory signature) private {
        vault.registerSpace(bytes32(vaultId), owner, authorizer, SALT, signature);
    }

    function signedRegistration() private view returns (bytes memory) {
        return sign(OWNER_KEY, registrationHash(bytes32(vaultId), owner, key));
    }

    function test_RegisterSpace_WhenTheControllerIsZero() public {
        bytes32 spaceId = vault.deriveSpaceId(address(0), SALT);
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidController.selector, address(0)));
        vault.registerSpace(spaceId, address(0), key, SALT, "");
    }

    function test_RegisterSpace_WhenTheAuthorizerIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidAuthorizer.selector, address(0)));
        vm.prank(owner);
        register(address(0), "");
    }

    function test_RegisterSpace_WhenTheSpaceIdIsNotDerivedFromControllerAndSalt() public {
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.SpaceIdMismatch.selector, vaultId, vaultId ^ 1));
        vm.prank(owner);
        vault.registerSpace(bytes32(vaultId ^ 1), owner, key, SALT, "");
    }

    function test_RegisterSpace_GivenTheSpaceIsRegistered() public {
        givenMinted();
        bytes memory signature = signedRegistration();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.SpaceAlreadyRegistered.selector, vaultId));
        register(key, signature);
    }

    function test_RegisterSpace_GivenTheSpaceWasBurned() public {
        givenBurned();
        bytes memory signature = signedRegistration();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.SpaceAlreadyRegistered.selector, vaultId));
        register(key, signature);
    }

    function test_RegisterSpace_WhenAStrangerSendsNoSignature() public {
        expectUnauthorized(stranger);
        vm.prank(stranger);
        register(key, "");
    }

    function test_RegisterSpace_WhenTheSignatureIsForAnotherChain() public {
        bytes32 structHash = registrationHash(bytes32(vaultId), owner, key);
        bytes memory signature = signFor(OWNER_KEY, structHash, block.chainid + 1, address(vault));
        expectInvalidSignature(owner);
        register(key, signature);
    }

    function test_RegisterSpace_WhenTheSignatureIsForAnotherContract() public {
        bytes32 structHash = registrationHash(bytes32(vaultId), owner, key);
        bytes memory signature = signFor(OWNER_KEY, structHash, block.chainid, address(this));
        expectInvalidSignature(owner);
        register(key, signature);
    }

    function test_RegisterSpace_WhenTheSignatureIsForAnotherAuthorizer() public {
        bytes memory signature = signedRegistration();
        expectInvalidSignature(owner);
        register(stranger, signature);
    }

    function test_RegisterSpace_WhenTheSignatureIsTheAuthorizers() public {
        bytes memory signature = sign(COMMIT_KEY, registrationHash(bytes32(vaultId), owner, key));
        expectInvalidSignature(owner);
        register(key, signature);
    }

    function test_RegisterSpace_WhenTheControllerSendsNoSignature() public {
        vm.prank(owner);
        register(key, "");
        vm.assertEq(vault.ownerOf(vaultId), owner, "owner");
        vm.assertEq(vault.memoryHead(vaultId).authorizer, key, "authorizer");
    }

    function test_RegisterSpace_WhenAStrangerSendsTheControllersSignature() public {
        bytes memory signature = signedRegistration();
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceRegistered(bytes32(vaultId), owner, key);
        vm.expectEmit(address(vault));
        emit IERC721.Transfer(address(0), owner, vaultId);
        vm.expectEmit(address(vault));
        emit IERC5192.Locked(vaultId);
        vm.prank(stranger);
        register(key, signature);
        vm.assertEq(vault.ownerOf(vaultId), owner, "owner");
        vm.assertTrue(vault.locked(vaultId), "locked");
        vm.assertEq(vault.balanceOf(stranger), 0, "sender");
        vm.assertEq(vault.memoryHead(vaultId).authorizer, key, "authorizer");
    }

    // -------------------------------------------------------------------------------- updateSpaceAuthorization

    bytes32 private constant UPDATED = keccak256("SpaceAuthorizationUpdated(bytes32,address,address,uint64)");
    bytes32 private constant LOCKED = keccak256("Locked(uint256)");

    function authorize(address controller, address authorizer, bytes memory signature) private {
        vault.updateSpaceAuthorization(bytes32(vaultId), controller, authorizer, signature);
    }

    function test_UpdateSpaceAuthorization_GivenTheVaultDoesNotExist() public {
        expectNonexistent();
        vm.prank(owner);
        authorize(owner, key, "");
    }

    function test_UpdateSpaceAuthorization_GivenTheVaultWasBurned() public {
        givenBurned();
        expectNonexistent();
        vm.prank(owner);
        authorize(owner, key, "");
    }

    function test_UpdateSpaceAuthorization_WhenTheNewControllerIsZero() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidController.selector, address(0)));
        vm.prank(owner);
        authorize(address(0), key, "");
    }

    function test_UpdateSpaceAuthorization_WhenTheNewAuthorizerIsZero() public {
        givenMinted();
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidAuthorizer.selector, address(0)));
        vm.prank(owner);
        authorize(owner, address(0), "");
    }

    function test_UpdateSpaceAuthorization_WhenTheAuthorizerSendsNoSignature() public {
        givenMinted();
        expectUnauthorized(key);
        vm.prank(key);
        authorize(key, key, "");
    }

    function test_UpdateSpaceAuthorization_WhenAnApprovedOperatorSendsNoSignature() public {
        givenUnlocked();
        vm.prank(owner);
        vault.setApprovalForAll(stranger, true);
        expectUnauthorized(stranger);
        vm.prank(stranger);
        authorize(stranger, stranger, "");
    }

    function test_UpdateSpaceAuthorization_WhenTheSignatureIsTheAuthorizers() public {
        givenMinted();
        bytes memory signature = sign(COMMIT_KEY, authorizationHash(buyer, buyer, 1));
        expectInvalidSignature(owner);
        authorize(buyer, buyer, signature);
    }

    function test_UpdateSpaceAuthorization_WhenTheSignatureWasUsedBefore() public {
        givenMinted();
        bytes memory signature = sign(OWNER_KEY, authorizationHash(owner, buyer, 1));
        authorize(owner, buyer, signature);
        expectInvalidSignature(owner);
        authorize(owner, buyer, signature);
    }

    function test_UpdateSpaceAuthorization_WhenTheSignatureIsOlderThanAChangeOfOwner() public {
        givenUnlocked();
        bytes memory signature = sign(OWNER_KEY, authorizationHash(owner, stranger, 1));
        vm.prank(owner);
        vault.transferFrom(owner, owner, vaultId);
        expectInvalidSignature(owner);
        authorize(owner, stranger, signature);
    }

    function test_UpdateSpaceAuthorization_GivenNoCounterStepIsLeft() public {
        givenMinted();
        setPacked(0, type(uint24).max, 1, 1);
        expectOverflow();
        vm.prank(owner);
        authorize(owner, buyer, "");
    }

    function test_UpdateSpaceAuthorization_WhenTheControllerStays() public {
        givenUnlocked();
        givenGranted(3);
        vm.recordLogs();
        vm.prank(owner);
        authorize(owner, stranger, "");
        vm.assertEq(countLogs(UPDATED), 1, "one event");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.authorizer, stranger, "authorizer");
        vm.assertEq(head.generation, 1, "generation");
        vm.assertEq(head.configNonce, 1, "configNonce");
        vm.assertFalse(head.locked, "locked");
        vm.assertTrue(vault.canRead(vaultId, agent), "grant");
    }

    function test_UpdateSpaceAuthorization_WhenTheControllerChanges() public {
        givenUnlocked();
        givenGranted(3);
        vm.prank(owner);
        vault.approve(stranger, vaultId);

        vm.expectEmit(address(vault));
        emit IERC721.Transfer(owner, buyer, vaultId);
        vm.expectEmit(address(vault));
        emit IERC5192.Locked(vaultId);
        vm.expectEmit(address(vault));
        emit IERC8350.SpaceAuthorizationUpdated(bytes32(vaultId), buyer, stranger, 1);
        vm.recordLogs();
        vm.prank(owner);
        authorize(buyer, stranger, "");
        vm.assertEq(countLogs(UPDATED), 1, "one event");

        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.assertEq(head.owner, buyer, "owner");
        vm.assertEq(head.authorizer, stranger, "authorizer");
        vm.assertEq(head.generation, 2, "generation");
        vm.assertEq(head.configNonce, 1, "configNonce");
        vm.assertTrue(head.locked, "locked");
        vm.assertEq(vault.getApproved(vaultId), address(0), "approval");
        vm.assertFalse(vault.canRead(vaultId, agent), "grant");
        vm.assertEq(vault.balanceOf(owner), 0, "balance before");
        vm.assertEq(vault.balanceOf(buyer), 1, "balance after");
    }

    function test_UpdateSpaceAuthorization_WhenTheControllerOfALockedVaultChanges() public {
        givenMinted();
        vm.recordLogs();
        vm.prank(owner);
        authorize(buyer, buyer, "");
        vm.assertEq(countLogs(LOCKED), 0, "no Locked");
        vm.assertEq(vault.ownerOf(vaultId), buyer, "owner");
        vm.assertTrue(vault.locked(vaultId), "locked");
    }

    function test_UpdateSpaceAuthorization_WhenTheNewControllerRefusesTokens() public {
        givenMinted();
        address receiver = address(new RefusingReceiver());
        vm.prank(owner);
        authorize(receiver, key, "");
        vm.assertEq(vault.ownerOf(vaultId), receiver, "owner");
    }

    function test_UpdateSpaceAuthorization_WhenAStrangerSendsTheControllersSignature() public {
        givenMinted();
        bytes memory signature = sign(OWNER_KEY, authorizationHash(buyer, stranger, 1));
        vm.prank(agent);
        authorize(buyer, stranger, signature);
        (address controller, address authorizer, uint64 configNonce) = vault.spaceAuthorization(bytes32(vaultId));
        vm.assertEq(controller, buyer, "controller");
        vm.assertEq(authorizer, stranger, "authorizer");
        vm.assertEq(configNonce, 1, "configNonce");
    }
}
