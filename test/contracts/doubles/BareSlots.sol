// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The least that a transaction can be about: it is told nothing, asks nobody, and changes some slots.
contract BareSlots {
    uint256 private _first = 1;
    uint256 private _second = 1;
    uint256 private _third = 1;
    uint256 private _empty;

    function updateOne() external {
        _first += 1;
    }

    function updateTwo() external {
        _first += 1;
        _second += 1;
    }

    function updateThree() external {
        _first += 1;
        _second += 1;
        _third += 1;
    }

    function fillOne() external {
        _empty = 1;
    }

    function fillOneUpdateTwo() external {
        _empty = 1;
        _first += 1;
        _second += 1;
    }

    function clearOneUpdateTwo() external {
        delete _third;
        _first += 1;
        _second += 1;
    }
}
