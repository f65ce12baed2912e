// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrdinaryToken} from "./OrdinaryToken.sol";

/// @notice Forgets to forget: who was approved for a token stays approved when it has another owner.
contract ForgetfulToken is OrdinaryToken {
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        address approved = _getApproved(tokenId);
        from = super._update(to, tokenId, auth);
        _approve(approved, tokenId, address(0), false);
    }
}
