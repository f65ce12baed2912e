// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SignatureValidation} from "../../contracts/libraries/SignatureValidation.sol";
import {DirtyWallet} from "./doubles/DirtyWallet.sol";
import {LyingWallet} from "./doubles/LyingWallet.sol";
import {RefusingWallet} from "./doubles/RefusingWallet.sol";
import {RevertingWallet} from "./doubles/RevertingWallet.sol";
import {ScrupulousWallet} from "./doubles/ScrupulousWallet.sol";
import {SilentDelegate} from "./doubles/SilentDelegate.sol";
import {TerseWallet} from "./doubles/TerseWallet.sol";
import {vm} from "./support/Vm.sol";

contract SignatureValidationTest {
    uint256 private constant PRIVATE_KEY = 0xA11CE;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant DIGEST = keccak256("digest");

    address private account = vm.addr(PRIVATE_KEY);
    address private stranger = address(0x57A26E);

    /// @dev The door to the library, so that it has a calldata signature and a caller.
    function isAuthorized(address who, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return SignatureValidation.isAuthorized(who, digest, signature);
    }

    function ask(address caller, address who, bytes32 digest, bytes memory signature) private returns (bool) {
        vm.prank(caller);
        return this.isAuthorized(who, digest, signature);
    }

    function sign(uint256 privateKey, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev With this code, the account's own key counts, and nothing else does.
    function assertOnlyTheKeyCounts(bytes memory code) private {
        vm.etch(account, code);
        vm.assertTrue(account.code.length != 0, "code");
        vm.assertFalse(ask(stranger, account, DIGEST, "anything"), "anything");
        vm.assertFalse(ask(stranger, account, DIGEST, new bytes(65)), "65 zeros");
        vm.assertFalse(ask(stranger, account, DIGEST, sign(PRIVATE_KEY + 1, DIGEST)), "another key");
        vm.assertTrue(ask(stranger, account, DIGEST, sign(PRIVATE_KEY, DIGEST)), "its key");
        vm.assertTrue(ask(account, account, DIGEST, ""), "itself");
    }

    function test_IsAuthorized_WhenTheSignatureIsEmpty() public {
        vm.assertTrue(ask(account, account, DIGEST, ""), "itself");
        vm.assertFalse(ask(stranger, account, DIGEST, ""), "another");
    }

    function test_IsAuthorized_WhenTheSignatureIsEmptyAndTheAccountIsAWalletThatSaysYes() public {
        address wallet = address(new LyingWallet());
        vm.assertFalse(ask(stranger, wallet, DIGEST, ""), "another");
        vm.assertTrue(ask(stranger, wallet, DIGEST, hex"00"), "it does say yes");
        vm.assertTrue(ask(wallet, wallet, DIGEST, ""), "itself");
    }

    function test_IsAuthorized_GivenTheAccountHasNoCode() public {
        vm.assertTrue(ask(stranger, account, DIGEST, sign(PRIVATE_KEY, DIGEST)), "its key");
        vm.assertFalse(ask(stranger, account, DIGEST, sign(PRIVATE_KEY + 1, DIGEST)), "another key");
        vm.assertFalse(ask(stranger, account, DIGEST, sign(PRIVATE_KEY, keccak256("other"))), "another digest");
    }

    function test_IsAuthorized_WhenTheCallerIsTheAccountButAttachesAWrongSignature() public {
        vm.assertFalse(ask(account, account, DIGEST, hex"00"), "one byte");
        vm.assertFalse(ask(account, account, DIGEST, sign(PRIVATE_KEY + 1, DIGEST)), "another key");
    }

    function test_IsAuthorized_WhenTheSignatureIsMalleable() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PRIVATE_KEY, DIGEST);
        bytes32 high = bytes32(ORDER - uint256(s));
        uint8 flipped = v == 27 ? 28 : 27;
        // The flipped one recovers to the same account: only its s tells.
        vm.assertEq(ecrecover(DIGEST, flipped, r, high), account, "recovers");
        vm.assertFalse(ask(stranger, account, DIGEST, abi.encodePacked(r, high, flipped)), "high s");
    }

    function test_IsAuthorized_WhenTheSignatureHasAnotherLengthThan65() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PRIVATE_KEY, DIGEST);
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        vm.assertFalse(ask(stranger, account, DIGEST, abi.encodePacked(r, vs)), "compact, 64");
        vm.assertFalse(ask(stranger, account, DIGEST, abi.encodePacked(r, s, v, uint8(0))), "66");
        vm.assertFalse(ask(stranger, account, DIGEST, hex"00"), "1");
    }

    function test_IsAuthorized_WhenTheRecoveryIdIsUnknown() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PRIVATE_KEY, DIGEST);
        vm.assertFalse(ask(stranger, account, DIGEST, abi.encodePacked(r, s, v - 27)), "0 or 1");
        // Whatever does not recover gives address zero, which must not pass for an account.
        vm.assertFalse(ask(stranger, address(0), DIGEST, abi.encodePacked(r, s, uint8(29))), "account zero");
    }

    function test_IsAuthorized_GivenTheAccountIsThePrecompileThatAnswersWhatItIsAsked() public {
        // It has no code, but it answers; of this digest, with the magic value.
        vm.assertFalse(ask(stranger, address(4), bytes32(uint256(1)), hex"00"), "identity");
    }

    function test_IsAuthorized_GivenTheWalletAccepts() public {
        address wallet = address(new ScrupulousWallet(DIGEST));
        vm.assertTrue(ask(stranger, wallet, DIGEST, hex"00"), "1");
        vm.assertTrue(ask(stranger, wallet, DIGEST, new bytes(65)), "65");
        vm.assertTrue(ask(stranger, wallet, DIGEST, new bytes(1000)), "1000");
    }

    function test_IsAuthorized_GivenTheWalletAcceptsAnotherDigest() public {
        address wallet = address(new ScrupulousWallet(keccak256("other")));
        vm.assertFalse(ask(stranger, wallet, DIGEST, hex"00"), "refused");
    }

    function test_IsAuthorized_GivenTheWalletAnswersWithDirt() public {
        assertOnlyTheKeyCounts(type(DirtyWallet).runtimeCode);
    }

    function test_IsAuthorized_GivenTheWalletAnswersTooLittle() public {
        assertOnlyTheKeyCounts(type(TerseWallet).runtimeCode);
    }

    function test_IsAuthorized_GivenTheWalletReverts() public {
        assertOnlyTheKeyCounts(type(RevertingWallet).runtimeCode);
    }

    function test_IsAuthorized_GivenTheWalletRefuses() public {
        assertOnlyTheKeyCounts(type(RefusingWallet).runtimeCode);
    }

    function test_IsAuthorized_GivenTheAccountDelegatesToCodeThatAnswersNothing() public {
        // The designator of EIP-7702: what the account's code is while it delegates.
        assertOnlyTheKeyCounts(abi.encodePacked(hex"ef0100", address(new SilentDelegate())));
    }

    function testFuzz_IsAuthorized_NoFlippedBitPasses(uint256 privateKey, bytes32 digest, uint256 bit) public {
        privateKey = 1 + (privateKey % (ORDER - 1));
        bytes memory signature = sign(privateKey, digest);
        vm.assertTrue(ask(stranger, vm.addr(privateKey), digest, signature), "intact");
        bit %= 65 * 8;
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.assertFalse(ask(stranger, vm.addr(privateKey), digest, signature), "flipped");
    }
}
