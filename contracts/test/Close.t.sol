// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobEscrow} from "../src/interfaces/IJobEscrow.sol";
import {Hashes} from "../src/libraries/Hashes.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {EscrowView, Phase} from "../src/types/Orders.sol";
import {ResultLeaf} from "../src/types/Results.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice How work is anchored and how an escrow ends: `commit`, `refund`, `close`.
contract CloseTest is Fixture {
    EscrowId private id;

    function setUp() public override {
        super.setUp();
        registerWorker();
        id = opened(BUDGET);
        allot(id, worker, 100e6);
    }

    function test_commit_rollsRoots() external {
        vm.expectEmit(address(escrows));
        emit IJobEscrow.ResultsCommitted(id, 0, "a", 10, 10, false);
        commit(0, "a", 10, false);
        commit(1, "b", 5, false);
        vm.assertEq(escrows.resultRoot(id, 0), "a");
        vm.assertEq(escrows.resultRoot(id, 1), "b");
        EscrowView memory it = escrows.escrow(id);
        vm.assertEq(it.batches, 2);
        vm.assertEq(it.completed, 15);
        vm.assertTrue(it.phase == Phase.Open, "phase");
    }

    function test_commit_lastRefundsTheUnallotted() external {
        uint256 before = token.balanceOf(payer);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.Refunded(id, payer, BUDGET - 100e6);
        commit(0, "a", 10, true);
        vm.assertEq(token.balanceOf(payer) - before, BUDGET - 100e6);
        EscrowView memory it = escrows.escrow(id);
        vm.assertTrue(it.phase == Phase.Committed, "phase");
        vm.assertEq(it.budget, 100e6);
        vm.assertEq(it.committedAt, START);
        vm.assertEq(escrows.finalAt(id), START + DISPUTE);
        vm.assertEq(escrows.claimableUntil(id), START + CLAIM);
    }

    function test_commit_lastMayBeEmpty() external {
        commit(0, 0, 0, true);
        vm.assertEq(escrows.escrow(id).batches, 0);
        vm.assertTrue(escrows.escrow(id).phase == Phase.Committed, "phase");
    }

    function test_commit_revertsOnBadBatches() external {
        expectCommit(0, 0, 0, false, IJobEscrow.EscrowBadBatch.selector);
        expectCommit(0, "a", 0, false, IJobEscrow.EscrowBadBatch.selector);
        expectCommit(0, 0, 1, true, IJobEscrow.EscrowBadBatch.selector);
        expectCommit(1, "a", 1, false, IJobEscrow.EscrowWrongBatch.selector);
        commit(0, "a", 1, false);
        expectCommit(0, "a", 1, false, IJobEscrow.EscrowWrongBatch.selector);
    }

    function test_commit_revertsForOthersAndLate() external {
        vm.expectPartialRevert(IJobEscrow.EscrowNotCoordinator.selector);
        vm.prank(service);
        escrows.commit(id, 0, "a", 1, true);
        vm.warp(escrows.escrow(id).deadline);
        expectCommit(0, "a", 1, true, IJobEscrow.EscrowTooLate.selector);
        vm.warp(START);
        commit(0, "a", 1, true);
        expectCommit(1, "b", 1, true, IJobEscrow.EscrowBadPhase.selector);
    }

    function test_isAnchored_checksPositionAndLeaf() external {
        ResultLeaf memory left = ResultLeaf(0, "t0", 0, "r0", "s0");
        ResultLeaf memory right = ResultLeaf(1, "t1", 2, "r1", "s1");
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = Hashes.resultLeaf(left);
        commit(0, keccak256(abi.encode(proof[0], Hashes.resultLeaf(right))), 2, false);
        vm.assertTrue(escrows.isAnchored(id, 0, right, proof), "refused");
        vm.assertFalse(escrows.isAnchored(id, 1, right, proof), "unknown batch");
        right.attempt = 1;
        vm.assertFalse(escrows.isAnchored(id, 0, right, proof), "other attempt");
    }

    function test_refund_afterReleaseAndReclaim() external {
        vm.expectPartialRevert(IJobEscrow.EscrowTooEarly.selector);
        escrows.refund(id);
        finish(id);
        vm.expectRevert(IJobEscrow.EscrowNothingDue.selector);
        escrows.refund(id);
        vm.prank(worker);
        escrows.release(id);
        uint256 before = token.balanceOf(payer);
        vm.prank(stranger);
        escrows.refund(id);
        vm.assertEq(token.balanceOf(payer) - before, 100e6);
    }

    function test_refund_whenTheCoordinatorVanished() external {
        vm.warp(escrows.escrow(id).deadline);
        uint256 before = token.balanceOf(payer);
        vm.prank(stranger);
        escrows.refund(id);
        vm.assertEq(token.balanceOf(payer) - before, BUDGET - 100e6);
        escrows.redeem(id, worker, 100e6, voucher(PAYER_KEY, id, worker, 100e6));
        vm.assertEq(token.balanceOf(worker), 100e6);
    }

    function test_close_afterTheClaimWindow() external {
        pay(id, worker, 30e6);
        finish(id);
        uint256 before = token.balanceOf(payer);
        vm.warp(START + CLAIM - 1);
        vm.expectPartialRevert(IJobEscrow.EscrowTooEarly.selector);
        escrows.close(id);
        vm.warp(START + CLAIM);
        vm.expectEmit(address(escrows));
        emit IJobEscrow.EscrowClosed(id, 70e6, 0);
        vm.prank(stranger);
        escrows.close(id);
        vm.assertEq(token.balanceOf(payer) - before, 70e6);
        vm.assertEq(token.balanceOf(address(escrows)), 0);
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.close(id);
    }

    function test_close_earlyWhenNothingIsOwed() external {
        pay(id, worker, 100e6);
        finish(id);
        vm.warp(START + DISPUTE - 1);
        vm.expectPartialRevert(IJobEscrow.EscrowTooEarly.selector);
        escrows.close(id);
        vm.warp(START + DISPUTE);
        escrows.close(id);
        vm.assertEq(token.balanceOf(address(escrows)), 0);
    }

    function test_close_neverWhileWorkMayCome() external {
        EscrowId fresh = submit(orderOf(payer, BUDGET, 2));
        uint64 deadline = escrows.escrow(fresh).deadline;
        vm.warp(deadline - 1);
        vm.expectPartialRevert(IJobEscrow.EscrowTooEarly.selector);
        escrows.close(fresh);
        vm.warp(deadline + DISPUTE);
        escrows.close(fresh);
        vm.assertTrue(escrows.escrow(fresh).phase == Phase.Closed, "phase");
    }

    function test_close_returnsTheBond() external {
        EscrowId served = submit(orderOf(service, BUDGET, 2));
        uint256 before = token.balanceOf(service);
        finish(served);
        vm.warp(START + DISPUTE);
        escrows.close(served);
        vm.assertEq(token.balanceOf(service) - before, BUDGET);
        vm.assertEq(token.balanceOf(address(escrows)), BUDGET);
        vm.assertEq(escrows.escrow(served).bond, 0);
    }

    function test_exits_revertWithoutEscrow() external {
        EscrowId none = EscrowId.wrap("none");
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.close(none);
        vm.expectPartialRevert(IJobEscrow.EscrowBadPhase.selector);
        escrows.refund(none);
        vm.assertEq(escrows.finalAt(none), 0);
        vm.assertEq(escrows.claimableUntil(none), 0);
        vm.assertTrue(escrows.escrow(none).phase == Phase.None, "phase");
    }

    function testFuzz_allMoneyIsAccountedFor(uint96 allotted, uint96 paid, bool isReleased, bool isCommitted) external {
        EscrowId one = submit(orderOf(payer, BUDGET, 3));
        uint256 before = token.balanceOf(payer);
        uint96 reserved = uint96(bounded(allotted, 0, BUDGET));
        uint96 due = uint96(bounded(paid, 0, reserved));
        allot(one, worker, reserved);
        pay(one, worker, due);
        if (isReleased && due < reserved) {
            vm.prank(worker);
            escrows.release(one);
        }
        if (isCommitted) finish(one);
        vm.warp(escrows.claimableUntil(one));
        escrows.close(one);
        vm.assertEq(token.balanceOf(payer) - before, BUDGET - due);
        vm.assertEq(token.balanceOf(worker), due);
    }

    function commit(uint32 batch, bytes32 root, uint64 count, bool last) private {
        vm.prank(payer);
        escrows.commit(id, batch, root, count, last);
    }

    function expectCommit(uint32 batch, bytes32 root, uint64 count, bool last, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        commit(batch, root, count, last);
    }
}
