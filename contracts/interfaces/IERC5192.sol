// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IERC5192
/// @notice Minimal soulbound tokens (ERC-5192): a token says whether it can be transferred.
/// @dev Its ERC-165 identifier is 0xb45a3c0e.
interface IERC5192 {
    /// @notice Emitted when a token becomes locked, and when it is minted locked.
    /// @param tokenId The token.
    event Locked(uint256 tokenId);

    /// @notice Emitted when a token becomes unlocked.
    /// @param tokenId The token.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token is locked.
    /// @dev Requirements: the token exists.
    /// @param tokenId The token.
    /// @return Whether the ERC-721 doors are closed for it.
    function locked(uint256 tokenId) external view returns (bool);
}
