// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryProof} from "../libraries/MemoryProof.sol";
import {IKeyRegistry} from "./IKeyRegistry.sol";
import {IMemoryVault} from "./IMemoryVault.sol";

/// @title IMemoryAgent
/// @notice An agent contract that vault owners can grant read access to. A program off chain, its operator, holds the
/// identity, reads the memory, and answers what the contract was asked.
/// @dev Request ids are counted. After a reorganisation of the chain an id may belong to another request, and an answer
/// that is sent again lands on that one, in public: answer finalised requests only.
interface IMemoryAgent {
    /// @notice Something that the agent was asked.
    /// @param vaultId The vault that it is about.
    /// @param generation The generation of the vault when it was asked; the answer must come in the same one.
    /// @param deadline The last second at which it may be answered.
    /// @param requester Who asked.
    /// @param answered Whether it was answered.
    struct Request {
        uint256 vaultId;
        uint64 generation;
        uint64 deadline;
        address requester;
        bool answered;
    }

    /// @notice Emitted when the agent was asked something.
    /// @param requestId The request.
    /// @param vaultId The vault that it is about.
    /// @param requester Who asked.
    /// @param deadline The last second at which it may be answered.
    /// @param data What was asked. It is public, and it is data: no instruction to a model.
    event Requested(
        uint256 indexed requestId,
        uint256 indexed vaultId,
        address indexed requester,
        uint64 deadline,
        bytes data
    );

    /// @notice Emitted when a request was answered.
    /// @param requestId The request.
    /// @param vaultId The vault that it is about.
    /// @param sequence The number of the head that the answer rests on, or zero if the operator named none.
    /// @param root The memory's root in that head, or zero. It was checked if the head was the present one; otherwise it is
    /// the operator's word.
    /// @param data The answer. It is public, unless the operator encrypted it.
    event Answered(uint256 indexed requestId, uint256 indexed vaultId, uint64 sequence, bytes32 root, bytes data);

    /// @notice An account that the agent is made of is the zero address.
    error InvalidAccount(address account);
    /// @notice `caller` is not the operator.
    error NotOperator(address caller);
    /// @notice The agent has no grant in force for this vault, or not from the owner of the time of the request.
    error NotGranted(uint256 vaultId);
    /// @notice There is no such request.
    error UnknownRequest(uint256 requestId);
    /// @notice The request was answered before.
    error AlreadyAnswered(uint256 requestId);
    /// @notice The deadline has passed, or is in the past from the start.
    error DeadlinePassed(uint64 deadline);
    /// @notice The vault has no such head: it did not come to that number yet, or its present head has another root, or
    /// one of the two values is zero and the other is not.
    error UnknownHead(uint64 sequence, bytes32 root);

    /// @notice The contract of the vaults.
    function vaults() external view returns (IMemoryVault);

    /// @notice The registry where the agent publishes its recipient.
    function keys() external view returns (IKeyRegistry);

    /// @notice The account of the program that reads and answers.
    function operator() external view returns (address);

    /// @notice Publishes the agent's recipient, whose identity the operator holds.
    /// @dev Emits {IKeyRegistry-KeyPublished}.
    ///
    /// Requirements:
    /// - The caller is the operator, and {IKeyRegistry-publishKey} accepts the values.
    /// @param recipient The raw bytes of an `age1pq1` recipient.
    /// @param expiresAt The first second at which it is no longer valid.
    /// @param attestationDigest The digest of a document about where the identity is kept, or zero.
    function publishKey(bytes calldata recipient, uint64 expiresAt, bytes32 attestationDigest) external;

    /// @notice Withdraws the agent's recipient.
    /// @dev Emits {IKeyRegistry-KeyRetired}.
    ///
    /// Requirements:
    /// - The caller is the operator.
    function retireKey() external;

    /// @notice Answers a request, once. Not before the request is final: an id says nothing about what was asked.
    /// @dev Emits {Answered}.
    ///
    /// Requirements:
    /// - The caller is the operator.
    /// - The request exists, was not answered, and its deadline has not passed.
    /// - The agent may read the vault now, by a grant of the generation that the request was made in.
    /// - The receipt is two zeros, or of the vault's present head, or names an earlier number and a root that is not zero.
    /// @param requestId The request.
    /// @param data The answer.
    /// @param sequence The number of the head that the answer rests on, or zero to name none.
    /// @param root The memory's root in that head ({IMemoryVault-Head}), or zero to name none.
    function answer(uint256 requestId, bytes calldata data, uint64 sequence, bytes32 root) external;

    /// @notice Proposes memories to the owner of a vault, who alone reads and decides.
    /// @dev Emits {IMemoryVault-Proposed}, with this contract as the proposer.
    ///
    /// Requirements:
    /// - The caller is the operator.
    /// - The agent has a grant in force with PROPOSE; the vault's contract checks it.
    /// @param vaultId The vault.
    /// @param digest The sha256 of the sealed proposal.
    function propose(uint256 vaultId, bytes32 digest) external;

    /// @notice A request; zeros if there is no such.
    /// @param requestId The request.
    /// @return The request.
    function requestOf(uint256 requestId) external view returns (Request memory);

    /// @notice Whether the agent may read a vault at this moment.
    /// @param vaultId The vault.
    /// @return Whether it may.
    function canRead(uint256 vaultId) external view returns (bool);

    /// @notice Whether the agent may read a vault at this moment, and a memory that somebody disclosed belongs to it.
    /// @param vaultId The vault.
    /// @param proof The memory and its way to the root.
    /// @return Whether both hold.
    function isDisclosed(uint256 vaultId, MemoryProof.Proof calldata proof) external view returns (bool);
}
