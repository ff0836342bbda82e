// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeCourt} from "../src/DisputeCourt.sol";
import {IDisputeCourt} from "../src/interfaces/IDisputeCourt.sol";
import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {Hashes} from "../src/libraries/Hashes.sol";
import {Accused, DisputeId, DisputeView, Stage, Statement} from "../src/types/Disputes.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Permit} from "../src/types/Orders.sol";
import {ResultLeaf} from "../src/types/Results.sol";
import {CourtFixture} from "./support/CourtFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice How a dispute begins, what counts as evidence, and how time alone moves it on.
contract DisputeTest is CourtFixture {
    function test_open_holdsPledgeAndBond() external {
        DisputeId expected = judge.disputeIdOf(escrowId, TASK);
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.DisputeOpened(expected, escrowId, TASK, challenger, resultOf(WRONG));
        vm.expectEmit(address(judge));
        emit IDisputeCourt.WorkerImplicated(expected, worker, 0, resultOf(WRONG), FINE);
        DisputeId dispute = open(one);
        vm.assertEq(DisputeId.unwrap(dispute), DisputeId.unwrap(expected));
        vm.assertEq(token.balanceOf(address(judge)), BASE_BOND + JURY * JUROR_FEE);
        vm.assertEq(judge.openingBond(), BASE_BOND + JURY * JUROR_FEE);
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 1);
        DisputeView memory it = judge.dispute(dispute);
        vm.assertEq(it.defendant, operator);
        vm.assertEq(it.contested, resultOf(WRONG));
        vm.assertEq(it.taskSpec, TASK);
        vm.assertEq(EscrowId.unwrap(it.escrowId), EscrowId.unwrap(escrowId));
        vm.assertEq(it.openedAt, block.timestamp);
        vm.assertEq(it.round, 1);
        vm.assertFalse(it.isLeaf);
        vm.assertEq(judge.roundOf(dispute, 1).payer, challenger);
        vm.assertEq(judge.accusedOf(dispute)[0].operator, operator);
    }

    function test_open_takesThePermitEvenIfItWasPresented() external {
        Permit memory permit = permitOf(PAYER_KEY, address(judge), judge.openingBond());
        token.permit(payer, address(judge), permit.value, permit.deadline, permit.v, permit.r, permit.s);
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.prank(payer);
        judge.openOnReceipt(escrowId, TASK, one, permit);
        assertStage(judge.disputeIdOf(escrowId, TASK), Stage.Evidence);
    }

    function test_open_onceForEachTask() external {
        open();
        Statement memory other = statement(WORKER2_KEY, WRONG);
        vm.expectRevert(IDisputeCourt.CourtAlreadyOpen.selector);
        open(other);
    }

    function test_open_isNoBusinessOfAPause() external {
        registry.pause();
        escrows.pause();
        open();
    }

    function test_statement_bindsTheTask() external {
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.expectRevert(IDisputeCourt.CourtBadProof.selector);
        vm.prank(challenger);
        judge.openOnReceipt(escrowId, keccak256("another task"), one, noPermit());
    }

    function test_statement_bindsTheAttempt() external {
        Statement memory one = statement(WORKER_KEY, WRONG);
        one.attempt = 1;
        vm.expectRevert(IDisputeCourt.CourtBadProof.selector);
        open(one);
    }

    function test_statement_bindsThePlaceInTheTree() external {
        Statement memory one = statement(WORKER_KEY, WRONG);
        bytes32 leaf = one.resultsRoot;
        one.proof = new bytes32[](1);
        one.proof[0] = keccak256("left neighbour");
        one.resultsRoot = keccak256(abi.encode(one.proof[0], leaf));
        one.signature = signed(WORKER_KEY, judge.receiptDigest(escrowId, one.resultsRoot, FINE));
        vm.expectRevert(IDisputeCourt.CourtBadProof.selector);
        open(one);
        one.index = 1;
        open(one);
    }

    function test_statement_bindsTheFine() external {
        Statement memory one = statement(WORKER_KEY, WRONG);
        one.fine = FINE + 1;
        expectForgery(one);
    }

    function test_statement_bindsTheEscrow() external {
        Statement memory one = statement(WORKER_KEY, WRONG);
        EscrowId other = submit(orderOf(payer, BUDGET, 2));
        vm.prank(operator);
        registry.pledge(other, operator, 10e6);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadSignature.selector, worker));
        vm.prank(challenger);
        judge.openOnReceipt(other, TASK, one, noPermit());
    }

    function test_statement_isTheWorkersOwn() external {
        Statement memory one = statement(WORKER2_KEY, WRONG);
        one.worker = worker;
        expectForgery(one);
        one = statement(WORKER_KEY, WRONG);
        one.signature = hex"00";
        expectForgery(one);
    }

    function test_statement_needsARegisteredWorker() external {
        Statement memory one = statement(0xABC, WRONG);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtUnknownWorker.selector, vm.addr(0xABC)));
        open(one);
    }

    function test_statement_needsAFineAndAPledge() external {
        Statement memory one = statement(WORKER_KEY, 0, WRONG, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNothingAtStake.selector, worker));
        open(one);
        registerAs(JUROR_KEY, 0x999, 1, 0);
        one = statement(0x999, WRONG);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNothingAtStake.selector, vm.addr(0x999)));
        open(one);
    }

    function test_statement_isWorthAtMostThePledge() external {
        DisputeId dispute = open(statement(WORKER_KEY, 0, WRONG, type(uint128).max));
        vm.assertEq(judge.accusedOf(dispute)[0].fine, PLEDGE);
    }

    function test_open_notAfterTheEscrowIsFinal() external {
        finish(escrowId);
        uint64 finalAt = escrows.finalAt(escrowId);
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.warp(finalAt);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtTooLate.selector, finalAt));
        open(one);
        vm.warp(finalAt - 1);
        open(one);
    }

    /// @dev A coordinator may prolong its escrow, but not what others pledged to it.
    function test_open_notAfterThePledgeHasEnded() external {
        uint64 endsAt = registry.pledgeOf(escrowId, operator).releaseAt;
        prolong();
        vm.warp(endsAt);
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtTooLate.selector, endsAt));
        open(one);
    }

    function test_implicate_onlyWhileEvidenceIsTaken() external {
        DisputeId dispute = open();
        Statement memory one = statement(WORKER2_KEY, WRONG);
        pass(EVIDENCE);
        expectBadStage(Stage.Drawing, Stage.Evidence);
        judge.implicate(dispute, one);
        vm.warp(block.timestamp - 1);
        judge.implicate(dispute, one);
        vm.assertEq(registry.pledgeOf(escrowId, vm.addr(OPERATOR2_KEY)).locks, 1);
        vm.assertEq(judge.accusedOf(dispute).length, 2);
    }

    function test_implicate_countsAnAnswerOnce() external {
        DisputeId dispute = open();
        Statement memory one = statement(WORKER_KEY, WRONG);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtAlreadyStated.selector, worker));
        judge.implicate(dispute, one);
        // Another attempt is another answer, with its own fine.
        judge.implicate(dispute, statement(WORKER_KEY, 1, WRONG, FINE));
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 2);
    }

    /// @dev Otherwise a cheat would have a friend accuse it with a receipt that names next to no fine.
    function test_implicate_theHighestSignedFineCounts() external {
        DisputeId dispute = open(statement(WORKER_KEY, 0, WRONG, 1));
        judge.implicate(dispute, statement(WORKER_KEY, WRONG));
        Accused[] memory accused = judge.accusedOf(dispute);
        vm.assertEq(accused.length, 1);
        vm.assertEq(accused[0].fine, FINE);
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 1);
    }

    /// @dev Nobody hides behind a full bench of signers with little to lose.
    function test_implicate_fullBenchLetsGoOfTheLeast() external {
        DisputeId dispute = open(statement(WORKER_KEY, 0, WRONG, 1));
        for (uint32 i = 1; i < 16; ++i) {
            judge.implicate(dispute, statement(WORKER_KEY, i, RIGHT, 10e6 - i));
        }
        Statement memory small = statement(WORKER2_KEY, 0, WRONG, 10e6 - 15);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtTooMany.selector, 16));
        judge.implicate(dispute, small);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.WorkerReleased(dispute, operator);
        judge.implicate(dispute, statement(WORKER2_KEY, WRONG));
        Accused[] memory accused = judge.accusedOf(dispute);
        vm.assertEq(accused.length, 16);
        vm.assertEq(accused[0].worker, worker);
        vm.assertEq(accused[15].worker, vm.addr(WORKER2_KEY));
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 15);
    }

    function test_leaf_opensWithoutAReceipt() external {
        (ResultLeaf memory leaf, bytes32[] memory proof) = anchored();
        vm.prank(challenger);
        DisputeId dispute = judge.openOnLeaf(escrowId, 0, leaf, proof, noPermit());
        DisputeView memory it = judge.dispute(dispute);
        vm.assertTrue(it.isLeaf);
        vm.assertEq(it.defendant, payer);
        vm.assertEq(it.contested, resultOf(WRONG));
        vm.assertEq(judge.accusedOf(dispute).length, 0);
        judge.implicate(dispute, statement(WORKER_KEY, WRONG));
    }

    function test_leaf_mustBeAnchoredThere() external {
        (ResultLeaf memory leaf, bytes32[] memory proof) = anchored();
        leaf.index = 1;
        vm.expectRevert(IDisputeCourt.CourtBadProof.selector);
        vm.prank(challenger);
        judge.openOnLeaf(escrowId, 0, leaf, proof, noPermit());
        vm.warp(escrows.finalAt(escrowId));
        vm.expectPartialRevert(IDisputeCourt.CourtTooLate.selector);
        judge.openOnLeaf(escrowId, 0, leaf, proof, noPermit());
    }

    /// @dev In a dispute about a leaf nobody's place on a full bench is safe.
    function test_leaf_fullBenchMayLoseItsFirst() external {
        (ResultLeaf memory leaf, bytes32[] memory proof) = anchored();
        vm.prank(challenger);
        DisputeId dispute = judge.openOnLeaf(escrowId, 0, leaf, proof, noPermit());
        for (uint32 i = 0; i < 16; ++i) {
            judge.implicate(dispute, statement(WORKER_KEY, i, RIGHT, 1e6 + i));
        }
        judge.implicate(dispute, statement(WORKER2_KEY, WRONG));
        vm.assertEq(judge.accusedOf(dispute)[0].worker, vm.addr(WORKER2_KEY));
    }

    /// @dev Silence at every step, and the stake is free again.
    function test_stages_passByTimeAlone() external {
        DisputeId dispute = open();
        assertStage(dispute, Stage.Evidence);
        pass(EVIDENCE);
        assertStage(dispute, Stage.Drawing);
        drawJury(dispute);
        assertStage(dispute, Stage.Voting);
        pass(COMMIT);
        assertStage(dispute, Stage.Revealing);
        pass(REVEAL);
        assertStage(dispute, Stage.Appealable);
        pass(APPEAL);
        assertStage(dispute, Stage.Ripe);
        resolve(dispute);
        assertStage(dispute, Stage.Resolved);
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 0);
    }

    function test_stages_undrawnIsRipe() external {
        DisputeId dispute = open();
        pass(EVIDENCE + DRAW - 1);
        assertStage(dispute, Stage.Drawing);
        expectBadStage(Stage.Drawing, Stage.Ripe);
        judge.resolve(dispute);
        pass(1);
        assertStage(dispute, Stage.Ripe);
        resolve(dispute);
        // Nobody served, so nobody is paid.
        assertCredit(challenger, judge.openingBond(), "challenger");
        expectBadStage(Stage.Resolved, Stage.Ripe);
        judge.resolve(dispute);
    }

    function test_stages_refuseWhatBelongsElsewhere() external {
        DisputeId dispute = judge.disputeIdOf(escrowId, TASK);
        expectBadStage(Stage.None, Stage.Drawing);
        judge.draw(dispute);
        open();
        expectBadStage(Stage.Evidence, Stage.Drawing);
        judge.draw(dispute);
        expectBadStage(Stage.Evidence, Stage.Voting);
        judge.commitVote(dispute, TASK);
        expectBadStage(Stage.Evidence, Stage.Revealing);
        judge.revealVote(dispute, RIGHT, TASK);
        expectBadStage(Stage.Evidence, Stage.Appealable);
        judge.appeal(dispute, noPermit());
        vm.assertEq(judge.dispute(judge.disputeIdOf(escrowId, 0)).round, 0);
    }

    /// @dev No administrator may slash, nor the payer, nor the coordinator.
    function test_slash_onlyByTheCourt() external {
        address[3] memory others = [address(this), payer, challenger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeNotCourt.selector, others[i]));
            vm.prank(others[i]);
            registry.slash(escrowId, operator, 1, others[i]);
        }
    }

    function test_config_isBounded() external {
        DisputeCourt.Config memory it = courtConfig();
        new DisputeCourt(it);
        it.sink = address(0);
        refuses(it);
        it = courtConfig();
        it.windows.reveal = 0;
        refuses(it);
        it = courtConfig();
        it.windows.draw = 17 days;
        refuses(it);
        it = courtConfig();
        it.jury.size = 2;
        refuses(it);
        it = courtConfig();
        it.jury.appealSize = JURY;
        refuses(it);
        it = courtConfig();
        it.jury.seedDelay = 0;
        refuses(it);
        it = courtConfig();
        it.jury.seedDelay = 256;
        refuses(it);
        it = courtConfig();
        it.jury.fine = 50e6 + 1;
        refuses(it);
        it = courtConfig();
        it.jury.fine = 0;
        refuses(it);
    }

    function refuses(DisputeCourt.Config memory it) private {
        vm.expectRevert(IDisputeCourt.CourtBadConfig.selector);
        new DisputeCourt(it);
    }

    function expectBadStage(Stage current, Stage expected) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadStage.selector, current, expected));
    }

    function expectForgery(Statement memory one) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadSignature.selector, worker));
        open(one);
    }

    function prolong() private {
        vm.warp(block.timestamp + 12 hours);
        topUp(escrowId, orderOf(payer, 1e6, 5));
    }

    function anchored() private returns (ResultLeaf memory leaf, bytes32[] memory proof) {
        leaf = ResultLeaf(0, TASK, 0, resultOf(WRONG), keccak256("replicas"));
        proof = new bytes32[](0);
        bytes32 root = Hashes.resultLeaf(leaf);
        vm.prank(payer);
        escrows.commit(escrowId, 0, root, 1, false);
    }
}
