// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {LyingWallet} from "./doubles/LyingWallet.sol";
import {Publication} from "./support/Publication.sol";
import {vm} from "./support/Vm.sol";

contract KeyRegistryTest {
    uint256 private constant PRIVATE_KEY = 0xA11CE;
    uint64 private constant NOW = 1_900_000_000;
    uint64 private constant EXPIRY = 2_000_000_000;
    uint256 private constant DEADLINE = NOW + 600;
    bytes32 private constant ATTESTATION = keccak256("attestation");

    KeyRegistry private registry;
    address private account = vm.addr(PRIVATE_KEY);
    address private stranger = address(0x57A26E);

    function setUp() public {
        vm.warp(NOW);
        vm.roll(77);
        registry = new KeyRegistry();
    }

    /// @dev Bytes of the right length; the registry cannot tell a recipient from noise.
    function recipientOf(string memory label) private pure returns (bytes memory recipient) {
        bytes32 seed = keccak256(bytes(label));
        for (uint256 i = 0; i < 38; ++i) recipient = bytes.concat(recipient, keccak256(abi.encode(seed, i)));
    }

    function structHash(bytes memory recipient, uint64 expiresAt, uint256 nonce) private view returns (bytes32) {
        return Publication.hash(account, recipient, expiresAt, ATTESTATION, nonce, DEADLINE);
    }

    function sign(bytes32 hash, address verifyingContract) private view returns (bytes memory) {
        bytes32 domain = Publication.domainOf(block.chainid, verifyingContract);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PRIVATE_KEY, keccak256(abi.encodePacked(hex"1901", domain, hash)));
        return abi.encodePacked(r, s, v);
    }

    function publish(bytes memory recipient) private {
        vm.prank(account);
        registry.publishKey(recipient, EXPIRY, ATTESTATION);
    }

    function publishBySig(address sender, bytes memory recipient, uint256 nonce, bytes memory signature) private {
        vm.prank(sender);
        registry.publishKeyBySig(account, recipient, EXPIRY, ATTESTATION, nonce, DEADLINE, signature);
    }

    function signed(bytes memory recipient, uint256 nonce) private view returns (bytes memory) {
        return sign(structHash(recipient, EXPIRY, nonce), address(registry));
    }

    function assertKey(address who, bytes memory recipient) private view {
        IKeyRegistry.Key memory key = registry.keyOf(who);
        vm.assertEq(key.recipientDigest, sha256(recipient), "recipientDigest");
        vm.assertEq(key.expiresAt, EXPIRY, "expiresAt");
        vm.assertEq(key.blockNumber, 77, "blockNumber");
        vm.assertEq(key.attestationDigest, ATTESTATION, "attestationDigest");
    }

    function assertNoKey() private view {
        IKeyRegistry.Key memory zeros;
        vm.assertEq(keccak256(abi.encode(registry.keyOf(account))), keccak256(abi.encode(zeros)), "no key");
    }

    function expectBadNonce(uint256 current) private {
        vm.expectRevert(abi.encodeWithSignature("InvalidAccountNonce(address,uint256)", account, current));
    }

    function expectInvalidSignature() private {
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.InvalidSignature.selector, account));
    }

    // ---------------------------------------------------------------------------------------------- publishKey

    function test_PublishKey_WhenTheRecipientIsShorterOrLonger() public {
        uint16[4] memory lengths = [0, 1215, 1217, 2432];
        for (uint256 i = 0; i < lengths.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.InvalidRecipientLength.selector, lengths[i]));
            publish(new bytes(lengths[i]));
        }
    }

    function test_PublishKey_WhenTheExpiryIsNow() public {
        bytes memory recipient = recipientOf("one");
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.InvalidExpiry.selector, NOW));
        vm.prank(account);
        registry.publishKey(recipient, NOW, ATTESTATION);
    }

    function test_PublishKey_WhenTheValuesAreGood() public {
        bytes memory recipient = recipientOf("one");
        vm.expectEmit(address(registry));
        emit IKeyRegistry.KeyPublished(account, sha256(recipient), recipient, EXPIRY, ATTESTATION, 0, account);
        publish(recipient);
        assertKey(account, recipient);
        vm.assertEq(registry.nonces(account), 1, "nonce");
    }

    function test_PublishKey_GivenTheAccountHasAKey() public {
        publish(recipientOf("one"));
        publish(recipientOf("two"));
        assertKey(account, recipientOf("two"));
        vm.assertEq(registry.nonces(account), 2, "nonce");
    }

    // ----------------------------------------------------------------------------------------- publishKeyBySig

    function test_PublishKeyBySig_WhenTheDeadlineHasPassed() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 0);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.ExpiredSignature.selector, DEADLINE));
        publishBySig(stranger, recipient, 0, signature);
        vm.warp(DEADLINE);
        publishBySig(stranger, recipient, 0, signature);
    }

    function test_PublishKeyBySig_WhenTheNonceIsNotTheNext() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 1);
        expectBadNonce(0);
        publishBySig(stranger, recipient, 1, signature);
    }

    function test_PublishKeyBySig_WhenAStrangerSendsNoSignature() public {
        expectInvalidSignature();
        publishBySig(stranger, recipientOf("one"), 0, "");
    }

    function test_PublishKeyBySig_WhenTheSignatureIsForOtherValues() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = sign(structHash(recipient, EXPIRY - 1, 0), address(registry));
        expectInvalidSignature();
        publishBySig(stranger, recipient, 0, signature);
        signature = signed(recipient, 0);
        expectInvalidSignature();
        publishBySig(stranger, recipientOf("two"), 0, signature);
    }

    function test_PublishKeyBySig_WhenTheSignatureIsForAnotherContract() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = sign(structHash(recipient, EXPIRY, 0), address(this));
        expectInvalidSignature();
        publishBySig(stranger, recipient, 0, signature);
    }

    function test_PublishKeyBySig_WhenTheRecipientIsShorterOrLonger() public {
        bytes memory signature = signed(new bytes(1215), 0);
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.InvalidRecipientLength.selector, 1215));
        publishBySig(stranger, new bytes(1215), 0, signature);
    }

    function test_PublishKeyBySig_WhenTheSignatureWasUsedBefore() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 0);
        publishBySig(stranger, recipient, 0, signature);
        expectBadNonce(1);
        publishBySig(stranger, recipient, 0, signature);
        expectInvalidSignature();
        publishBySig(stranger, recipient, 1, signature);
    }

    function test_PublishKeyBySig_GivenTheAccountPublishedSinceItSigned() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 0);
        publish(recipientOf("two"));
        expectBadNonce(1);
        publishBySig(stranger, recipient, 0, signature);
        assertKey(account, recipientOf("two"));
    }

    function test_PublishKeyBySig_GivenTheAccountRetiredSinceItSigned() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 0);
        vm.prank(account);
        registry.retireKey();
        expectBadNonce(1);
        publishBySig(stranger, recipient, 0, signature);
        assertNoKey();
    }

    function test_PublishKeyBySig_GivenTheAccountRetiredSinceItSignedForALaterNonce() public {
        bytes memory recipient = recipientOf("one");
        (bytes memory next, bytes memory later) = (signed(recipient, 1), signed(recipient, 2));
        vm.prank(account);
        registry.retireKey();
        publishBySig(stranger, recipient, 1, next);
        assertKey(account, recipient);
        vm.prank(account);
        registry.retireKey();
        expectBadNonce(3);
        publishBySig(stranger, recipient, 2, later);
        assertNoKey();
    }

    function test_PublishKeyBySig_WhenAStrangerSendsTheAccountsSignature() public {
        bytes memory recipient = recipientOf("one");
        bytes memory signature = signed(recipient, 0);
        vm.expectEmit(address(registry));
        emit IKeyRegistry.KeyPublished(account, sha256(recipient), recipient, EXPIRY, ATTESTATION, 0, stranger);
        publishBySig(stranger, recipient, 0, signature);
        assertKey(account, recipient);
        vm.assertEq(registry.nonces(account), 1, "nonce");
        vm.assertEq(registry.nonces(stranger), 0, "the sender's nonce");
    }

    function test_PublishKeyBySig_WhenTheAccountSendsNoSignature() public {
        publishBySig(account, recipientOf("one"), 0, "");
        assertKey(account, recipientOf("one"));
    }

    function test_PublishKeyBySig_GivenTheAccountIsAWalletThatAccepts() public {
        address wallet = address(new LyingWallet());
        bytes memory recipient = recipientOf("wallet");
        vm.prank(stranger);
        registry.publishKeyBySig(wallet, recipient, EXPIRY, ATTESTATION, 0, DEADLINE, hex"01");
        assertKey(wallet, recipient);
    }

    // ----------------------------------------------------------------------------------- retireKey and keyOf

    function test_RetireKey_GivenTheAccountHasAKey() public {
        publish(recipientOf("one"));
        vm.expectEmit(address(registry));
        emit IKeyRegistry.KeyRetired(account, 1);
        vm.prank(account);
        registry.retireKey();
        assertNoKey();
        vm.assertEq(registry.nonces(account), 2, "nonce");
    }

    function test_RetireKey_GivenTheAccountHasNoKey() public {
        vm.expectEmit(address(registry));
        emit IKeyRegistry.KeyRetired(account, 0);
        vm.prank(account);
        registry.retireKey();
        vm.assertEq(registry.nonces(account), 1, "nonce");
    }

    function test_KeyOf_GivenThereIsNoKey() public view {
        assertNoKey();
    }

    function test_KeyOf_GivenTheKeyExpired() public {
        publish(recipientOf("one"));
        vm.warp(EXPIRY - 1);
        assertKey(account, recipientOf("one"));
        vm.warp(EXPIRY);
        assertNoKey();
    }
}
