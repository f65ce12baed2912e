// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title VaultMetadata
/// @notice The JSON and the picture of a vault, from its id alone: the dial of a safe, whose rings open where the id
/// says. It shows nothing about the memory, and never changes.
library VaultMetadata {
    using Strings for uint256;

    uint256 private constant RINGS = 7;

    /// @notice The metadata of a vault.
    /// @param vaultId The vault.
    /// @return A data URI of JSON.
    function tokenURI(uint256 vaultId) internal pure returns (string memory) {
        return
            string.concat(
                "data:application/json;base64,",
                Base64.encode(
                    bytes(
                        string.concat(
                            '{"name":"Memory Vault ',
                            (vaultId >> 224).toHexString(4),
                            '","description":"An AI memory that its owner holds: encrypted, granted and revoked by its owner alone.","image":"data:image/svg+xml;base64,',
                            Base64.encode(bytes(svg(vaultId))),
                            '"}'
                        )
                    )
                )
            );
    }

    /// @notice The picture of a vault.
    /// @dev Colours and rings come from a hash, so that ids that resemble each other do not look alike.
    /// @param vaultId The vault.
    /// @return An SVG document.
    function svg(uint256 vaultId) internal pure returns (string memory) {
        uint256 seed = uint256(keccak256(abi.encode(vaultId)));
        string memory hue = (seed % 360).toString();
        string memory accent = ((seed + 150 + ((seed >> 16) % 60)) % 360).toString();
        string memory rings;
        for (uint256 i = 0; i < RINGS; ++i) {
            rings = string.concat(rings, _ring(i, seed >> (32 + 24 * i)));
        }
        return
            string.concat(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><defs><radialGradient id="b"><stop stop-color="hsl(',
                hue,
                ',32%,17%)"/><stop offset="1" stop-color="hsl(',
                hue,
                ',38%,7%)"/></radialGradient></defs><rect width="512" height="512" fill="url(#b)"/><g transform="translate(256 256)" fill="none" stroke-linecap="round" stroke="hsl(',
                hue,
                ',45%,78%)">',
                rings,
                '</g><circle cx="256" cy="256" r="9" fill="hsl(',
                accent,
                ',80%,66%)"/></svg>'
            );
    }

    /// @dev A faint whole circle with an arc on it, which covers 25 to 88 % of the turn and begins anywhere. `pathLength`
    /// lets the arc be counted in hundredths of the turn whatever the radius.
    function _ring(uint256 i, uint256 bits) private pure returns (string memory) {
        string memory circle = string.concat('<circle r="', (44 + 26 * i).toString(), '"');
        return
            string.concat(
                circle,
                ' opacity=".12"/>',
                circle,
                ' pathLength="100" stroke-width="',
                (2 + (bits & 0xff) % 9).toString(),
                '" stroke-dasharray="',
                (25 + ((bits >> 8) & 0x3f)).toString(),
                ' 100" opacity=".',
                (40 + ((bits >> 14) & 0x1f)).toString(),
                '" transform="rotate(',
                (((bits >> 8) & 0xffff) % 360).toString(),
                ')"/>'
            );
    }
}
