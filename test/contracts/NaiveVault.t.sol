// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {NaiveVault} from "./doubles/NaiveVault.sol";
import {vm} from "./support/Vm.sol";

/// @notice The vault that ours is measured against does its work: else its gas would mean nothing.
contract NaiveVaultTest {
    uint256 private constant VAULT = 7;
    address private constant FIRST = address(0xF125);
    address private constant SECOND = address(0x5EC0);
    address private constant THIRD = address(0x781D);
    address private constant BUYER = address(0xB0B);

    NaiveVault private naive;

    function setUp() public {
        naive = new NaiveVault();
        naive.mint(VAULT);
    }

    function keyFor(address grantee, string memory epoch) private pure returns (bytes memory) {
        bytes32 word = keccak256(abi.encode(grantee, epoch));
        return abi.encodePacked(word, word, bytes16(word));
    }

    function keysFor(address[] memory grantees, string memory epoch) private pure returns (bytes[] memory keys) {
        keys = new bytes[](grantees.length);
        for (uint256 i = 0; i < grantees.length; ++i) keys[i] = keyFor(grantees[i], epoch);
    }

    function both(address a, address b) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }

    function givenThreeGrantees() private {
        naive.grant(VAULT, FIRST, keyFor(FIRST, "old"));
        naive.grant(VAULT, SECOND, keyFor(SECOND, "old"));
        naive.grant(VAULT, THIRD, keyFor(THIRD, "old"));
    }

    function assertKey(address grantee, bytes memory expected) private view {
        bytes memory key = naive.wrappedKeyOf(VAULT, grantee);
        vm.assertEq(key.length, expected.length, "length of the key");
        vm.assertEq(keccak256(key), keccak256(expected), "key");
    }

    function assertGrantees(address[] memory expected) private view {
        address[] memory grantees = naive.granteesOf(VAULT);
        vm.assertEq(keccak256(abi.encode(grantees)), keccak256(abi.encode(expected)), "grantees");
    }

    function test_Naive_KeepsEveryUri() public {
        string[] memory uris = new string[](2);
        (uris[0], uris[1]) = ("ipfs://one", "ipfs://two");
        naive.addMemory(VAULT, 0, "ipfs://zero");
        naive.addMemories(VAULT, 1, uris);
        vm.assertEq(keccak256(bytes(naive.memoryURI(VAULT, 0))), keccak256("ipfs://zero"), "0");
        vm.assertEq(keccak256(bytes(naive.memoryURI(VAULT, 1))), keccak256("ipfs://one"), "1");
        vm.assertEq(keccak256(bytes(naive.memoryURI(VAULT, 2))), keccak256("ipfs://two"), "2");
    }

    function test_Naive_RevokesAndWrapsForThoseWhoRemain() public {
        givenThreeGrantees();
        address[] memory remaining = both(THIRD, SECOND);
        naive.revoke(VAULT, 0, remaining, keysFor(remaining, "new"));
        assertGrantees(remaining);
        assertKey(FIRST, "");
        assertKey(SECOND, keyFor(SECOND, "new"));
        assertKey(THIRD, keyFor(THIRD, "new"));
    }

    function test_Naive_RevokesTheLastInTheList() public {
        givenThreeGrantees();
        naive.revoke(VAULT, 2, new address[](0), new bytes[](0));
        assertGrantees(both(FIRST, SECOND));
        assertKey(THIRD, "");
        assertKey(FIRST, keyFor(FIRST, "old"));
    }

    function test_Naive_GrantsFreshUnderANewKey() public {
        naive.grant(VAULT, FIRST, keyFor(FIRST, "old"));
        address[] memory others = new address[](1);
        others[0] = FIRST;
        naive.grantFresh(VAULT, SECOND, keyFor(SECOND, "new"), others, keysFor(others, "new"));
        assertKey(FIRST, keyFor(FIRST, "new"));
        assertKey(SECOND, keyFor(SECOND, "new"));
    }

    function test_Naive_WrapsForNobodyWhoHasNoGrant() public {
        givenThreeGrantees();
        address[] memory some = both(FIRST, BUYER);
        vm.expectRevert(abi.encodeWithSelector(NaiveVault.NotGranted.selector, VAULT, BUYER));
        naive.rewrap(VAULT, some, keysFor(some, "new"));
    }

    function test_Naive_TransferClearsGrantees() public {
        givenThreeGrantees();
        naive.transferFrom(address(this), BUYER, VAULT);
        assertGrantees(new address[](0));
        assertKey(FIRST, "");
        assertKey(SECOND, "");
        assertKey(THIRD, "");
        vm.expectRevert(abi.encodeWithSelector(NaiveVault.NotOwner.selector, VAULT, address(this)));
        naive.grant(VAULT, FIRST, keyFor(FIRST, "new"));
    }
}
