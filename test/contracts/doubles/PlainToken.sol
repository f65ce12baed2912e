// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice OpenZeppelin's ERC-721, which anyone can mint, and nothing else.
contract PlainToken is ERC721 {
    constructor() ERC721("Plain Token", "PLAIN") {}

    function mint(uint256 tokenId) external {
        _mint(msg.sender, tokenId);
    }
}
