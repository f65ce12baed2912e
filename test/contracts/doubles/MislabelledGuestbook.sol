// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Guestbook} from "./Guestbook.sol";

/// @notice Describes the domain that most contracts have instead of its own.
contract MislabelledGuestbook is Guestbook {
    function eip712Domain()
        external
        view
        override
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x0f, "Guestbook", "1", block.chainid, address(this), 0, new uint256[](0));
    }
}
