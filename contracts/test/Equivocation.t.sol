// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeCourt} from "../src/interfaces/IDisputeCourt.sol";
import {DisputeId, Statement} from "../src/types/Disputes.sol";
import {CourtFixture} from "./support/CourtFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Two signed answers for one attempt: the one thing that is punished without a jury.
contract EquivocationTest is CourtFixture {
    function test_equivocation_costsTheFine() external {
        Statement memory one = statement(WORKER_KEY, RIGHT);
        Statement memory other = statement(WORKER_KEY, WRONG);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.Equivocation(escrowId, TASK, worker, stranger);
        vm.prank(stranger);
        judge.slashEquivocation(escrowId, TASK, one, other);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
        assertCredit(stranger, FINE / 4, "finder");
        assertCredit(payer, FINE / 2, "payer");
        assertCredit(sink, FINE / 4, "sink");
        vm.assertEq(token.balanceOf(address(judge)), FINE);
    }

    function test_equivocation_countsOnce() external {
        judge.slashEquivocation(escrowId, TASK, statement(WORKER_KEY, RIGHT), statement(WORKER_KEY, WRONG));
        Statement memory one = statement(WORKER_KEY, keccak256("third output"));
        Statement memory other = statement(WORKER_KEY, WRONG);
        vm.expectRevert(IDisputeCourt.CourtNothingDue.selector);
        judge.slashEquivocation(escrowId, TASK, one, other);
    }

    /// @dev Repeated attempts may have different answers, and both may have been given in good faith.
    function test_equivocation_onlyWithinOneAttempt() external {
        expectNone(statement(WORKER_KEY, 0, RIGHT, FINE), statement(WORKER_KEY, 1, WRONG, FINE));
    }

    function test_equivocation_onlyOfOneWorker() external {
        expectNone(statement(WORKER_KEY, RIGHT), statement(WORKER2_KEY, WRONG));
    }

    /// @dev One answer in two receipts is no contradiction.
    function test_equivocation_onlyOfTwoAnswers() external {
        expectNone(statement(WORKER_KEY, 0, RIGHT, FINE), statement(WORKER_KEY, 0, RIGHT, FINE - 1));
    }

    function test_equivocation_needsBothSignatures() external {
        Statement memory one = statement(WORKER_KEY, RIGHT);
        Statement memory forged = statement(WORKER2_KEY, WRONG);
        forged.worker = worker;
        vm.expectPartialRevert(IDisputeCourt.CourtBadSignature.selector);
        judge.slashEquivocation(escrowId, TASK, one, forged);
        vm.expectPartialRevert(IDisputeCourt.CourtBadSignature.selector);
        judge.slashEquivocation(escrowId, TASK, forged, one);
    }

    /// @dev The higher of both fines, in either order: a cheat can't get away with a cheap second signature.
    function test_equivocation_takesTheHigherFine(bool isFirst) external {
        Statement memory cheap = statement(WORKER_KEY, 0, RIGHT, 1);
        Statement memory dear = statement(WORKER_KEY, WRONG);
        judge.slashEquivocation(escrowId, TASK, isFirst ? dear : cheap, isFirst ? cheap : dear);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
    }

    function test_equivocation_notAfterThePledgeHasEnded() external {
        Statement memory one = statement(WORKER_KEY, RIGHT);
        Statement memory other = statement(WORKER_KEY, WRONG);
        vm.warp(registry.pledgeOf(escrowId, operator).releaseAt);
        vm.expectPartialRevert(IDisputeCourt.CourtTooLate.selector);
        judge.slashEquivocation(escrowId, TASK, one, other);
    }

    /// @dev A jury's verdict about the same attempt takes what is missing to the highest signed fine, and no more.
    function test_equivocation_andVerdictShareOneBound() external {
        Statement memory half = statement(WORKER_KEY, 0, WRONG, FINE / 2);
        judge.slashEquivocation(escrowId, TASK, statement(WORKER_KEY, 0, RIGHT, FINE / 4), half);
        DisputeId dispute = open();
        judgeWith(dispute, unanimous(RIGHT, JURY));
        pass(APPEAL);
        resolve(dispute);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
        vm.assertEq(judge.finedFor(escrowId, TASK, worker, 0), FINE);
    }

    function test_equivocation_afterTheVerdictIsPaidFor() external {
        DisputeId dispute = open();
        judge.slashEquivocation(escrowId, TASK, statement(WORKER_KEY, RIGHT), statement(WORKER_KEY, WRONG));
        judgeWith(dispute, unanimous(RIGHT, JURY));
        pass(APPEAL);
        resolve(dispute);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
    }

    function expectNone(Statement memory one, Statement memory other) private {
        vm.expectRevert(IDisputeCourt.CourtNoEquivocation.selector);
        judge.slashEquivocation(escrowId, TASK, one, other);
    }
}
