// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Answers with a mebibyte of zeros, for which whoever copies it pays once more.
contract FloodingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly ("memory-safe") {
            return(mload(0x40), 0x100000)
        }
    }
}
