// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

interface IHead {
    function head(bytes32 spaceId) external view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence);
}

/// @notice Accepts as long as it sees a space without a transition.
contract WatchfulWallet {
    IHead private immutable _registry;
    bytes32 private immutable _spaceId;

    constructor(IHead registry, bytes32 spaceId) {
        _registry = registry;
        _spaceId = spaceId;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        (, , uint64 sequence) = _registry.head(_spaceId);
        return sequence == 0 ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
