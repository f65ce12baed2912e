// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Takes every call and answers nothing, as many EIP-7702 delegates do for what they do not know.
contract SilentDelegate {
    fallback() external {}
}
