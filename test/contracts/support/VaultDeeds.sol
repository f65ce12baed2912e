// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {RefusingReceiver} from "../doubles/RefusingReceiver.sol";
import {Dice, DiceRolls} from "./Dice.sol";
import {PEOPLE, People} from "./People.sol";
import {VaultModel} from "./VaultModel.sol";
import {VaultTest} from "./VaultTest.sol";

/// @title VaultDeeds
/// @notice What people may try with a vault: the call, and whether the model allows it. Dice decide who, with what, and
/// whether something about it is wrong.
abstract contract VaultDeeds is VaultTest, People {
    using DiceRolls for Dice;
    using VaultModel for VaultModel.Vault;

    /// @dev `CommitLate` sends what was signed some time ago, `Receipt` is what the wallet does while it takes a vault. The
    /// first two are for vaults that are not there yet.
    enum Deed {
        Mint,
        Register,
        Commit,
        CommitBySig,
        CommitLate,
        Authorize,
        AuthorizeBySig,
        Grant,
        Revoke,
        Propose,
        Lock,
        Unlock,
        Approve,
        TransferFrom,
        SafeTransferFrom,
        Burn,
        SetApprovalForAll,
        Batch,
        Receipt
    }

    /// @dev A commit that somebody signed.
    struct Envelope {
        IERC8350.ExperienceDelta delta;
        address signer;
        bytes signature;
    }

    uint256 internal constant VAULTS = 8;
    /// @dev The longest time for which a grant is given, but for one that never ends.
    uint64 internal constant SPAN = 5 days;

    VaultModel.Vault[VAULTS] internal vaults;
    mapping(address account => mapping(address operator => bool)) internal operators;

    mapping(uint256 i => Envelope[]) private _envelopes;
    address private _refusing;

    function setUp() public virtual override {
        super.setUp();
        _refusing = address(new RefusingReceiver());
        for (uint256 i = 0; i < VAULTS; ++i) {
            vaults[i].origin = people[i % PEOPLE];
            vaults[i].salt = keccak256(abi.encode(i));
            vaults[i].id = uint256(vault.deriveSpaceId(vaults[i].origin, vaults[i].salt));
        }
    }

    /// @dev If the deed is allowed, `v` is what it makes of the vault, else it stays.
    function attempt(
        Deed deed,
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) internal returns (bytes memory data, bool allowed) {
        if (deed == Deed.Mint) return _mint(v, caller, dice);
        if (deed == Deed.Register) return _register(v, caller, dice);
        if (deed == Deed.Commit) return _commit(v, _delta(v, dice), caller, "");
        if (deed == Deed.CommitBySig) return _commitBySig(v, caller, dice);
        if (deed == Deed.CommitLate) return _commitLate(v, dice);
        if (deed == Deed.Authorize || deed == Deed.AuthorizeBySig) return _authorize(deed, v, caller, dice);
        if (deed == Deed.Grant) return _grant(v, caller, dice);
        if (deed == Deed.Revoke) return _revoke(v, caller, dice);
        if (deed == Deed.Propose)
            return (abi.encodeCall(vault.propose, (v.id, dice.word())), v.mayUse(indexOf(caller), VaultModel.PROPOSE));
        if (deed == Deed.Lock) return (abi.encodeCall(vault.lock, (v.id)), v.setLocked(caller, true));
        if (deed == Deed.Unlock) return (abi.encodeCall(vault.unlock, (v.id)), v.setLocked(caller, false));
        if (deed == Deed.Burn) return (abi.encodeCall(vault.burn, (v.id)), v.burn(caller));
        if (deed == Deed.Approve) return _approve(v, caller, dice);
        if (deed == Deed.SafeTransferFrom) return safeTransfer(v, caller, _receiver(dice), dice);
        return _transfer(v, caller, dice);
    }

    /// @dev Somebody signs a commit and keeps it.
    function keep(VaultModel.Vault memory v, address signer, Dice memory dice) internal {
        IERC8350.ExperienceDelta memory delta = _delta(v, dice);
        _envelopes[v.id].push(Envelope(delta, signer, sign(keyOf(signer), transitionIdOf(delta))));
    }

    /// @dev Whether the last commit that was kept still names the next sequence.
    function isTimely(VaultModel.Vault memory v) internal view returns (bool) {
        uint256 count = _envelopes[v.id].length;
        return count != 0 && _envelopes[v.id][count - 1].delta.sequence == v.sequence + 1;
    }

    // ------------------------------------------------------------------------------------------------- who, which

    function callerOf(Deed deed, VaultModel.Vault memory v, Dice memory dice) internal view returns (address) {
        if (deed == Deed.Mint) return v.origin;
        if (deed == Deed.Commit) return mostly(dice, v.authorizer());
        if (deed == Deed.Propose) return mostly(dice, proposerOf(v, dice.roll(PEOPLE)));
        if (deed == Deed.Lock) return dice.roll(2) == 0 ? mostly(dice, v.owner) : anyone(dice);
        if (deed == Deed.Unlock) return dice.roll(4) != 0 ? mostly(dice, v.owner) : anyone(dice);
        if (deed == Deed.Revoke || deed == Deed.Approve) return partyOf(v, dice);
        if (deed == Deed.TransferFrom || deed == Deed.SafeTransferFrom) return _carrierOf(v, dice);
        if (deed == Deed.Register || deed == Deed.CommitBySig || deed == Deed.CommitLate || deed == Deed.AuthorizeBySig)
            return anyone(dice);
        return mostly(dice, v.owner);
    }

    /// @dev The owner, the authorizer, who was approved, or anyone.
    function partyOf(VaultModel.Vault memory v, Dice memory dice) internal view returns (address) {
        uint256 side = dice.roll(6);
        if (side < 3) return mostly(dice, v.owner);
        if (side == 3) return mostly(dice, v.authorizer());
        if (side == 4) return mostly(dice, v.approved);
        return anyone(dice);
    }

    /// @dev The owner, who was approved, an operator, or anyone.
    function _carrierOf(VaultModel.Vault memory v, Dice memory dice) private view returns (address who) {
        uint256 side = dice.roll(4);
        if (side == 0) return mostly(dice, v.owner);
        if (side == 1) return mostly(dice, v.approved);
        who = anyone(dice);
        for (uint256 n = 0; side == 2 && n < PEOPLE && !operators[v.owner][who]; ++n) who = anyone(dice);
    }

    /// @dev The first from `first` on who may propose, or zero.
    function proposerOf(VaultModel.Vault memory v, uint256 first) internal view returns (address) {
        for (uint256 n = first; n < first + PEOPLE; ++n)
            if (v.mayUse(n % PEOPLE, VaultModel.PROPOSE)) return people[n % PEOPLE];
        return address(0);
    }

    /// @dev Seldom the zero address.
    function _other(Dice memory dice) private view returns (address) {
        return dice.slips() && dice.slips() ? address(0) : anyone(dice);
    }

    /// @dev How `who` agrees to a struct, and who it is that agrees: the caller by an empty signature, a signer by one
    /// over exactly this, nobody by anything else.
    function _agreement(
        address who,
        bytes32 structHash,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory signature, address by) {
        if (dice.roll(6) == 0) return ("", caller);
        address signer = mostly(dice, who);
        if (!dice.slips()) return (sign(keyOf(signer), structHash), signer);
        uint256 flaw = dice.roll(3);
        if (flaw == 0) return (signFor(keyOf(signer), structHash, block.chainid + 1, address(vault)), address(0));
        if (flaw == 1) return (signFor(keyOf(signer), structHash, block.chainid, address(this)), address(0));
        return (sign(keyOf(signer), keccak256(abi.encode(structHash))), address(0));
    }

    // --------------------------------------------------------------------------------------------- registration

    function _mint(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory, bool) {
        address authorizer = dice.roll(3) == 0 ? address(0) : anyone(dice);
        return (abi.encodeCall(vault.mint, (v.salt, authorizer)), v.register(caller, authorizer));
    }

    function _register(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory data, bool allowed) {
        address authorizer = _other(dice);
        bytes32 salt = dice.slips() && dice.slips() ? dice.word() : v.salt;
        (bytes memory signature, address by) = _agreement(
            v.origin,
            registrationHash(bytes32(v.id), v.origin, authorizer),
            caller,
            dice
        );
        data = abi.encodeCall(vault.registerSpace, (bytes32(v.id), v.origin, authorizer, salt, signature));
        allowed = authorizer != address(0) && salt == v.salt && v.register(by, authorizer);
    }

    /// @dev A signature over another nonce than the next is nobody's.
    function _authorize(
        Deed deed,
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory data, bool allowed) {
        address controller = dice.roll(3) != 0 ? v.owner : _other(dice);
        address authorizer = _other(dice);
        (bytes memory signature, address by) = (bytes(""), caller);
        if (deed == Deed.AuthorizeBySig) {
            uint64 nonce = dice.slips() ? uint64(v.configNonce + 2 * dice.roll(2)) : v.configNonce + 1;
            bytes32 structHash = authorizationHash(v.id, controller, authorizer, nonce);
            (signature, by) = _agreement(v.owner, structHash, caller, dice);
            if (signature.length != 0 && nonce != v.configNonce + 1) by = address(0);
        }
        data = abi.encodeCall(vault.updateSpaceAuthorization, (bytes32(v.id), controller, authorizer, signature));
        allowed = v.authorize(by, controller, authorizer);
    }

    // -------------------------------------------------------------------------------------------------- commits

    /// @dev What follows the head, or something else: a rival of the head, one too early, another vault's, one without
    /// content or profile. Of those that follow some are foreign.
    function _delta(
        VaultModel.Vault memory v,
        Dice memory dice
    ) private view returns (IERC8350.ExperienceDelta memory delta) {
        delta = IERC8350.ExperienceDelta({
            spaceId: bytes32(v.id),
            sequence: v.sequence + 1,
            prevStateRoot: v.stateRoot,
            deltaCommitment: dice.word(),
            provenanceCommitment: dice.roll(6) == 0 ? dice.word() : bytes32(0),
            profileId: dice.roll(6) == 0 ? dice.word() : keccak256("memory-vault/v1/profile"),
            locatorCommitment: dice.roll(6) == 0 ? bytes32(0) : dice.word()
        });
        if (!dice.slips()) return delta;
        uint256 flaw = dice.roll(7);
        if (flaw == 0) (delta.sequence, delta.prevStateRoot) = (v.sequence, v.prevStateRoot);
        if (flaw == 1) delta.sequence = v.sequence;
        if (flaw == 2) delta.sequence = v.sequence + 2;
        if (flaw == 3) delta.prevStateRoot = v.prevStateRoot;
        if (flaw == 4) delta.deltaCommitment = 0;
        if (flaw == 5) delta.profileId = 0;
        if (flaw == 6) {
            VaultModel.Vault storage other = vaults[dice.roll(VAULTS)];
            (delta.sequence, delta.prevStateRoot) = (other.sequence + 1, other.stateRoot);
        }
    }

    function _commit(
        VaultModel.Vault memory v,
        IERC8350.ExperienceDelta memory delta,
        address by,
        bytes memory signature
    ) private view returns (bytes memory, bool) {
        bytes32 transitionId = transitionIdOf(delta);
        bool allowed = v.commit(by, delta, transitionId, stateRootOf(delta.prevStateRoot, transitionId));
        return (abi.encodeCall(vault.commitTransition, (delta, signature)), allowed);
    }

    function _commitBySig(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private returns (bytes memory, bool) {
        IERC8350.ExperienceDelta memory delta = _delta(v, dice);
        (bytes memory signature, address by) = _agreement(v.authorizer(), transitionIdOf(delta), caller, dice);
        // Who relayed it may send it again.
        if (by != address(0) && signature.length != 0 && dice.slips())
            _envelopes[v.id].push(Envelope(delta, by, signature));
        return _commit(v, delta, by, signature);
    }

    /// @dev The last that was signed for the vault, an older one, or one that was signed for another vault.
    function _commitLate(VaultModel.Vault memory v, Dice memory dice) private returns (bytes memory, bool) {
        uint256 id = dice.slips() ? vaults[dice.roll(VAULTS)].id : v.id;
        uint256 count = _envelopes[id].length;
        if (count == 0) {
            keep(v, mostly(dice, v.authorizer()), dice);
            (id, count) = (v.id, _envelopes[v.id].length);
        }
        Envelope memory envelope = _envelopes[id][dice.slips() ? dice.roll(count) : count - 1];
        if (id == v.id) return _commit(v, envelope.delta, envelope.signer, envelope.signature);
        envelope.delta.spaceId = bytes32(v.id);
        return _commit(v, envelope.delta, address(0), envelope.signature);
    }

    // --------------------------------------------------------------------------------------------------- grants

    function _grant(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory data, bool allowed) {
        address grantee = _other(dice);
        uint64 expiresAt = uint64(block.timestamp + 1 + dice.roll(SPAN));
        if (dice.roll(6) == 0) expiresAt = type(uint64).max;
        if (dice.slips()) expiresAt = uint64(block.timestamp - dice.roll(2));
        uint8 permissions = uint8(dice.slips() ? dice.roll(256) : 1 + dice.roll(3));
        data = abi.encodeCall(vault.grant, (v.id, grantee, expiresAt, permissions, dice.word()));
        allowed = v.grant(caller, indexOf(grantee), expiresAt, permissions);
    }

    function _revoke(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory, bool) {
        address grantee = dice.roll(3) == 0 ? caller : anyone(dice);
        return (abi.encodeCall(vault.revoke, (v.id, grantee)), v.revoke(caller, grantee, indexOf(grantee)));
    }

    // ---------------------------------------------------------------------------------------------------- token

    function _approve(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory, bool) {
        address to = _other(dice);
        return (abi.encodeCall(vault.approve, (to, v.id)), v.approve(caller, operators[v.owner][caller], to));
    }

    function _transfer(
        VaultModel.Vault memory v,
        address caller,
        Dice memory dice
    ) private view returns (bytes memory, bool) {
        (address from, address to) = (mostly(dice, v.owner), _other(dice));
        bool allowed = v.transfer(caller, operators[v.owner][caller], from, to);
        return (abi.encodeCall(vault.transferFrom, (from, to, v.id)), allowed);
    }

    function safeTransfer(
        VaultModel.Vault memory v,
        address caller,
        address to,
        Dice memory dice
    ) internal view returns (bytes memory data, bool allowed) {
        address from = mostly(dice, v.owner);
        data =
            dice.roll(2) == 0
                ? abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", from, to, v.id)
                : abi.encodeWithSignature(
                    "safeTransferFrom(address,address,uint256,bytes)",
                    from,
                    to,
                    v.id,
                    bytes("hi")
                );
        allowed = to != _refusing && v.transfer(caller, operators[v.owner][caller], from, to);
        if (allowed && to == address(wallet)) v.receipts += 1;
    }

    /// @dev Seldom one that refuses.
    function _receiver(Dice memory dice) private view returns (address) {
        return dice.slips() && dice.slips() ? _refusing : _other(dice);
    }
}
