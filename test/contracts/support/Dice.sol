// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The many choices that one number of the fuzzer stands for. They depend on nothing else, so that a sequence
/// that fails can be shortened.
/// @param state What the next roll is made from.
/// @param patience One choice in so many is a slip: the wrong person, the wrong value.
struct Dice {
    uint256 state;
    uint256 patience;
}

/// @title DiceRolls
/// @notice How dice are rolled.
library DiceRolls {
    /// @dev A number below `sides`. What the fuzzer sends is not uniform, its hash is.
    function roll(Dice memory dice, uint256 sides) internal pure returns (uint256) {
        dice.state = uint256(keccak256(abi.encode(dice.state)));
        return dice.state % sides;
    }

    function slips(Dice memory dice) internal pure returns (bool) {
        return roll(dice, dice.patience) == 0;
    }

    /// @dev Never zero.
    function word(Dice memory dice) internal pure returns (bytes32) {
        roll(dice, 2);
        return bytes32(dice.state | 1);
    }
}
