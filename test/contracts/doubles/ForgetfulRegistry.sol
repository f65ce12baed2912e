// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PlainRegistry} from "./PlainRegistry.sol";

/// @notice Counts transitions and forgets what state they follow.
contract ForgetfulRegistry is PlainRegistry {
    function _follows(Space storage space, ExperienceDelta calldata delta) internal view override returns (bool) {
        return delta.sequence == space.sequence + 1;
    }
}
