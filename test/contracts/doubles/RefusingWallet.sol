// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Refuses every signature, politely.
contract RefusingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}
