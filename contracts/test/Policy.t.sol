// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {JobEscrow} from "../src/JobEscrow.sol";
import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Registration} from "../src/types/Nodes.sol";
import {Allotment, JobOrder} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What the access manager may and may not do, and what is fixed at deployment.
contract PolicyTest is Fixture {
    function test_restricted_refusesOthers() external {
        vm.startPrank(stranger);
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(refusal);
        escrows.pause();
        vm.expectRevert(refusal);
        escrows.unpause();
        vm.expectRevert(refusal);
        registry.pause();
        vm.expectRevert(refusal);
        escrows.setFee(1);
        vm.expectRevert(refusal);
        escrows.collectFees(stranger);
        vm.stopPrank();
    }

    function test_pause_closesTheEntrances() external {
        registerWorker();
        EscrowId id = opened(BUDGET);
        escrows.pause();
        registry.pause();
        JobOrder memory order = orderOf(payer, BUDGET, 2);
        bytes memory signature = signedOrder(order);
        Allotment[] memory list = oneAllotment(worker, 1, START + 1 hours);
        vm.startPrank(payer);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        escrows.createEscrowFor(order, signature, noPermit());
        vm.expectRevert(Pausable.EnforcedPause.selector);
        escrows.topUpFor(id, order, signature, noPermit());
        vm.expectRevert(Pausable.EnforcedPause.selector);
        escrows.allot(id, list);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        registry.register(operator, payer, "peer", 1, 0, "");
        vm.expectRevert(Pausable.EnforcedPause.selector);
        registry.registerFor(Registration(operator, payer, "peer", 1), 0, "", "", noPermit());
        vm.expectRevert(Pausable.EnforcedPause.selector);
        registry.increaseStake(operator, 1);
        vm.stopPrank();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vm.prank(operator);
        registry.pledge(id, operator, 1);
        escrows.unpause();
        vm.prank(payer);
        escrows.createEscrowFor(order, signature, noPermit());
    }

    function test_pause_neverClosesAnExit() external {
        registerWorker();
        EscrowId id = opened(BUDGET);
        allotUntil(id, worker, 100e6, START + 1 hours);
        vm.prank(operator);
        registry.pledge(id, operator, 10e6);
        escrows.pause();
        registry.pause();
        pay(id, worker, 10e6);
        escrows.redeem(id, worker, 20e6, voucher(PAYER_KEY, id, worker, 20e6));
        vm.prank(operator);
        registry.startUnbond();
        vm.prank(payer);
        escrows.commit(id, 0, "root", 1, true);
        vm.warp(START + 1 hours);
        address[] memory list = new address[](1);
        list[0] = worker;
        escrows.reclaim(id, list);
        escrows.refund(id);
        vm.warp(START + DISPUTE);
        escrows.close(id);
        registry.releasePledge(id, operator);
        vm.warp(START + UNBOND);
        registry.withdraw(operator);
        vm.assertEq(token.balanceOf(address(escrows)), 0);
        vm.assertEq(token.balanceOf(address(registry)), 0);
    }

    function test_fee_isCappedAndSnapshotted() external {
        registerWorker();
        uint16 cap = escrows.MAX_FEE_BPS();
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.EscrowFeeTooHigh.selector, cap + 1, cap));
        escrows.setFee(cap + 1);
        EscrowId free = opened(BUDGET);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.FeeSet(cap);
        escrows.setFee(cap);
        EscrowId charged = submit(orderOf(payer, BUDGET, 2));
        vm.assertEq(escrows.escrow(free).feeBps, 0);
        vm.assertEq(escrows.escrow(charged).feeBps, cap);
        allot(free, worker, 100e6);
        allot(charged, worker, 100e6);
        pay(free, worker, 100e6);
        vm.assertEq(escrows.feesAccrued(), 0);
        pay(charged, worker, 100e6);
        vm.assertEq(escrows.feesAccrued(), 5e6);
        vm.assertEq(token.balanceOf(worker), 195e6);
        escrows.collectFees(stranger);
        vm.assertEq(token.balanceOf(stranger), 5e6);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        escrows.collectFees(stranger);
    }

    function test_windows_areChecked() external {
        expectBadWindows(0, CLAIM, LONGEST);
        expectBadWindows(DISPUTE, DISPUTE - 1, LONGEST);
        expectBadWindows(DISPUTE, CLAIM, 0);
    }

    function test_token_isADevnetToken() external view {
        vm.assertEq(token.decimals(), 6);
        vm.assertEq(address(escrows.token()), address(token));
        vm.assertEq(address(registry.escrow()), address(escrows));
    }

    function expectBadWindows(uint64 dispute, uint64 claim, uint64 longest) private {
        JobEscrow.Config memory config = JobEscrow.Config({
            token: IERC20(address(token)),
            authority: address(authority),
            disputeWindow: dispute,
            claimWindow: claim,
            maxDuration: longest
        });
        vm.expectRevert(IJobEscrow.EscrowBadWindows.selector);
        new JobEscrow(config);
    }
}
