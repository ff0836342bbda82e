// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Payment} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice A token that misbehaves can neither be paid out twice nor hold up anybody but the account it blocks.
contract HostileTest is Fixture {
    HostileToken private hostile;
    EscrowId private id;
    address private immutable second = vm.addr(0xD2);

    function setUp() public override {
        super.setUp();
        hostile = new HostileToken();
        deploy(hostile);
        token.mint(payer, BUDGET);
        token.mint(operator, MINIMUM);
        vm.prank(payer);
        token.approve(address(escrows), BUDGET);
        vm.prank(operator);
        token.approve(address(registry), MINIMUM);
        registerWorker();
        registerAs(OPERATOR_KEY, 0xD2, 1, 0);
        id = opened(BUDGET);
        allot(id, worker, 100e6);
        allot(id, second, 100e6);
    }

    function test_redeem_cannotBeReentered() external {
        bytes memory signature = voucher(PAYER_KEY, id, worker, 60e6);
        bytes memory again = voucher(PAYER_KEY, id, second, 60e6);
        hostile.arm(address(escrows), abi.encodeCall(escrows.redeem, (id, second, 60e6, again)));
        escrows.redeem(id, worker, 60e6, signature);
        assertRefused();
        vm.assertEq(token.balanceOf(worker), 60e6);
        vm.assertEq(token.balanceOf(second), 0);
    }

    function test_close_cannotBeReentered() external {
        finish(id);
        vm.warp(START + CLAIM);
        uint256 before = token.balanceOf(payer);
        hostile.arm(address(escrows), abi.encodeCall(escrows.close, (id)));
        escrows.close(id);
        assertRefused();
        vm.assertEq(token.balanceOf(payer) - before, 200e6);
    }

    function test_withdraw_cannotBeReentered() external {
        vm.prank(operator);
        registry.startUnbond();
        vm.warp(START + UNBOND);
        hostile.arm(address(registry), abi.encodeCall(registry.withdraw, (operator)));
        registry.withdraw(operator);
        assertRefused();
        vm.assertEq(token.balanceOf(operator), MINIMUM);
    }

    function test_blockedWorker_doesNotHoldUpTheBatch() external {
        hostile.setBlocked(worker, true);
        Payment[] memory list = new Payment[](2);
        list[0] = Payment(worker, 60e6);
        list[1] = Payment(second, 70e6);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Credited(worker, 60e6);
        vm.prank(payer);
        escrows.payBatch(id, list);
        vm.assertEq(token.balanceOf(second), 70e6);
        vm.assertEq(escrows.creditOf(worker), 60e6);
        vm.expectRevert();
        escrows.withdrawCredit(worker);
        hostile.setBlocked(worker, false);
        vm.prank(stranger);
        escrows.withdrawCredit(worker);
        vm.assertEq(token.balanceOf(worker), 60e6);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        escrows.withdrawCredit(worker);
    }

    function test_blockedPayer_doesNotHoldUpTheClose() external {
        hostile.setBlocked(payer, true);
        finish(id);
        vm.warp(START + CLAIM);
        escrows.close(id);
        vm.assertEq(escrows.creditOf(payer), BUDGET);
        vm.assertEq(token.balanceOf(address(escrows)), BUDGET);
        hostile.setBlocked(payer, false);
        escrows.withdrawCredit(payer);
        vm.assertEq(token.balanceOf(address(escrows)), 0);
    }

    function assertRefused() private view {
        vm.assertTrue(hostile.attempts() > 0, "the token never called back");
        vm.assertEq(hostile.successes(), 0);
        vm.assertEq(hostile.lastError(), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }
}
