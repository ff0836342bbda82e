// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeCourt} from "../src/interfaces/IDisputeCourt.sol";
import {DisputeId, Outcome, Stage} from "../src/types/Disputes.sol";
import {CourtFixture} from "./support/CourtFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice The one appeal: a second, larger jury, whose majority replaces the first one's.
contract AppealTest is CourtFixture {
    DisputeId private dispute;
    address private immutable appellant = address(0xA99E);

    function setUp() public override {
        super.setUp();
        dispute = open();
    }

    function test_appeal_isOpenToAnybodyOnce() external {
        judgeWith(dispute, unanimous(WRONG, JURY));
        vm.assertEq(judge.appealBond(), 2 * BASE_BOND + APPEAL_JURY * JUROR_FEE);
        fund(appellant);
        vm.expectEmit(address(judge));
        emit IDisputeCourt.Appealed(dispute, appellant);
        vm.prank(appellant);
        judge.appeal(dispute, noPermit());
        vm.assertEq(token.balanceOf(address(judge)), judge.openingBond() + judge.appealBond());
        assertStage(dispute, Stage.Drawing);
        vm.assertEq(judge.dispute(dispute).round, 2);
        vote(dispute, drawJury(dispute), unanimous(WRONG, APPEAL_JURY));
        assertStage(dispute, Stage.Ripe);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadStage.selector, Stage.Ripe, Stage.Appealable));
        judge.appeal(dispute, noPermit());
    }

    function test_appeal_notTooLate() external {
        judgeWith(dispute, unanimous(WRONG, JURY));
        pass(APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtBadStage.selector, Stage.Ripe, Stage.Appealable));
        judge.appeal(dispute, noPermit());
    }

    function test_appeal_hasFreshJurors() external {
        address[] memory first = judgeWith(dispute, unanimous(WRONG, JURY));
        address[] memory second = appealWith(dispute, appellant, unanimous(WRONG, APPEAL_JURY));
        vm.assertEq(second.length, APPEAL_JURY);
        for (uint256 i = 0; i < second.length; ++i) {
            for (uint256 n = 0; n < first.length; ++n) {
                vm.assertTrue(first[n] != second[i], "served twice");
            }
        }
    }

    function test_appeal_firstJurorsVoteNoMore() external {
        address[] memory first = judgeWith(dispute, unanimous(WRONG, JURY));
        fund(appellant);
        vm.prank(appellant);
        judge.appeal(dispute, noPermit());
        drawJury(dispute);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNotJuror.selector, first[0]));
        vm.prank(first[0]);
        judge.commitVote(dispute, TASK);
    }

    /// @dev A jury that was bribed is overruled, and pays for it.
    function test_appeal_overrules() external {
        address[] memory first = judgeWith(dispute, unanimous(WRONG, JURY));
        address[] memory second = appealWith(dispute, appellant, unanimous(RIGHT, APPEAL_JURY));
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
        // Nobody of the first jury was right, so the challenger's bond is whole; the appeal's fees come out of the fine.
        uint256 left = FINE - APPEAL_JURY * JUROR_FEE;
        assertCredit(challenger, judge.openingBond() + left / 4, "challenger");
        assertCredit(appellant, judge.appealBond(), "appellant");
        assertCredit(sink, JURY * JUROR_FINE + left - left / 4 - left / 2, "sink");
        for (uint256 i = 0; i < JURY; ++i) {
            vm.assertEq(seatStakeOf(first[i]), SEAT - JUROR_FINE);
        }
        for (uint256 i = 0; i < APPEAL_JURY; ++i) {
            assertCredit(second[i], JUROR_FEE, "juror");
        }
    }

    function test_appeal_confirmsAndKeepsTheBond() external {
        judgeWith(dispute, unanimous(RIGHT, JURY));
        appealWith(dispute, appellant, unanimous(RIGHT, APPEAL_JURY));
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        assertCredit(appellant, 0, "appellant");
        uint256 left = FINE - JURY * JUROR_FEE;
        assertCredit(challenger, judge.openingBond() + 2 * BASE_BOND + left / 4, "challenger");
    }

    function test_appeal_confirmsForTheAccused() external {
        judgeWith(dispute, unanimous(WRONG, JURY));
        appealWith(dispute, appellant, unanimous(WRONG, APPEAL_JURY));
        resolve(dispute);
        assertOutcome(dispute, Outcome.Upheld);
        assertCredit(operator, BASE_BOND + 2 * BASE_BOND, "operator");
    }

    /// @dev Otherwise a condemned signer would only have to see to it that the second jury doesn't agree.
    function test_appeal_withoutAMajorityChangesNothing() external {
        judgeWith(dispute, unanimous(RIGHT, JURY));
        address[] memory second = appealWith(dispute, appellant, unanimous(ABSTAIN, APPEAL_JURY));
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        vm.assertEq(registry.stakeOf(operator), MINIMUM - FINE);
        assertCredit(appellant, judge.appealBond(), "appellant");
        vm.assertEq(seatStakeOf(second[0]), SEAT);
    }

    function test_appeal_undrawnChangesNothing() external {
        judgeWith(dispute, unanimous(RIGHT, JURY));
        fund(appellant);
        vm.prank(appellant);
        judge.appeal(dispute, noPermit());
        pass(DRAW);
        assertStage(dispute, Stage.Ripe);
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        assertCredit(appellant, judge.appealBond(), "appellant");
    }

    /// @dev What the first jury couldn't decide, the second may.
    function test_appeal_decidesTheUndecided() external {
        judgeWith(dispute, unanimous(ABSTAIN, JURY));
        appealWith(dispute, appellant, unanimous(RIGHT, APPEAL_JURY));
        resolve(dispute);
        assertOutcome(dispute, Outcome.Overturned);
        assertCredit(appellant, judge.appealBond(), "appellant");
    }

    /// @dev As many jurors as the first time can't overrule them: of 16 seats 5 have served, 6 are broken, 5 are left.
    function test_appeal_needsMoreJurorsThanBefore() external {
        address[] memory first = judgeWith(dispute, unanimous(RIGHT, JURY));
        uint256 broken = 0;
        for (uint256 i = 0; broken < 6; ++i) {
            if (isAmong(jurorAt(i), first)) continue;
            breakSeat(i);
            ++broken;
        }
        fund(appellant);
        vm.prank(appellant);
        judge.appeal(dispute, noPermit());
        judge.draw(dispute);
        vm.roll(block.number + 2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeCourt.CourtNoJury.selector, JURY));
        judge.draw(dispute);
    }

    /// @dev With little to take from the accused, fees come first, and nobody gets more than there is.
    function test_appeal_smallFineRepaysWhatItCan() external {
        DisputeId small = openOther(keccak256("small task"), challenger, 3e6);
        judgeWith(small, unanimous(ABSTAIN, JURY));
        appealWith(small, appellant, unanimous(RIGHT, APPEAL_JURY));
        resolve(small);
        assertCredit(appellant, judge.appealBond() - APPEAL_JURY * JUROR_FEE + 3e6, "appellant");
        assertCredit(payer, 0, "payer");
    }

    function isAmong(address one, address[] memory list) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == one) return true;
        }
        return false;
    }
}
