// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {Campaign} from "./Campaign.sol";
import {Dice, DiceRolls} from "./Dice.sol";
import {People} from "./People.sol";
import {Vm, vm} from "./Vm.sol";

/// @title KeyHandler
/// @notice People publish and retire keys, by calls, by fresh signatures and by kept ones, many of them wrong or old, while
/// an account is kept of what was accepted.
abstract contract KeyHandler is People, Campaign {
    using DiceRolls for Dice;

    enum Deed {
        Publish,
        PublishBySig,
        PublishLate,
        Retire
    }

    /// @dev What somebody signs.
    struct Offer {
        address account;
        bytes recipient;
        uint64 expiresAt;
        bytes32 attestationDigest;
        uint256 nonce;
        uint256 deadline;
        bytes signature;
        address signer;
    }

    error AllowedWhatIsRefused(Deed deed, Offer offer);
    error RefusedWhatIsAllowed(Deed deed, Offer offer, bytes fault);
    error BroughtBack(Offer offer, uint256 retired);
    error OutOfLine(bytes32 topic);

    uint256 private constant PATIENCE = 8;
    /// @dev So few that one comes again after it was replaced or retired.
    uint256 private constant RECIPIENTS = 3;
    uint64 private constant SPAN = 5 days;

    KeyRegistry internal registry;

    /// @dev What the last deed that was allowed said.
    mapping(address account => IKeyRegistry.Key) internal said;
    mapping(address account => uint256) internal spent;

    /// @dev What the logs say: how many there were, and whether the last was a retirement.
    mapping(address account => uint256) internal logged;
    mapping(address account => bool) internal retired;
    mapping(address account => uint256 nonce) private _retiredAt;

    mapping(address account => Offer[]) private _offers;

    function setUp() public virtual {
        vm.warp(1_900_000_000);
        registry = new KeyRegistry();
    }

    /// @dev Only a retirement is never refused.
    function assertReached() internal view override {
        for (uint256 deed = 0; deed <= uint256(type(Deed).max); ++deed) {
            assertAllowed(deed);
            if (Deed(deed) != Deed.Retire) assertRefused(deed);
        }
    }

    // ---------------------------------------------------------------------------------------- what people do

    function publish(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        Offer memory offer = _offer(anyone(dice), dice);
        bytes memory data = abi.encodeCall(
            registry.publishKey,
            (offer.recipient, offer.expiresAt, offer.attestationDigest)
        );
        _publish(Deed.Publish, offer, offer.account, data, true);
    }

    function publishBySig(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        Offer memory offer = _signed(anyone(dice), dice);
        if (dice.slips()) _offers[offer.account].push(offer);
        _publishBySig(Deed.PublishBySig, offer, dice);
    }

    /// @dev Somebody signs, for now or for a later nonce, and sends nothing.
    function sign(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        Offer memory offer = _signed(anyone(dice), dice);
        _offers[offer.account].push(offer);
    }

    /// @dev Mostly the last that was signed.
    function publishLate(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        Offer[] storage offers = _offers[anyone(dice)];
        if (offers.length == 0) return;
        uint256 n = dice.roll(3) == 0 ? dice.roll(offers.length) : offers.length - 1;
        _publishBySig(Deed.PublishLate, offers[n], dice);
    }

    function retire(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        Offer memory offer;
        offer.account = anyone(dice);
        // It is always allowed, so it should be the rarer.
        if (dice.roll(2) == 0) return;
        _send(Deed.Retire, offer, offer.account, abi.encodeCall(registry.retireKey, ()), true);
        delete said[offer.account];
    }

    /// @dev A while, or until a key is in its last second, or just over.
    function wait_(uint256 seed) external {
        ++steps;
        Dice memory dice = Dice(seed, PATIENCE);
        uint256 time = block.timestamp + dice.roll(6 hours);
        uint64 expiresAt = said[anyone(dice)].expiresAt;
        if (expiresAt > block.timestamp && expiresAt - block.timestamp <= SPAN) time = expiresAt - dice.roll(2);
        vm.warp(time);
        vm.roll(block.number + 1 + dice.roll(10));
    }

    // ------------------------------------------------------------------------------------------------ one deed

    function _publishBySig(Deed deed, Offer memory offer, Dice memory dice) private {
        address caller = anyone(dice);
        if (offer.signature.length == 0) offer.signer = caller;
        if (dice.slips()) {
            // Something else than was signed.
            offer.attestationDigest = dice.word();
            if (offer.signature.length != 0) offer.signer = address(0);
        }
        bytes memory data = abi.encodeCall(
            registry.publishKeyBySig,
            (
                offer.account,
                offer.recipient,
                offer.expiresAt,
                offer.attestationDigest,
                offer.nonce,
                offer.deadline,
                offer.signature
            )
        );
        bool may =
            offer.signer == offer.account && offer.nonce == spent[offer.account] && block.timestamp <= offer.deadline;
        _publish(deed, offer, caller, data, may);
    }

    function _publish(Deed deed, Offer memory offer, address caller, bytes memory data, bool may) private {
        may = may && offer.recipient.length == 1216 && offer.expiresAt > block.timestamp;
        if (!_send(deed, offer, caller, data, may)) return;
        said[offer.account] = IKeyRegistry.Key(
            sha256(offer.recipient),
            offer.expiresAt,
            uint64(block.number),
            offer.attestationDigest
        );
        // A rule that does not ask the account: a signature over a nonce that a retirement spent is void.
        if (deed != Deed.Publish && _retiredAt[offer.account] > offer.nonce)
            revert BroughtBack(offer, _retiredAt[offer.account]);
    }

    function _send(
        Deed deed,
        Offer memory offer,
        address caller,
        bytes memory data,
        bool may
    ) private returns (bool succeeded) {
        bytes memory fault;
        vm.recordLogs();
        vm.prank(caller);
        (succeeded, fault) = address(registry).call(data);
        if (succeeded && !may) revert AllowedWhatIsRefused(deed, offer);
        if (!succeeded && may) revert RefusedWhatIsAllowed(deed, offer, fault);
        tally(uint256(deed), succeeded);
        if (!succeeded) return false;
        ++spent[offer.account];
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 n = 0; n < logs.length; ++n) _record(logs[n]);
    }

    /// @dev Each log spends the next nonce of its account; a publication holds the bytes of its digest.
    function _record(Vm.Log memory log) private {
        address account = address(uint160(uint256(log.topics[1])));
        uint256 nonce;
        retired[account] = log.topics[0] == IKeyRegistry.KeyRetired.selector;
        if (retired[account]) {
            nonce = abi.decode(log.data, (uint256));
            _retiredAt[account] = nonce + 1;
        } else {
            bytes memory recipient;
            (recipient, , , nonce, ) = abi.decode(log.data, (bytes, uint64, bytes32, uint256, address));
            if (sha256(recipient) != log.topics[2]) revert OutOfLine(log.topics[0]);
        }
        if (nonce != logged[account]) revert OutOfLine(log.topics[0]);
        ++logged[account];
    }

    // ------------------------------------------------------------------------------------------------- offers

    /// @dev What is published is the next to be, but for slips of length and expiry.
    function _offer(address account, Dice memory dice) private view returns (Offer memory offer) {
        offer.account = account;
        offer.recipient = _recipient(dice);
        offer.expiresAt = uint64(block.timestamp + 1 + dice.roll(SPAN));
        if (dice.slips()) offer.expiresAt = uint64(block.timestamp - dice.roll(2));
        offer.attestationDigest = dice.roll(2) == 0 ? bytes32(0) : dice.word();
    }

    /// @dev By the account, over the next nonce, with time to spare, but for slips.
    function _signed(address account, Dice memory dice) private view returns (Offer memory offer) {
        offer = _offer(account, dice);
        offer.nonce = spent[account] + (dice.slips() ? 1 + dice.roll(2) : 0);
        offer.deadline = block.timestamp + dice.roll(SPAN);
        if (dice.slips()) offer.deadline = block.timestamp - 1;
        offer.signer = mostly(dice, account);
        if (dice.slips()) return offer;
        address verifyingContract = dice.slips() ? address(this) : address(registry);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(offer.signer), _digest(offer, verifyingContract));
        offer.signature = abi.encodePacked(r, s, v);
        if (verifyingContract != address(registry)) offer.signer = address(0);
    }

    function _recipient(Dice memory dice) private pure returns (bytes memory recipient) {
        uint256[38] memory words;
        words[0] = dice.roll(RECIPIENTS);
        recipient = abi.encodePacked(words);
        if (!dice.slips()) return recipient;
        if (dice.roll(2) == 0) return bytes.concat(recipient, hex"00");
        return abi.encodePacked(words[0]);
    }

    function _digest(Offer memory offer, address verifyingContract) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("MemoryVaultKeys"),
                keccak256("1"),
                block.chainid,
                verifyingContract
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "PublishKey(address account,bytes recipient,uint64 expiresAt,bytes32 attestationDigest,uint256 nonce,uint256 deadline)"
                ),
                offer.account,
                keccak256(offer.recipient),
                offer.expiresAt,
                offer.attestationDigest,
                offer.nonce,
                offer.deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
