// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";
import {Campaign} from "./Campaign.sol";
import {Dice, DiceRolls} from "./Dice.sol";
import {PEOPLE} from "./People.sol";
import {VaultDeeds} from "./VaultDeeds.sol";
import {VaultLedger} from "./VaultLedger.sol";
import {VaultModel} from "./VaultModel.sol";
import {VaultTest} from "./VaultTest.sol";
import {Vm, vm} from "./Vm.sol";

/// @title VaultHandler
/// @notice People do random things with eight vaults, many of them forbidden: singly, in batches, by what others signed, and
/// while they are being called. That the contract allows or refuses otherwise than the model is a fault.
abstract contract VaultHandler is VaultDeeds, VaultLedger, Campaign {
    using DiceRolls for Dice;
    using VaultModel for VaultModel.Vault;

    /// @dev What a deed may be besides allowed, and what the rules would prove nothing without.
    enum Feat {
        TransferByApproval,
        MoveWhileLocked,
        MoveInABatch,
        BurnInABatch,
        BurnOnReceipt,
        MintOnReceipt,
        RefusalOnReceipt,
        CommitInABatch,
        CommitByWallet,
        CommitOfForeignProfile
    }

    struct Outcome {
        bool succeeded;
        bytes answer;
        Vm.Log[] logs;
    }

    error AllowedWhatIsRefused(Deed deed, uint256 vaultId, address caller, bytes data);
    error RefusedWhatIsAllowed(Deed deed, uint256 vaultId, address caller, bytes data, bytes fault);
    error MovedWhileLocked(Deed deed, uint256 vaultId, address caller);
    error DoneByApproval(Deed deed, uint256 vaultId, address caller);
    error AskedOtherwise(uint256 vaultId, uint256 receipts, uint256 expected);
    error NeverSeen(Feat feat);

    /// @dev The vault that the wallet mints while it takes another.
    uint256 private constant RESERVED = PEOPLE - 1;

    /// @dev One choice in so many is wrong. In a batch a single one spoils all.
    uint256 private constant PATIENCE = 8;
    uint256 private constant BATCH_PATIENCE = 24;
    uint256 private constant TRIES = 4;

    mapping(Feat feat => uint256) private _feats;

    function setUp() public virtual override(VaultDeeds, VaultTest) {
        super.setUp();
    }

    function assertReached() internal view override {
        for (uint256 deed = 0; deed <= uint256(type(Deed).max); ++deed) {
            assertAllowed(deed);
            assertRefused(deed);
        }
        for (uint256 feat = 0; feat <= uint256(type(Feat).max); ++feat)
            if (_feats[Feat(feat)] == 0) revert NeverSeen(Feat(feat));
    }

    // ---------------------------------------------------------------------------------------- what people do

    function mint(uint256 seed) external {
        _do(Deed.Mint, seed);
    }

    function register(uint256 seed) external {
        _do(Deed.Register, seed);
    }

    function commit(uint256 seed) external {
        _do(Deed.Commit, seed);
    }

    function commitBySig(uint256 seed) external {
        _do(Deed.CommitBySig, seed);
    }

    function commitLate(uint256 seed) external {
        _do(Deed.CommitLate, seed);
    }

    function authorize(uint256 seed) external {
        _do(Deed.Authorize, seed);
    }

    function authorizeBySig(uint256 seed) external {
        _do(Deed.AuthorizeBySig, seed);
    }

    function grant(uint256 seed) external {
        _do(Deed.Grant, seed);
    }

    function revoke(uint256 seed) external {
        _do(Deed.Revoke, seed);
    }

    function propose(uint256 seed) external {
        _do(Deed.Propose, seed);
    }

    function lock(uint256 seed) external {
        _do(Deed.Lock, seed);
    }

    function unlock(uint256 seed) external {
        _do(Deed.Unlock, seed);
    }

    function approve(uint256 seed) external {
        _do(Deed.Approve, seed);
    }

    function transferFrom(uint256 seed) external {
        _do(Deed.TransferFrom, seed);
    }

    function safeTransferFrom(uint256 seed) external {
        _do(Deed.SafeTransferFrom, seed);
    }

    function burn(uint256 seed) external {
        _do(Deed.Burn, seed);
    }

    function setApprovalForAll(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        (address account, address operator) = (anyone(dice), dice.roll(4) == 0 ? address(0) : anyone(dice));
        bool approved = dice.roll(3) != 0;
        bytes memory data = abi.encodeCall(vault.setApprovalForAll, (operator, approved));
        bool may = operator != address(0);
        _expect(Deed.SetApprovalForAll, 0, account, data, may, _send(account, data));
        if (may) operators[account][operator] = approved;
    }

    /// @dev Somebody, mostly the authorizer, signs a commit and sends nothing.
    function sign(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        VaultModel.Vault memory v = vaults[_pickFor(Deed.Revoke, dice)];
        keep(v, mostly(dice, v.authorizer()), dice);
    }

    /// @dev Two or three deeds in one call. All must be allowed, each after those before it.
    function batch(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, BATCH_PATIENCE);
        uint256 i = _pickFor(dice.roll(2) == 0 ? Deed.TransferFrom : Deed.Batch, dice);
        VaultModel.Vault memory v = vaults[i];
        // The first two may be minted here: the others are left to the two doors.
        if (!v.registered && i > 1) return;
        address caller = v.registered ? partyOf(v, dice) : v.origin;
        (bytes memory data, bool may) = _batchOf(Deed.Batch, v, caller, dice);
        _expect(Deed.Batch, v.id, caller, data, may, _send(caller, data));
        if (!may) return;
        _note(Deed.Batch, vaults[i], v, caller);
        _keep(i, v);
    }

    /// @dev Somebody sends a vault to the wallet, which acts before it takes it: with that vault or another, by one deed or
    /// a batch. What it may not do undoes the transfer.
    function receipt(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, BATCH_PATIENCE);
        uint256 i = _pickFor(Deed.SafeTransferFrom, dice);
        VaultModel.Vault memory v = vaults[i];
        address caller = callerOf(Deed.SafeTransferFrom, v, dice);
        (bytes memory data, bool may) = safeTransfer(v, caller, address(wallet), dice);
        uint256 other = _actedOn(i, dice);
        VaultModel.Vault memory w = other == i ? v : vaults[other];
        bool mayAct = _plan(w, dice);
        Outcome memory outcome = _send(caller, data);
        // A transfer that was refused before it left it as it was.
        wallet.plan("");
        _expect(Deed.Receipt, v.id, caller, data, may && mayAct, outcome);
        if (may && !mayAct) ++_feats[Feat.RefusalOnReceipt];
        if (!may || !mayAct) return;
        if (w.burned) ++_feats[Feat.BurnOnReceipt];
        if (!vaults[other].registered) ++_feats[Feat.MintOnReceipt];
        _keep(i, v);
        _keep(other, w);
    }

    /// @dev A while, or until a grant is in its last second, or just over.
    function wait_(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 time = block.timestamp + dice.roll(6 hours);
        uint64 expiresAt = vaults[_pickFor(Deed.Revoke, dice)].expiry[dice.roll(PEOPLE)];
        if (expiresAt > block.timestamp && expiresAt - block.timestamp <= SPAN) time = expiresAt - dice.roll(2);
        vm.warp(time);
        vm.roll(block.number + 1);
    }

    // ------------------------------------------------------------------------------------------------ one deed

    function _do(Deed deed, uint256 seed) private {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 i = _pickFor(deed, dice);
        VaultModel.Vault memory v = vaults[i];
        address caller = callerOf(deed, v, dice);
        // There was one: a stranger tries.
        if (deed == Deed.Burn && !_mayBurn(deed) && caller == v.owner) caller = address(this);
        (bytes memory data, bool may) = attempt(deed, v, caller, dice);
        VaultModel.Vault memory former = vaults[i];
        IMemoryVault.Head memory before = vault.memoryHead(v.id);
        Outcome memory outcome = _send(caller, data);
        if (outcome.succeeded) _judge(deed, former, caller, before, outcome.logs);
        _expect(deed, v.id, caller, data, may, outcome);
        if (!may) return;
        _note(deed, former, v, caller);
        _keep(i, v);
    }

    /// @dev Tells the wallet what to do while it takes the next vault.
    function _plan(VaultModel.Vault memory w, Dice memory dice) private returns (bool may) {
        bytes memory data;
        if (_mayBurn(Deed.Receipt) || dice.roll(2) == 0) (data, may) = _batchOf(Deed.Receipt, w, address(wallet), dice);
        else (data, may) = _deedOf(Deed.Receipt, w, address(wallet), dice);
        wallet.plan(data);
    }

    /// @dev Two or three deeds. Until a vault was burned so, half of the batches end with that, and all on receipt.
    function _batchOf(
        Deed within,
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private returns (bytes memory, bool may) {
        bytes[] memory data = new bytes[](2 + dice.roll(2));
        bool ends = _mayBurn(within) && (within == Deed.Receipt || dice.roll(2) == 0);
        uint256 random = ends ? data.length - 2 : data.length;
        may = true;
        for (uint256 n = 0; n < data.length; ++n) {
            bool mayThis;
            if (n < random) (data[n], mayThis) = _deedOf(within, v, caller, dice);
            else (data[n], mayThis) = attempt(n == random ? Deed.Unlock : Deed.Burn, v, caller, dice);
            may = may && mayThis;
        }
        return (abi.encodeCall(vault.multicall, (data)), may);
    }

    /// @dev Mostly what the caller may do; on receipt as it comes.
    function _deedOf(
        Deed within,
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private returns (bytes memory data, bool may) {
        uint256 most = within == Deed.Receipt ? 1 : TRIES;
        for (uint256 tries = 0; tries < most && !may; ++tries)
            (data, may) = attempt(_deedFor(within, v, dice), v, caller, dice);
    }

    /// @dev Nobody asks a receiver but `safeTransferFrom`, and that once.
    function _keep(uint256 i, VaultModel.Vault memory v) private {
        vaults[i] = v;
        uint256 receipts = wallet.receipts(v.id);
        if (receipts != v.receipts) revert AskedOtherwise(v.id, receipts, v.receipts);
    }

    function _send(address caller, bytes memory data) private returns (Outcome memory outcome) {
        vm.recordLogs();
        vm.prank(caller);
        (outcome.succeeded, outcome.answer) = address(vault).call(data);
        // What a call that was reverted logged may be among the recorded.
        if (!outcome.succeeded) return outcome;
        outcome.logs = vm.getRecordedLogs();
        record(outcome.logs);
    }

    /// @dev What must happen must happen, and nothing else.
    function _expect(
        Deed deed,
        uint256 id,
        address caller,
        bytes memory data,
        bool may,
        Outcome memory outcome
    ) private {
        if (outcome.succeeded && !may) revert AllowedWhatIsRefused(deed, id, caller, data);
        if (!outcome.succeeded && may) revert RefusedWhatIsAllowed(deed, id, caller, data, outcome.answer);
        tally(uint256(deed), may);
    }

    function _note(Deed deed, VaultModel.Vault memory former, VaultModel.Vault memory v, address caller) private {
        bool transferred = deed == Deed.TransferFrom || deed == Deed.SafeTransferFrom;
        if (transferred && caller != former.owner) ++_feats[Feat.TransferByApproval];
        if (v.burned && deed == Deed.Batch) ++_feats[Feat.BurnInABatch];
        if (v.moves != former.moves && deed == Deed.Batch) ++_feats[Feat.MoveInABatch];
        else if (v.moves != former.moves && former.locked) ++_feats[Feat.MoveWhileLocked];

        if (v.sequence == former.sequence) return;
        if (deed == Deed.Batch) ++_feats[Feat.CommitInABatch];
        else if (deed != Deed.Commit && v.authorizer() == people[PEOPLE - 1]) ++_feats[Feat.CommitByWallet];
        if (v.foreign) ++_feats[Feat.CommitOfForeignProfile];
    }

    /// @dev Two rules that ask neither the model nor the ledger. `v` is the vault before the deed.
    function _judge(
        Deed deed,
        VaultModel.Vault memory v,
        address caller,
        IMemoryVault.Head memory before,
        Vm.Log[] memory logs
    ) private view {
        IMemoryVault.Head memory afterwards = vault.memoryHead(v.id);
        bool moved = afterwards.owner != before.owner || afterwards.generation != before.generation;
        bool byAuthorization = deed == Deed.Authorize || deed == Deed.AuthorizeBySig;
        if (moved && before.locked && !byAuthorization) revert MovedWhileLocked(deed, v.id, caller);

        if (deed == Deed.CommitBySig || deed == Deed.CommitLate || deed == Deed.AuthorizeBySig) return;
        if (caller == before.owner || caller == before.authorizer) return;
        if (caller != v.approved && !operators[before.owner][caller]) return;
        // What is left to an approval is to transfer. As a grantee the same account may propose, and leave.
        bool transferred = moved && (deed == Deed.TransferFrom || deed == Deed.SafeTransferFrom);
        bool same =
            afterwards.owner == before.owner &&
                afterwards.configNonce == before.configNonce &&
                afterwards.locked == before.locked;
        bool left =
            logs.length == 0 ||
                logs[0].topics[0] != IMemoryVault.Revoked.selector ||
                logs[0].topics[2] == bytes32(uint256(uint160(caller)));
        bool granted = logs.length != 0 && logs[0].topics[0] == IMemoryVault.Granted.selector;
        if (afterwards.stateRoot != before.stateRoot || !(transferred || same) || !left || granted)
            revert DoneByApproval(deed, v.id, caller);
    }

    // ---------------------------------------------------------------------------------------------------- which

    /// @dev Mostly the first from a random one on that suits the deed.
    function _pickFor(Deed deed, Dice memory dice) private view returns (uint256 i) {
        i = _unreserved(dice.roll(VAULTS));
        bool isNew = deed == Deed.Mint || deed == Deed.Register;
        if (dice.slips() && (vaults[i].registered || !isNew)) return i;
        if (isNew) i = _unreserved(i - (i % 2) + uint256(deed));
        for (uint256 n = 0; n < VAULTS && !_suits(deed, i); ++n) i = (i + 1) % VAULTS;
    }

    /// @dev Another vault for the one that the wallet has yet to mint; both are among those to mint.
    function _unreserved(uint256 i) private view returns (uint256) {
        return i == RESERVED && !vaults[i].registered ? 0 : i;
    }

    /// @dev Half of the vaults are minted, the other half registered by signature, so that neither door takes them all.
    function _suits(Deed deed, uint256 i) private view returns (bool) {
        VaultModel.Vault storage v = vaults[i];
        if (deed == Deed.Mint || deed == Deed.Register) return !v.registered && i % 2 == uint256(deed) && i != RESERVED;
        if (!v.registered || v.burned) return false;
        if (deed == Deed.Unlock) return v.locked;
        if (deed == Deed.TransferFrom || deed == Deed.SafeTransferFrom || deed == Deed.Burn) return !v.locked;
        if (deed == Deed.CommitLate) return isTimely(v);
        if (deed == Deed.Propose) return proposerOf(v, 0) != address(0);
        return true;
    }

    function _deedFor(Deed within, VaultModel.Vault memory v, Dice memory dice) private view returns (Deed) {
        if (!v.registered) return Deed.Mint;
        uint256 first = uint256(Deed.Commit);
        uint256 last = uint256(_mayBurn(within) ? Deed.Burn : Deed.SafeTransferFrom);
        return Deed(first + dice.roll(last + 1 - first));
    }

    /// @dev One burn in a batch, one on receipt, one by itself: more, and nothing would be left to play with.
    function _mayBurn(Deed within) private view returns (bool) {
        (uint256 batched, uint256 received) = (_feats[Feat.BurnInABatch], _feats[Feat.BurnOnReceipt]);
        if (within == Deed.Batch) return batched == 0;
        if (within == Deed.Receipt) return received == 0;
        return burns == batched + received;
    }

    /// @dev The vault that the wallet takes, the one that is kept for it to mint, or any other.
    function _actedOn(uint256 i, Dice memory dice) private view returns (uint256 other) {
        if (!vaults[RESERVED].registered && dice.roll(2) == 0) return RESERVED;
        other = dice.roll(3) == 0 ? dice.roll(VAULTS) : i;
        if (!vaults[other].registered) other = i;
    }
}
