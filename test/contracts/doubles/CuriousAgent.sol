// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryAgent} from "../../../contracts/agents/MemoryAgent.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";

/// @notice Asks whatever it is told to, with any deadline, and remembers the last answer.
contract CuriousAgent is MemoryAgent {
    uint256 public lastRequestId;
    bytes public lastAnswer;

    constructor(IMemoryVault vaults_, IKeyRegistry keys_, address operator_) MemoryAgent(vaults_, keys_, operator_) {}

    function ask(uint256 vaultId, uint64 deadline, bytes calldata data) external returns (uint256) {
        return _request(vaultId, deadline, data);
    }

    function _onAnswer(uint256 requestId, bytes calldata data) internal override {
        lastRequestId = requestId;
        lastAnswer = data;
    }
}
