// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PlainRegistry} from "./PlainRegistry.sol";

/// @notice Asks wallets about an empty signature, reads no further than the 65th byte of one, and knows nothing of its
/// second form.
contract GullibleRegistry is PlainRegistry {
    function _agrees(
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) internal view override returns (bool) {
        bytes32 digest = _digest(structHash);
        return _accepts(account, digest, signature) || _signed(account, digest, signature);
    }

    function _signed(address account, bytes32 digest, bytes calldata signature) internal pure override returns (bool) {
        if (signature.length < 65) return false;
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
        return signer != address(0) && signer == account;
    }
}
