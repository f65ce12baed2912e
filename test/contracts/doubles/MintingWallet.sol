// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryVault} from "../../../contracts/MemoryVault.sol";

/// @notice Mints for itself and knows nothing of receiving tokens.
contract MintingWallet {
    function mint(MemoryVault vault, bytes32 salt) external returns (uint256) {
        return vault.mint(salt, address(0));
    }
}
