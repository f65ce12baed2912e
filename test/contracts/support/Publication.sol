// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Publication
/// @notice What an account signs to publish a recipient, written out, not taken from the contract.
library Publication {
    function hash(
        address account,
        bytes memory recipient,
        uint64 expiresAt,
        bytes32 attestationDigest,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "PublishKey(address account,bytes recipient,uint64 expiresAt,bytes32 attestationDigest,uint256 nonce,uint256 deadline)"
                    ),
                    account,
                    keccak256(recipient),
                    expiresAt,
                    attestationDigest,
                    nonce,
                    deadline
                )
            );
    }

    function domainOf(uint256 chainId, address registry) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("MemoryVaultKeys"),
                    keccak256("1"),
                    chainId,
                    registry
                )
            );
    }
}
