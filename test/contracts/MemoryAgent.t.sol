// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {ConciergeAgent} from "../../contracts/agents/examples/ConciergeAgent.sol";
import {ResearchAgent} from "../../contracts/agents/examples/ResearchAgent.sol";
import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {IMemoryAgent} from "../../contracts/interfaces/IMemoryAgent.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {MemoryProof} from "../../contracts/libraries/MemoryProof.sol";
import {CuriousAgent} from "./doubles/CuriousAgent.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

contract MemoryAgentTest is VaultTest {
    uint64 private constant DEADLINE = NOW + 600;

    KeyRegistry private keys;
    CuriousAgent private curious;
    address private operator = address(0x09E2A702);

    function setUp() public override {
        super.setUp();
        keys = new KeyRegistry();
        curious = new CuriousAgent(vault, keys, operator);
        agent = address(curious);
        givenMinted();
    }

    function ask() private returns (uint256) {
        vm.prank(stranger);
        return curious.ask(vaultId, DEADLINE, "what should we avoid?");
    }

    function answer(address sender, uint256 requestId) private {
        vm.prank(sender);
        curious.answer(requestId, "nuts", 0, 0);
    }

    function answerFrom(uint256 requestId, uint64 sequence, bytes32 root) private {
        vm.prank(operator);
        curious.answer(requestId, "nuts", sequence, root);
    }

    function givenAsked() private returns (uint256) {
        givenGranted(1);
        return ask();
    }

    function expectUnknownHead(uint64 sequence, bytes32 root) private {
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.UnknownHead.selector, sequence, root));
    }

    function expectNotGranted() private {
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.NotGranted.selector, vaultId));
    }

    function expectNotOperator(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.NotOperator.selector, caller));
    }

    // -------------------------------------------------------------------------------------- what it is made of

    function test_Constructor_WhenAnAccountIsZero() public {
        bytes memory fault = abi.encodeWithSelector(IMemoryAgent.InvalidAccount.selector, address(0));
        vm.expectRevert(fault);
        new CuriousAgent(IMemoryVault(address(0)), keys, operator);
        vm.expectRevert(fault);
        new CuriousAgent(vault, IKeyRegistry(address(0)), operator);
        vm.expectRevert(fault);
        new CuriousAgent(vault, keys, address(0));
    }

    function test_PublishKey_WhenTheCallerIsNotTheOperator() public {
        expectNotOperator(owner);
        vm.prank(owner);
        curious.publishKey(new bytes(1216), EXPIRY, 0);
    }

    function test_PublishKey_WhenTheCallerIsTheOperator() public {
        vm.prank(operator);
        curious.publishKey(new bytes(1216), EXPIRY, bytes32(uint256(7)));
        IKeyRegistry.Key memory key = keys.keyOf(agent);
        vm.assertEq(key.recipientDigest, sha256(new bytes(1216)), "recipientDigest");
        vm.assertEq(key.expiresAt, EXPIRY, "expiresAt");
        vm.assertEq(key.attestationDigest, bytes32(uint256(7)), "attestationDigest");
        vm.assertEq(keys.keyOf(operator).recipientDigest, 0, "the operator's own");
    }

    function test_RetireKey_WhenTheCallerIsNotTheOperator() public {
        expectNotOperator(owner);
        vm.prank(owner);
        curious.retireKey();
    }

    function test_RetireKey_WhenTheCallerIsTheOperator() public {
        vm.prank(operator);
        curious.publishKey(new bytes(1216), EXPIRY, 0);
        vm.prank(operator);
        curious.retireKey();
        vm.assertEq(keys.keyOf(agent).recipientDigest, 0, "retired");
    }

    // ------------------------------------------------------------------------------------------------- request

    function test_Request_GivenTheAgentHasNoGrant() public {
        expectNotGranted();
        ask();
    }

    function test_Request_GivenTheGrantIsOnlyToPropose() public {
        givenGranted(2);
        expectNotGranted();
        ask();
    }

    function test_Request_WhenTheDeadlineHasPassed() public {
        givenGranted(1);
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.DeadlinePassed.selector, NOW - 1));
        curious.ask(vaultId, NOW - 1, "");
        curious.ask(vaultId, NOW, "");
    }

    function test_Request_GivenTheAgentMayRead() public {
        givenGranted(1);
        vm.expectEmit(agent);
        emit IMemoryAgent.Requested(1, vaultId, stranger, DEADLINE, "what should we avoid?");
        uint256 requestId = ask();
        vm.assertEq(requestId, 1, "requestId");
        IMemoryAgent.Request memory request = curious.requestOf(requestId);
        vm.assertEq(request.vaultId, vaultId, "vaultId");
        vm.assertEq(request.generation, 1, "generation");
        vm.assertEq(request.deadline, DEADLINE, "deadline");
        vm.assertEq(request.requester, stranger, "requester");
        vm.assertFalse(request.answered, "answered");
        vm.assertEq(ask(), 2, "the next");
    }

    // -------------------------------------------------------------------------------------------------- answer

    function test_Answer_WhenTheCallerIsNotTheOperator() public {
        givenGranted(1);
        uint256 requestId = ask();
        expectNotOperator(owner);
        answer(owner, requestId);
    }

    function test_Answer_WhenThereIsNoSuchRequest() public {
        givenGranted(1);
        ask();
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.UnknownRequest.selector, 2));
        answer(operator, 2);
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.UnknownRequest.selector, 0));
        answer(operator, 0);
    }

    function test_Answer_WhenTheRequestWasAnswered() public {
        givenGranted(1);
        uint256 requestId = ask();
        answer(operator, requestId);
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.AlreadyAnswered.selector, requestId));
        answer(operator, requestId);
    }

    function test_Answer_WhenTheDeadlineOfTheRequestHasPassed() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.DeadlinePassed.selector, DEADLINE));
        answer(operator, requestId);
        vm.warp(DEADLINE);
        answer(operator, requestId);
    }

    function test_Answer_GivenTheGrantWasRevoked() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.prank(owner);
        vault.revoke(vaultId, agent);
        expectNotGranted();
        answer(operator, requestId);
    }

    function test_Answer_GivenTheGrantExpired() public {
        vm.prank(owner);
        vault.grant(vaultId, agent, NOW + 60, 1, WELCOME);
        uint256 requestId = ask();
        vm.warp(NOW + 60);
        expectNotGranted();
        answer(operator, requestId);
    }

    function test_Answer_GivenTheVaultWasBurned() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.prank(owner);
        vault.burn(vaultId);
        expectNotGranted();
        answer(operator, requestId);
    }

    function test_Answer_GivenTheNextOwnerGranted() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), buyer, buyer, "");
        vm.prank(buyer);
        vault.grant(vaultId, agent, EXPIRY, 1, WELCOME);
        vm.assertTrue(curious.canRead(vaultId), "it may read");
        expectNotGranted();
        answer(operator, requestId);
    }

    function test_Answer_GivenTheOwnerRevokedAndGrantedAgain() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.prank(owner);
        vault.revoke(vaultId, agent);
        givenGranted(1);
        answer(operator, requestId);
        vm.assertTrue(curious.requestOf(requestId).answered, "answered");
    }

    function test_Answer_GivenTheGrantStands() public {
        givenGranted(1);
        uint256 requestId = ask();
        vm.expectEmit(agent);
        emit IMemoryAgent.Answered(requestId, vaultId, 0, 0, "nuts");
        answer(operator, requestId);
        vm.assertTrue(curious.requestOf(requestId).answered, "answered");
        vm.assertEq(curious.lastRequestId(), requestId, "told which");
        vm.assertEq(keccak256(curious.lastAnswer()), keccak256("nuts"), "told what");
    }

    // ------------------------------------------------------------------------------------------------ receipts

    function test_Answer_WhenHalfAReceiptIsZero() public {
        uint256 requestId = givenAsked();
        bytes32 root = keccak256("root");
        expectUnknownHead(0, root);
        answerFrom(requestId, 0, root);
        givenCommitted("first");
        bytes32 second = givenCommitted("second").deltaCommitment;
        expectUnknownHead(0, second);
        answerFrom(requestId, 0, second);
        expectUnknownHead(1, 0);
        answerFrom(requestId, 1, 0);
        expectUnknownHead(2, 0);
        answerFrom(requestId, 2, 0);
    }

    function test_Answer_WhenTheReceiptIsOfAHeadToCome() public {
        uint256 requestId = givenAsked();
        bytes32 root = nextDelta("first").deltaCommitment;
        expectUnknownHead(1, root);
        answerFrom(requestId, 1, root);
        givenCommitted("first");
        expectUnknownHead(2, root);
        answerFrom(requestId, 2, root);
        expectUnknownHead(type(uint64).max, root);
        answerFrom(requestId, type(uint64).max, root);
        vm.assertFalse(curious.requestOf(requestId).answered, "answered");
    }

    function test_Answer_WhenTheReceiptHasAnotherRootThanThePresentHead() public {
        uint256 requestId = givenAsked();
        bytes32 first = givenCommitted("first").deltaCommitment;
        givenCommitted("second");
        expectUnknownHead(2, first);
        answerFrom(requestId, 2, first);
        bytes32 stateRoot = vault.memoryHead(vaultId).stateRoot;
        expectUnknownHead(2, stateRoot);
        answerFrom(requestId, 2, stateRoot);
    }

    function test_Answer_WhenTheReceiptIsOfThePresentHead() public {
        uint256 requestId = givenAsked();
        bytes32 first = givenCommitted("first").deltaCommitment;
        vm.expectEmit(agent);
        emit IMemoryAgent.Answered(requestId, vaultId, 1, first, "nuts");
        answerFrom(requestId, 1, first);
        vm.assertTrue(curious.requestOf(requestId).answered, "answered");

        bytes32 foreign = givenCommittedForeign().deltaCommitment;
        requestId = ask();
        vm.expectEmit(agent);
        emit IMemoryAgent.Answered(requestId, vaultId, 2, foreign, "nuts");
        answerFrom(requestId, 2, foreign);
    }

    /// @dev What never was a root is taken, too: the vault keeps its last one alone.
    function test_Answer_WhenTheReceiptIsOfAnEarlierHead() public {
        uint256 requestId = givenAsked();
        bytes32 first = givenCommitted("first").deltaCommitment;
        givenCommitted("second");
        vm.expectEmit(agent);
        emit IMemoryAgent.Answered(requestId, vaultId, 1, first, "nuts");
        answerFrom(requestId, 1, first);

        requestId = ask();
        vm.expectEmit(agent);
        emit IMemoryAgent.Answered(requestId, vaultId, 1, keccak256("never"), "nuts");
        answerFrom(requestId, 1, keccak256("never"));
    }

    function test_Answer_WhenACommitCameAfterTheReceipt() public {
        uint256 requestId = givenAsked();
        bytes32 root = givenCommitted("what the operator read").deltaCommitment;
        givenCommitted("before its answer lands");
        answerFrom(requestId, 1, root);
        vm.assertTrue(curious.requestOf(requestId).answered, "answered");
    }

    /// @dev A head that the vault has is always taken, and of the present number no other root.
    function testFuzz_Answer_TakesWhatMayBeAHead(uint8 commits, uint64 sequence, bytes32 root, bool near) public {
        uint256 requestId = givenAsked();
        commits %= 4;
        bytes32[] memory roots = new bytes32[](commits + 1);
        for (uint64 n = 1; n <= commits; ++n) roots[n] = givenCommitted(string(abi.encode(n))).deltaCommitment;
        if (near) sequence %= commits + 2;
        bool none = sequence == 0 && root == 0;
        bool earlier = sequence != 0 && sequence < commits && root != 0;
        bool present = sequence != 0 && sequence == commits && root == roots[commits];
        if (!none && !earlier && !present) expectUnknownHead(sequence, root);
        answerFrom(requestId, sequence, root);

        if (none || earlier || present || commits == 0) return;
        uint64 real = uint64(1 + (uint256(root) % commits));
        answerFrom(requestId, real, roots[real]);
        vm.assertTrue(curious.requestOf(requestId).answered, "answered");
    }

    // ------------------------------------------------------------------------------------------------- propose

    function test_Propose_WhenTheCallerIsNotTheOperator() public {
        givenGranted(3);
        expectNotOperator(owner);
        vm.prank(owner);
        curious.propose(vaultId, keccak256("proposal"));
    }

    function test_Propose_GivenTheAgentMayNotPropose() public {
        bytes memory fault = abi.encodeWithSelector(IMemoryVault.Unauthorized.selector, vaultId, agent);
        vm.expectRevert(fault);
        vm.prank(operator);
        curious.propose(vaultId, keccak256("proposal"));
        givenGranted(1);
        vm.expectRevert(fault);
        vm.prank(operator);
        curious.propose(vaultId, keccak256("proposal"));
    }

    function test_Propose_GivenTheAgentMayPropose() public {
        givenGranted(2);
        vm.expectEmit(address(vault));
        emit IMemoryVault.Proposed(vaultId, agent, keccak256("proposal"));
        vm.prank(operator);
        curious.propose(vaultId, keccak256("proposal"));
    }

    // --------------------------------------------------------------------------------------------- isDisclosed

    /// @dev The only memory of the only scope.
    function givenOneMemory() private returns (MemoryProof.Proof memory proof) {
        proof.record = "allergic to nuts";
        proof.count = 1;
        bytes32 leaf = keccak256(
            abi.encode(keccak256(abi.encode(keccak256("memory-vault/v1/memory-leaf"), sha256(proof.record))))
        );
        IERC8350.ExperienceDelta memory delta = nextDelta("one memory");
        delta.deltaCommitment = keccak256(
            abi.encode(
                keccak256(
                    abi.encode(keccak256("memory-vault/v1/scope-leaf"), proof.scopeId, leaf, uint64(1), proof.scopeSalt)
                )
            )
        );
        vm.prank(key);
        vault.commitTransition(delta, "");
    }

    function test_IsDisclosed_GivenTheAgentMayNotRead() public {
        MemoryProof.Proof memory proof = givenOneMemory();
        vm.assertTrue(vault.verifyMemory(vaultId, proof), "it is in the head");
        vm.assertFalse(curious.isDisclosed(vaultId, proof), "disclosed");
    }

    function test_IsDisclosed_WhenTheMemoryIsNotInTheHead() public {
        givenGranted(1);
        MemoryProof.Proof memory proof = givenOneMemory();
        proof.record = "allergic to nothing";
        vm.assertFalse(curious.isDisclosed(vaultId, proof), "disclosed");
    }

    function test_IsDisclosed_WhenTheMemoryIsInTheHead() public {
        givenGranted(1);
        vm.assertTrue(curious.isDisclosed(vaultId, givenOneMemory()), "disclosed");
    }

    // ----------------------------------------------------------------------------------------------- concierge

    function test_Concierge_WhenAnybodyAsks() public {
        ConciergeAgent concierge = new ConciergeAgent(vault, keys, operator);
        agent = address(concierge);
        givenGranted(1);
        vm.prank(stranger);
        uint256 requestId = concierge.ask(vaultId, unicode"a table for two: what should we avoid?");
        vm.assertEq(concierge.requestOf(requestId).deadline, NOW + 1 days, "deadline");
        vm.prank(operator);
        concierge.answer(requestId, "nuts", 0, 0);
        vm.assertTrue(concierge.requestOf(requestId).answered, "answered");
    }

    // ------------------------------------------------------------------------------------------------ research

    function givenResearch() private returns (ResearchAgent research) {
        research = new ResearchAgent(vault, keys, operator);
        agent = address(research);
    }

    function expectNotOwner(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ResearchAgent.NotOwner.selector, vaultId, caller));
    }

    function test_Research_WhenTheCallerDoesNotOwnTheVault() public {
        ResearchAgent research = givenResearch();
        givenGranted(1);
        vm.prank(owner);
        vault.approve(stranger, vaultId);
        vm.prank(owner);
        vault.setApprovalForAll(buyer, true);
        address[5] memory others = [stranger, buyer, key, operator, agent];
        for (uint256 i = 0; i < others.length; ++i) {
            expectNotOwner(others[i]);
            vm.prank(others[i]);
            research.ask(vaultId, "what do I know about yeast?");
        }
    }

    function test_Research_GivenThereIsNoSuchVault() public {
        ResearchAgent research = givenResearch();
        givenGranted(1);
        uint256 other = uint256(vault.deriveSpaceId(owner, keccak256("another salt")));
        vm.expectRevert(abi.encodeWithSignature("ERC721NonexistentToken(uint256)", other));
        vm.prank(owner);
        research.ask(other, "what do I know about yeast?");
        vm.prank(owner);
        vault.unlock(vaultId);
        vm.prank(owner);
        vault.burn(vaultId);
        expectNonexistent();
        vm.prank(owner);
        research.ask(vaultId, "what do I know about yeast?");
    }

    function test_Research_GivenTheOwnerGrantedNothing() public {
        ResearchAgent research = givenResearch();
        expectNotGranted();
        vm.prank(owner);
        research.ask(vaultId, "what do I know about yeast?");
    }

    function test_Research_GivenTheVaultHasAnotherOwnerSince() public {
        ResearchAgent research = givenResearch();
        givenGranted(1);
        vm.prank(owner);
        uint256 requestId = research.ask(vaultId, "what do I know about yeast?");
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), buyer, buyer, "");
        vm.prank(buyer);
        vault.grant(vaultId, agent, EXPIRY, 1, WELCOME);
        expectNotOwner(owner);
        vm.prank(owner);
        research.ask(vaultId, "and about rye?");
        expectNotGranted();
        vm.prank(operator);
        research.answer(requestId, "little", 0, 0);
    }

    function test_Research_WhenTheOwnerAsks() public {
        ResearchAgent research = givenResearch();
        givenGranted(1);
        bytes32 root = givenCommitted("notes on yeast").deltaCommitment;
        vm.expectEmit(agent);
        emit IMemoryAgent.Requested(1, vaultId, owner, NOW + 1 days, "what do I know about yeast?");
        vm.prank(owner);
        uint256 requestId = research.ask(vaultId, "what do I know about yeast?");
        vm.prank(operator);
        research.answer(requestId, "little", 1, root);
        vm.assertTrue(research.requestOf(requestId).answered, "answered");
    }
}
