// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Allotment} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice How money is promised and how a promise ends: `allot`, `release`, `reclaim`.
contract AllotTest is Fixture {
    EscrowId private id;

    function setUp() public override {
        super.setUp();
        registerWorker();
        id = opened(BUDGET);
    }

    function test_allot_reservesATotal() external {
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Allotted(id, worker, 100e6, START + 1 hours);
        allot(id, worker, 100e6);
        assertAccount(id, worker, 100e6, 0);
        vm.assertEq(escrows.escrow(id).allotted, 100e6);
        allot(id, worker, 150e6);
        assertAccount(id, worker, 150e6, 0);
        vm.assertEq(escrows.escrow(id).allotted, 150e6);
    }

    function test_allot_repeatedChangesNothing() external {
        allot(id, worker, 100e6);
        allot(id, worker, 100e6);
        assertAccount(id, worker, 100e6, 0);
        vm.assertEq(escrows.escrow(id).allotted, 100e6);
    }

    function test_allot_revertsForOthers() external {
        Allotment[] memory list = oneAllotment(worker, 100e6, START + 1 hours);
        vm.expectPartialRevert(IJobEscrow.EscrowNotCoordinator.selector);
        vm.prank(service);
        escrows.allot(id, list);
    }

    function test_allot_revertsOverBudget() external {
        expectRefusal(worker, BUDGET + 1, START + 1 hours, IJobEscrow.EscrowOverBudget.selector);
        registerAs(OPERATOR_KEY, 0xD2, 1, 0);
        allot(id, worker, BUDGET - 1);
        expectRefusal(vm.addr(0xD2), 2, START + 1 hours, IJobEscrow.EscrowOverBudget.selector);
        allot(id, vm.addr(0xD2), 1);
    }

    function test_allot_revertsOnShrinking() external {
        allot(id, worker, 100e6);
        expectRefusal(worker, 100e6 - 1, START + 2 hours, IJobEscrow.EscrowShrinkingAllotment.selector);
    }

    function test_allot_revertsOnEarlierExpiry() external {
        allot(id, worker, 100e6);
        expectRefusal(worker, 200e6, START + 1 hours - 1, IJobEscrow.EscrowBadExpiry.selector);
        expectRefusal(worker, 200e6, START, IJobEscrow.EscrowBadExpiry.selector);
    }

    function test_allot_mayShrinkToPaidOnceExpired() external {
        allot(id, worker, 100e6);
        pay(id, worker, 40e6);
        vm.warp(START + 1 hours);
        expectRefusal(worker, 40e6 - 1, START + 3 hours, IJobEscrow.EscrowShrinkingAllotment.selector);
        allot(id, worker, 60e6);
        assertAccount(id, worker, 60e6, 40e6);
        vm.assertEq(escrows.escrow(id).allotted, 60e6);
    }

    function test_allot_revertsAfterTheWork() external {
        uint64 deadline = escrows.escrow(id).deadline;
        vm.warp(deadline);
        expectRefusal(worker, 1, deadline + 1 hours, IJobEscrow.EscrowTooLate.selector);
        vm.warp(deadline - 1);
        finish(id);
        expectRefusal(worker, 1, deadline + 1 hours, IJobEscrow.EscrowBadPhase.selector);
    }

    function test_release_givesBackTheRest() external {
        allot(id, worker, 100e6);
        pay(id, worker, 30e6);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Released(id, worker, 70e6);
        vm.prank(worker);
        escrows.release(id);
        assertAccount(id, worker, 30e6, 30e6);
        vm.assertEq(escrows.escrow(id).allotted, 30e6);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        vm.prank(worker);
        escrows.release(id);
    }

    function test_release_revertsWithoutEscrow() external {
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        vm.prank(worker);
        escrows.release(EscrowId.wrap("none"));
    }

    function test_reclaim_takesOnlyExpired() external {
        registerAs(OPERATOR_KEY, 0xD2, 1, 0);
        allot(id, worker, 100e6);
        allotUntil(id, vm.addr(0xD2), 200e6, START + 2 hours);
        pay(id, worker, 30e6);
        address[] memory list = new address[](3);
        (list[0], list[1], list[2]) = (worker, vm.addr(0xD2), stranger);
        vm.warp(START + 1 hours - 1);
        escrows.reclaim(id, list);
        vm.assertEq(escrows.escrow(id).allotted, 300e6);
        vm.warp(START + 1 hours);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Reclaimed(id, worker, 70e6);
        vm.prank(stranger);
        escrows.reclaim(id, list);
        assertAccount(id, worker, 30e6, 30e6);
        assertAccount(id, vm.addr(0xD2), 200e6, 0);
        vm.assertEq(escrows.escrow(id).allotted, 230e6);
        escrows.reclaim(id, list);
        vm.assertEq(escrows.escrow(id).allotted, 230e6);
    }

    function test_reclaim_revertsWithoutEscrow() external {
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.reclaim(EscrowId.wrap("none"), new address[](0));
    }

    function test_expired_isPayableUntilReclaimed() external {
        allot(id, worker, 100e6);
        vm.warp(START + 2 hours);
        pay(id, worker, 100e6);
        vm.assertEq(token.balanceOf(worker), 100e6);
    }

    function testFuzz_allot_sumsAccounts(uint96[4] calldata amounts) external {
        uint256 sum = 0;
        for (uint256 i = 0; i < 4; ++i) {
            registerAs(OPERATOR_KEY, 0xE0 + i, 1, 0);
            uint96 amount = uint96(bounded(amounts[i], 0, BUDGET / 4));
            allot(id, vm.addr(0xE0 + i), amount);
            sum += amount;
        }
        vm.assertEq(escrows.escrow(id).allotted, sum);
    }

    function expectRefusal(address to, uint96 amount, uint64 expiresAt, bytes4 selector) private {
        Allotment[] memory list = oneAllotment(to, amount, expiresAt);
        vm.expectPartialRevert(selector);
        vm.prank(payer);
        escrows.allot(id, list);
    }
}
