// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrdinaryToken} from "./OrdinaryToken.sol";

/// @notice Says that it is locked, and is bound only where its owner knocks: approved accounts pass. It never says that
/// it was unlocked.
contract LooseToken is OrdinaryToken {
    mapping(uint256 tokenId => bool) public locked;

    event Locked(uint256 tokenId);

    error Bound(uint256 tokenId);

    function setLocked(uint256 tokenId, bool value) external {
        locked[tokenId] = value;
        if (value) emit Locked(tokenId);
    }

    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (locked[tokenId] && auth == from) revert Bound(tokenId);
    }
}
