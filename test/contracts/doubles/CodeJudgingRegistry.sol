// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PlainRegistry} from "./PlainRegistry.sol";

/// @notice Takes whoever has code for a contract account: ERC-1271 for those, ECDSA for the others.
contract CodeJudgingRegistry is PlainRegistry {
    function _agrees(
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) internal view override returns (bool) {
        if (signature.length == 0) return false;
        bytes32 digest = _digest(structHash);
        return account.code.length == 0 ? _signed(account, digest, signature) : _accepts(account, digest, signature);
    }
}
