// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice ERC-8350, written from its text and as short as it allows: nothing that it leaves open is offered, so an empty
/// signature is nobody's.
contract PlainRegistry {
    struct ExperienceDelta {
        bytes32 spaceId;
        uint64 sequence;
        bytes32 prevStateRoot;
        bytes32 deltaCommitment;
        bytes32 provenanceCommitment;
        bytes32 profileId;
        bytes32 locatorCommitment;
    }

    struct Space {
        address controller;
        address authorizer;
        uint64 configNonce;
        bytes32 transitionId;
        bytes32 stateRoot;
        uint64 sequence;
    }

    /// @dev Half of the order of secp256k1: a canonical signature's `s` is not above it.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    mapping(bytes32 spaceId => Space) internal _spaces;

    event SpaceRegistered(bytes32 indexed spaceId, address indexed controller, address indexed authorizer);
    event SpaceAuthorizationUpdated(
        bytes32 indexed spaceId,
        address indexed controller,
        address indexed authorizer,
        uint64 configNonce
    );
    event TransitionCommitted(
        bytes32 indexed spaceId,
        bytes32 indexed transitionId,
        uint64 indexed sequence,
        bytes32 prevStateRoot,
        bytes32 nextStateRoot,
        bytes32 deltaCommitment,
        bytes32 provenanceCommitment,
        bytes32 profileId,
        bytes32 locatorCommitment,
        address authorizer
    );

    error Refused();

    function registerSpace(
        bytes32 spaceId,
        address controller,
        address authorizer,
        bytes32 salt,
        bytes calldata controllerSignature
    ) external {
        require(controller != address(0) && authorizer != address(0), Refused());
        require(spaceId == deriveSpaceId(controller, salt), Refused());
        require(_spaces[spaceId].controller == address(0), Refused());
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("SpaceRegistration(bytes32 spaceId,address controller,address authorizer)"),
                spaceId,
                controller,
                authorizer
            )
        );
        require(_agrees(controller, structHash, controllerSignature), Refused());

        _spaces[spaceId] = Space(controller, authorizer, 0, 0, 0, 0);
        emit SpaceRegistered(spaceId, controller, authorizer);
    }

    function updateSpaceAuthorization(
        bytes32 spaceId,
        address newController,
        address newAuthorizer,
        bytes calldata controllerSignature
    ) external {
        Space storage space = _spaces[spaceId];
        require(newController != address(0) && newAuthorizer != address(0), Refused());
        uint64 nonce = space.configNonce + 1;
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "SpaceAuthorization(bytes32 spaceId,address newController,address newAuthorizer,uint64 nonce)"
                ),
                spaceId,
                newController,
                newAuthorizer,
                nonce
            )
        );
        require(_agrees(space.controller, structHash, controllerSignature), Refused());

        (space.controller, space.authorizer, space.configNonce) = (newController, newAuthorizer, nonce);
        emit SpaceAuthorizationUpdated(spaceId, newController, newAuthorizer, nonce);
    }

    function commitTransition(
        ExperienceDelta calldata delta,
        bytes calldata authorizerSignature
    ) external returns (bytes32 transitionId, bytes32 nextStateRoot) {
        Space storage space = _spaces[delta.spaceId];
        require(_follows(space, delta), Refused());
        require(delta.deltaCommitment != 0 && delta.profileId != 0, Refused());
        transitionId = keccak256(
            abi.encode(
                keccak256(
                    "ExperienceDelta(bytes32 spaceId,uint64 sequence,bytes32 prevStateRoot,bytes32 deltaCommitment,bytes32 provenanceCommitment,bytes32 profileId,bytes32 locatorCommitment)"
                ),
                delta
            )
        );
        require(_agrees(space.authorizer, transitionId, authorizerSignature), Refused());

        nextStateRoot = keccak256(
            abi.encode(
                keccak256("MemoryState(bytes32 prevStateRoot,bytes32 transitionId)"),
                delta.prevStateRoot,
                transitionId
            )
        );
        (space.transitionId, space.stateRoot, space.sequence) = (transitionId, nextStateRoot, delta.sequence);
        emit TransitionCommitted(
            delta.spaceId,
            transitionId,
            delta.sequence,
            delta.prevStateRoot,
            nextStateRoot,
            delta.deltaCommitment,
            delta.provenanceCommitment,
            delta.profileId,
            delta.locatorCommitment,
            space.authorizer
        );
    }

    function head(bytes32 spaceId) external view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence) {
        Space storage space = _spaces[spaceId];
        return (space.transitionId, space.stateRoot, space.sequence);
    }

    function spaceAuthorization(
        bytes32 spaceId
    ) external view returns (address controller, address authorizer, uint64 configNonce) {
        Space storage space = _spaces[spaceId];
        return (space.controller, space.authorizer, space.configNonce);
    }

    function deriveSpaceId(address initialController, bytes32 salt) public pure returns (bytes32 spaceId) {
        return
            keccak256(
                abi.encode(keccak256("MemorySpace(address initialController,bytes32 salt)"), initialController, salt)
            );
    }

    function _follows(Space storage space, ExperienceDelta calldata delta) internal view virtual returns (bool) {
        return delta.sequence == space.sequence + 1 && delta.prevStateRoot == space.stateRoot;
    }

    /// @dev An account that was never registered is zero, which recovers from nothing and has no code.
    function _agrees(
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) internal view virtual returns (bool) {
        if (signature.length == 0) return false;
        bytes32 digest = _digest(structHash);
        return _accepts(account, digest, signature) || _signed(account, digest, signature);
    }

    function _accepts(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (account.code.length == 0) return false;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = account.staticcall(
            abi.encodeCall(IERC1271.isValidSignature, (digest, signature))
        );
        return success && answer.length >= 32 && bytes32(answer) == bytes32(IERC1271.isValidSignature.selector);
    }

    function _signed(address account, bytes32 digest, bytes calldata signature) internal pure virtual returns (bool) {
        if (signature.length != 65) return false;
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), s);
        return uint256(s) <= HALF_ORDER && signer != address(0) && signer == account;
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domainSeparator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("AgentMemoryState"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
    }
}
