// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryVault} from "../../../contracts/MemoryVault.sol";
import {IERC8350} from "../../../contracts/interfaces/IERC8350.sol";
import {IMemoryVault} from "../../../contracts/interfaces/IMemoryVault.sol";
import {Vm, vm} from "./Vm.sol";

/// @title VaultTest
/// @notice A deployed vault contract, the people around it, and the phrases that its tests are written in.
abstract contract VaultTest {
    uint256 internal constant OWNER_KEY = 0xA11CE;
    uint256 internal constant COMMIT_KEY = 0xC0117;
    bytes32 internal constant SALT = keccak256("salt");
    bytes32 internal constant WELCOME = keccak256("welcome");
    uint64 internal constant EXPIRY = 2_000_000_000;
    uint64 internal constant NOW = 1_900_000_000;

    MemoryVault internal vault;
    address internal owner = vm.addr(OWNER_KEY);
    address internal key = vm.addr(COMMIT_KEY);
    address internal agent = address(0xA6E27);
    address internal buyer = address(0xB0B);
    address internal stranger = address(0x57A26E);

    /// @dev The vault of `owner` with SALT; whether it is minted is the test's affair.
    uint256 internal vaultId;

    function setUp() public virtual {
        vm.warp(NOW);
        vault = new MemoryVault();
        vaultId = uint256(vault.deriveSpaceId(owner, SALT));
    }

    // -------------------------------------------------------------------------------------------------- storage

    /// @dev `_vaults` is at slot 8: six slots of ERC721 and two of EIP712 stand before it.
    function slotOf(uint256 id) internal pure returns (bytes32) {
        return keccak256(abi.encode(id, uint256(8)));
    }

    /// @dev Writes the counters and flags of the vault's first slot; the authorizer stays.
    function setPacked(uint256 sequence, uint256 configNonce, uint256 generation, uint256 flags) internal {
        uint256 authorizer = uint160(uint256(vm.load(address(vault), slotOf(vaultId))));
        uint256 packed = authorizer | (sequence << 160) | (configNonce << 200) | (generation << 224) | (flags << 248);
        vm.store(address(vault), slotOf(vaultId), bytes32(packed));
    }

    // ---------------------------------------------------------------------------------------------------- given

    function givenMinted() internal {
        vm.prank(owner);
        vault.mint(SALT, key);
    }

    function givenMintedWithoutKey() internal {
        vm.prank(owner);
        vault.mint(SALT, address(0));
    }

    function givenUnlocked() internal {
        givenMinted();
        vm.prank(owner);
        vault.unlock(vaultId);
    }

    function givenBurned() internal {
        givenUnlocked();
        vm.prank(owner);
        vault.burn(vaultId);
    }

    function givenGranted(uint8 permissions) internal {
        vm.prank(owner);
        vault.grant(vaultId, agent, EXPIRY, permissions, WELCOME);
    }

    function givenCommitted(string memory label) internal returns (IERC8350.ExperienceDelta memory delta) {
        delta = nextDelta(label);
        vm.prank(key);
        vault.commitTransition(delta, "");
    }

    function givenCommittedForeign() internal returns (IERC8350.ExperienceDelta memory delta) {
        delta = nextDelta("foreign");
        delta.profileId = keccak256("another profile");
        vm.prank(key);
        vault.commitTransition(delta, "");
    }

    // --------------------------------------------------------------------------------------------------- words

    /// @dev A commit that follows the present head of the vault.
    function nextDelta(string memory label) internal view returns (IERC8350.ExperienceDelta memory) {
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        return
            IERC8350.ExperienceDelta({
                spaceId: bytes32(vaultId),
                sequence: head.sequence + 1,
                prevStateRoot: head.stateRoot,
                deltaCommitment: keccak256(bytes.concat(bytes(label), " root")),
                provenanceCommitment: 0,
                profileId: keccak256("memory-vault/v1/profile"),
                locatorCommitment: keccak256(bytes.concat(bytes(label), " pointer"))
            });
    }

    /// @dev Written out, not taken from the contract.
    function transitionIdOf(IERC8350.ExperienceDelta memory delta) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "ExperienceDelta(bytes32 spaceId,uint64 sequence,bytes32 prevStateRoot,bytes32 deltaCommitment,bytes32 provenanceCommitment,bytes32 profileId,bytes32 locatorCommitment)"
                    ),
                    delta.spaceId,
                    delta.sequence,
                    delta.prevStateRoot,
                    delta.deltaCommitment,
                    delta.provenanceCommitment,
                    delta.profileId,
                    delta.locatorCommitment
                )
            );
    }

    function stateRootOf(bytes32 prevStateRoot, bytes32 transitionId) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("MemoryState(bytes32 prevStateRoot,bytes32 transitionId)"),
                    prevStateRoot,
                    transitionId
                )
            );
    }

    function registrationHash(bytes32 spaceId, address controller, address authorizer) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("SpaceRegistration(bytes32 spaceId,address controller,address authorizer)"),
                    spaceId,
                    controller,
                    authorizer
                )
            );
    }

    function authorizationHash(address controller, address authorizer, uint64 nonce) internal view returns (bytes32) {
        return authorizationHash(vaultId, controller, authorizer, nonce);
    }

    function authorizationHash(
        uint256 id,
        address controller,
        address authorizer,
        uint64 nonce
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "SpaceAuthorization(bytes32 spaceId,address newController,address newAuthorizer,uint64 nonce)"
                    ),
                    id,
                    controller,
                    authorizer,
                    nonce
                )
            );
    }

    function domainOf(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("AgentMemoryState"),
                    keccak256("1"),
                    chainId,
                    verifyingContract
                )
            );
    }

    function sign(uint256 privateKey, bytes32 structHash) internal view returns (bytes memory) {
        return signFor(privateKey, structHash, block.chainid, address(vault));
    }

    function signFor(
        uint256 privateKey,
        bytes32 structHash,
        uint256 chainId,
        address verifyingContract
    ) internal pure returns (bytes memory) {
        return
            signDigest(
                privateKey,
                keccak256(abi.encodePacked(hex"1901", domainOf(chainId, verifyingContract), structHash))
            );
    }

    function signDigest(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    // ------------------------------------------------------------------------------------------------- expectations

    function expectNonexistent() internal {
        vm.expectRevert(abi.encodeWithSignature("ERC721NonexistentToken(uint256)", vaultId));
    }

    function expectUnauthorized(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.Unauthorized.selector, vaultId, caller));
    }

    function expectInvalidSignature(address signer) internal {
        vm.expectRevert(abi.encodeWithSelector(IMemoryVault.InvalidSignature.selector, signer));
    }

    function expectStaleHead() internal {
        IMemoryVault.Head memory head = vault.memoryHead(vaultId);
        vm.expectRevert(
            abi.encodeWithSelector(IMemoryVault.StaleHead.selector, vaultId, head.sequence, head.stateRoot)
        );
    }

    /// @dev Arithmetic that would overflow.
    function expectOverflow() internal {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
    }

    /// @dev How many of the recorded logs are of one event. It consumes them.
    function countLogs(bytes32 topic) internal returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) if (logs[i].topics[0] == topic) ++count;
    }
}
