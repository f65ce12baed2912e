// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Burnable} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Burnable.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @notice OpenZeppelin's token as most are: with metadata, and a door to destroy it. Anybody mints.
contract OrdinaryToken is ERC721Burnable {
    using Strings for uint256;

    uint256 private _count;

    constructor() ERC721("Ordinary", "ORD") {}

    function mint(address to) external virtual {
        _mint(to, ++_count);
    }

    /// @dev Escaped, not base64, so that both forms of a data URI are read.
    function tokenURI(uint256 tokenId) public view virtual override returns (string memory) {
        _requireOwned(tokenId);
        return
            string.concat(
                "data:application/json,%7B%22name%22%3A%22Ordinary%20",
                tokenId.toString(),
                "%22%2C%22description%22%3A%22A%20token%22%2C%22image%22%3A%22data%3Aimage%2Fsvg%2Bxml%2C%253Csvg%2520xmlns%253D%2527http%253A%252F%252Fwww.w3.org%252F2000%252Fsvg%2527%2520viewBox%253D%25270%25200%25201%25201%2527%252F%253E%22%7D"
            );
    }
}
