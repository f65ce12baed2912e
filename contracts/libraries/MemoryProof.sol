// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title MemoryProof
/// @notice Proves that a memory belongs to a root. There are two trees: the root is over one leaf for each scope, and a
/// scope's leaf holds the root over its memories.
/// @dev Internal, so that it is compiled into whoever uses it: an agent contract that pinned a root needs no vault and
/// no second address to trust. Pairs are hashed as OpenZeppelin's `MerkleProof` does.
///
/// One kind of node cannot be taken for another. Leaves are hashed twice, so no leaf is the hash of the 64 bytes of a
/// pair; and the two kinds of leaf begin with different tags, so a memory is never taken for a scope.
library MemoryProof {
    /// @notice A disclosed memory and its way to the root.
    /// @param record The canonical bytes of the memory.
    /// @param memoryPath The siblings from the memory's leaf to the root of its scope; empty if it is the only one.
    /// @param scopeId The scope.
    /// @param count The number of memories in the scope.
    /// @param scopeSalt The salt of the scope's leaf, which hides scopes from those who guess at their content.
    /// @param scopePath The siblings from the scope's leaf to the root.
    struct Proof {
        bytes record;
        bytes32[] memoryPath;
        bytes16 scopeId;
        uint64 count;
        bytes32 scopeSalt;
        bytes32[] scopePath;
    }

    /// @notice The tag of a memory's leaf.
    bytes32 internal constant MEMORY_LEAF = keccak256("memory-vault/v1/memory-leaf");

    /// @notice The tag of a scope's leaf.
    bytes32 internal constant SCOPE_LEAF = keccak256("memory-vault/v1/scope-leaf");

    /// @notice Whether a memory belongs to a root.
    /// @dev The count is bound by the scope's leaf, not checked against the path: it is the writer's word, as is
    /// everything under the root.
    /// @param root The root.
    /// @param proof The memory and its way to the root.
    /// @return Whether it does.
    function verify(bytes32 root, Proof calldata proof) internal pure returns (bool) {
        bytes32 scopeRoot = MerkleProof.processProofCalldata(proof.memoryPath, memoryLeaf(proof.record));
        return
            MerkleProof.verifyCalldata(
                proof.scopePath,
                root,
                scopeLeaf(proof.scopeId, scopeRoot, proof.count, proof.scopeSalt)
            );
    }

    /// @notice The leaf of a memory.
    /// @param record The canonical bytes of the memory.
    /// @return The leaf.
    function memoryLeaf(bytes calldata record) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(MEMORY_LEAF, sha256(record)))));
    }

    /// @notice The leaf of a scope.
    /// @param scopeId The scope.
    /// @param scopeRoot The root over its memories; zero if it has none.
    /// @param count The number of its memories.
    /// @param scopeSalt Its salt.
    /// @return The leaf.
    function scopeLeaf(
        bytes16 scopeId,
        bytes32 scopeRoot,
        uint64 count,
        bytes32 scopeSalt
    ) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(SCOPE_LEAF, scopeId, scopeRoot, count, scopeSalt))));
    }
}
