// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {SignatureValidation} from "./libraries/SignatureValidation.sol";

/// @title KeyRegistry
/// @notice Where an account says which recipient to encrypt to when something is meant for it.
///
/// KEYS
/// - One recipient for each account, until it expires, is replaced, or is retired. It is an `age1pq1` recipient, post-
///   quantum and therefore 1216 bytes long: too much for storage, so an event holds it and state its sha256.
/// - Nothing here proves that somebody holds the identity to a recipient, or that the bytes are a well-formed one. An
///   account that publishes junk can read nothing, and harms nobody else.
/// - An agent contract publishes by its own call, or by ERC-1271.
///
/// SIGNATURES
/// - EIP-712, domain `MemoryVaultKeys`, `1`; the rule is {SignatureValidation}'s.
/// - Every door spends the account's nonce, and with it every signature over that nonce: after a retirement or a replacement
///   nobody brings a recipient back by a signature over a nonce up to then. One over a later nonce counts when its turn
///   comes, until its deadline: an account that signs ahead voids it by spending that nonce too.
///
/// TRUST AND LIVENESS
/// - There is no admin, and nothing payable.
/// - `blockNumber` finds the event on networks whose `block.number` is the number that `eth_getLogs` takes. Where it is
///   not (Arbitrum), this contract must not be deployed.
/// - A registered recipient is the account's word as of the last block. Whoever encrypts to it shows its digest to a
///   human first, if the account is a stranger's.
contract KeyRegistry is EIP712, Nonces, IKeyRegistry {
    /// @notice The EIP-712 type of a publication.
    bytes32 public constant PUBLISH_KEY_TYPEHASH = keccak256(
        "PublishKey(address account,bytes recipient,uint64 expiresAt,bytes32 attestationDigest,uint256 nonce,uint256 deadline)"
    );

    /// @notice The length of an `age1pq1` recipient: an ML-KEM-768 key of 1184 bytes and an X25519 key of 32.
    uint256 public constant RECIPIENT_LENGTH = 1216;

    mapping(address account => Key) private _keys;

    constructor() EIP712("MemoryVaultKeys", "1") {}

    /// @inheritdoc IKeyRegistry
    function publishKey(bytes calldata recipient, uint64 expiresAt, bytes32 attestationDigest) external {
        _publish(msg.sender, recipient, expiresAt, attestationDigest, _useNonce(msg.sender));
    }

    /// @inheritdoc IKeyRegistry
    /// @dev The nonce is spent before the account may be asked by ERC-1271; a revert gives it back.
    function publishKeyBySig(
        address account,
        bytes calldata recipient,
        uint64 expiresAt,
        bytes32 attestationDigest,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert ExpiredSignature(deadline);
        _useCheckedNonce(account, nonce);
        bytes32 structHash = keccak256(
            abi.encode(
                PUBLISH_KEY_TYPEHASH,
                account,
                keccak256(recipient),
                expiresAt,
                attestationDigest,
                nonce,
                deadline
            )
        );
        if (!SignatureValidation.isAuthorized(account, _hashTypedDataV4(structHash), signature))
            revert InvalidSignature(account);

        _publish(account, recipient, expiresAt, attestationDigest, nonce);
    }

    /// @inheritdoc IKeyRegistry
    function retireKey() external {
        delete _keys[msg.sender];

        emit KeyRetired(msg.sender, _useNonce(msg.sender));
    }

    /// @inheritdoc IKeyRegistry
    function keyOf(address account) external view returns (Key memory key) {
        key = _keys[account];
        // No need to check for an absent or a retired key: both have expired at zero.
        if (block.timestamp >= key.expiresAt) delete key;
    }

    /// @inheritdoc IKeyRegistry
    function nonces(address account) public view override(IKeyRegistry, Nonces) returns (uint256) {
        return super.nonces(account);
    }

    function _publish(
        address account,
        bytes calldata recipient,
        uint64 expiresAt,
        bytes32 attestationDigest,
        uint256 nonce
    ) private {
        if (recipient.length != RECIPIENT_LENGTH) revert InvalidRecipientLength(recipient.length);
        if (expiresAt <= block.timestamp) revert InvalidExpiry(expiresAt);

        bytes32 recipientDigest = sha256(recipient);
        _keys[account] = Key(recipientDigest, expiresAt, uint64(block.number), attestationDigest);

        emit KeyPublished(account, recipientDigest, recipient, expiresAt, attestationDigest, nonce, msg.sender);
    }
}
