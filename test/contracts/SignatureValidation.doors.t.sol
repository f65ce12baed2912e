// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {MemoryVault} from "../../contracts/MemoryVault.sol";
import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {BurningWallet} from "./doubles/BurningWallet.sol";
import {DirtyWallet} from "./doubles/DirtyWallet.sol";
import {FloodingWallet} from "./doubles/FloodingWallet.sol";
import {LyingWallet} from "./doubles/LyingWallet.sol";
import {RefusingWallet} from "./doubles/RefusingWallet.sol";
import {RevertingWallet} from "./doubles/RevertingWallet.sol";
import {ScrupulousWallet} from "./doubles/ScrupulousWallet.sol";
import {SilentDelegate} from "./doubles/SilentDelegate.sol";
import {TerseWallet} from "./doubles/TerseWallet.sol";
import {Publication} from "./support/Publication.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev The rule of SignatureValidation, at each door that takes a signature. At all of them the owner's agreement is
/// needed: the vault has no commit key.
contract SignatureDoorsTest is VaultTest {
    /// @dev In an order in which opening one leaves the next as it was.
    enum Door {
        RegisterSpace,
        PublishKey,
        CommitTransition,
        UpdateSpaceAuthorization
    }

    uint256 private constant DOORS = 4;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    /// @dev The most that a transaction may take (EIP-7825).
    uint256 private constant GAS_CAP = 1 << 24;
    bytes32 private constant NEXT_SALT = keccak256("the salt of the next vault");
    uint256 private constant DEADLINE = NOW + 600;

    KeyRegistry private registry;
    bytes32 private nextSpaceId;

    function setUp() public override {
        super.setUp();
        registry = new KeyRegistry();
        nextSpaceId = vault.deriveSpaceId(owner, NEXT_SALT);
        givenMintedWithoutKey();
    }

    // --------------------------------------------------------------------------------------------------- words

    function recipient() private pure returns (bytes memory) {
        return new bytes(1216);
    }

    /// @dev What the owner signs for a door to open now.
    function structHashOf(Door door) private view returns (bytes32) {
        if (door == Door.RegisterSpace) return registrationHash(nextSpaceId, owner, key);
        if (door == Door.PublishKey)
            return Publication.hash(owner, recipient(), EXPIRY, 0, registry.nonces(owner), DEADLINE);
        if (door == Door.CommitTransition) return transitionIdOf(nextDelta("one"));
        (, , uint64 configNonce) = vault.spaceAuthorization(bytes32(vaultId));
        return authorizationHash(owner, key, configNonce + 1);
    }

    function contractOf(Door door) private view returns (address) {
        return door == Door.PublishKey ? address(registry) : address(vault);
    }

    function digestFor(Door door, uint256 chainId, address verifyingContract) private view returns (bytes32) {
        bytes32 domain =
            door == Door.PublishKey
                ? Publication.domainOf(chainId, verifyingContract)
                : domainOf(chainId, verifyingContract);
        return keccak256(abi.encodePacked(hex"1901", domain, structHashOf(door)));
    }

    function digestOf(Door door) private view returns (bytes32) {
        return digestFor(door, block.chainid, contractOf(door));
    }

    function signatureOf(Door door) private view returns (bytes memory) {
        return signDigest(OWNER_KEY, digestOf(door));
    }

    function callOf(Door door, bytes memory signature) private view returns (bytes memory) {
        if (door == Door.RegisterSpace)
            return abi.encodeCall(vault.registerSpace, (nextSpaceId, owner, key, NEXT_SALT, signature));
        if (door == Door.PublishKey)
            return
                abi.encodeCall(
                    registry.publishKeyBySig,
                    (owner, recipient(), EXPIRY, 0, registry.nonces(owner), DEADLINE, signature)
                );
        if (door == Door.CommitTransition) return abi.encodeCall(vault.commitTransition, (nextDelta("one"), signature));
        return abi.encodeCall(vault.updateSpaceAuthorization, (bytes32(vaultId), owner, key, signature));
    }

    function send(address sender, address target, bytes memory data, uint256 gas) private returns (bytes memory fault) {
        vm.prank(sender);
        (bool success, bytes memory answer) = target.call{gas: gas}(data);
        if (!success) fault = answer.length == 0 ? bytes("no answer") : answer;
    }

    function knock(Door door, address sender, bytes memory signature) private returns (bytes memory fault) {
        return send(sender, contractOf(door), callOf(door, signature), GAS_CAP);
    }

    function assertFault(bytes memory fault, bytes memory expected, string memory what) private pure {
        vm.assertEq(keccak256(fault), keccak256(expected), what);
    }

    function invalidSignature() private view returns (bytes memory) {
        return abi.encodeWithSelector(IMemoryVault.InvalidSignature.selector, owner);
    }

    function unauthorized(Door door, address sender) private view returns (bytes memory) {
        // The registry knows no callers: whoever is not the account needs its signature.
        if (door == Door.PublishKey) return invalidSignature();
        uint256 id = door == Door.RegisterSpace ? uint256(nextSpaceId) : vaultId;
        return abi.encodeWithSelector(IMemoryVault.Unauthorized.selector, id, sender);
    }

    function assertRefuses(Door door, bytes memory signature, string memory what) private {
        assertFault(knock(door, stranger, signature), invalidSignature(), what);
    }

    function assertOpens(Door door, address sender, bytes memory signature, string memory what) private {
        assertFault(knock(door, sender, signature), "", what);
        assertDone(door);
    }

    /// @dev What the owner agreed to was done, and nobody else has anything of it.
    function assertDone(Door door) private view {
        if (door == Door.RegisterSpace) {
            vm.assertEq(vault.ownerOf(uint256(nextSpaceId)), owner, "owner");
            vm.assertEq(vault.memoryHead(uint256(nextSpaceId)).authorizer, key, "authorizer");
            vm.assertEq(vault.balanceOf(stranger), 0, "sender");
        } else if (door == Door.PublishKey) {
            vm.assertEq(registry.keyOf(owner).recipientDigest, sha256(recipient()), "recipient");
            vm.assertEq(registry.nonces(owner), 1, "nonce");
            vm.assertEq(registry.nonces(stranger), 0, "the sender's nonce");
        } else if (door == Door.CommitTransition) {
            IMemoryVault.Head memory head = vault.memoryHead(vaultId);
            vm.assertEq(head.root, keccak256("one root"), "root");
            vm.assertEq(head.pointer, keccak256("one pointer"), "pointer");
            vm.assertEq(head.sequence, 1, "sequence");
        } else {
            (address controller, address authorizer, uint64 configNonce) = vault.spaceAuthorization(bytes32(vaultId));
            vm.assertEq(controller, owner, "controller");
            vm.assertEq(authorizer, key, "authorizer");
            vm.assertEq(configNonce, 1, "configuration nonce");
        }
    }

    /// @dev With this code at its account, the owner's own key opens every door, and nothing else does.
    function assertOnlyTheKeyOpens(bytes memory code) private {
        vm.etch(owner, code);
        vm.assertTrue(owner.code.length != 0, "code");
        for (uint256 i = 0; i < DOORS; ++i) {
            Door door = Door(i);
            assertRefuses(door, "anything", "anything");
            assertRefuses(door, signDigest(COMMIT_KEY, digestOf(door)), "another key");
            assertFault(knock(door, stranger, ""), unauthorized(door, stranger), "no signature");
            assertOpens(door, stranger, signatureOf(door), "its key");
        }
    }

    // --------------------------------------------------------------------------------------------- accounts of keys

    function test_Doors_WhenAStrangerSendsTheAccountsSignature() public {
        for (uint256 i = 0; i < DOORS; ++i) assertOpens(Door(i), stranger, signatureOf(Door(i)), "signed");
    }

    function test_Doors_WhenAStrangerSendsNoSignature() public {
        for (uint256 i = 0; i < DOORS; ++i)
            assertFault(knock(Door(i), stranger, ""), unauthorized(Door(i), stranger), "refused");
    }

    function test_Doors_WhenTheAccountSendsNoSignature() public {
        for (uint256 i = 0; i < DOORS; ++i) assertOpens(Door(i), owner, "", "called");
    }

    function test_Doors_WhenTheAccountAttachesAWrongSignature() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            bytes memory signature = signDigest(COMMIT_KEY, digestOf(Door(i)));
            assertFault(knock(Door(i), owner, signature), invalidSignature(), "another key");
            assertFault(knock(Door(i), owner, hex"00"), invalidSignature(), "one byte");
        }
    }

    function test_Doors_WhenTheSignatureIsMalleable() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(Door(i)));
            bytes32 high = bytes32(ORDER - uint256(s));
            uint8 flipped = v == 27 ? 28 : 27;
            vm.assertEq(ecrecover(digestOf(Door(i)), flipped, r, high), owner, "recovers");
            assertRefuses(Door(i), abi.encodePacked(r, high, flipped), "high s");
        }
    }

    function test_Doors_WhenTheSignatureHasAnotherLengthThan65() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(Door(i)));
            bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
            assertRefuses(Door(i), abi.encodePacked(r, vs), "compact, 64");
            assertRefuses(Door(i), abi.encodePacked(r, s), "without v");
            assertRefuses(Door(i), abi.encodePacked(r, s, v, uint8(0)), "66");
        }
    }

    function test_Doors_WhenTheRecoveryIdIsUnknown() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(Door(i)));
            assertRefuses(Door(i), abi.encodePacked(r, s, v - 27), "0 or 1");
            assertRefuses(Door(i), abi.encodePacked(r, s, v + 2), "29 or 30");
        }
    }

    // ----------------------------------------------------------------------------------------- accounts with code

    function test_Doors_GivenTheWalletAccepts() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            Door door = Door(i);
            vm.etch(owner, address(new ScrupulousWallet(keccak256("other"))).code);
            assertRefuses(door, hex"01", "another digest");
            vm.etch(owner, address(new ScrupulousWallet(digestOf(door))).code);
            assertFault(knock(door, stranger, ""), unauthorized(door, stranger), "no signature");
            assertOpens(door, stranger, new bytes(1000), "accepted");
        }
    }

    function test_Doors_GivenTheWalletSaysYesToEverything() public {
        vm.etch(owner, type(LyingWallet).runtimeCode);
        for (uint256 i = 0; i < DOORS; ++i) {
            assertFault(knock(Door(i), stranger, ""), unauthorized(Door(i), stranger), "no signature");
            // Whoever has such a wallet gave everything away.
            assertOpens(Door(i), stranger, hex"01", "it does say yes");
        }
    }

    function test_Doors_GivenTheWalletRefuses() public {
        assertOnlyTheKeyOpens(type(RefusingWallet).runtimeCode);
    }

    function test_Doors_GivenTheWalletReverts() public {
        assertOnlyTheKeyOpens(type(RevertingWallet).runtimeCode);
    }

    function test_Doors_GivenTheWalletAnswersTooLittle() public {
        assertOnlyTheKeyOpens(type(TerseWallet).runtimeCode);
    }

    function test_Doors_GivenTheWalletAnswersWithDirt() public {
        assertOnlyTheKeyOpens(type(DirtyWallet).runtimeCode);
    }

    function test_Doors_GivenTheWalletAnswersTooMuch() public {
        assertOnlyTheKeyOpens(type(FloodingWallet).runtimeCode);
    }

    /// @dev A call hands on 63 of 64 parts of its gas, so what is left must be enough.
    function test_Doors_GivenTheWalletBurnsItsGas() public {
        assertOnlyTheKeyOpens(type(BurningWallet).runtimeCode);
    }

    function test_Doors_GivenTheAccountDelegatesToCodeThatAnswersNothing() public {
        // The designator of EIP-7702: what the account's code is while it delegates.
        assertOnlyTheKeyOpens(abi.encodePacked(hex"ef0100", address(new SilentDelegate())));
    }

    /// @dev Memory of a mebibyte costs 2.2 million. The wallet pays that; a door that copied the answer would pay again.
    function test_Doors_WhenTheGasIsEnoughForTheAnswerOnce() public {
        vm.etch(owner, type(FloodingWallet).runtimeCode);
        for (uint256 i = 0; i < DOORS; ++i) {
            bytes memory data = callOf(Door(i), signatureOf(Door(i)));
            assertFault(send(stranger, contractOf(Door(i)), data, 3_000_000), "", "opened");
            assertDone(Door(i));
        }
    }

    // ------------------------------------------------------------------------------------------------- replays

    /// @dev The chain's id is asked of the contract: the compiler takes `block.chainid` for a constant.
    function test_Doors_WhenTheChainTookAnotherId() public {
        (, , , uint256 former, , , ) = vault.eip712Domain();
        for (uint256 i = 0; i < DOORS; ++i) {
            bytes memory signature = signDigest(OWNER_KEY, digestFor(Door(i), former, contractOf(Door(i))));
            vm.chainId(former + 1);
            assertRefuses(Door(i), signature, "of the former chain");
            signature = signDigest(OWNER_KEY, digestFor(Door(i), former + 1, contractOf(Door(i))));
            assertOpens(Door(i), stranger, signature, "of this chain");
            vm.chainId(former);
        }
    }

    function test_Doors_WhenTheSignatureIsForTheSameContractElsewhere() public {
        address[2] memory elsewhere = [address(new MemoryVault()), address(new KeyRegistry())];
        for (uint256 i = 0; i < DOORS; ++i)
            for (uint256 j = 0; j < elsewhere.length; ++j)
                assertRefuses(
                    Door(i),
                    signDigest(OWNER_KEY, digestFor(Door(i), block.chainid, elsewhere[j])),
                    "of another contract"
                );
    }

    function test_Doors_WhenTheSignatureIsForAnotherVaultOrAccount() public {
        vm.prank(owner);
        uint256 other = vault.mint(keccak256("another vault of the owner"), address(0));
        bytes32 unminted = vault.deriveSpaceId(owner, keccak256("a salt that is not used"));
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.spaceId = bytes32(other);

        assertRefuses(Door.RegisterSpace, sign(OWNER_KEY, registrationHash(unminted, owner, key)), "registration");
        assertRefuses(Door.CommitTransition, sign(OWNER_KEY, transitionIdOf(delta)), "commit");
        uint256 own = vaultId;
        vaultId = other;
        bytes memory authorization = sign(OWNER_KEY, authorizationHash(owner, key, 1));
        vaultId = own;
        assertRefuses(Door.UpdateSpaceAuthorization, authorization, "authorization");
        bytes32 publication = Publication.hash(key, recipient(), EXPIRY, 0, 0, DEADLINE);
        assertRefuses(Door.PublishKey, signPublication(OWNER_KEY, publication), "publication for another account");
        assertRefuses(Door.PublishKey, signPublication(COMMIT_KEY, publication), "publication of another account");
    }

    function signPublication(uint256 privateKey, bytes32 structHash) private view returns (bytes memory) {
        bytes32 domain = Publication.domainOf(block.chainid, address(registry));
        return signDigest(privateKey, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function test_Doors_WhenTheSignatureIsForAnotherNonce() public {
        IERC8350.ExperienceDelta memory delta = nextDelta("one");
        delta.sequence = 2;
        assertRefuses(Door.CommitTransition, sign(OWNER_KEY, transitionIdOf(delta)), "the next sequence");
        uint64[3] memory configNonces = [0, 2, type(uint64).max];
        for (uint256 i = 0; i < configNonces.length; ++i)
            assertRefuses(
                Door.UpdateSpaceAuthorization,
                sign(OWNER_KEY, authorizationHash(owner, key, configNonces[i])),
                "another configuration nonce"
            );
        assertRefuses(
            Door.PublishKey,
            signPublication(OWNER_KEY, Publication.hash(owner, recipient(), EXPIRY, 0, 1, DEADLINE)),
            "the next nonce"
        );
    }

    function test_Doors_WhenTheSignatureIsForAnotherDoor() public {
        for (uint256 i = 0; i < DOORS; ++i)
            for (uint256 j = 0; j < DOORS; ++j)
                if (i != j) assertRefuses(Door(i), signatureOf(Door(j)), "of another door");
    }

    // ---------------------------------------------------------------------------------------------- front-running

    function test_Doors_WhenSomebodySendsTheSignatureFirst() public {
        for (uint256 i = 0; i < DOORS; ++i) {
            Door door = Door(i);
            bytes memory data = callOf(door, signatureOf(door));
            assertFault(send(stranger, contractOf(door), data, GAS_CAP), "", "first");
            assertDone(door);
            assertFault(send(owner, contractOf(door), data, GAS_CAP), spent(door), "second");
            assertDone(door);
        }
    }

    /// @dev What a door says to a signature that was taken before.
    function spent(Door door) private view returns (bytes memory) {
        if (door == Door.RegisterSpace)
            return abi.encodeWithSelector(IMemoryVault.SpaceAlreadyRegistered.selector, nextSpaceId);
        if (door == Door.PublishKey) return abi.encodeWithSignature("InvalidAccountNonce(address,uint256)", owner, 1);
        if (door == Door.UpdateSpaceAuthorization) return invalidSignature();
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        return abi.encodeWithSelector(IMemoryVault.StaleHead.selector, vaultId, head.sequence, head.stateRoot);
    }

    function test_Doors_WhenSomebodySendsTheCommitOfABatchFirst() public {
        givenGranted(1);
        bytes memory commit = callOf(Door.CommitTransition, signatureOf(Door.CommitTransition));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(vault.revoke, (vaultId, agent));
        calls[1] = commit;
        bytes memory batch = abi.encodeCall(vault.multicall, (calls));
        assertFault(send(stranger, address(vault), commit, GAS_CAP), "", "first");
        assertFault(send(owner, address(vault), batch, GAS_CAP), spent(Door.CommitTransition), "the batch");
        vm.assertTrue(vault.canRead(vaultId, agent), "nothing of the batch was done");
        assertDone(Door.CommitTransition);
        // The keys were rotated; what is left of the batch goes alone.
        assertFault(send(owner, address(vault), calls[0], GAS_CAP), "", "the rest");
        vm.assertFalse(vault.canRead(vaultId, agent), "revoked");
    }

    function test_Doors_WhenARegistrationOvertakesAMint() public {
        bytes memory registration = callOf(Door.RegisterSpace, signatureOf(Door.RegisterSpace));
        bytes memory mint = abi.encodeCall(vault.mint, (NEXT_SALT, buyer));
        assertFault(send(stranger, address(vault), registration, GAS_CAP), "", "first");
        assertFault(send(owner, address(vault), mint, GAS_CAP), spent(Door.RegisterSpace), "the mint");
        assertDone(Door.RegisterSpace);
        vm.prank(owner);
        vault.updateSpaceAuthorization(nextSpaceId, owner, buyer, "");
        vm.assertEq(vault.memoryHead(uint256(nextSpaceId)).authorizer, buyer, "the owner decides");
    }
}
