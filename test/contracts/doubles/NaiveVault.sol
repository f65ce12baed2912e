// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title NaiveVault
/// @notice The vault that OpenZeppelin's parts suggest, to measure ours against: a URI for each memory as in
/// ERC721URIStorage, and for each grantee the vault's key, wrapped to it. All of it is storage.
/// @dev It is spared what such a contract would have besides: memories are not counted, grants have no end and no
/// permissions, a batch has one event, and the caller says where in the list a grantee stands and whom to wrap for, so
/// that the contract need not look.
contract NaiveVault is ERC721 {
    mapping(uint256 vaultId => mapping(uint256 memoryId => string)) private _uris;
    mapping(uint256 vaultId => address[]) private _grantees;
    mapping(uint256 vaultId => mapping(address grantee => bytes)) private _wrappedKeys;

    event MemoriesAdded(uint256 indexed vaultId, uint256 firstId, uint256 count);
    event Granted(uint256 indexed vaultId, address indexed grantee);
    event Revoked(uint256 indexed vaultId, address indexed grantee);
    event Rewrapped(uint256 indexed vaultId, uint256 count);

    error NotOwner(uint256 vaultId, address caller);
    error NotGranted(uint256 vaultId, address grantee);
    error LengthMismatch(uint256 grantees, uint256 keys);

    constructor() ERC721("Naive Vault", "NAIVE") {}

    modifier onlyOwnerOf(uint256 vaultId) {
        if (msg.sender != _requireOwned(vaultId)) revert NotOwner(vaultId, msg.sender);
        _;
    }

    function mint(uint256 vaultId) external {
        _mint(msg.sender, vaultId);
    }

    function addMemory(uint256 vaultId, uint256 memoryId, string calldata uri) external onlyOwnerOf(vaultId) {
        _uris[vaultId][memoryId] = uri;

        emit MemoriesAdded(vaultId, memoryId, 1);
    }

    function addMemories(uint256 vaultId, uint256 firstId, string[] calldata uris) external onlyOwnerOf(vaultId) {
        mapping(uint256 memoryId => string) storage stored = _uris[vaultId];
        for (uint256 i = 0; i < uris.length; ++i) stored[firstId + i] = uris[i];

        emit MemoriesAdded(vaultId, firstId, uris.length);
    }

    function grant(uint256 vaultId, address grantee, bytes calldata wrappedKey) external onlyOwnerOf(vaultId) {
        _grant(vaultId, grantee, wrappedKey);
    }

    /// @notice Grants under a new key, so that the grantee cannot read what was written before.
    function grantFresh(
        uint256 vaultId,
        address grantee,
        bytes calldata wrappedKey,
        address[] calldata others,
        bytes[] calldata wrappedKeys
    ) external onlyOwnerOf(vaultId) {
        _grant(vaultId, grantee, wrappedKey);
        _rewrap(vaultId, others, wrappedKeys);
    }

    /// @notice Ends a grant, and wraps the new key for those who remain.
    function revoke(
        uint256 vaultId,
        uint256 index,
        address[] calldata remaining,
        bytes[] calldata wrappedKeys
    ) external onlyOwnerOf(vaultId) {
        address[] storage grantees = _grantees[vaultId];
        address grantee = grantees[index];
        address last = grantees[grantees.length - 1];
        if (last != grantee) grantees[index] = last;
        grantees.pop();
        delete _wrappedKeys[vaultId][grantee];

        emit Revoked(vaultId, grantee);
        _rewrap(vaultId, remaining, wrappedKeys);
    }

    /// @notice Goes on with those for whom there was no room in the transaction that revoked.
    function rewrap(
        uint256 vaultId,
        address[] calldata remaining,
        bytes[] calldata wrappedKeys
    ) external onlyOwnerOf(vaultId) {
        _rewrap(vaultId, remaining, wrappedKeys);
    }

    function memoryURI(uint256 vaultId, uint256 memoryId) external view returns (string memory) {
        return _uris[vaultId][memoryId];
    }

    function granteesOf(uint256 vaultId) external view returns (address[] memory) {
        return _grantees[vaultId];
    }

    function wrappedKeyOf(uint256 vaultId, address grantee) external view returns (bytes memory) {
        return _wrappedKeys[vaultId][grantee];
    }

    /// @dev A new owner begins without the former one's grantees.
    function _update(address to, uint256 vaultId, address auth) internal override returns (address from) {
        from = super._update(to, vaultId, auth);
        if (from == address(0)) return from;
        address[] memory grantees = _grantees[vaultId];
        for (uint256 i = 0; i < grantees.length; ++i) delete _wrappedKeys[vaultId][grantees[i]];
        delete _grantees[vaultId];
    }

    function _grant(uint256 vaultId, address grantee, bytes calldata wrappedKey) private {
        _grantees[vaultId].push(grantee);
        _wrappedKeys[vaultId][grantee] = wrappedKey;

        emit Granted(vaultId, grantee);
    }

    function _rewrap(uint256 vaultId, address[] calldata grantees, bytes[] calldata wrappedKeys) private {
        if (grantees.length != wrappedKeys.length) revert LengthMismatch(grantees.length, wrappedKeys.length);
        mapping(address grantee => bytes) storage keys = _wrappedKeys[vaultId];
        for (uint256 i = 0; i < grantees.length; ++i) {
            bytes storage key = keys[grantees[i]];
            if (key.length == 0) revert NotGranted(vaultId, grantees[i]);
            keys[grantees[i]] = wrappedKeys[i];
        }

        emit Rewrapped(vaultId, grantees.length);
    }
}
