// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IKeyRegistry
/// @notice Where an account says which recipient to encrypt to when something is meant for it.
/// @dev The recipient's bytes stand in an event; state keeps their digest and the block of that event. If a node pruned
/// the event, the account hands the bytes over and the digest decides.
interface IKeyRegistry {
    /// @notice The recipient of an account.
    /// @param recipientDigest The sha256 of the recipient's bytes.
    /// @param expiresAt The first second at which it is no longer valid.
    /// @param blockNumber The block of the event that holds the bytes.
    /// @param attestationDigest The digest of a document about where the identity is kept, or zero.
    struct Key {
        bytes32 recipientDigest;
        uint64 expiresAt;
        uint64 blockNumber;
        bytes32 attestationDigest;
    }

    /// @notice Emitted when an account published a recipient.
    /// @param account The account.
    /// @param recipientDigest The sha256 of `recipient`.
    /// @param recipient The 1216 bytes of an `age1pq1` recipient.
    /// @param expiresAt The first second at which it is no longer valid.
    /// @param attestationDigest The digest of a document about where the identity is kept, or zero.
    /// @param nonce The nonce that this spent.
    /// @param sender Who sent it: the account itself, or whoever had its signature.
    event KeyPublished(
        address indexed account,
        bytes32 indexed recipientDigest,
        bytes recipient,
        uint64 expiresAt,
        bytes32 attestationDigest,
        uint256 nonce,
        address sender
    );

    /// @notice Emitted when an account withdrew its recipient, and with it every signature over the nonce that this spent.
    /// @param account The account.
    /// @param nonce The nonce that this spent.
    event KeyRetired(address indexed account, uint256 nonce);

    /// @notice A recipient is exactly 1216 bytes long.
    error InvalidRecipientLength(uint256 length);
    /// @notice The expiry is not in the future.
    error InvalidExpiry(uint64 expiresAt);
    /// @notice The deadline of the signature has passed.
    error ExpiredSignature(uint256 deadline);
    /// @notice The signature is not `signer`'s over what was sent, for this chain and this contract.
    error InvalidSignature(address signer);

    /// @notice Publishes the caller's recipient in place of any before it.
    /// @dev Emits {KeyPublished}. Spends the caller's nonce.
    ///
    /// Requirements:
    /// - `recipient` is 1216 bytes long, `expiresAt` is in the future.
    /// @param recipient The raw bytes of an `age1pq1` recipient.
    /// @param expiresAt The first second at which it is no longer valid.
    /// @param attestationDigest The digest of a document about where the identity is kept, or zero.
    function publishKey(bytes calldata recipient, uint64 expiresAt, bytes32 attestationDigest) external;

    /// @notice Publishes an account's recipient, by anyone with its signature.
    /// @dev Emits {KeyPublished}. Spends the account's nonce.
    ///
    /// Requirements:
    /// - As for {publishKey}.
    /// - `deadline` has not passed, `nonce` is the account's next.
    /// - `signature` is the account's over `PublishKey(address account,bytes recipient,uint64 expiresAt,bytes32
    ///   attestationDigest,uint256 nonce,uint256 deadline)`, or is empty and the account calls.
    /// @param account The account.
    /// @param recipient The raw bytes of an `age1pq1` recipient.
    /// @param expiresAt The first second at which the recipient is no longer valid.
    /// @param attestationDigest The digest of a document about where the identity is kept, or zero.
    /// @param nonce The account's next nonce.
    /// @param deadline The last second at which the signature counts.
    /// @param signature The account's signature.
    function publishKeyBySig(
        address account,
        bytes calldata recipient,
        uint64 expiresAt,
        bytes32 attestationDigest,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Withdraws the caller's recipient. Without one it only spends the nonce, which voids signatures over it.
    /// @dev Emits {KeyRetired}. Spends the caller's nonce.
    function retireKey() external;

    /// @notice The recipient of an account; zeros if it has none, or it is retired or expired.
    /// @param account The account.
    /// @return The key.
    function keyOf(address account) external view returns (Key memory);

    /// @notice The next nonce of an account.
    /// @param account The account.
    /// @return The nonce.
    function nonces(address account) external view returns (uint256);
}
