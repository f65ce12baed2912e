// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @notice Makes the calls of its script when it is asked anything, and then answers or reverts with the bytes that it
/// was given. It remembers who asked, what, and how the calls ended.
contract ScriptedReceiver {
    struct Call {
        address target;
        bytes data;
    }

    struct Outcome {
        bool success;
        bytes data;
    }

    address public asker;
    bytes public question;

    bytes private _answer;
    bool private immutable _refuses;
    Call[] private _script;
    Outcome[] private _outcomes;

    constructor(bytes memory answer, bool refuses) {
        _answer = answer;
        _refuses = refuses;
    }

    function script(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) _script.push(calls[i]);
    }

    function outcomes() external view returns (Outcome[] memory) {
        return _outcomes;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        return _act(input);
    }

    function _act(bytes calldata input) private returns (bytes memory) {
        asker = msg.sender;
        question = input;
        // Once: what the script does may ask again.
        Call[] memory calls = _script;
        delete _script;
        for (uint256 i = 0; i < calls.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory data) = calls[i].target.call(calls[i].data);
            _outcomes.push(Outcome(success, data));
        }
        return _refuses ? _refuse() : _answer;
    }

    /// @dev Reverts with the answer, or with nothing if that is empty.
    function _refuse() private view returns (bytes memory) {
        bytes memory answer = _answer;
        // solhint-disable-next-line gas-custom-errors
        if (answer.length == 0) revert();
        return Address.verifyCallResult(false, answer);
    }
}
