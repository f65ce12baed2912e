// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Wallet
/// @notice A person with a contract for an account: it agrees to what its key signed, and takes tokens. It may act while it
/// takes one.
contract Wallet is IERC1271, IERC721Receiver {
    address private immutable _key;

    /// @notice How often it was asked to take each token.
    mapping(uint256 tokenId => uint256) public receipts;

    bytes private _plan;

    constructor(address key) {
        _key = key;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError err, ) = ECDSA.tryRecoverCalldata(digest, signature);
        bool agrees = err == ECDSA.RecoverError.NoError && signer == _key;
        return agrees ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    /// @notice What it calls the token contract with before it takes the next token. If that fails, it takes none.
    function plan(bytes calldata data) external {
        _plan = data;
    }

    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        ++receipts[tokenId];
        bytes memory data = _plan;
        // Once: what it does may bring it another.
        delete _plan;
        if (data.length != 0) Address.functionCall(msg.sender, data);
        return IERC721Receiver.onERC721Received.selector;
    }
}
