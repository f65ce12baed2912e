// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IBlobLog
/// @notice The chain as a store of sealed blobs, for those who want no other. What is written here stays for ever: there
/// is no hidden location, and nothing can be shredded.
interface IBlobLog {
    /// @notice Emitted with each publication.
    /// @param digest The sha256 of `blob`.
    /// @param blob The bytes.
    event BlobPublished(bytes32 indexed digest, bytes blob);

    /// @notice A blob is 1 to 65,536 bytes long.
    error InvalidBlobLength(uint256 length);

    /// @notice Publishes a blob. A second publication emits it again and moves {blockOf} to its block, so that anybody
    /// can bring back a blob whose event nodes have pruned.
    /// @dev Emits {BlobPublished}.
    ///
    /// Requirements:
    /// - `blob` is 1 to 65,536 bytes long.
    /// @param blob The bytes.
    /// @return digest Their sha256.
    function publish(bytes calldata blob) external returns (bytes32 digest);

    /// @notice The block of the newest event that holds a blob; zero if there is none.
    /// @param digest The sha256 of the blob.
    /// @return The block's number.
    function blockOf(bytes32 digest) external view returns (uint256);
}
