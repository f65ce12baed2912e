// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Reverts when it is asked.
contract RevertingWallet {
    error NotToday();

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert NotToday();
    }
}
