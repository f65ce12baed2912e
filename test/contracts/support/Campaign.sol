// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Campaign
/// @notice Keeps count of what was allowed and refused while the runner walks its sequences: where everything is refused,
/// nothing is proven.
/// @dev Those who act do so in the test contract itself, so that a file can be run alone: the runner finds no contract
/// that is of another file.
abstract contract Campaign {
    error NeverAllowed(uint256 deed);
    error NeverRefused(uint256 deed);

    /// @dev The runner makes a sequence that fails shorter. Of so short a one nothing is demanded but that it fails.
    uint256 private constant WHOLE = 1000;

    uint256 internal steps;
    mapping(uint256 deed => uint256) private _allowed;
    mapping(uint256 deed => uint256) private _refused;

    /// @dev Read by the runner.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }

    /// @dev Called by the runner at the end of each sequence.
    function afterInvariant() external view {
        if (steps >= WHOLE) assertReached();
    }

    function tally(uint256 deed, bool succeeded) internal {
        ++(succeeded ? _allowed : _refused)[deed];
    }

    /// @dev Everything that should have succeeded or been refused at least once in a sequence.
    function assertReached() internal view virtual;

    function assertAllowed(uint256 deed) internal view {
        if (_allowed[deed] == 0) revert NeverAllowed(deed);
    }

    function assertRefused(uint256 deed) internal view {
        if (_refused[deed] == 0) revert NeverRefused(deed);
    }
}
