// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MemoryProof} from "../../contracts/libraries/MemoryProof.sol";
import {vm} from "./support/Vm.sol";

contract MemoryProofTest {
    bytes16 private constant SCOPE = bytes16(keccak256("scope"));
    bytes32 private constant SCOPE_SALT = keccak256("scope salt");

    /// @dev The door to the library, so that it has a calldata proof.
    function verify(bytes32 root, MemoryProof.Proof calldata proof) external pure returns (bool) {
        return MemoryProof.verify(root, proof);
    }

    // The specification, written out a second time.

    function memoryLeaf(bytes memory record) private pure returns (bytes32) {
        return twice(abi.encode(keccak256("memory-vault/v1/memory-leaf"), sha256(record)));
    }

    function scopeLeaf(bytes32 scopeRoot, uint64 count) private pure returns (bytes32) {
        return twice(abi.encode(keccak256("memory-vault/v1/scope-leaf"), SCOPE, scopeRoot, count, SCOPE_SALT));
    }

    function twice(bytes memory data) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(data)));
    }

    function pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function climb(bytes32 node, bytes32[] memory path) private pure returns (bytes32) {
        for (uint256 i = 0; i < path.length; ++i) node = pair(node, path[i]);
        return node;
    }

    function pathOf(uint256 length, string memory label) private pure returns (bytes32[] memory path) {
        path = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) path[i] = keccak256(abi.encode(label, i));
    }

    function proofOf(
        bytes memory record,
        uint256 memoryDepth,
        uint256 scopeDepth,
        uint64 count
    ) private pure returns (bytes32 root, MemoryProof.Proof memory proof) {
        proof = MemoryProof.Proof({
            record: record,
            memoryPath: pathOf(memoryDepth, "memory"),
            scopeId: SCOPE,
            count: count,
            scopeSalt: SCOPE_SALT,
            scopePath: pathOf(scopeDepth, "scope")
        });
        root = climb(scopeLeaf(climb(memoryLeaf(record), proof.memoryPath), count), proof.scopePath);
    }

    function test_Verify_WhenTheMemoryIsTheOnlyOneOfTheOnlyScope() public view {
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf("record", 0, 0, 1);
        vm.assertEq(root, scopeLeaf(memoryLeaf("record"), 1), "the scope's root is the leaf");
        vm.assertTrue(this.verify(root, proof), "verified");
    }

    function test_Verify_WhenTheMemoryIsOneOfManyInOneOfManyScopes() public view {
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf("record", 14, 6, 10_000);
        vm.assertTrue(this.verify(root, proof), "verified");
    }

    function test_Verify_WhenAnyPartOfTheProofIsChanged() public view {
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf("record", 3, 2, 7);
        proof.record = "recorD";
        vm.assertFalse(this.verify(root, proof), "record");
        proof.record = "record";
        proof.scopeId = bytes16(keccak256("another scope"));
        vm.assertFalse(this.verify(root, proof), "scopeId");
        proof.scopeId = SCOPE;
        proof.count = 8;
        vm.assertFalse(this.verify(root, proof), "count");
        proof.count = 7;
        proof.scopeSalt = keccak256("another salt");
        vm.assertFalse(this.verify(root, proof), "scopeSalt");
        proof.scopeSalt = SCOPE_SALT;
        proof.memoryPath[1] ^= bytes32(uint256(1));
        vm.assertFalse(this.verify(root, proof), "memoryPath");
        proof.memoryPath = pathOf(2, "memory");
        vm.assertFalse(this.verify(root, proof), "memoryPath, shorter");
        proof.memoryPath = pathOf(3, "memory");
        proof.scopePath[0] ^= bytes32(uint256(1));
        vm.assertFalse(this.verify(root, proof), "scopePath");
        proof.scopePath = pathOf(3, "scope");
        vm.assertFalse(this.verify(root, proof), "scopePath, longer");
        proof.scopePath = pathOf(2, "scope");
        vm.assertTrue(this.verify(root, proof), "intact again");
    }

    function test_Verify_WhenTheRootIsAnother() public view {
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf("record", 3, 2, 7);
        vm.assertFalse(this.verify(root ^ bytes32(uint256(1)), proof), "another");
        vm.assertFalse(this.verify(0, proof), "zero");
    }

    function test_Verify_WhenAMemorysLeafStandsWhereAScopesShould() public view {
        (, MemoryProof.Proof memory proof) = proofOf("record", 0, 2, 1);
        bytes32 root = climb(memoryLeaf("record"), proof.scopePath);
        vm.assertFalse(this.verify(root, proof), "verified");
    }

    function test_Verify_WhenAScopesLeafIsPassedOffAsARecord() public view {
        // The record is the preimage of a scope's leaf: the other tag keeps it from becoming that leaf.
        bytes32 scopeRoot = memoryLeaf("record");
        bytes memory preimage = abi.encode(
            keccak256("memory-vault/v1/scope-leaf"),
            SCOPE,
            scopeRoot,
            uint64(1),
            SCOPE_SALT
        );
        (, MemoryProof.Proof memory proof) = proofOf(preimage, 0, 0, 1);
        vm.assertFalse(this.verify(scopeLeaf(scopeRoot, 1), proof), "verified");
    }

    function test_Verify_WhenAnInnerNodeIsPassedOffAsALeaf() public view {
        bytes32 left = memoryLeaf("left");
        bytes32 right = memoryLeaf("right");
        bytes memory preimage = left < right ? bytes.concat(left, right) : bytes.concat(right, left);
        (, MemoryProof.Proof memory proof) = proofOf(preimage, 0, 0, 2);
        vm.assertFalse(this.verify(scopeLeaf(pair(left, right), 2), proof), "verified");
    }

    function testFuzz_Verify_AcceptsWhatWasBuilt(
        bytes memory record,
        uint8 memoryDepth,
        uint8 scopeDepth,
        uint64 count
    ) public view {
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf(record, memoryDepth % 32, scopeDepth % 8, count);
        vm.assertTrue(this.verify(root, proof), "verified");
    }

    function testFuzz_Verify_RefusesAnotherRecord(bytes memory record, bytes memory another, uint8 depth) public view {
        vm.assume(keccak256(record) != keccak256(another));
        (bytes32 root, MemoryProof.Proof memory proof) = proofOf(record, depth % 16, depth % 7, 9);
        proof.record = another;
        vm.assertFalse(this.verify(root, proof), "verified");
    }
}
