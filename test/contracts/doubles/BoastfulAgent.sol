// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMemoryAgent} from "../../../contracts/interfaces/IMemoryAgent.sol";

/// @notice Logs whatever it is told to, as if it had been asked and had answered.
contract BoastfulAgent {
    function ask(uint256 requestId, uint256 vaultId, bytes calldata question) external {
        emit IMemoryAgent.Requested(requestId, vaultId, msg.sender, type(uint64).max, question);
    }

    function answer(uint256 requestId, uint256 vaultId, uint64 sequence, bytes32 root, bytes calldata data) external {
        emit IMemoryAgent.Answered(requestId, vaultId, sequence, root, data);
    }

    /// @notice Logs an answer in a form that the interface does not have.
    function mumble(uint256 requestId, uint256 vaultId) external {
        bytes32 topic = IMemoryAgent.Answered.selector;
        assembly ("memory-safe") {
            log3(0, 32, topic, requestId, vaultId)
        }
    }
}
