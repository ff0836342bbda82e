// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeCourt} from "../src/interfaces/IDisputeCourt.sol";
import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {Hashes} from "../src/libraries/Hashes.sol";
import {Ballot, DisputeId, Outcome, Stage, Statement} from "../src/types/Disputes.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Payment} from "../src/types/Orders.sol";
import {CourtFixture} from "./support/CourtFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Who is drawn, how votes count, and who pays whom.
contract VerdictTest is CourtFixture {
    DisputeId private dispute;

    function setUp() public override {
        super.setUp();
        dispute = open();
    }

    // --- the draw -------------------------------------------------------------------------------------------------

    function test_draw_waitsForABlockToCome() external {
        pass(EVIDENCE);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.JuryArmed(dispute, 1, uint64(block.number) + 1);
        judge.draw(dispute);
        uint64 seedBlock = judge.roundOf(dispute, 1).seedBlock;
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtTooEarly.selector, seedBlock));
        judge.draw(dispute);
        vm.roll(seedBlock);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtTooEarly.selector, seedBlock));
        judge.draw(dispute);
        vm.roll(seedBlock + 1);
        judge.draw(dispute);
        vm.assertEq(judge.roundOf(dispute, 1).jurors.length, JURY);
    }

    function test_draw_armsAgainWhenTheHashIsForgotten() external {
        pass(EVIDENCE);
        judge.draw(dispute);
        uint64 seedBlock = judge.roundOf(dispute, 1).seedBlock;
        vm.roll(seedBlock + 257);
        judge.draw(dispute);
        vm.assertEq(judge.roundOf(dispute, 1).seedBlock, seedBlock + 258);
        vm.assertEq(judge.roundOf(dispute, 1).drawnAt, 0);
        vm.roll(seedBlock + 258 + 256);
        judge.draw(dispute);
        vm.assertEq(judge.roundOf(dispute, 1).jurors.length, JURY);
    }

    function test_draw_holdsDistinctSeats() external {
        pass(EVIDENCE);
        address[] memory jurors = drawJury(dispute);
        for (uint256 i = 0; i < jurors.length; ++i) {
            vm.assertEq(registry.pledgeOf(registry.seatOf(jurors[i]), registry.operatorOf(jurors[i])).locks, 1);
            vm.assertEq(judge.ballotOf(dispute, jurors[i]).round, 1);
            for (uint256 before = 0; before < i; ++before) {
                vm.assertTrue(jurors[i] != jurors[before], "drawn twice");
            }
        }
    }

    /// @dev Whoever joins after the opening is too late for this dispute, and who leaves then still serves.
    function test_draw_fromThePoolBeforeTheDispute() external {
        for (uint256 i = 0; i < 16; ++i) {
            vm.prank(jurorAt(i));
            registry.leaveJury(jurorAt(i));
        }
        for (uint256 i = 16; i < 24; ++i) {
            joinAs(i);
        }
        pass(EVIDENCE);
        address[] memory jurors = drawJury(dispute);
        vm.assertEq(jurors.length, JURY);
        for (uint256 i = 0; i < jurors.length; ++i) {
            vm.assertFalse(registry.isSeated(jurors[i]), "joined later");
        }
    }

    function test_draw_refusesTooSmallAPool() external {
        for (uint256 i = 0; i < 14; ++i) {
            breakSeat(i);
        }
        pass(EVIDENCE);
        judge.draw(dispute);
        vm.roll(block.number + 2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNoJury.selector, 2));
        judge.draw(dispute);
        pass(DRAW);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Undecided);
    }

    function test_draw_takesThreeWhereThereAreNoMore() external {
        for (uint256 i = 0; i < 13; ++i) {
            breakSeat(i);
        }
        pass(EVIDENCE);
        vm.assertEq(drawJury(dispute).length, 3);
    }

    /// @dev Nobody judges his own cause, under whichever of his keys.
    function test_draw_skipsEveryParty() external {
        for (uint256 i = 0; i < 16; ++i) {
            vm.prank(jurorAt(i));
            registry.leaveJury(jurorAt(i));
        }
        // Besides five strangers there is a seat of each party: accused, challenger, payer.
        for (uint256 i = 16; i < 21; ++i) {
            joinAs(i);
        }
        seatUnder(OPERATOR_KEY, 0x901);
        seatUnder(OPERATOR2_KEY, WORKER2_KEY);
        seatUnder(PAYER_KEY, 0x902);
        pass(1);
        dispute = otherDispute(vm.addr(0x903));
        pass(EVIDENCE);
        address[] memory jurors = drawJury(dispute);
        vm.assertEq(jurors.length, JURY);
        for (uint256 i = 0; i < jurors.length; ++i) {
            address of_ = registry.operatorOf(jurors[i]);
            vm.assertTrue(of_ != operator && of_ != vm.addr(OPERATOR2_KEY) && of_ != payer, "a party was drawn");
        }
    }

    // --- votes ----------------------------------------------------------------------------------------------------

    function test_vote_onlyByJurorsOfTheRound() external {
        pass(EVIDENCE);
        drawJury(dispute);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNotJuror.selector, stranger));
        vm.prank(stranger);
        judge.commitVote(dispute, TASK);
        pass(COMMIT);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNotJuror.selector, stranger));
        vm.prank(stranger);
        judge.revealVote(dispute, RIGHT, TASK);
    }

    function test_vote_isAboutTheDigest() external {
        pass(EVIDENCE);
        address[] memory jurors = drawJury(dispute);
        bytes32 copied = Hashes.vote(dispute, 1, jurors[0], RIGHT, saltOf(jurors[0]));
        commitAs(dispute, jurors[0], WRONG);
        // A later commitment replaces the first.
        commitAs(dispute, jurors[0], RIGHT);
        vm.prank(jurors[1]);
        judge.commitVote(dispute, copied);
        vm.expectRevert(IDisputeCourt.CourtBadVote.selector);
        vm.prank(jurors[2]);
        judge.commitVote(dispute, 0);
        pass(COMMIT);
        refusesReveal(jurors[0], WRONG, saltOf(jurors[0]));
        refusesReveal(jurors[0], RIGHT, saltOf(jurors[1]));
        // The result hash is public in every receipt, and worth nothing.
        refusesReveal(jurors[0], resultOf(RIGHT), saltOf(jurors[0]));
        // A copied commitment fits nobody but its maker.
        refusesReveal(jurors[1], RIGHT, saltOf(jurors[0]));
        refusesReveal(jurors[2], RIGHT, saltOf(jurors[2]));
        vm.expectEmit(address(judge));
        emit IDisputeCourt.VoteRevealed(dispute, jurors[0], resultOf(RIGHT));
        revealAs(dispute, jurors[0], RIGHT);
        refusesReveal(jurors[0], RIGHT, saltOf(jurors[0]));
        Ballot memory ballot = judge.ballotOf(dispute, jurors[0]);
        vm.assertEq(ballot.answer, resultOf(RIGHT));
        vm.assertTrue(ballot.revealed);
    }

    // --- rulings --------------------------------------------------------------------------------------------------

    function test_overturned_signersOfAnythingElsePay() external {
        judge.implicate(dispute, statement(WORKER2_KEY, RIGHT));
        uint256 payerHad = token.balanceOf(payer);
        address[] memory jurors = judgeWith(dispute, unanimous(RIGHT, JURY));
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadStage.selector, Stage.Appealable, Stage.Ripe));
        judge.resolve(dispute);
        pass(APPEAL);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.DisputeResolved(dispute, Outcome.Overturned, resultOf(RIGHT));
        vm.expectEmit(address(judge));
        emit IDisputeCourt.WorkerFined(escrowId, worker, 0, FINE);
        resolve(dispute);
        vm.assertEq(judge.dispute(dispute).verdict, resultOf(RIGHT));
        vm.assertEq(registry.pledgeOf(escrowId, operator).amount, PLEDGE - FINE);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
        vm.assertEq(registry.pledgeOf(escrowId, vm.addr(OPERATOR2_KEY)).amount, PLEDGE);
        vm.assertEq(registry.pledgeOf(escrowId, operator).locks, 0);
        vm.assertEq(registry.pledgeOf(escrowId, vm.addr(OPERATOR2_KEY)).locks, 0);
        uint256 left = FINE - JURY * JUROR_FEE;
        assertCredit(challenger, BASE_BOND + JURY * JUROR_FEE + left / 4, "challenger");
        assertCredit(payer, left / 2, "payer");
        assertCredit(sink, left - left / 4 - left / 2, "sink");
        for (uint256 i = 0; i < JURY; ++i) {
            assertCredit(jurors[i], JUROR_FEE, "juror");
            vm.assertEq(seatStakeOf(jurors[i]), SEAT);
        }
        vm.prank(stranger);
        judge.withdrawCredit(payer);
        vm.assertEq(token.balanceOf(payer), payerHad + left / 2);
        vm.expectRevert(IDisputeCourt.CourtNothingDue.selector);
        judge.withdrawCredit(payer);
    }

    function test_upheld_theAccusedGetsTheBond() external {
        judgeWith(dispute, unanimous(WRONG, JURY));
        pass(APPEAL);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Upheld);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
        assertCredit(operator, BASE_BOND, "operator");
        assertCredit(challenger, 0, "challenger");
    }

    /// @dev An answer that was upheld may still convict somebody who was implicated; nobody found him for a quarter.
    function test_upheld_othersMayStillPay() external {
        judge.implicate(dispute, statement(WORKER2_KEY, RIGHT));
        judgeWith(dispute, unanimous(WRONG, JURY));
        pass(APPEAL);
        resolve(dispute);
        vm.assertEq(registry.stakeOf(vm.addr(OPERATOR2_KEY)), MINIMUM - FINE);
        assertCredit(payer, FINE / 2, "payer");
        assertCredit(sink, FINE / 2, "sink");
        assertCredit(challenger, 0, "challenger");
    }

    /// @dev Three against two is a majority of the drawn jury; two against none isn't.
    function test_majority_isOfTheDrawnJury() external {
        address[] memory jurors = judgeWith(dispute, split(RIGHT, 3, WRONG, 2));
        pass(APPEAL);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        for (uint256 i = 0; i < JURY; ++i) {
            assertCredit(jurors[i], i < 3 ? JUROR_FEE : 0, "juror");
            vm.assertEq(seatStakeOf(jurors[i]), i < 3 ? SEAT : SEAT - JUROR_FINE);
        }
    }

    function test_undecided_silenceCosts() external {
        address[] memory jurors = judgeWith(dispute, split(RIGHT, 2, SILENCE, 3));
        pass(APPEAL);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Undecided);
        vm.assertEq(judge.dispute(dispute).verdict, 0);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
        assertCredit(challenger, judge.openingBond() - 2 * JUROR_FEE, "challenger");
        assertCredit(sink, 3 * JUROR_FINE, "sink");
        for (uint256 i = 0; i < JURY; ++i) {
            assertCredit(jurors[i], i < 2 ? JUROR_FEE : 0, "juror");
            vm.assertEq(seatStakeOf(jurors[i]), i < 2 ? SEAT : SEAT - JUROR_FINE);
        }
    }

    /// @dev A commitment that stays shut is silence.
    function test_undecided_committedIsNotRevealed() external {
        pass(EVIDENCE);
        address[] memory jurors = drawJury(dispute);
        commitAs(dispute, jurors[0], RIGHT);
        pass(COMMIT + REVEAL + APPEAL);
        resolve(dispute);
        vm.assertEq(seatStakeOf(jurors[0]), SEAT - JUROR_FINE);
    }

    /// @dev Otherwise a task whose input is out of reach would condemn everybody that has done it.
    function test_abstain_isNoVerdict() external {
        address[] memory jurors = judgeWith(dispute, unanimous(ABSTAIN, JURY));
        pass(APPEAL);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Undecided);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
        assertCredit(challenger, judge.openingBond(), "challenger");
        for (uint256 i = 0; i < JURY; ++i) {
            vm.assertEq(seatStakeOf(jurors[i]), SEAT);
            assertCredit(jurors[i], 0, "juror");
        }
    }

    function test_abstain_aloneCostsAndEarnsNothing() external {
        address[] memory jurors = judgeWith(dispute, split(RIGHT, 4, ABSTAIN, 1));
        pass(APPEAL);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        vm.assertEq(seatStakeOf(jurors[4]), SEAT);
        assertCredit(jurors[4], 0, "juror");
    }

    // --- bounds ---------------------------------------------------------------------------------------------------

    /// @dev What a worker signed bounds its loss, and so does what was pledged.
    function test_fine_isWhatWasSigned(uint128 signedFine, uint8 again) external {
        signedFine = uint128(bounded(signedFine, 1, 2 * PLEDGE));
        judge.implicate(dispute, statement(WORKER2_KEY, 0, WRONG, signedFine));
        uint32 attempts = uint32(again % 4);
        for (uint32 i = 1; i <= attempts; ++i) {
            judge.implicate(dispute, statement(WORKER2_KEY, i, RIGHT, signedFine));
        }
        judgeWith(dispute, unanimous(RIGHT, JURY));
        pass(APPEAL);
        resolve(dispute);
        uint256 expected = signedFine < PLEDGE ? signedFine : PLEDGE;
        vm.assertEq(MINIMUM - registry.stakeOf(vm.addr(OPERATOR2_KEY)), expected);
        vm.assertEq(judge.finedFor(escrowId, TASK, vm.addr(WORKER2_KEY), 0), expected);
        vm.assertEq(registry.pledgeOf(escrowId, vm.addr(OPERATOR2_KEY)).locks, 0);
    }

    /// @dev Whatever the jury does, the court keeps nothing but credits, and all of them can be fetched.
    function test_money_addsUp(uint256 noise) external {
        judge.implicate(dispute, statement(WORKER2_KEY, RIGHT));
        address[] memory first = judgeWith(dispute, randomVotes(noise, JURY));
        address[] memory second = new address[](0);
        if (noise % 2 == 0) {
            second = appealWith(dispute, vm.addr(0x77), randomVotes(noise >> 32, APPEAL_JURY));
        } else {
            pass(APPEAL);
        }
        resolve(dispute);
        fetch(first);
        fetch(second);
        address[7] memory others =
            [challenger, operator, vm.addr(OPERATOR2_KEY), payer, sink, vm.addr(0x77), address(0xDEAD)];
        for (uint256 i = 0; i < others.length; ++i) {
            if (judge.creditOf(others[i]) != 0) judge.withdrawCredit(others[i]);
        }
        vm.assertEq(token.balanceOf(address(judge)), 0, "money is stuck in the court");
    }

    /// @dev Escrows' money never waits for a dispute.
    function test_escrow_paysDuringADispute() external {
        allot(escrowId, worker, 5e6);
        Payment[] memory payments = onePayment(worker, 5e6);
        vm.prank(payer);
        escrows.payBatch(escrowId, payments);
        vm.assertEq(token.balanceOf(worker), 5e6);
    }

    /// @dev A dispute outlasts the pledge's own end, and the stake waits for it.
    function test_release_waitsForTheRuling() external {
        vm.warp(escrows.finalAt(escrowId) - 1);
        bytes32 task = keccak256("late task");
        DisputeId late = openOther(task, challenger, 10e6);
        vm.warp(escrows.finalAt(escrowId) + 1);
        resolve(dispute);
        vm.expectPartialRevert(IStakeRegistry.StakeLocked.selector);
        registry.releasePledge(escrowId, operator);
        vm.warp(block.timestamp + EVIDENCE + DRAW);
        resolve(late);
        registry.releasePledge(escrowId, operator);
    }

    // --- help -----------------------------------------------------------------------------------------------------

    function refusesReveal(address juror, bytes32 digest, bytes32 salt) private {
        vm.expectRevert(IDisputeCourt.CourtBadVote.selector);
        vm.prank(juror);
        judge.revealVote(dispute, digest, salt);
    }

    function randomVotes(uint256 noise, uint256 count) private pure returns (bytes32[] memory digests) {
        bytes32[4] memory answers = [RIGHT, WRONG, ABSTAIN, SILENCE];
        digests = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            // Twice as likely right as anything else, so that rulings occur.
            digests[i] = answers[(noise >> (3 * i)) % 8 > 3 ? 0 : (noise >> (3 * i)) % 4];
        }
    }

    function fetch(address[] memory list) private {
        for (uint256 i = 0; i < list.length; ++i) {
            if (judge.creditOf(list[i]) != 0) judge.withdrawCredit(list[i]);
        }
    }

    function seatUnder(uint256 operatorKey, uint256 workerKey) private {
        address of_ = vm.addr(operatorKey);
        token.mint(of_, 1000e6);
        vm.prank(of_);
        token.approve(address(registry), type(uint256).max);
        if (registry.operatorOf(vm.addr(workerKey)) == address(0)) registerAs(operatorKey, workerKey, 1, MINIMUM);
        vm.prank(of_);
        registry.increaseStake(of_, SEAT);
        vm.prank(of_);
        registry.joinJury(vm.addr(workerKey));
    }

    /// @dev A worker of the second operator challenges, in the dispute about another task.
    function otherDispute(address ally) private returns (DisputeId) {
        registerAs(OPERATOR2_KEY, 0x903, 1, 0);
        fund(ally);
        return openOther(keccak256("other task"), ally, 10e6);
    }
}
