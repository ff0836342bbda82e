// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {EscrowView, JobOrder, Permit, Phase} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice How money gets in: `createEscrowFor` and `topUpFor`.
contract CreateTest is Fixture {
    function test_create_byPayer() external {
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        EscrowId expected = escrows.escrowIdOf(order);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.EscrowCreated(
            expected, payer, payer, BUDGET, order.deadline, order.specHash, order.lotteryRoot, 0
        );
        EscrowId id = submit(order);
        vm.assertTrue(id == expected, "id differs from what was known before");
        EscrowView memory it = escrows.escrow(id);
        vm.assertTrue(it.phase == Phase.Open, "phase");
        vm.assertEq(it.budget, BUDGET);
        vm.assertEq(it.bond, 0);
        vm.assertEq(it.requester, payer);
        vm.assertEq(it.deadline, order.deadline);
        vm.assertEq(token.balanceOf(address(escrows)), BUDGET);
        vm.assertTrue(escrows.isUsed(id), "used");
        vm.assertEq(escrows.finalAt(id), order.deadline + DISPUTE);
        vm.assertEq(escrows.claimableUntil(id), order.deadline + CLAIM);
    }

    function test_create_byServicePostsBond() external {
        uint256 before = token.balanceOf(service);
        EscrowId id = submit(orderOf(service, BUDGET, 1));
        vm.assertEq(escrows.escrow(id).bond, BUDGET);
        vm.assertEq(before - token.balanceOf(service), BUDGET);
        vm.assertEq(token.balanceOf(address(escrows)), 2 * uint256(BUDGET));
    }

    function test_create_byPermit() external {
        vm.prank(payer);
        token.approve(address(escrows), 0);
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        Permit memory permit = permitOf(PAYER_KEY, address(escrows), BUDGET);
        vm.prank(payer);
        escrows.createEscrowFor(order, signature, permit);
        vm.assertEq(token.balanceOf(address(escrows)), BUDGET);
    }

    function test_create_survivesFrontRunPermit() external {
        vm.prank(payer);
        token.approve(address(escrows), 0);
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        Permit memory permit = permitOf(PAYER_KEY, address(escrows), BUDGET);
        vm.prank(stranger);
        token.permit(payer, address(escrows), BUDGET, permit.deadline, permit.v, permit.r, permit.s);
        vm.prank(payer);
        escrows.createEscrowFor(order, signature, permit);
        vm.assertEq(token.balanceOf(address(escrows)), BUDGET);
    }

    function test_create_revertsTwice() external {
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        EscrowId id = submit(order);
        bytes memory signature = signedOrder(order);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.EscrowExists.selector, id));
        vm.prank(payer);
        escrows.createEscrowFor(order, signature, noPermit());
    }

    function test_create_revertsForStrangers() external {
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.EscrowNotCoordinator.selector, stranger));
        vm.prank(stranger);
        escrows.createEscrowFor(order, signature, noPermit());
    }

    function test_create_revertsOnForeignSignature() external {
        JobOrder memory order = orderOf(service, BUDGET, 1);
        expectRefusal(order, signed(SERVICE_KEY, escrows.orderDigest(order)), IJobEscrow.EscrowBadSignature.selector);
        expectRefusal(order, "", IJobEscrow.EscrowBadSignature.selector);
        bytes memory signature = signedOrder(order);
        order.budget += 1;
        expectRefusal(order, signature, IJobEscrow.EscrowBadSignature.selector);
    }

    function test_create_revertsOnBadOrders() external {
        JobOrder memory order = orderOf(service, 0, 1);
        expectRefusal(order, signedOrder(order), IJobEscrow.EscrowBadOrder.selector);
        order.budget = uint128(type(uint96).max) + 1;
        expectRefusal(order, signedOrder(order), IJobEscrow.EscrowBadOrder.selector);
        order = orderOf(service, BUDGET, 1);
        order.requester = address(0);
        expectRefusal(order, signedOrder(order), IJobEscrow.EscrowBadOrder.selector);
    }

    function test_create_revertsOnBadDeadlines() external {
        JobOrder memory order = orderOf(service, BUDGET, 1);
        order.deadline = uint64(block.timestamp);
        expectRefusal(order, signedOrder(order), IJobEscrow.EscrowBadDeadline.selector);
        order.deadline = uint64(block.timestamp) + LONGEST + 1;
        expectRefusal(order, signedOrder(order), IJobEscrow.EscrowBadDeadline.selector);
        order.deadline -= 1;
        submit(order);
    }

    function test_create_revertsWithoutMoney() external {
        JobOrder memory order = orderOf(payer, 10_000_000e6, 1);
        bytes memory signature = signedOrder(order);
        vm.expectRevert();
        vm.prank(payer);
        escrows.createEscrowFor(order, signature, noPermit());
        vm.assertFalse(escrows.isUsed(escrows.escrowIdOf(order)), "a failed create left something behind");
    }

    function test_topUp_addsMoneyBondAndTime() external {
        EscrowId id = submit(orderOf(service, BUDGET, 1));
        JobOrder memory later = orderOf(service, 50e6, 2);
        later.deadline += 1 days;
        EscrowId laterId = escrows.escrowIdOf(later);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.EscrowToppedUp(id, laterId, 50e6, later.deadline, later.specHash, later.lotteryRoot);
        topUp(id, later);
        EscrowView memory it = escrows.escrow(id);
        vm.assertEq(it.budget, BUDGET + 50e6);
        vm.assertEq(it.bond, BUDGET + 50e6);
        vm.assertEq(it.deadline, later.deadline);
        vm.assertTrue(escrows.isUsed(laterId), "used");
    }

    function test_topUp_neverShortens() external {
        EscrowId id = opened(BUDGET);
        JobOrder memory sooner = orderOf(payer, 50e6, 2);
        uint64 deadline = sooner.deadline;
        sooner.deadline -= 1 hours;
        topUp(id, sooner);
        vm.assertEq(escrows.escrow(id).deadline, deadline);
    }

    function test_topUp_revertsOnUsedOrders() external {
        JobOrder memory first = orderOf(payer, BUDGET, 1);
        EscrowId id = submit(first);
        JobOrder memory later = orderOf(payer, 50e6, 2);
        topUp(id, later);
        expectTopUpRefusal(id, later, IJobEscrow.EscrowOrderUsed.selector);
        expectTopUpRefusal(id, first, IJobEscrow.EscrowOrderUsed.selector);
        expectRefusal(later, signedOrder(later), IJobEscrow.EscrowOrderUsed.selector);
    }

    function test_topUp_revertsAcrossParties() external {
        EscrowId id = opened(BUDGET);
        expectTopUpRefusal(id, orderOf(service, 50e6, 2), IJobEscrow.EscrowOtherParties.selector);
    }

    function test_topUp_revertsAfterTheWork() external {
        EscrowId id = opened(BUDGET);
        expectTopUpRefusal(EscrowId.wrap("none"), orderOf(payer, 50e6, 2), IJobEscrow.EscrowBadPhase.selector);
        vm.warp(escrows.escrow(id).deadline);
        expectTopUpRefusal(id, orderOf(payer, 50e6, 2), IJobEscrow.EscrowTooLate.selector);
        vm.warp(block.timestamp - 1);
        finish(id);
        expectTopUpRefusal(id, orderOf(payer, 50e6, 2), IJobEscrow.EscrowBadPhase.selector);
    }

    function testFuzz_create_takesExactlyTheBudget(uint96 budget, uint256 salt, bool isService) external {
        uint128 amount = uint128(bounded(budget, 1, 1_000_000e6));
        JobOrder memory order = orderOf(isService ? service : payer, amount, salt);
        uint256 before = token.balanceOf(payer);
        submit(order);
        vm.assertEq(before - token.balanceOf(payer), amount);
        vm.assertEq(token.balanceOf(address(escrows)), isService ? 2 * uint256(amount) : amount);
    }

    function expectRefusal(JobOrder memory order, bytes memory signature, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        vm.prank(order.coordinator);
        escrows.createEscrowFor(order, signature, noPermit());
    }

    function expectTopUpRefusal(EscrowId id, JobOrder memory order, bytes4 selector) private {
        bytes memory signature = signedOrder(order);
        vm.expectPartialRevert(selector);
        vm.prank(order.coordinator);
        escrows.topUpFor(id, order, signature, noPermit());
    }
}
