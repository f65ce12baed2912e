// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryVault} from "../../../contracts/MemoryVault.sol";

/// @notice Uses the moment of its receipt: it unlocks the token, gives itself a grant, and passes the token on.
contract GreedyReceiver {
    address private immutable _next;

    constructor(address next) {
        _next = next;
    }

    function onERC721Received(address, address, uint256 vaultId, bytes calldata) external returns (bytes4) {
        MemoryVault vault = MemoryVault(msg.sender);
        vault.grant(vaultId, address(this), type(uint64).max, 3, 0);
        vault.unlock(vaultId);
        vault.transferFrom(address(this), _next, vaultId);
        return this.onERC721Received.selector;
    }
}
