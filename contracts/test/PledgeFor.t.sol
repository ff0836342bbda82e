// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Node, PledgeAllowance, PledgeOrder} from "../src/types/Nodes.sol";
import {JobOrder} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Pledges and allowances by signature: who has to have signed, and that no signature counts twice.
contract PledgeForTest is Fixture {
    EscrowId private id;

    function setUp() public override {
        super.setUp();
        registerWorker();
        id = opened(BUDGET);
    }

    function test_pledgeFor_byTheOperatorsSignature() external {
        vm.expectEmit(address(registry));
        emit IStakeRegistry.Pledged(id, operator, 60e6, 60e6, escrows.finalAt(id));
        submit(orderFor(60e6), OPERATOR_KEY);
        submit(orderFor(100e6), OPERATOR_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).amount, 100e6);
        vm.assertEq(registry.pledgeOf(id, operator).total, 100e6);
        vm.assertEq(registry.bondOf(operator).pledged, 100e6);
    }

    function test_pledgeFor_byTheWorkersSignatureWithinItsAllowance() external {
        expectRefusal(orderFor(1), WORKER_KEY, IStakeRegistry.StakeAllowanceExceeded.selector);
        vm.prank(operator);
        registry.setPledgeAllowance(worker, 50e6);
        submit(orderFor(30e6), WORKER_KEY);
        vm.assertEq(registry.node(worker).pledgeAllowance, 20e6);
        // Only what is added counts against the allowance.
        submit(orderFor(50e6), WORKER_KEY);
        vm.assertEq(registry.node(worker).pledgeAllowance, 0);
        expectRefusal(orderFor(51e6), WORKER_KEY, IStakeRegistry.StakeAllowanceExceeded.selector);
    }

    function test_pledgeFor_countsASignatureOnce() external {
        submit(orderFor(60e6), OPERATOR_KEY);
        expectRefusal(orderFor(60e6), OPERATOR_KEY, IStakeRegistry.StakePledgeUsed.selector);
        expectRefusal(orderFor(40e6), OPERATOR_KEY, IStakeRegistry.StakePledgeUsed.selector);
        // A fine lowers the pledge and leaves the total: an old signature doesn't fill it up again.
        vm.prank(court);
        registry.slash(id, operator, 20e6, court);
        expectRefusal(orderFor(60e6), OPERATOR_KEY, IStakeRegistry.StakePledgeUsed.selector);
        submit(orderFor(70e6), OPERATOR_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).amount, 50e6);
    }

    function test_pledgeFor_countsNoOldSignatureAfterTheRelease() external {
        submit(orderFor(60e6), OPERATOR_KEY);
        uint64 agreed = escrows.finalAt(id);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        vm.warp(agreed);
        registry.releasePledge(id, operator);
        vm.assertEq(registry.pledgeOf(id, operator).total, 60e6);
        PledgeOrder memory again = orderFor(60e6);
        // Nothing stands that could be prolonged.
        expectRefusal(again, OPERATOR_KEY, IStakeRegistry.StakeNoPledge.selector);
        again.total = 90e6;
        submit(again, OPERATOR_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).amount, 30e6);
    }

    function test_pledgeFor_holdsItsTimes() external {
        PledgeOrder memory order = orderFor(60e6);
        order.releaseBy -= 1;
        expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakeTooLong.selector);
        order = orderFor(60e6);
        vm.warp(order.deadline + 1);
        expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakeTooLate.selector);
        vm.warp(order.deadline);
        submit(order, OPERATOR_KEY);
    }

    function test_pledgeFor_isNotProlongedByATopUp() external {
        PledgeOrder memory order = orderFor(60e6);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakeTooLong.selector);
    }

    function test_pledgeFor_prolongsWithTheSameTotalAndAddsNothing() external {
        submit(orderFor(60e6), OPERATOR_KEY);
        uint64 first = escrows.finalAt(id);
        PledgeOrder memory agreedToFirst = orderFor(60e6);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        uint64 second = escrows.finalAt(id);
        vm.assertTrue(second > first);
        // Whoever signed for the earlier end is not bound for longer, whoever submits it.
        expectRefusal(agreedToFirst, OPERATOR_KEY, IStakeRegistry.StakeTooLong.selector);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.Pledged(id, operator, 0, 60e6, second);
        submit(orderFor(60e6), OPERATOR_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).releaseAt, second);
        vm.assertEq(registry.pledgeOf(id, operator).amount, 60e6);
        vm.assertEq(registry.bondOf(operator).pledged, 60e6);
        expectRefusal(orderFor(60e6), OPERATOR_KEY, IStakeRegistry.StakePledgeUsed.selector);
    }

    function test_pledgeFor_prolongsWhatAFineHasLeft() external {
        submit(orderFor(60e6), OPERATOR_KEY);
        vm.prank(court);
        registry.slash(id, operator, 20e6, court);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        submit(orderFor(60e6), OPERATOR_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).amount, 40e6);
        vm.assertEq(registry.pledgeOf(id, operator).releaseAt, escrows.finalAt(id));
    }

    function test_pledgeFor_prolongsByAWorkersSignatureWithoutSpendingItsAllowance() external {
        vm.prank(operator);
        registry.setPledgeAllowance(worker, 60e6);
        submit(orderFor(60e6), WORKER_KEY);
        JobOrder memory later = orderOf(payer, 1e6, 2);
        later.deadline += 10 days;
        topUp(id, later);
        submit(orderFor(60e6), WORKER_KEY);
        vm.assertEq(registry.pledgeOf(id, operator).releaseAt, escrows.finalAt(id));
        vm.assertEq(registry.node(worker).pledgeAllowance, 0);
    }

    function test_pledgeFor_revertsForOtherSigners() external {
        expectRefusal(orderFor(1), 0xBAD, IStakeRegistry.StakeNotOperator.selector);
        expectRefusal(orderFor(1), PAYER_KEY, IStakeRegistry.StakeNotOperator.selector);
        PledgeOrder memory order = orderFor(1);
        vm.expectPartialRevert(IStakeRegistry.StakeBadSignature.selector);
        registry.pledgeFor(order, hex"1234");
        // Nobody's worker is nobody's: the zero operator has no stake and gives no allowance.
        order.operator = address(0);
        expectRefusal(order, 0xBAD, IStakeRegistry.StakeAllowanceExceeded.selector);
    }

    function test_pledgeFor_isBoundToItsEscrow() external {
        PledgeOrder memory order = orderFor(60e6);
        bytes memory signature = signed(OPERATOR_KEY, registry.pledgeDigest(order));
        order.escrowId = submit(orderOf(payer, BUDGET, 2));
        vm.expectPartialRevert(IStakeRegistry.StakeNotOperator.selector);
        registry.pledgeFor(order, signature);
    }

    function test_pledgeFor_revertsForFinalEscrowsAndLeavers() external {
        PledgeOrder memory order = orderFor(1);
        order.deadline += 100 days;
        order.escrowId = EscrowId.wrap("none");
        expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakeEscrowFinal.selector);
        vm.prank(operator);
        registry.startUnbond();
        expectRefusal(orderFor(1), OPERATOR_KEY, IStakeRegistry.StakeUnbonding.selector);
    }

    function test_pledgeFor_isAnEntrance() external {
        registry.pause();
        PledgeOrder memory order = orderFor(1);
        bytes memory signature = signed(OPERATOR_KEY, registry.pledgeDigest(order));
        vm.expectRevert();
        registry.pledgeFor(order, signature);
    }

    function test_allowance_bySignature() external {
        PledgeAllowance memory one = PledgeAllowance(worker, 50e6, 1);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.PledgeAllowanceSet(operator, worker, 50e6);
        allow(one, OPERATOR_KEY);
        Node memory it = registry.node(worker);
        vm.assertEq(it.pledgeAllowance, 50e6);
        vm.assertEq(it.allowanceSeq, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeOldAllowance.selector, 1));
        this.allow(one, OPERATOR_KEY);
        // What the operator says by itself is newer than what it signed before.
        PledgeAllowance memory second = PledgeAllowance(worker, 90e6, 2);
        vm.prank(operator);
        registry.setPledgeAllowance(worker, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeOldAllowance.selector, 2));
        this.allow(second, OPERATOR_KEY);
    }

    function test_allowance_bySignatureOfTheOperatorAlone() external {
        vm.expectPartialRevert(IStakeRegistry.StakeBadSignature.selector);
        this.allow(PledgeAllowance(worker, 50e6, 1), WORKER_KEY);
        vm.expectPartialRevert(IStakeRegistry.StakeBadSignature.selector);
        this.allow(PledgeAllowance(stranger, 50e6, 1), OPERATOR_KEY);
    }

    function test_allowance_withoutLimitIsNotSpent() external {
        allow(PledgeAllowance(worker, type(uint128).max, 1), OPERATOR_KEY);
        submit(orderFor(100e6), WORKER_KEY);
        vm.assertEq(registry.node(worker).pledgeAllowance, type(uint128).max);
        // The stake is the limit then.
        expectRefusal(orderFor(101e6), WORKER_KEY, IStakeRegistry.StakeInsufficient.selector);
    }

    function testFuzz_signedTotalsInAnyOrderPledgeTheHighest(uint128[5] calldata totals) external {
        uint128 highest = 0;
        for (uint256 i = 0; i < totals.length; ++i) {
            PledgeOrder memory order = orderFor(uint128(bounded(totals[i], 0, MINIMUM)));
            if (order.total == 0 && highest == 0) {
                expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakeNoPledge.selector);
            } else if (order.total <= highest) {
                expectRefusal(order, OPERATOR_KEY, IStakeRegistry.StakePledgeUsed.selector);
            } else {
                submit(order, OPERATOR_KEY);
                highest = order.total;
            }
            vm.assertEq(registry.bondOf(operator).pledged, highest);
            vm.assertEq(registry.pledgeOf(id, operator).amount, highest);
        }
    }

    // Called from outside, so that a revert is one of this call.
    function allow(PledgeAllowance memory one, uint256 key) public {
        bytes memory signature = signed(key, registry.pledgeAllowanceDigest(one));
        vm.prank(stranger);
        registry.setPledgeAllowanceFor(one, signature);
    }

    function orderFor(uint128 total) private view returns (PledgeOrder memory) {
        uint64 deadline = uint64(block.timestamp) + 1 hours;
        return PledgeOrder(id, operator, total, escrows.finalAt(id), deadline);
    }

    function submit(PledgeOrder memory order, uint256 key) private {
        bytes memory signature = signed(key, registry.pledgeDigest(order));
        vm.prank(stranger);
        registry.pledgeFor(order, signature);
    }

    function expectRefusal(PledgeOrder memory order, uint256 key, bytes4 selector) private {
        bytes memory signature = signed(key, registry.pledgeDigest(order));
        vm.expectPartialRevert(selector);
        vm.prank(stranger);
        registry.pledgeFor(order, signature);
    }
}
