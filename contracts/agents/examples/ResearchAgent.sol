// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IKeyRegistry} from "../../interfaces/IKeyRegistry.sol";
import {IMemoryVault} from "../../interfaces/IMemoryVault.sol";
import {MemoryAgent} from "../MemoryAgent.sol";

/// @title ResearchAgent
/// @notice An example. The owner of a vault asks what the memory has on a subject, and the assistant, who may read it,
/// answers within a day with what it read.
/// @dev Only the owner asks. Whoever else could ask would choose, question by question, what of the memory is told to
/// them: a grant to this contract lets it read for the owner, not for the world. For that reason the operator seals each
/// answer to the asker's recipient in the registry of keys. The question stands on chain in plain text: whatever it
/// gives away, everybody learns.
contract ResearchAgent is MemoryAgent {
    /// @notice The time that an answer may take.
    uint64 public constant TIME_TO_ANSWER = 1 days;

    /// @notice `caller` does not own the vault. Whoever is approved for it does not either.
    error NotOwner(uint256 vaultId, address caller);

    constructor(IMemoryVault vaults_, IKeyRegistry keys_, address operator_) MemoryAgent(vaults_, keys_, operator_) {}

    /// @notice Asks the assistant.
    /// @dev Emits {IMemoryAgent-Requested}.
    ///
    /// Requirements:
    /// - The vault exists; the error is ERC-6093's `ERC721NonexistentToken(vaultId)`, of a burned one too.
    /// - The caller is its owner.
    /// - The assistant may read the vault.
    /// @param vaultId The vault of the caller.
    /// @param question The question, in UTF-8.
    /// @return requestId The request.
    function ask(uint256 vaultId, string calldata question) external returns (uint256 requestId) {
        if (vaults.ownerOf(vaultId) != msg.sender) revert NotOwner(vaultId, msg.sender);
        return _request(vaultId, uint64(block.timestamp) + TIME_TO_ANSWER, bytes(question));
    }
}
