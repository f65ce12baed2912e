// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @notice Takes any token and gives it on. It knows ERC-721, and nothing of locks.
contract OrdinaryEscrow {
    function release(IERC721 token, address to, uint256 tokenId) external {
        token.transferFrom(address(this), to, tokenId);
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }
}
