// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Refuses every token that is sent to it safely.
contract RefusingReceiver {
    error NoTokens();

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        revert NoTokens();
    }
}
