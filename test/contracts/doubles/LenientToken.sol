// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrdinaryToken} from "./OrdinaryToken.sol";

/// @notice Has an answer to every question, claims every interface, and gives itself to every contract unasked.
contract LenientToken is OrdinaryToken {
    uint256 private constant DAWDLE = 30_000;

    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory) public override {
        transferFrom(from, to, tokenId);
    }

    function ownerOf(uint256 tokenId) public view override returns (address) {
        return _ownerOf(tokenId);
    }

    function balanceOf(address owner) public view override returns (uint256) {
        return owner == address(0) ? 0 : super.balanceOf(owner);
    }

    function getApproved(uint256 tokenId) public view override returns (address) {
        return _getApproved(tokenId);
    }

    function supportsInterface(bytes4) public view override returns (bool) {
        uint256 gasBefore = gasleft();
        while (gasBefore - gasleft() < DAWDLE) {}
        return true;
    }

    /// @dev A name that is no text, and a picture that ends too soon.
    function tokenURI(uint256) public pure override returns (string memory) {
        return
            'data:application/json,{"name":7,"description":"","image":"data:image/svg+xml,<svg viewBox=\'0 0 9 1\'>"}';
    }
}
