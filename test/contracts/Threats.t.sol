// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {IMemoryAgent} from "../../contracts/interfaces/IMemoryAgent.sol";
import {IERC8350} from "../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../contracts/interfaces/IMemoryVault.sol";
import {CuriousAgent} from "./doubles/CuriousAgent.sol";
import {LyingWallet} from "./doubles/LyingWallet.sol";
import {MeddlingWallet} from "./doubles/MeddlingWallet.sol";
import {VaultTest} from "./support/VaultTest.sol";
import {vm} from "./support/Vm.sol";

/// @notice What each of the people of SECURITY.md's threat model can do at worst. Everybody tries every door.
contract ThreatsTest is VaultTest {
    // The doors of a vault: a bit each. `mint`, `registerSpace` and `setApprovalForAll` are open to everybody, for
    // themselves; `multicall` is tried with each of the doors.
    uint256 private constant COMMIT = 1 << 0;
    uint256 private constant AUTHORIZE = 1 << 1;
    uint256 private constant GRANT = 1 << 2;
    uint256 private constant REVOKE = 1 << 3;
    uint256 private constant PROPOSE = 1 << 4;
    uint256 private constant LOCK = 1 << 5;
    uint256 private constant UNLOCK = 1 << 6;
    uint256 private constant BURN = 1 << 7;
    uint256 private constant TRANSFER = 1 << 8;
    uint256 private constant SAFE_TRANSFER = 1 << 9;
    uint256 private constant SAFE_TRANSFER_WITH_DATA = 1 << 10;
    uint256 private constant APPROVE = 1 << 11;

    uint256 private constant NONE = 0;
    uint256 private constant MOVE = TRANSFER | SAFE_TRANSFER | SAFE_TRANSFER_WITH_DATA;
    /// @dev An owner who has a commit key, of a locked vault.
    uint256 private constant OWN = AUTHORIZE | GRANT | REVOKE | LOCK | UNLOCK | APPROVE;

    uint256 private constant NEXT_KEY = 0xB0B;
    address private operator = address(0x0DE7A);
    address private accomplice = address(0xACC0);
    address private rescue = address(0x5AFE);
    address private next = vm.addr(NEXT_KEY);

    /// @dev Carries the outcome of a call out of its undoing.
    error Outcome(bool success);

    function doorsOf(address caller) private view returns (bytes[] memory doors) {
        address holder = vault.memoryHead(vaultId).owner;
        doors = new bytes[](12);
        doors[0] = abi.encodeCall(vault.commitTransition, (nextDelta("theirs"), ""));
        doors[1] = abi.encodeCall(vault.updateSpaceAuthorization, (bytes32(vaultId), caller, caller, ""));
        doors[2] = abi.encodeCall(vault.grant, (vaultId, caller, EXPIRY, 3, 0));
        doors[3] = abi.encodeCall(vault.revoke, (vaultId, address(0xE15E)));
        doors[4] = abi.encodeCall(vault.propose, (vaultId, WELCOME));
        doors[5] = abi.encodeCall(vault.lock, (vaultId));
        doors[6] = abi.encodeCall(vault.unlock, (vaultId));
        doors[7] = abi.encodeCall(vault.burn, (vaultId));
        doors[8] = abi.encodeCall(vault.transferFrom, (holder, accomplice, vaultId));
        doors[9] = abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", holder, accomplice, vaultId);
        doors[10] = abi.encodeWithSignature(
            "safeTransferFrom(address,address,uint256,bytes)",
            holder,
            accomplice,
            vaultId,
            "data"
        );
        doors[11] = abi.encodeCall(vault.approve, (accomplice, vaultId));
    }

    /// @dev Calls and undoes it.
    function attempt(address caller, bytes calldata data) external {
        vm.prank(caller);
        (bool success, ) = address(vault).call(data);
        revert Outcome(success);
    }

    function succeeds(address caller, bytes memory data) private returns (bool success) {
        try this.attempt(caller, data) {} catch (bytes memory reason) {
            return keccak256(reason) == keccak256(abi.encodeWithSelector(Outcome.selector, true));
        }
    }

    /// @dev The doors that open for a caller, by themselves and in a multicall.
    function openTo(address caller) private returns (uint256 open) {
        bytes[] memory doors = doorsOf(caller);
        for (uint256 i = 0; i < doors.length; ++i) {
            bytes[] memory single = new bytes[](1);
            single[0] = doors[i];
            bool alone = succeeds(caller, doors[i]);
            bool batched = succeeds(caller, abi.encodeCall(vault.multicall, (single)));
            vm.assertEq(batched, alone, "in a multicall");
            if (alone) open |= 1 << i;
        }
    }

    function unlock() private {
        address holder = vault.ownerOf(vaultId);
        vm.prank(holder);
        vault.unlock(vaultId);
    }

    function moveTo(address to) private {
        address holder = vault.ownerOf(vaultId);
        vm.prank(holder);
        vault.transferFrom(holder, to, vaultId);
    }

    /// @dev The owner sets the commit key, and with it spends a configuration nonce.
    function setKey(address authorizer) private {
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), owner, authorizer, "");
    }

    function signed(uint256 privateKey, IERC8350.ExperienceDelta memory delta) private view returns (bytes memory) {
        return abi.encodeCall(vault.commitTransition, (delta, sign(privateKey, transitionIdOf(delta))));
    }

    /// @dev An account's signature for making somebody owner and commit key in the configuration step `steps` from now.
    function signedAway(uint256 privateKey, address to, uint64 steps) private view returns (bytes memory) {
        uint64 nonce = vault.memoryHead(vaultId).configNonce + steps;
        bytes memory signature = sign(privateKey, authorizationHash(to, to, nonce));
        return abi.encodeCall(vault.updateSpaceAuthorization, (bytes32(vaultId), to, to, signature));
    }

    // ------------------------------------------------------------------------------------------ stolen commit key

    function test_StolenCommitKey_WhenItTriesEveryDoor() public {
        givenMinted();
        givenGranted(3);
        vm.assertEq(openTo(key), COMMIT | REVOKE, "locked");
        unlock();
        vm.assertEq(openTo(key), COMMIT | REVOKE, "unlocked");
        vm.assertFalse(succeeds(stranger, signedAway(COMMIT_KEY, key, 1)), "an authorization that it signed");
    }

    function test_StolenCommitKey_WhenTheOwnerReplacesIt() public {
        givenMinted();
        bytes memory before = signed(COMMIT_KEY, nextDelta("before"));
        vm.assertTrue(succeeds(stranger, before), "while it is in force");
        setKey(owner);
        vm.assertEq(openTo(key), NONE, "doors");
        vm.assertFalse(succeeds(stranger, before), "signed before");
        vm.assertFalse(succeeds(stranger, signed(COMMIT_KEY, nextDelta("after"))), "signed after");
    }

    // ---------------------------------------------------------------------------------------------- stolen wallet

    function test_StolenWallet_WhenItTriesEveryDoor() public {
        givenMinted();
        vm.assertEq(openTo(owner), OWN, "locked");
        vm.assertTrue(succeeds(stranger, signedAway(OWNER_KEY, stranger, 1)), "a signature moves a locked vault");
        unlock();
        vm.assertEq(openTo(owner), OWN | BURN | MOVE, "unlocked");
    }

    function test_StolenWallet_GivenTheOwnerMovedTheVaultBeforeIt() public {
        givenMinted();
        givenGranted(3);
        vm.prank(owner);
        vault.setApprovalForAll(accomplice, true);
        bytes memory first = signedAway(OWNER_KEY, stranger, 1);
        bytes memory second = signedAway(OWNER_KEY, stranger, 2);
        vm.prank(owner);
        vault.updateSpaceAuthorization(bytes32(vaultId), rescue, rescue, "");
        vm.assertEq(vault.ownerOf(vaultId), rescue, "moved while locked");
        vm.assertFalse(vault.canRead(vaultId, agent), "whom it granted");
        unlock();
        vm.assertEq(openTo(owner), NONE, "the wallet");
        vm.assertEq(openTo(accomplice), NONE, "whom it approved");
        vm.assertFalse(succeeds(stranger, first), "signed for that step");
        vm.assertFalse(succeeds(stranger, second), "signed for the next");
    }

    // -------------------------------------------------------------------------------------------- hostile grantee

    function test_HostileGrantee_WhenItTriesEveryDoor() public {
        givenUnlocked();
        givenGranted(1);
        vm.assertEq(openTo(agent), NONE, "with READ");
        givenGranted(3);
        vm.assertEq(openTo(agent), PROPOSE, "with PROPOSE");
        vm.assertTrue(succeeds(agent, abi.encodeCall(vault.revoke, (vaultId, agent))), "it may leave");
    }

    function test_HostileGrantee_GivenItsGrantEnded() public {
        givenUnlocked();
        givenGranted(3);
        vm.prank(owner);
        vault.revoke(vaultId, agent);
        vm.assertEq(openTo(agent), NONE, "revoked");
        givenGranted(3);
        vm.warp(EXPIRY);
        vm.assertEq(openTo(agent), NONE, "expired");
        vm.warp(NOW);
        moveTo(next);
        vm.assertEq(openTo(agent), NONE, "of a former owner");
    }

    // -------------------------------------------------------------------------------------------- hostile relayer

    function test_HostileRelayer_WhenItPutsCallsOfItsOwnBesideASignedOne() public {
        givenMinted();
        bytes[] memory calls = new bytes[](2);
        calls[0] = signed(COMMIT_KEY, nextDelta("signed"));
        vm.assertTrue(succeeds(stranger, calls[0]), "alone");
        bytes[] memory doors = doorsOf(stranger);
        // The first door is a commit: it is one that follows the signed one.
        for (uint256 i = 1; i < doors.length; ++i) {
            calls[1] = doors[i];
            vm.assertFalse(succeeds(stranger, abi.encodeCall(vault.multicall, (calls))), "beside it");
        }
    }

    function test_HostileRelayer_WhenItWithholdsACommit() public {
        givenMinted();
        bytes memory withheld = signed(COMMIT_KEY, nextDelta("withheld"));
        vm.warp(NOW + 365 days);
        vm.assertTrue(succeeds(stranger, withheld), "it has no deadline");
        givenCommitted("next");
        vm.assertFalse(succeeds(stranger, withheld), "after the next");
    }

    function test_HostileRelayer_WhenItWithholdsAnAuthorization() public {
        givenMinted();
        bytes memory withheld = signedAway(OWNER_KEY, stranger, 1);
        vm.warp(NOW + 365 days);
        vm.assertTrue(succeeds(stranger, withheld), "it has no deadline");
        // What is set need not change.
        setKey(key);
        vm.assertFalse(succeeds(stranger, withheld), "after the owner set anything");
    }

    // ---------------------------------------------------------------------------------------------- block builder

    function test_BlockBuilder_WhenItOrdersTwoCommits() public {
        givenMinted();
        IERC8350.ExperienceDelta memory one = nextDelta("one");
        IERC8350.ExperienceDelta memory other = nextDelta("other");
        (bool success, ) = address(vault).call(signed(COMMIT_KEY, other));
        vm.assertTrue(success, "the first");
        vm.assertFalse(succeeds(stranger, signed(COMMIT_KEY, one)), "the second");
        vm.assertFalse(succeeds(stranger, signed(COMMIT_KEY, other)), "the first again");
        vm.assertEq(vault.memoryHead(vaultId).root, other.deltaCommitment, "root");
    }

    function test_BlockBuilder_WhenItPutsItsOwnMintFirst() public {
        bytes memory signature = sign(OWNER_KEY, registrationHash(bytes32(vaultId), owner, key));
        // It copies what it sees in the mempool, and names itself.
        vm.prank(stranger);
        vm.assertFalse(vault.mint(SALT, stranger) == vaultId, "another vault");
        vm.assertTrue(
            succeeds(stranger, abi.encodeCall(vault.registerSpace, (bytes32(vaultId), owner, key, SALT, signature))),
            "as it was signed"
        );
        vm.assertFalse(
            succeeds(
                stranger,
                abi.encodeCall(vault.registerSpace, (bytes32(vaultId), owner, stranger, SALT, signature))
            ),
            "another commit key"
        );
        vm.assertFalse(
            succeeds(stranger, abi.encodeCall(vault.registerSpace, (bytes32(vaultId), stranger, key, SALT, signature))),
            "another owner"
        );
        givenMinted();
        vm.assertEq(vault.ownerOf(vaultId), owner, "owner");
        vm.assertEq(vault.memoryHead(vaultId).authorizer, key, "commit key");
    }

    function test_BlockBuilder_WhenItOrdersAnAnswerAndARevoke() public {
        givenMinted();
        CuriousAgent asked = new CuriousAgent(IMemoryVault(address(vault)), IKeyRegistry(address(1)), operator);
        vm.prank(owner);
        vault.grant(vaultId, address(asked), EXPIRY, 1, 0);
        uint256 first = asked.ask(vaultId, EXPIRY, "first");
        uint256 second = asked.ask(vaultId, EXPIRY, "second");
        vm.prank(operator);
        asked.answer(first, "before", 0, 0);
        vm.prank(owner);
        vault.revoke(vaultId, address(asked));
        vm.expectRevert(abi.encodeWithSelector(IMemoryAgent.NotGranted.selector, vaultId));
        vm.prank(operator);
        asked.answer(second, "after", 0, 0);
    }

    function test_BlockBuilder_WhenItSetsTheTime() public {
        givenMinted();
        givenGranted(3);
        vm.warp(EXPIRY - 1);
        vm.assertTrue(vault.canRead(vaultId, agent), "a clock that lags");
        vm.warp(EXPIRY);
        vm.assertFalse(vault.canRead(vaultId, agent), "the second of its end");
        vm.warp(NOW);
        vm.prank(owner);
        vault.revoke(vaultId, agent);
        vm.assertFalse(vault.canRead(vaultId, agent), "revoked");
        vm.assertFalse(vault.canPropose(vaultId, agent), "revoked, to propose");
    }

    // ------------------------------------------------------------------------------ operator, such as a marketplace

    function givenOperator() private {
        vm.prank(owner);
        vault.setApprovalForAll(operator, true);
    }

    function test_Operator_GivenTheVaultIsLocked() public {
        givenMinted();
        givenOperator();
        vm.assertEq(openTo(operator), APPROVE, "operator");
        vm.prank(operator);
        vault.approve(accomplice, vaultId);
        vm.assertEq(openTo(accomplice), NONE, "whom it approved");
    }

    function test_Operator_GivenTheVaultIsUnlocked() public {
        givenUnlocked();
        givenOperator();
        vm.assertEq(openTo(operator), MOVE | APPROVE, "operator");
        vm.prank(operator);
        vault.approve(accomplice, vaultId);
        vm.assertEq(openTo(accomplice), MOVE, "whom it approved");
    }

    function test_Operator_GivenItMovedTheVault() public {
        givenUnlocked();
        givenGranted(3);
        givenOperator();
        vm.prank(operator);
        vault.transferFrom(owner, next, vaultId);
        vm.assertTrue(vault.locked(vaultId), "locked");
        vm.assertFalse(vault.canRead(vaultId, agent), "canRead");
        vm.assertEq(openTo(operator), NONE, "locked");
        unlock();
        vm.assertEq(openTo(operator), NONE, "unlocked");
    }

    function test_Operator_GivenTheOwnerTookBackWhatItPassedOn() public {
        givenUnlocked();
        givenOperator();
        vm.prank(operator);
        vault.approve(accomplice, vaultId);
        vm.prank(owner);
        vault.setApprovalForAll(operator, false);
        vm.assertEq(openTo(operator), NONE, "operator");
        vm.assertEq(openTo(accomplice), MOVE, "what it passed on outlives it");
        vm.prank(owner);
        vault.approve(address(0), vaultId);
        vm.assertEq(openTo(accomplice), NONE, "whom it approved");
    }

    function test_Operator_GivenTheVaultCameBack() public {
        givenUnlocked();
        givenOperator();
        moveTo(next);
        unlock();
        vm.prank(next);
        vault.transferFrom(next, owner, vaultId);
        vm.assertEq(openTo(operator) & MOVE, NONE, "locked again");
    }

    // ---------------------------------------------------------------------------------------- wallet that says yes

    function test_WalletThatSaysYes_GivenItOwnsAVault() public {
        givenMinted();
        address wallet = address(new LyingWallet());
        bytes32 spaceId = vault.deriveSpaceId(wallet, SALT);
        // Anybody, with any signature: it is registered in its name, with their commit key, and then taken.
        vm.prank(stranger);
        vault.registerSpace(spaceId, wallet, stranger, SALT, "anything");
        vm.assertEq(vault.ownerOf(uint256(spaceId)), wallet, "registered");
        vm.prank(stranger);
        vault.updateSpaceAuthorization(spaceId, stranger, stranger, "anything");
        vm.assertEq(vault.ownerOf(uint256(spaceId)), stranger, "taken");
        // Nothing of it works where it is not the owner.
        vm.assertFalse(
            succeeds(
                wallet,
                abi.encodeCall(vault.updateSpaceAuthorization, (bytes32(vaultId), wallet, wallet, "anything"))
            ),
            "another's vault"
        );
        vm.assertFalse(
            succeeds(wallet, abi.encodeCall(vault.commitTransition, (nextDelta("theirs"), "anything"))),
            "another's head"
        );
        vm.assertEq(openTo(wallet), NONE, "doors");
    }

    function test_WalletThatSaysYes_GivenItIsTheCommitKey() public {
        givenMinted();
        setKey(address(new LyingWallet()));
        vm.assertEq(openTo(stranger), NONE, "without a signature");
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = abi.encodeCall(vault.commitTransition, (nextDelta("theirs"), "anything"));
        signatures[1] = abi.encodeCall(
            vault.updateSpaceAuthorization,
            (bytes32(vaultId), stranger, stranger, "anything")
        );
        vm.assertTrue(succeeds(stranger, signatures[0]), "anybody commits");
        vm.assertFalse(succeeds(stranger, signatures[1]), "nobody authorises");
    }

    function test_WalletThatSaysYes_WhenItMeddlesWhileItIsAsked() public {
        MeddlingWallet wallet = new MeddlingWallet();
        vaultId = uint256(vault.deriveSpaceId(address(wallet), SALT));
        vm.prank(address(wallet));
        vault.mint(SALT, address(wallet));
        bytes memory grant = abi.encodeCall(vault.grant, (vaultId, agent, EXPIRY, 1, 0));
        wallet.prepare(address(vault), grant);
        // It may say yes, or nothing at all: what it tried meanwhile has not happened.
        (bool success, ) = address(vault).call(
            abi.encodeCall(vault.commitTransition, (nextDelta("asked"), "anything"))
        );
        success;
        vm.assertFalse(vault.canRead(vaultId, agent), "granted while it was asked");
        vm.assertTrue(wallet.act(address(vault), grant), "at any other time it may");
        vm.assertTrue(vault.canRead(vaultId, agent), "granted");
    }

    // ------------------------------------------------------------------------------------------------- next owner

    function test_NextOwner_WhenItTakesTheVaultOver() public {
        givenUnlocked();
        givenGranted(3);
        givenOperator();
        bytes memory commit = signed(COMMIT_KEY, nextDelta("signed before"));
        bytes memory first = signedAway(OWNER_KEY, stranger, 1);
        bytes memory second = signedAway(OWNER_KEY, stranger, 2);
        moveTo(next);
        // It has no commit key of its own, so that it commits itself.
        vm.assertEq(openTo(next), OWN | COMMIT, "locked");
        unlock();
        vm.assertEq(openTo(next), OWN | COMMIT | BURN | MOVE, "unlocked");
        vm.assertEq(openTo(owner), NONE, "former owner");
        vm.assertEq(openTo(key), NONE, "former commit key");
        vm.assertEq(openTo(agent), NONE, "former grantee");
        vm.assertEq(openTo(operator), NONE, "former operator");
        vm.assertFalse(succeeds(stranger, commit), "a commit signed before");
        vm.assertFalse(succeeds(stranger, first), "an authorization for the step that was the transfer");
        vm.assertFalse(succeeds(stranger, second), "and for the one after it");
    }

    function test_NextOwner_WhenItGivesTheVaultBack() public {
        givenUnlocked();
        moveTo(next);
        vm.prank(next);
        vault.updateSpaceAuthorization(bytes32(vaultId), next, stranger, "");
        vm.prank(next);
        vault.grant(vaultId, agent, EXPIRY, 3, 0);
        vm.prank(next);
        vault.setApprovalForAll(operator, true);
        vm.prank(next);
        vault.approve(accomplice, vaultId);
        bytes memory withheld = signedAway(NEXT_KEY, next, 2);
        unlock();
        moveTo(owner);
        unlock();
        vm.assertFalse(vault.canRead(vaultId, agent), "grant");
        vm.assertEq(openTo(stranger), NONE, "commit key");
        vm.assertEq(openTo(agent), NONE, "grantee");
        vm.assertEq(openTo(operator), NONE, "operator");
        vm.assertEq(openTo(accomplice), NONE, "whom it approved");
        vm.assertEq(openTo(next), NONE, "itself");
        vm.assertFalse(succeeds(stranger, withheld), "signature");
        vm.assertEq(openTo(owner), OWN | COMMIT | BURN | MOVE, "the owner");
    }
}
