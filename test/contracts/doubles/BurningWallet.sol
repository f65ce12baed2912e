// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Burns all the gas that it is asked with.
contract BurningWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly ("memory-safe") {
            invalid()
        }
    }
}
