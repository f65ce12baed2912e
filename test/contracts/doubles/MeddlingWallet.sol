// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice Uses the moment in which it is asked for a call of its own, and says yes whatever becomes of it.
contract MeddlingWallet {
    address private _target;
    bytes private _call;

    /// @notice What to call, as itself, when it is asked.
    function prepare(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    /// @notice Calls at once.
    function act(address target, bytes calldata call) external returns (bool success) {
        (success, ) = target.call(call);
    }

    /// @dev Not declared as a view, as {IERC1271} would have it.
    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool success, ) = _target.call(_call);
        success;
        return IERC1271.isValidSignature.selector;
    }
}
