// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {KeyHandler} from "./support/KeyHandler.sol";
import {PEOPLE} from "./support/People.sol";
import {vm} from "./support/Vm.sol";

/// @notice What holds of keys after each of whatever people do. That a signature over a nonce that a retirement spent is
/// void is the handler's rule, who fails in the midst of a deed.
contract KeyRegistryInvariantsTest is KeyHandler {
    /// @notice A nonce rises by one with each publication or retirement that was accepted and logged, and never else.
    /// hardhat-config: invariant.depth = 1000
    function invariant_NoncesCountWhatWasAccepted() public view {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            vm.assertEq(registry.nonces(people[who]), spent[people[who]], "accepted");
            vm.assertEq(registry.nonces(people[who]), logged[people[who]], "logged");
        }
    }

    /// @notice A key is what was accepted last, until it expires.
    /// hardhat-config: invariant.depth = 1010
    function invariant_KeysAreWhatWasSaidLast() public view {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            IKeyRegistry.Key memory key = said[people[who]];
            if (block.timestamp >= key.expiresAt) delete key;
            bytes32 stored = keccak256(abi.encode(registry.keyOf(people[who])));
            vm.assertEq(stored, keccak256(abi.encode(key)), "key");
        }
    }

    /// @notice An account whose last log is a retirement has no key.
    /// hardhat-config: invariant.depth = 1020
    function invariant_RetiredKeysStayRetired() public view {
        for (uint256 who = 0; who < PEOPLE; ++who)
            if (retired[people[who]]) vm.assertEq(registry.keyOf(people[who]).recipientDigest, 0, "retired");
    }
}
