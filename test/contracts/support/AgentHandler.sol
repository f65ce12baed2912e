// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {IMemoryAgent} from "../../../contracts/interfaces/IMemoryAgent.sol";
import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";
import {CuriousAgent} from "../doubles/CuriousAgent.sol";
import {Campaign} from "./Campaign.sol";
import {Dice, DiceRolls} from "./Dice.sol";
import {PEOPLE, People} from "./People.sol";
import {VaultModel} from "./VaultModel.sol";
import {VaultTest} from "./VaultTest.sol";
import {Vm, vm} from "./Vm.sol";

/// @title AgentHandler
/// @notice Owners commit, grant to an agent, revoke, sell and burn; people ask it, and some of them try to answer or to
/// propose in its name.
abstract contract AgentHandler is VaultTest, People, Campaign {
    using DiceRolls for Dice;
    using VaultModel for VaultModel.Vault;

    enum Deed {
        Ask,
        Answer,
        Propose,
        PublishKey,
        RetireKey
    }

    /// @dev What an answer may lack, the first that applies.
    enum Lack {
        Nothing,
        Operator,
        Request,
        FirstAnswer,
        Time,
        Grant,
        SameOwner,
        Head
    }

    /// @dev What was asked; `moves` tells whose vault it was.
    struct Question {
        uint256 i;
        uint64 moves;
        uint64 deadline;
        address requester;
        uint256 answers;
    }

    error AllowedWhatIsRefused(Deed deed, address caller, bytes data);
    error RefusedWhatIsAllowed(Deed deed, address caller, bytes data, bytes fault);
    error NeverLacked(Lack lack);
    error AnsweredWrongly(uint256 requestId, address caller);
    error RestsOnNoHead(uint256 requestId, uint64 sequence, bytes32 root);
    error ProposedWrongly(uint256 vaultId, address caller);

    uint256 internal constant VAULTS = 6;
    uint256 private constant SPARED = 4;
    uint256 private constant PATIENCE = 8;
    uint256 private constant RECENT = 64;
    uint64 private constant SPAN = 2 days;
    /// @dev The agent's place among the grantees of the model.
    uint256 private constant AGENT = 0;

    CuriousAgent internal curious;
    address internal operator;
    VaultModel.Vault[VAULTS] internal vaults;
    /// @dev The first has no question: identifiers start at 1.
    Question[] internal questions;

    uint256 internal burns;
    mapping(Lack lack => uint256) private _lacks;

    function setUp() public virtual override {
        super.setUp();
        operator = people[0];
        curious = new CuriousAgent(vault, new KeyRegistry(), operator);
        agent = address(curious);
        questions.push();
        for (uint256 i = 0; i < VAULTS; ++i) {
            VaultModel.Vault memory v;
            (v.origin, v.salt) = (people[i % PEOPLE], keccak256(abi.encode(i)));
            v.register(v.origin, address(0));
            vm.prank(v.owner);
            v.id = vault.mint(v.salt, address(0));
            vaults[i] = v;
        }
    }

    function assertReached() internal view override {
        for (uint256 deed = 0; deed <= uint256(type(Deed).max); ++deed) {
            assertAllowed(deed);
            assertRefused(deed);
        }
        for (uint256 lack = 0; lack <= uint256(type(Lack).max); ++lack)
            if (_lacks[Lack(lack)] == 0) revert NeverLacked(Lack(lack));
    }

    // ---------------------------------------------------------------------------------------- what owners do

    /// @dev Those of the vault that was asked about last more often. The root is a word.
    function commit(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 i = dice.roll(2) == 0 ? dice.roll(VAULTS) : questions[questions.length - 1].i;
        VaultModel.Vault memory v = vaults[i];
        IERC8350.ExperienceDelta memory delta = IERC8350.ExperienceDelta({
            spaceId: bytes32(v.id),
            sequence: v.sequence + 1,
            prevStateRoot: v.stateRoot,
            deltaCommitment: dice.word(),
            provenanceCommitment: 0,
            profileId: keccak256("memory-vault/v1/profile"),
            locatorCommitment: dice.word()
        });
        address by = v.authorizer();
        bytes32 transitionId = transitionIdOf(delta);
        if (!v.commit(by, delta, transitionId, stateRootOf(delta.prevStateRoot, transitionId))) return;
        vm.prank(by);
        vault.commitTransition(delta, "");
        vaults[i] = v;
    }

    /// @dev Once in six only to propose, once in six to read and to propose. Half of them for the vault that was asked
    /// about last.
    function grant(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 i = dice.roll(2) == 0 ? dice.roll(VAULTS) : questions[questions.length - 1].i;
        VaultModel.Vault memory v = vaults[i];
        uint256 side = dice.roll(6);
        uint8 permissions = side == 0 ? VaultModel.PROPOSE : VaultModel.READ;
        if (side == 1) permissions |= VaultModel.PROPOSE;
        uint64 expiresAt = uint64(block.timestamp + 1 + dice.roll(SPAN));
        if (!v.grant(v.owner, AGENT, expiresAt, permissions)) return;
        vm.prank(v.owner);
        vault.grant(v.id, agent, expiresAt, permissions, 0);
        vaults[i] = v;
    }

    function revoke(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        (uint256 i, VaultModel.Vault memory v) = _pick(dice);
        if (dice.roll(3) != 0 || !v.revoke(v.owner, agent, AGENT)) return;
        vm.prank(v.owner);
        vault.revoke(v.id, agent);
        vaults[i] = v;
    }

    /// @dev The new owner may be the old one, who then only authorises anew.
    function sell(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        (uint256 i, VaultModel.Vault memory v) = _pick(dice);
        (address from, address to) = (v.owner, anyone(dice));
        if (dice.roll(2) != 0 || !v.authorize(from, to, to)) return;
        vm.prank(from);
        vault.updateSpaceAuthorization(bytes32(v.id), to, to, "");
        vaults[i] = v;
    }

    function burn(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        (uint256 i, VaultModel.Vault memory v) = _pick(dice);
        address from = v.owner;
        if (dice.roll(4) != 0 || burns == VAULTS - SPARED || !v.setLocked(from, false) || !v.burn(from)) return;
        vm.prank(from);
        vault.unlock(v.id);
        vm.prank(from);
        vault.burn(v.id);
        vaults[i] = v;
        ++burns;
    }

    function wait_(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 time = block.timestamp + dice.roll(1 hours);
        // A deadline that is nearer than that: its last second, or the one after it.
        uint64 deadline = questions[questions.length - 1].deadline;
        if (deadline >= block.timestamp && deadline <= time) time = deadline + dice.roll(2);
        uint64 expiresAt = vaults[dice.roll(VAULTS)].expiry[AGENT];
        if (expiresAt > block.timestamp && expiresAt <= time) time = expiresAt - dice.roll(2);
        vm.warp(time);
    }

    // ----------------------------------------------------------------------------------------- what is refused

    function ask(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        (uint256 i, VaultModel.Vault memory v) = _pick(dice);
        address requester = anyone(dice);
        uint64 deadline = uint64(dice.slips() ? block.timestamp - 1 : block.timestamp + dice.roll(SPAN / 2));
        bool may = block.timestamp <= deadline && v.mayUse(AGENT, VaultModel.READ);
        if (!_send(Deed.Ask, requester, abi.encodeCall(curious.ask, (v.id, deadline, "why?")), may)) return;
        questions.push(Question(i, v.moves, deadline, requester, 0));
    }

    /// @dev Mostly the operator, to one of the last questions that lacks what the dice want, if there is one. What lacks a
    /// head lacks nothing but that.
    function answer(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        address caller = mostly(dice, operator);
        uint256 requestId = dice.roll(questions.length + 2);
        // A former owner's question is rare: it takes a sale and another grant before its time is over.
        Lack wanted = dice.roll(6) == 0 ? Lack.SameOwner : Lack(dice.roll(uint256(type(Lack).max) + 1));
        Lack sought = wanted == Lack.Head ? Lack.Nothing : wanted;
        for (uint256 n = 1; n <= RECENT && n < questions.length; ++n)
            if (_lackOf(caller, questions.length - n) == sought) requestId = questions.length - n;
        Lack lack = _lackOf(caller, requestId);
        (uint64 sequence, bytes32 root, bool known) = _receipt(dice, requestId, wanted == Lack.Head);
        if (lack == Lack.Nothing && !known) lack = Lack.Head;
        ++_lacks[lack];
        bytes memory data = abi.encodeCall(curious.answer, (requestId, "so", sequence, root));
        if (_send(Deed.Answer, caller, data, lack == Lack.Nothing)) ++questions[requestId].answers;
    }

    /// @dev Half of them to a vault that the agent may propose to, if there is one.
    function propose(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        address caller = mostly(dice, operator);
        (uint256 i, VaultModel.Vault memory v) = _pick(dice);
        uint256 tries = dice.roll(2) * VAULTS;
        for (; tries != 0 && !v.mayUse(AGENT, VaultModel.PROPOSE); --tries) v = vaults[(i + tries) % VAULTS];
        bytes memory data = abi.encodeCall(curious.propose, (v.id, dice.word()));
        _send(Deed.Propose, caller, data, caller == operator && v.mayUse(AGENT, VaultModel.PROPOSE));
    }

    function publishKey(uint256 seed) external {
        ++steps;
        address caller = mostly(Dice(seed, 3), operator);
        bytes memory data = abi.encodeCall(curious.publishKey, (new bytes(1216), type(uint64).max, 0));
        _send(Deed.PublishKey, caller, data, caller == operator);
    }

    function retireKey(uint256 seed) external {
        ++steps;
        address caller = mostly(Dice(seed, 3), operator);
        _send(Deed.RetireKey, caller, abi.encodeCall(curious.retireKey, ()), caller == operator);
    }

    // ------------------------------------------------------------------------------------------------- one deed

    function _send(Deed deed, address caller, bytes memory data, bool may) private returns (bool succeeded) {
        bytes memory fault;
        vm.recordLogs();
        vm.prank(caller);
        (succeeded, fault) = agent.call(data);
        if (succeeded) _judge(caller, vm.getRecordedLogs());
        if (succeeded && !may) revert AllowedWhatIsRefused(deed, caller, data);
        if (!succeeded && may) revert RefusedWhatIsAllowed(deed, caller, data, fault);
        tally(uint256(deed), succeeded);
    }

    /// @dev Asks only the logs, the vault contract and the clock.
    function _judge(address caller, Vm.Log[] memory logs) private view {
        for (uint256 n = 0; n < logs.length; ++n) {
            bytes32 topic = logs[n].topics[0];
            if (topic == IMemoryVault.Proposed.selector) _judgeProposal(caller, logs[n]);
            if (topic != IMemoryAgent.Answered.selector) continue;
            uint256 requestId = uint256(logs[n].topics[1]);
            Question memory question = questions[requestId];
            bool inTime = block.timestamp <= question.deadline && question.answers == 0;
            if (caller != operator || !inTime || !vault.canRead(uint256(logs[n].topics[2]), agent))
                revert AnsweredWrongly(requestId, caller);
            _judgeReceipt(requestId, uint256(logs[n].topics[2]), logs[n].data);
        }
    }

    function _judgeReceipt(uint256 requestId, uint256 id, bytes memory data) private view {
        (uint64 sequence, bytes32 root, ) = abi.decode(data, (uint64, bytes32, bytes));
        IMemoryVault.Head memory head = vault.memoryHead(id);
        bool past = sequence < head.sequence && (sequence == 0) == (root == 0);
        bool present = sequence == head.sequence && root == head.root;
        if (!past && !present) revert RestsOnNoHead(requestId, sequence, root);
    }

    function _judgeProposal(address caller, Vm.Log memory log) private view {
        uint256 id = uint256(log.topics[1]);
        bool named = log.topics[2] == bytes32(uint256(uint160(agent)));
        if (caller != operator || !named || !vault.canPropose(id, agent)) revert ProposedWrongly(id, caller);
    }

    /// @dev Of the vault that the request is about, or of none. A third of what is right is no receipt.
    function _receipt(
        Dice memory dice,
        uint256 requestId,
        bool wrong
    ) private view returns (uint64 sequence, bytes32 root, bool known) {
        VaultModel.Vault memory v = vaults[requestId < questions.length ? questions[requestId].i : 0];
        if (wrong) {
            uint256 side = dice.roll(4);
            if (side == 0) return (0, dice.word(), false);
            if (side == 1) return (v.sequence + 1, v.root | bytes32(uint256(1)), false);
            if (side == 2) return (uint64(1 + dice.roll(v.sequence + 1)), 0, false);
            return (v.sequence, v.root ^ dice.word(), false);
        }
        if (v.sequence == 0 || dice.roll(3) == 0) return (0, 0, true);
        if (dice.roll(2) == 0) return (v.sequence, v.root, true);
        return v.sequence == 1 ? (1, v.root, true) : (uint64(1 + dice.roll(v.sequence - 1)), dice.word(), true);
    }

    function _lackOf(address caller, uint256 requestId) private view returns (Lack) {
        if (caller != operator) return Lack.Operator;
        if (requestId == 0 || requestId >= questions.length) return Lack.Request;
        Question memory question = questions[requestId];
        VaultModel.Vault memory v = vaults[question.i];
        if (question.answers != 0) return Lack.FirstAnswer;
        if (block.timestamp > question.deadline) return Lack.Time;
        if (!v.mayUse(AGENT, VaultModel.READ)) return Lack.Grant;
        return v.moves == question.moves ? Lack.Nothing : Lack.SameOwner;
    }

    function _pick(Dice memory dice) private view returns (uint256 i, VaultModel.Vault memory v) {
        i = dice.roll(VAULTS);
        v = vaults[i];
    }
}
