// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMemoryAgent} from "../../contracts/interfaces/IMemoryAgent.sol";
import {AgentHandler} from "./support/AgentHandler.sol";
import {VaultModel} from "./support/VaultModel.sol";
import {vm} from "./support/Vm.sol";

/// @notice What holds of requests after each of whatever people do. That only the operator answers, before the deadline
/// and while granted, is the handler's rule, who fails in the midst of a deed.
contract MemoryAgentInvariantsTest is AgentHandler {
    using VaultModel for VaultModel.Vault;

    /// @dev There may be hundreds of requests: each step looks at every sixteenth.
    uint256 private constant STRIDE = 16;

    /// @notice A request is what was asked, and answered by its one answer alone.
    /// hardhat-config: invariant.depth = 2000
    function invariant_RequestsTakeOneAnswer() public view {
        for (uint256 id = 1 + (steps % STRIDE); id < questions.length; id += STRIDE) {
            Question memory question = questions[id];
            IMemoryAgent.Request memory request = curious.requestOf(id);
            vm.assertEq(request.vaultId, vaults[question.i].id, "vaultId");
            vm.assertEq(request.generation, 1 + question.moves, "generation");
            vm.assertEq(request.deadline, question.deadline, "deadline");
            vm.assertEq(request.requester, question.requester, "requester");
            vm.assertTrue(question.answers <= 1, "one answer");
            vm.assertEq(request.answered, question.answers == 1, "answered");
        }
        vm.assertEq(curious.requestOf(questions.length).requester, address(0), "a request that nobody made");
    }

    /// @notice The agent may read while a grant of the present owner with READ has neither expired nor been revoked.
    /// hardhat-config: invariant.depth = 2010
    function invariant_TheAgentReadsWhileGranted() public view {
        for (uint256 i = 0; i < VAULTS; ++i) {
            VaultModel.Vault memory v = vaults[i];
            vm.assertEq(curious.canRead(v.id), v.mayUse(0, VaultModel.READ), "read");
        }
    }
}
