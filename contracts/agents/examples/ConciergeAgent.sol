// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IKeyRegistry} from "../../interfaces/IKeyRegistry.sol";
import {IMemoryVault} from "../../interfaces/IMemoryVault.sol";
import {MemoryAgent} from "../MemoryAgent.sol";

/// @title ConciergeAgent
/// @notice An example. Anybody asks a question about a person ("a table for two on Friday: what should we avoid?"), and
/// the concierge, who may read that person's memory, answers within a day. The question is public, and the answer too
/// unless the concierge encrypts it: it answers with what the person would tell a waiter, not with what it read.
contract ConciergeAgent is MemoryAgent {
    /// @notice The time that an answer may take.
    uint64 public constant TIME_TO_ANSWER = 1 days;

    constructor(IMemoryVault vaults_, IKeyRegistry keys_, address operator_) MemoryAgent(vaults_, keys_, operator_) {}

    /// @notice Asks the concierge.
    /// @dev Emits {IMemoryAgent-Requested}.
    ///
    /// Requirements:
    /// - The concierge may read the vault.
    /// @param vaultId The vault of the person that the question is about.
    /// @param question The question, in UTF-8.
    /// @return requestId The request.
    function ask(uint256 vaultId, string calldata question) external returns (uint256 requestId) {
        return _request(vaultId, uint64(block.timestamp) + TIME_TO_ANSWER, bytes(question));
    }
}
