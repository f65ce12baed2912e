// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice Takes signed words, under a domain that has a salt but neither a version nor a contract.
contract Guestbook {
    bytes32 private constant SALT = keccak256("guestbook");

    mapping(address guest => bytes32) public wordOf;

    error NotSigned();

    function enter(address guest, bytes32 word, bytes calldata signature) external {
        bytes32 domainSeparator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,bytes32 salt)"),
                keccak256("Guestbook"),
                block.chainid,
                SALT
            )
        );
        bytes32 structHash = keccak256(abi.encode(keccak256("Entry(address guest,bytes32 word)"), guest, word));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
        require(ECDSA.recover(digest, signature) == guest, NotSigned());

        wordOf[guest] = word;
    }

    function eip712Domain()
        external
        view
        virtual
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x15, "Guestbook", "", block.chainid, address(0), SALT, new uint256[](0));
    }
}
