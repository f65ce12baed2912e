// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BlobLog} from "../../contracts/BlobLog.sol";
import {IBlobLog} from "../../contracts/interfaces/IBlobLog.sol";
import {vm} from "./support/Vm.sol";

contract BlobLogTest {
    BlobLog private log;

    function setUp() public {
        vm.roll(77);
        log = new BlobLog();
    }

    function test_Publish_WhenTheBlobIsEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IBlobLog.InvalidBlobLength.selector, 0));
        log.publish("");
    }

    function test_Publish_WhenTheBlobIsLongerThan64KiB() public {
        vm.expectRevert(abi.encodeWithSelector(IBlobLog.InvalidBlobLength.selector, 65_537));
        log.publish(new bytes(65_537));
    }

    function test_Publish_WhenTheBlobIs64KiBLong() public {
        bytes memory blob = new bytes(65_536);
        vm.assertEq(log.blockOf(log.publish(blob)), 77, "blockOf");
    }

    function test_Publish_WhenTheBlobIsNew() public {
        bytes memory blob = "a sealed blob";
        vm.assertEq(log.blockOf(sha256(blob)), 0, "before");
        vm.expectEmit(address(log));
        emit IBlobLog.BlobPublished(sha256(blob), blob);
        vm.assertEq(log.publish(blob), sha256(blob), "digest");
        vm.assertEq(log.blockOf(sha256(blob)), 77, "after");
    }

    function test_Publish_WhenTheBlobWasPublishedBefore() public {
        bytes memory blob = "a sealed blob";
        log.publish(blob);
        vm.roll(99);
        vm.expectEmit(address(log));
        emit IBlobLog.BlobPublished(sha256(blob), blob);
        log.publish(blob);
        vm.assertEq(log.blockOf(sha256(blob)), 99, "blockOf");
    }
}
