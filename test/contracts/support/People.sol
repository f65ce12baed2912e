// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Dice, DiceRolls} from "./Dice.sol";
import {Wallet} from "./Wallet.sol";
import {vm} from "./Vm.sol";

/// @dev How many people there are.
uint256 constant PEOPLE = 5;

/// @title People
/// @notice Those who act in the invariant tests. Each may turn up in any role, and each can sign; the account of the last
/// one is a contract.
abstract contract People {
    using DiceRolls for Dice;

    uint256 private constant FIRST_KEY = 0xFACE00;

    address[PEOPLE] internal people;
    Wallet internal wallet;

    constructor() {
        uint256 last = PEOPLE - 1;
        for (uint256 i = 0; i < last; ++i) people[i] = vm.addr(FIRST_KEY + i);
        wallet = new Wallet(vm.addr(FIRST_KEY + last));
        people[last] = address(wallet);
    }

    /// @dev The last one, with the wallet, twice as often as another.
    function anyone(Dice memory dice) internal view returns (address) {
        uint256 side = dice.roll(PEOPLE + 1);
        return people[side < PEOPLE ? side : PEOPLE - 1];
    }

    /// @dev Who it should be, unless the dice slip.
    function mostly(Dice memory dice, address who) internal view returns (address) {
        return who == address(0) || dice.slips() ? anyone(dice) : who;
    }

    /// @dev PEOPLE for an account that is nobody's.
    function indexOf(address who) internal view returns (uint256 i) {
        while (i < PEOPLE && people[i] != who) ++i;
    }

    function keyOf(address who) internal view returns (uint256) {
        return FIRST_KEY + indexOf(who);
    }
}
