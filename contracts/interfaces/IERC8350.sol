// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IERC8350
/// @notice Agent Memory State Registry (ERC-8350, Draft): authorised commitments to private state, one linear history
/// per space. The ERC calls this interface `IAgentMemoryState`; names, types, fields and events are the ERC's.
/// @dev In the words of this project: space = vault, controller = owner, authorizer = commit key, transition = commit,
/// `deltaCommitment` = root, `locatorCommitment` = pointer.
interface IERC8350 {
    /// @notice The claim that one commit makes. Its EIP-712 struct hash is the transition id.
    /// @param spaceId The space that it advances.
    /// @param sequence The sequence of the head that it makes; the first is 1.
    /// @param prevStateRoot The state root that it follows; zero for the first.
    /// @param deltaCommitment The private content. Never zero.
    /// @param provenanceCommitment What the content was made from; zero is none.
    /// @param profileId How the other fields are to be read. Never zero.
    /// @param locatorCommitment Where the content lies; zero is none.
    struct ExperienceDelta {
        bytes32 spaceId;
        uint64 sequence;
        bytes32 prevStateRoot;
        bytes32 deltaCommitment;
        bytes32 provenanceCommitment;
        bytes32 profileId;
        bytes32 locatorCommitment;
    }

    /// @notice Emitted once for each space.
    /// @param spaceId The space.
    /// @param controller Its first controller.
    /// @param authorizer Its first authorizer, in effect (never zero).
    event SpaceRegistered(bytes32 indexed spaceId, address indexed controller, address indexed authorizer);

    /// @notice Emitted whenever controller or authorizer were replaced, once, with the pair that is now in force.
    /// @param spaceId The space.
    /// @param controller The controller; zero when the vault was burned.
    /// @param authorizer The authorizer in effect; zero when the vault was burned.
    /// @param configNonce The number of replacements so far, this one included.
    event SpaceAuthorizationUpdated(
        bytes32 indexed spaceId,
        address indexed controller,
        address indexed authorizer,
        uint64 configNonce
    );

    /// @notice Emitted for each accepted transition.
    /// @param spaceId The space.
    /// @param transitionId The struct hash of the delta.
    /// @param sequence The sequence of the new head.
    /// @param prevStateRoot The state root before.
    /// @param nextStateRoot The state root after.
    /// @param deltaCommitment As in the delta.
    /// @param provenanceCommitment As in the delta.
    /// @param profileId As in the delta.
    /// @param locatorCommitment As in the delta.
    /// @param authorizer The account that authorised it; the sender may be another.
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

    /// @notice The identifier of the space that a controller can register with a salt; the same on every chain, where
    /// another may control the same address if it is a contract's.
    /// @param initialController The first controller.
    /// @param salt Chosen by it.
    /// @return spaceId The identifier.
    function deriveSpaceId(address initialController, bytes32 salt) external pure returns (bytes32 spaceId);

    /// @notice Registers a space for its controller, by anyone.
    /// @dev Emits {SpaceRegistered}, and here the mint's `Transfer` and `Locked`. What was signed has neither nonce nor
    /// deadline: it can be sent until the space is registered.
    ///
    /// Requirements:
    /// - `controller` and `authorizer` are not zero.
    /// - `spaceId` is the one derived from `controller` and `salt`, and was never registered, burned ones included.
    /// - `controllerSignature` is the controller's over
    ///   `SpaceRegistration(bytes32 spaceId,address controller,address authorizer)`, or is empty and the controller calls.
    /// @param spaceId The space.
    /// @param controller Its controller.
    /// @param authorizer Its authorizer.
    /// @param salt The salt that the identifier was derived with.
    /// @param controllerSignature The controller's signature.
    function registerSpace(
        bytes32 spaceId,
        address controller,
        address authorizer,
        bytes32 salt,
        bytes calldata controllerSignature
    ) external;

    /// @notice Replaces controller and authorizer, by anyone with the controller's signature.
    /// @dev Emits {SpaceAuthorizationUpdated}. If the controller changes, the token moves with it: `Transfer`, and
    /// `Locked` if it was unlocked. It works on a locked vault and calls no receiver. The present controller chooses the
    /// next one's authorizer; a next controller that did not agree to it replaces it first.
    ///
    /// Requirements:
    /// - The space is registered and not burned.
    /// - `newController` and `newAuthorizer` are not zero.
    /// - `controllerSignature` is the controller's over
    ///   `SpaceAuthorization(bytes32 spaceId,address newController,address newAuthorizer,uint64 nonce)` with the next
    ///   configuration nonce, or is empty and the controller calls.
    /// @param spaceId The space.
    /// @param newController The controller from now on.
    /// @param newAuthorizer The authorizer from now on.
    /// @param controllerSignature The present controller's signature.
    function updateSpaceAuthorization(
        bytes32 spaceId,
        address newController,
        address newAuthorizer,
        bytes calldata controllerSignature
    ) external;

    /// @notice Moves the head of a space by one transition, by anyone with the authorizer's signature.
    /// @dev Emits {TransitionCommitted}. A signed delta has no deadline, and counts again if its authorizer is appointed
    /// again while the head has not moved.
    ///
    /// Requirements:
    /// - The space is registered and not burned.
    /// - `delta` follows the head exactly: the next sequence, the present state root.
    /// - `deltaCommitment` and `profileId` are not zero.
    /// - `authorizerSignature` is the authorizer's over the delta, or is empty and the authorizer calls.
    /// @param delta The transition.
    /// @param authorizerSignature The authorizer's signature.
    /// @return transitionId The struct hash of the delta.
    /// @return nextStateRoot The state root from now on.
    function commitTransition(
        ExperienceDelta calldata delta,
        bytes calldata authorizerSignature
    ) external returns (bytes32 transitionId, bytes32 nextStateRoot);

    /// @notice The head of a space: zeros before the first commit; it stays readable after a burn.
    /// @param spaceId The space.
    /// @return transitionId The last accepted transition.
    /// @return stateRoot The accumulated state root.
    /// @return sequence The number of accepted transitions.
    function head(bytes32 spaceId) external view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence);

    /// @notice Who decides about a space.
    /// @dev Requirements: the space is registered and not burned.
    /// @param spaceId The space.
    /// @return controller The controller.
    /// @return authorizer The authorizer in effect.
    /// @return configNonce The number of replacements so far.
    function spaceAuthorization(
        bytes32 spaceId
    ) external view returns (address controller, address authorizer, uint64 configNonce);
}
