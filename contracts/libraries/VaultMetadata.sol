// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title VaultMetadata
/// @notice The JSON and the picture of a vault, from its id alone: the dial of a safe, whose rings open where the id
/// says. It shows nothing about the memory, and never changes. Neither is an identity: the name has four bytes of the id,
/// which another salt meets in some 2^32 tries. Compare whole ids.
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
    /// @dev Colours and rings come from a hash, so that ids that resemble each other do not look alike. One ring has the
    /// colour of the centre.
    /// @param vaultId The vault.
    /// @return An SVG document.
    function svg(uint256 vaultId) internal pure returns (string memory) {
        uint256 seed = uint256(keccak256(abi.encode(vaultId)));
        string memory hue = (seed % 360).toString();
        string memory accent = string.concat(
            "hsl(",
            ((seed + 120 + ((seed >> 16) % 120)) % 360).toString(),
            ",72%,68%)"
        );
        uint256 marked = (seed >> 24) % RINGS;
        string memory rings;
        for (uint256 i = 0; i < RINGS; ++i) {
            rings = string.concat(rings, _ring(i, seed >> (32 + 32 * i), i == marked ? accent : ""));
        }
        return
            string.concat(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2560 -2560 5120 5120"><defs><radialGradient id="b"><stop stop-color="hsl(',
                hue,
                ',34%,18%)"/><stop offset="1" stop-color="hsl(',
                hue,
                ',40%,7%)"/></radialGradient></defs><path fill="url(#b)" d="M-2560-2560h5120v5120h-5120z"/><g fill="none" stroke-linecap="round" stroke="hsl(',
                hue,
                ',48%,80%)">',
                rings,
                '</g><circle r="96" fill="',
                accent,
                '"/></svg>'
            );
    }

    /// @dev A faint whole circle with an arc or some on it.
    function _ring(uint256 i, uint256 bits, string memory colour) private pure returns (string memory) {
        uint256 radius = 440 + 260 * i;
        string memory circle = string.concat('<circle r="', radius.toString(), '" stroke-width="');
        return
            string.concat(
                circle,
                '8" opacity=".14"/>',
                circle,
                (24 + 8 * ((bits >> 8) & 7)).toString(),
                '" stroke-dasharray="',
                _dashes(radius, bits),
                bytes(colour).length == 0 ? '" opacity=".' : string.concat('" stroke="', colour, '" opacity=".'),
                (50 + ((bits >> 11) & 31)).toString(),
                '" transform="rotate(',
                ((bits >> 16) % 360).toString(),
                ')"/>'
            );
    }

    /// @dev One to four equal arcs that cover 20 to 83 % of the circle. The unit is a tenth of a pixel, so that arcs
    /// measured in whole units meet at the end of the turn. 710 / 113 is twice pi.
    function _dashes(uint256 radius, uint256 bits) private pure returns (string memory) {
        uint256 period = (radius * 710) / 113 / (1 + (bits & 3));
        uint256 arc = (period * (20 + ((bits >> 2) & 63))) / 100;
        return string.concat(arc.toString(), " ", (period - arc).toString());
    }
}
