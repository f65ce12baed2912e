// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";

import {VaultMetadata} from "../../contracts/libraries/VaultMetadata.sol";
import {vm} from "./support/Vm.sol";

contract VaultMetadataTest {
    uint256 private constant ID = 0x00c0ffee00000000000000000000000000000000000000000000000000000001;
    uint256 private constant RINGS = 7;

    string private constant CIRCLE = '<circle r="';
    string private constant DASHES = 'stroke-dasharray="';
    string private constant COLOUR = 'stroke="hsl(';

    // The pictures are searched as a reader of SVG would, not built a second time.

    /// @dev Where `part` stands in `text` at or after `from`, or the length of `text`.
    function find(bytes memory text, string memory part, uint256 from) private pure returns (uint256) {
        bytes memory needle = bytes(part);
        for (uint256 i = from; i + needle.length <= text.length; ++i) {
            uint256 j = 0;
            while (j < needle.length && text[i + j] == needle[j]) ++j;
            if (j == needle.length) return i;
        }
        return text.length;
    }

    function count(bytes memory text, string memory part) private pure returns (uint256 times) {
        for (uint256 i = find(text, part, 0); i < text.length; i = find(text, part, i + 1)) ++times;
    }

    /// @dev The text from behind `part` to the next quote.
    function valueAfter(bytes memory text, string memory part, uint256 from) private pure returns (bytes memory value) {
        uint256 start = find(text, part, from) + bytes(part).length;
        value = new bytes(find(text, '"', start) - start);
        for (uint256 i = 0; i < value.length; ++i) value[i] = text[start + i];
    }

    /// @dev The decimal that begins at `from`.
    function numberAt(bytes memory text, uint256 from) private pure returns (uint256 number) {
        for (uint256 i = from; i < text.length && text[i] >= "0" && text[i] <= "9"; ++i)
            number = number * 10 + uint8(text[i]) - 48;
    }

    function test_TokenUri_WhenAnIdIsGiven() public pure {
        string memory json = string.concat(
            '{"name":"Memory Vault 0x00c0ffee","description":"An AI memory that its owner holds: encrypted, granted and revoked by its owner alone.","image":"data:image/svg+xml;base64,',
            Base64.encode(bytes(VaultMetadata.svg(ID))),
            '"}'
        );
        vm.assertEq(
            keccak256(bytes(VaultMetadata.tokenURI(ID))),
            keccak256(bytes(string.concat("data:application/json;base64,", Base64.encode(bytes(json))))),
            "tokenURI"
        );
    }

    function test_TokenUri_WhenIdsResembleEachOther() public pure {
        bytes memory arcs = valueAfter(bytes(VaultMetadata.svg(ID)), DASHES, 0);
        bytes memory others = valueAfter(bytes(VaultMetadata.svg(ID + 1)), DASHES, 0);
        vm.assertTrue(keccak256(arcs) != keccak256(others), "the arcs of the first ring");
    }

    function test_Svg_WhenAnIdIsGiven() public pure {
        assertPicture(ID);
    }

    /// @dev A picture never changes, so it is pinned by its hash; a second one, because one may have its ring of the
    /// centre's colour where it is by chance.
    function test_Svg_WhenAnIdIsGivenAgain() public pure {
        vm.assertEq(
            keccak256(bytes(VaultMetadata.svg(ID))),
            0x5e7ce56da731966c82f24e45512853d152dce3890d4e8b23ec3b45dff60d11f8,
            "picture"
        );
        vm.assertEq(
            keccak256(bytes(VaultMetadata.svg(ID + 1))),
            0xe1cb2ca5ab764efeadb3ee3e81c378e6ca17a6ba5e470321839664b1405dc2e8,
            "another"
        );
    }

    function testFuzz_Svg_IsADial(uint256 vaultId) public pure {
        assertPicture(vaultId);
    }

    function assertPicture(uint256 vaultId) private pure {
        bytes memory svg = bytes(VaultMetadata.svg(vaultId));
        vm.assertEq(count(svg, CIRCLE), 2 * RINGS + 1, "circles");
        vm.assertEq(count(svg, DASHES), RINGS, "arcs");

        // The first colour is that of all rings, the second that of the marked one.
        vm.assertEq(count(svg, COLOUR), 2, "colours");
        uint256 marked = find(svg, COLOUR, find(svg, COLOUR, 0) + 1);
        vm.assertEq(
            keccak256(valueAfter(svg, 'stroke="', marked)),
            keccak256(valueAfter(svg, '<circle r="96" fill="', 0)),
            "the centre's colour"
        );

        uint256 dashes = 0;
        for (uint256 i = 0; i < RINGS; ++i) {
            dashes = find(svg, DASHES, dashes) + bytes(DASHES).length;
            uint256 radius = 440 + 260 * i;
            vm.assertEq(numberAt(svg, lastBefore(svg, CIRCLE, dashes) + bytes(CIRCLE).length), radius, "radius");
            uint256 arc = numberAt(svg, dashes);
            uint256 period = arc + numberAt(svg, find(svg, " ", dashes) + 1);
            assertArcs((radius * 710) / 113, arc, period);
        }
    }

    /// @dev One to four arcs meet at the end of the turn and cover 20 to 83 % of it, to a tenth of a pixel.
    function assertArcs(uint256 turn, uint256 arc, uint256 period) private pure {
        uint256 arcs = (turn + period / 2) / period;
        vm.assertTrue(arcs >= 1 && arcs <= 4, "number of arcs");
        vm.assertTrue(arcs * period <= turn && turn < arcs * (period + 1), "whole turn");
        vm.assertTrue((arc + 1) * 100 > period * 20 && arc * 100 <= period * 83, "covered");
    }

    function lastBefore(bytes memory text, string memory part, uint256 end) private pure returns (uint256 last) {
        for (uint256 i = find(text, part, 0); i < end; i = find(text, part, i + 1)) last = i;
    }
}
