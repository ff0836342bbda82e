// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Payment, Redemption} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice The two ways to be paid, `payBatch` and vouchers, and that they share one counter.
contract PayTest is Fixture {
    EscrowId private id;
    address private immutable second = vm.addr(0xD2);

    function setUp() public override {
        super.setUp();
        registerWorker();
        registerAs(OPERATOR_KEY, 0xD2, 1, 0);
        id = opened(BUDGET);
        allot(id, worker, 100e6);
        allot(id, second, 50e6);
    }

    function test_payBatch_paysUpToCumulative() external {
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Paid(id, worker, 30e6, 30e6);
        pay(id, worker, 30e6);
        pay(id, worker, 70e6);
        vm.assertEq(token.balanceOf(worker), 70e6);
        assertAccount(id, worker, 100e6, 70e6);
        vm.assertEq(escrows.escrow(id).claimed, 70e6);
    }

    function test_payBatch_skipsWhatIsPaid() external {
        pay(id, worker, 30e6);
        Payment[] memory list = new Payment[](3);
        list[0] = Payment(worker, 30e6);
        list[1] = Payment(second, 5e6);
        list[2] = Payment(stranger, 5e6);
        vm.prank(payer);
        escrows.payBatch(id, list);
        vm.assertEq(token.balanceOf(worker), 30e6);
        vm.assertEq(token.balanceOf(second), 5e6);
        vm.assertEq(token.balanceOf(stranger), 0);
    }

    function test_payBatch_stopsAtTheAllotment() external {
        pay(id, worker, 500e6);
        vm.assertEq(token.balanceOf(worker), 100e6);
        assertAccount(id, worker, 100e6, 100e6);
    }

    function test_payBatch_listingAWorkerTwicePaysOnce() external {
        Payment[] memory list = new Payment[](2);
        list[0] = Payment(worker, 30e6);
        list[1] = Payment(worker, 40e6);
        vm.prank(payer);
        escrows.payBatch(id, list);
        vm.assertEq(token.balanceOf(worker), 40e6);
    }

    function test_payBatch_revertsForOthers() external {
        Payment[] memory list = onePayment(worker, 30e6);
        vm.expectPartialRevert(IJobEscrow.EscrowNotCoordinator.selector);
        vm.prank(worker);
        escrows.payBatch(id, list);
    }

    function test_payBatch_worksAfterTheWork() external {
        finish(id);
        pay(id, worker, 30e6);
        vm.assertEq(token.balanceOf(worker), 30e6);
    }

    function test_redeem_byAnyone() external {
        bytes memory signature = voucher(PAYER_KEY, id, worker, 30e6);
        vm.prank(stranger);
        escrows.redeem(id, worker, 30e6, signature);
        vm.assertEq(token.balanceOf(worker), 30e6);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        escrows.redeem(id, worker, 30e6, signature);
    }

    function test_redeem_sharesTheCounterWithPayBatch() external {
        bytes memory signature = voucher(PAYER_KEY, id, worker, 30e6);
        pay(id, worker, 30e6);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        escrows.redeem(id, worker, 30e6, signature);
        escrows.redeem(id, worker, 45e6, voucher(PAYER_KEY, id, worker, 45e6));
        vm.assertEq(token.balanceOf(worker), 45e6);
        pay(id, worker, 45e6);
        vm.assertEq(token.balanceOf(worker), 45e6);
    }

    function test_redeem_stopsAtTheAllotment() external {
        uint128 huge = type(uint128).max;
        escrows.redeem(id, worker, huge, voucher(PAYER_KEY, id, worker, huge));
        vm.assertEq(token.balanceOf(worker), 100e6);
    }

    function test_redeem_revertsOnBadVouchers() external {
        EscrowId other = submit(orderOf(payer, BUDGET, 2));
        expectBadVoucher(worker, 30e6, voucher(WORKER_KEY, id, worker, 30e6));
        expectBadVoucher(worker, 31e6, voucher(PAYER_KEY, id, worker, 30e6));
        expectBadVoucher(second, 30e6, voucher(PAYER_KEY, id, worker, 30e6));
        expectBadVoucher(worker, 30e6, voucher(PAYER_KEY, other, worker, 30e6));
        expectBadVoucher(worker, 30e6, "");
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.redeem(EscrowId.wrap("none"), worker, 30e6, "");
    }

    function test_redeem_goodUntilTheClose() external {
        bytes memory signature = voucher(PAYER_KEY, id, worker, 30e6);
        vm.warp(escrows.claimableUntil(id) + 1 days);
        escrows.redeem(id, worker, 30e6, signature);
        vm.assertEq(token.balanceOf(worker), 30e6);
        escrows.close(id);
        bytes memory later = voucher(PAYER_KEY, id, worker, 60e6);
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.redeem(id, worker, 60e6, later);
    }

    function test_redeemBatch_paysAndSkips() external {
        pay(id, second, 10e6);
        Redemption[] memory list = new Redemption[](2);
        list[0] = Redemption(worker, 30e6, voucher(PAYER_KEY, id, worker, 30e6));
        list[1] = Redemption(second, 10e6, voucher(PAYER_KEY, id, second, 10e6));
        escrows.redeemBatch(id, list);
        vm.assertEq(token.balanceOf(worker), 30e6);
        vm.assertEq(token.balanceOf(second), 10e6);
        vm.assertEq(escrows.escrow(id).claimed, 40e6);
    }

    function test_redeemBatch_revertsOnOneBadVoucher() external {
        Redemption[] memory list = new Redemption[](2);
        list[0] = Redemption(worker, 30e6, voucher(PAYER_KEY, id, worker, 30e6));
        list[1] = Redemption(second, 10e6, voucher(SERVICE_KEY, id, second, 10e6));
        vm.expectPartialRevert(IJobEscrow.EscrowBadSignature.selector);
        escrows.redeemBatch(id, list);
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.redeemBatch(EscrowId.wrap("none"), list);
    }

    function testFuzz_vouchersInAnyOrderPayTheHighest(uint96[3] calldata amounts, uint8 viaBatch) external {
        uint256 highest = 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint96 amount = uint96(bounded(amounts[i], 1, 100e6));
            bytes memory signature = voucher(PAYER_KEY, id, worker, amount);
            if (viaBatch >> i & 1 == 1) {
                pay(id, worker, amount);
            } else {
                if (amount <= highest) vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
                escrows.redeem(id, worker, amount, signature);
            }
            if (amount > highest) highest = amount;
            vm.assertEq(token.balanceOf(worker), highest);
        }
    }

    function testFuzz_fee_isChargedOnPayoutsOnly(uint16 feeBps, uint96 amount) external {
        uint16 fee = uint16(bounded(feeBps, 0, escrows.MAX_FEE_BPS()));
        escrows.setFee(fee);
        EscrowId charged = submit(orderOf(payer, BUDGET, 9));
        escrows.setFee(0);
        uint96 paid = uint96(bounded(amount, 1, 100e6));
        allot(charged, worker, 100e6);
        uint256 before = token.balanceOf(payer);
        pay(charged, worker, paid);
        uint256 due = uint256(paid) * fee / 10_000;
        vm.assertEq(token.balanceOf(worker), paid - due);
        vm.assertEq(escrows.feesAccrued(), due);
        vm.warp(escrows.claimableUntil(charged));
        escrows.close(charged);
        vm.assertEq(token.balanceOf(payer) - before, BUDGET - paid);
    }

    function expectBadVoucher(address to, uint128 cumulative, bytes memory signature) private {
        vm.expectPartialRevert(IJobEscrow.EscrowBadSignature.selector);
        escrows.redeem(id, to, cumulative, signature);
    }
}
