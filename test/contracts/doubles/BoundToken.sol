// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrdinaryToken} from "./OrdinaryToken.sol";

/// @notice A token with the extension of ERC-5192. It is minted unlocked, and no transfer changes that.
contract BoundToken is OrdinaryToken {
    mapping(uint256 tokenId => bool) private _locked;

    event Locked(uint256 tokenId);
    event Unlocked(uint256 tokenId);

    error Bound(uint256 tokenId);

    function setLocked(uint256 tokenId, bool value) external virtual {
        _checkAuthorized(_requireOwned(tokenId), msg.sender, tokenId);
        if (_locked[tokenId] == value) return;
        _locked[tokenId] = value;
        _announce(tokenId);
    }

    function locked(uint256 tokenId) external view virtual returns (bool) {
        _requireOwned(tokenId);
        return _locked[tokenId];
    }

    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == this.locked.selector || super.supportsInterface(interfaceId);
    }

    function _update(address to, uint256 tokenId, address auth) internal virtual override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from == address(0)) _announce(tokenId);
        else if (to != address(0) && _locked[tokenId]) revert Bound(tokenId);
    }

    function _announce(uint256 tokenId) private {
        if (_locked[tokenId]) emit Locked(tokenId);
        else emit Unlocked(tokenId);
    }
}
