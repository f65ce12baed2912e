// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IBlobLog} from "./interfaces/IBlobLog.sol";

/// @title BlobLog
/// @notice The chain as a store of sealed blobs: an event holds the bytes, state the block of the event.
///
/// - Anybody may publish anything; a reader looks a blob up by its digest and checks the bytes against it.
/// - What is written here stays for ever and shows where a vault's content lies. Whoever chooses this store gives up
///   the hidden location and shredding.
/// - `blockOf` finds the event on networks whose `block.number` is the number that `eth_getLogs` takes. Where it is not
///   (Arbitrum), this contract must not be deployed. Nodes may prune events; anybody who has the bytes can publish them
///   again.
contract BlobLog is IBlobLog {
    /// @notice The length of the largest blob, 64 KiB: more does not fit a transaction on every network.
    uint256 public constant MAX_BLOB_LENGTH = 65_536;

    /// @inheritdoc IBlobLog
    mapping(bytes32 digest => uint256 blockNumber) public blockOf;

    /// @inheritdoc IBlobLog
    function publish(bytes calldata blob) external returns (bytes32 digest) {
        if (blob.length == 0 || blob.length > MAX_BLOB_LENGTH) revert InvalidBlobLength(blob.length);

        digest = sha256(blob);
        blockOf[digest] = block.number;

        emit BlobPublished(digest, blob);
    }
}
