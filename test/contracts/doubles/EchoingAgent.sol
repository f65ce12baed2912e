// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryAgent} from "../../../contracts/agents/MemoryAgent.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";

/// @notice Is its own operator, and answers a request once more while it is told of the first answer.
contract EchoingAgent is MemoryAgent {
    /// @notice How often it was told of an answer.
    uint256 public answers;
    /// @notice What the second answer reverted with; empty if it did not.
    bytes public fault;

    constructor(IMemoryVault vaults_, IKeyRegistry keys_) MemoryAgent(vaults_, keys_, address(this)) {}

    function ask(uint256 vaultId, uint64 deadline) external returns (uint256) {
        return _request(vaultId, deadline, "");
    }

    function answerTwice(uint256 requestId) external {
        this.answer(requestId, "first", 0, 0);
    }

    function _onAnswer(uint256 requestId, bytes calldata) internal override {
        if (++answers > 1) return;
        try this.answer(requestId, "second", 0, 0) {} catch (bytes memory reason) {
            fault = reason;
        }
    }
}
