// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Bond, Pledge} from "../src/types/Nodes.sol";
import {JobOrder} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Stake pledged to escrows: how it starts, how it ends, and what the court may do with it.
contract PledgeTest is Fixture {
    EscrowId private id;

    function setUp() public override {
        super.setUp();
        registerWorker();
        id = opened(BUDGET);
    }

    function test_pledge_byTheOperator() external {
        uint64 finalAt = escrows.finalAt(id);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.Pledged(id, operator, 60e6, 60e6, finalAt);
        pledge(60e6);
        pledge(40e6);
        Pledge memory it = registry.pledgeOf(id, operator);
        vm.assertEq(it.amount, 100e6);
        vm.assertEq(it.releaseAt, finalAt);
        vm.assertEq(registry.bondOf(operator).pledged, 100e6);
    }

    function test_pledge_oneStakeBacksOneEscrow() external {
        pledge(60e6);
        EscrowId other = submit(orderOf(payer, BUDGET, 2));
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeInsufficient.selector, 40e6, 60e6));
        vm.prank(operator);
        registry.pledge(other, operator, 60e6);
    }

    function test_pledge_byTheWorkerWithinItsAllowance() external {
        vm.expectPartialRevert(IStakeRegistry.StakeAllowanceExceeded.selector);
        vm.prank(worker);
        registry.pledge(id, operator, 1);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.PledgeAllowanceSet(operator, worker, 50e6);
        vm.prank(operator);
        registry.setPledgeAllowance(worker, 50e6);
        vm.prank(worker);
        registry.pledge(id, operator, 30e6);
        vm.assertEq(registry.node(worker).pledgeAllowance, 20e6);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeAllowanceExceeded.selector, 20e6, 21e6));
        vm.prank(worker);
        registry.pledge(id, operator, 21e6);
    }

    function test_pledge_revertsForOthers() external {
        vm.expectPartialRevert(IStakeRegistry.StakeNotOperator.selector);
        vm.prank(stranger);
        registry.pledge(id, operator, 1);
        vm.expectPartialRevert(IStakeRegistry.StakeNotOperator.selector);
        vm.prank(stranger);
        registry.setPledgeAllowance(worker, 1);
    }

    function test_pledge_revertsForFinalAndUnknownEscrows() external {
        expectRefusal(EscrowId.wrap("none"), IStakeRegistry.StakeEscrowFinal.selector);
        vm.warp(escrows.finalAt(id));
        expectRefusal(id, IStakeRegistry.StakeEscrowFinal.selector);
    }

    function test_pledge_revertsWhileLeaving() external {
        vm.prank(operator);
        registry.startUnbond();
        expectRefusal(id, IStakeRegistry.StakeUnbonding.selector);
    }

    function test_release_afterFinalityByAnyone() external {
        pledge(60e6);
        finish(id);
        vm.warp(START + DISPUTE - 1);
        vm.expectPartialRevert(IStakeRegistry.StakeTooEarly.selector);
        registry.releasePledge(id, operator);
        vm.warp(START + DISPUTE);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.PledgeReleased(id, operator, 60e6);
        vm.prank(stranger);
        registry.releasePledge(id, operator);
        vm.assertEq(registry.bondOf(operator).pledged, 0);
        vm.expectRevert(IStakeRegistry.StakeNoPledge.selector);
        registry.releasePledge(id, operator);
    }

    function test_release_isNotProlongedByOthers() external {
        pledge(60e6);
        uint64 agreed = escrows.finalAt(id);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        vm.assertTrue(escrows.finalAt(id) > agreed, "not prolonged");
        vm.warp(agreed);
        registry.releasePledge(id, operator);
    }

    function test_pledge_againProlongs() external {
        vm.expectRevert(IStakeRegistry.StakeNoPledge.selector);
        vm.prank(operator);
        registry.pledge(id, operator, 0);
        pledge(60e6);
        uint64 agreed = escrows.finalAt(id);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        pledge(0);
        vm.warp(agreed);
        vm.expectPartialRevert(IStakeRegistry.StakeTooEarly.selector);
        registry.releasePledge(id, operator);
    }

    function test_withdraw_leavesThePledgedPart() external {
        pledge(60e6);
        vm.prank(operator);
        registry.startUnbond();
        // By the end of the delay the escrow is final; an open dispute still holds the pledge.
        vm.prank(court);
        registry.lock(id, operator);
        vm.warp(START + UNBOND);
        registry.withdraw(operator);
        vm.assertEq(registry.stakeOf(operator), 60e6);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakePledged.selector, 60e6));
        registry.withdraw(operator);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeLocked.selector, 1));
        registry.releasePledge(id, operator);
        vm.prank(court);
        registry.unlock(id, operator);
        registry.releasePledge(id, operator);
        registry.withdraw(operator);
        vm.assertEq(registry.stakeOf(operator), 0);
        vm.assertEq(token.balanceOf(address(registry)), 0);
    }

    function test_slash_takesFromOnePledgeAlone() external {
        pledge(60e6);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.Slashed(id, operator, 25e6, stranger);
        vm.prank(court);
        vm.assertEq(registry.slash(id, operator, 25e6, stranger), 25e6);
        vm.prank(court);
        vm.assertEq(registry.slash(id, operator, 1000e6, stranger), 35e6);
        Bond memory bond = registry.bondOf(operator);
        vm.assertEq(bond.stake, 40e6);
        vm.assertEq(bond.pledged, 0);
        vm.assertEq(token.balanceOf(stranger), 60e6);
        vm.prank(court);
        vm.assertEq(registry.slash(id, operator, 1, stranger), 0);
    }

    function test_court_aloneLocksAndSlashes() external {
        pledge(60e6);
        vm.startPrank(operator);
        vm.expectPartialRevert(IStakeRegistry.StakeNotCourt.selector);
        registry.lock(id, operator);
        vm.expectPartialRevert(IStakeRegistry.StakeNotCourt.selector);
        registry.unlock(id, operator);
        vm.expectPartialRevert(IStakeRegistry.StakeNotCourt.selector);
        registry.slash(id, operator, 1, operator);
        vm.stopPrank();
        vm.expectRevert(IStakeRegistry.StakeNoPledge.selector);
        vm.prank(court);
        registry.lock(id, stranger);
    }

    function testFuzz_pledgesNeverExceedStake(uint128[3] calldata amounts) external {
        uint256 pledged = 0;
        for (uint256 i = 0; i < 3; ++i) {
            EscrowId one = submit(orderOf(payer, BUDGET, 10 + i));
            uint128 amount = uint128(bounded(amounts[i], 1, MINIMUM));
            bool fits = pledged + amount <= MINIMUM;
            if (!fits) vm.expectPartialRevert(IStakeRegistry.StakeInsufficient.selector);
            vm.prank(operator);
            registry.pledge(one, operator, amount);
            if (fits) pledged += amount;
        }
        vm.assertEq(registry.bondOf(operator).pledged, pledged);
    }

    function pledge(uint128 amount) private {
        vm.prank(operator);
        registry.pledge(id, operator, amount);
    }

    function expectRefusal(EscrowId one, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        vm.prank(operator);
        registry.pledge(one, operator, 1);
    }
}
