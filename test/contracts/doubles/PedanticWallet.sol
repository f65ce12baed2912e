// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice Accepts exactly one signature of exactly one digest.
contract PedanticWallet {
    bytes32 private immutable _digest;
    bytes32 private immutable _signatureHash;

    constructor(bytes32 digest, bytes memory signature) {
        _digest = digest;
        _signatureHash = keccak256(signature);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        bool accepted = digest == _digest && keccak256(signature) == _signatureHash;
        return accepted ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
