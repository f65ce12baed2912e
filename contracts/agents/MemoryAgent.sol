// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IKeyRegistry} from "../interfaces/IKeyRegistry.sol";
import {IMemoryAgent} from "../interfaces/IMemoryAgent.sol";
import {IMemoryVault} from "../interfaces/IMemoryVault.sol";
import {MemoryProof} from "../libraries/MemoryProof.sol";

/// @title MemoryAgent
/// @notice What an agent contract needs to work with memories that it was granted.
///
/// WHAT IT CANNOT DO
/// - It cannot decrypt: a contract has no secrets. It is the address that owners grant to, and whose recipient they
///   encrypt to; the identity is its operator's, a program off chain. Whoever grants to an agent trusts its operator
///   with the text.
/// - It cannot make an answer true. What it shows is who answered, when, and that the agent was allowed to read then.
/// - It cannot end its own grant: it does not call `revoke`. A derived contract may; otherwise a grant ends by its owner,
///   its commit key or its expiry.
///
/// GRANTS
/// - They are checked when a request is made and again when it is answered, never cached: the owner may have revoked in
///   between. A grant of the next owner does not serve a request from the time of the last.
/// - A revocation stops answers here at once. It does not make the operator forget.
///
/// REQUESTS
/// - A derived contract decides who may ask what, and calls {_request}. Requests and answers are public; an answer that
///   is not meant to be is encrypted to the requester's recipient.
/// - Each takes one answer, from the operator, before its deadline.
/// - Their ids are counted, so a reorganisation can give an id to another request. The operator answers finalised requests
///   only: an answer that is sent before may come to stand under somebody else's question.
///
/// RECEIPTS
/// - An answer may name the head that it rests on, by sequence and root. If that is the present one, this contract checks
///   it. Of an earlier head the vault keeps nothing: that it is one of the vault's at all is the operator's word, which the
///   owner checks against the log of commits. What did not happen yet is refused.
/// - A receipt does not show that the operator read that head, nor that the answer follows from it. It is what the owner
///   can hold the operator to.
///
/// PROPOSALS
/// - They are the operator's, in the agent's name, and need a grant with PROPOSE. The chain keeps a digest; what it stands
///   for is for the owner alone to read, and to accept or not.
///
/// TRUST AND LIVENESS
/// - The operator is fixed at construction. If its key is lost, the agent is: grants to it expire. If it is stolen, the
///   owners revoke.
/// - If the operator does not answer, nothing happens. Contracts that build on this must not wait for an answer.
abstract contract MemoryAgent is IMemoryAgent {
    /// @inheritdoc IMemoryAgent
    IMemoryVault public immutable vaults;
    /// @inheritdoc IMemoryAgent
    IKeyRegistry public immutable keys;
    /// @inheritdoc IMemoryAgent
    address public immutable operator;

    uint256 private _requestCount;
    mapping(uint256 requestId => Request) private _requests;

    /// @param vaults_ The contract of the vaults.
    /// @param keys_ The registry where the agent publishes its recipient.
    /// @param operator_ The account of the program that reads and answers.
    constructor(IMemoryVault vaults_, IKeyRegistry keys_, address operator_) {
        if (address(vaults_) == address(0) || address(keys_) == address(0) || operator_ == address(0))
            revert InvalidAccount(address(0));
        vaults = vaults_;
        keys = keys_;
        operator = operator_;
    }

    /// @inheritdoc IMemoryAgent
    function publishKey(bytes calldata recipient, uint64 expiresAt, bytes32 attestationDigest) external {
        _requireOperator();
        keys.publishKey(recipient, expiresAt, attestationDigest);
    }

    /// @inheritdoc IMemoryAgent
    function retireKey() external {
        _requireOperator();
        keys.retireKey();
    }

    /// @inheritdoc IMemoryAgent
    function answer(uint256 requestId, bytes calldata data, uint64 sequence, bytes32 root) external {
        _requireOperator();
        Request storage request = _requests[requestId];
        if (request.requester == address(0)) revert UnknownRequest(requestId);
        if (request.answered) revert AlreadyAnswered(requestId);
        if (block.timestamp > request.deadline) revert DeadlinePassed(request.deadline);
        uint256 vaultId = request.vaultId;
        if (_requireGrant(vaultId) != request.generation) revert NotGranted(vaultId);
        _requireHead(vaultId, sequence, root);

        request.answered = true;

        emit Answered(requestId, vaultId, sequence, root, data);
        _onAnswer(requestId, data);
    }

    /// @inheritdoc IMemoryAgent
    function propose(uint256 vaultId, bytes32 digest) external {
        _requireOperator();
        vaults.propose(vaultId, digest);
    }

    /// @inheritdoc IMemoryAgent
    function requestOf(uint256 requestId) external view returns (Request memory) {
        return _requests[requestId];
    }

    /// @inheritdoc IMemoryAgent
    function canRead(uint256 vaultId) public view returns (bool) {
        return vaults.canRead(vaultId, address(this));
    }

    /// @inheritdoc IMemoryAgent
    function isDisclosed(uint256 vaultId, MemoryProof.Proof calldata proof) public view returns (bool) {
        return canRead(vaultId) && vaults.verifyMemory(vaultId, proof);
    }

    /// @dev Records a request by the caller and emits {Requested}. Identifiers start at 1.
    /// @param vaultId The vault that it is about; the agent must be allowed to read it.
    /// @param deadline The last second at which it may be answered, not in the past.
    /// @param data What is asked.
    /// @return requestId The request.
    function _request(uint256 vaultId, uint64 deadline, bytes memory data) internal returns (uint256 requestId) {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        uint64 generation = _requireGrant(vaultId);

        requestId = ++_requestCount;
        _requests[requestId] = Request(vaultId, generation, deadline, msg.sender, false);

        emit Requested(requestId, vaultId, msg.sender, deadline, data);
    }

    /// @dev What a derived contract does with an answer; nothing if it does not say. It is called last.
    /// @param requestId The request.
    /// @param data The answer.
    function _onAnswer(uint256 requestId, bytes calldata data) internal virtual {}

    /// @dev A grant that is in force is of the present generation, so its stored one tells that of the vault.
    function _requireGrant(uint256 vaultId) private view returns (uint64 generation) {
        if (!canRead(vaultId)) revert NotGranted(vaultId);
        return vaults.grantOf(vaultId, address(this)).generation;
    }

    /// @dev Two zeros are no receipt. No head has one zero: commits count from 1, and the vault refuses a root of zero.
    function _requireHead(uint256 vaultId, uint64 sequence, bytes32 root) private view {
        if (sequence == 0 && root == 0) return;
        IMemoryVault.Head memory head = vaults.memoryHead(vaultId);
        if (sequence == 0 || root == 0 || sequence > head.sequence) revert UnknownHead(sequence, root);
        if (sequence == head.sequence && root != head.root) revert UnknownHead(sequence, root);
    }

    function _requireOperator() private view {
        if (msg.sender != operator) revert NotOperator(msg.sender);
    }
}
