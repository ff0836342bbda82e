// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeCourt} from "../interfaces/IDisputeCourt.sol";
import {Accused, Ballot, DisputeId, DisputeView, Outcome, Round, Stage, Windows} from "../types/Disputes.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {Hashes} from "./Hashes.sol";

/// @notice The machine of one dispute: Evidence -> Drawing -> Voting -> Revealing -> Appealable, once more from Drawing
/// after an appeal, then Ripe -> Resolved. It moves no token and knows no caller; `DisputeCourt` does both around it.
/// @dev Every stage but the last ends by time alone; Ripe ends by `resolve`, which anyone may call.
library Dispute {
    /// @notice How many signers one dispute holds to their answers.
    uint256 internal constant MAX_ACCUSED = 16;

    struct State {
        EscrowId escrowId;
        bytes32 taskSpec;
        bytes32 contested;
        bytes32 verdict;
        address defendant;
        uint40 openedAt;
        Outcome outcome;
        bool isLeaf;
        Accused[] accused;
        Round[2] rounds;
        mapping(address juror => Ballot) ballots;
    }

    /// @notice What the votes say. `verdict` 0 means that no answer has a majority.
    struct Ruling {
        bytes32 verdict;
        Outcome outcome;
        bool isAppealLost;
        bool isAppealWon;
    }

    /// @notice Where the dispute stands; every other rule asks this one.
    function stage(State storage self, Windows memory windows) internal view returns (Stage) {
        if (self.openedAt == 0) return Stage.None;
        if (self.outcome != Outcome.None) return Stage.Resolved;
        Round storage round = self.rounds[current(self)];
        if (block.timestamp < round.opensAt) return Stage.Evidence;
        uint256 end = round.drawnAt;
        if (end == 0) return block.timestamp < round.opensAt + windows.draw ? Stage.Drawing : Stage.Ripe;
        if (block.timestamp < (end += windows.commit)) return Stage.Voting;
        if (block.timestamp < (end += windows.reveal)) return Stage.Revealing;
        bool isOpenToAppeal = current(self) == 0 && block.timestamp < end + windows.appeal;
        return isOpenToAppeal ? Stage.Appealable : Stage.Ripe;
    }

    /// @notice Index of the latest round: 1 after an appeal, else 0.
    function current(State storage self) internal view returns (uint8) {
        return self.rounds[1].payer == address(0) ? 0 : 1;
    }

    /// @notice Starts a dispute that the caller has checked; its bond is collected around this.
    function open(State storage self, EscrowId escrowId, bytes32 taskSpec, uint40 evidence) internal {
        if (self.openedAt != 0) revert IDisputeCourt.CourtAlreadyOpen();
        self.escrowId = escrowId;
        self.taskSpec = taskSpec;
        self.openedAt = uint40(block.timestamp);
        self.rounds[0].opensAt = uint40(block.timestamp) + evidence;
    }

    /// @notice Holds one more signer to its answer, or raises what it signed to pay for the same answer.
    /// @dev A full bench lets go of whoever has least to lose, so that nobody hides behind signers of his own; the one
    /// whom the dispute is about always stays.
    /// @return isNew Whether a pledge has to be held for it.
    /// @return freed The operator whose pledge may go; zero if there is none.
    function accuse(State storage self, Accused memory one) internal returns (bool isNew, address freed) {
        uint256 count = self.accused.length;
        for (uint256 i = 0; i < count; ++i) {
            Accused storage known = self.accused[i];
            bool isSame = known.worker == one.worker && known.attempt == one.attempt;
            if (!isSame || known.resultHash != one.resultHash) continue;
            // Otherwise a cheat could accuse itself first, with a receipt that names no fine.
            if (one.fine <= known.fine) revert IDisputeCourt.CourtAlreadyStated(one.worker);
            known.fine = one.fine;
            return (false, address(0));
        }
        if (count < MAX_ACCUSED) {
            self.accused.push(one);
            return (true, address(0));
        }
        uint256 least = self.isLeaf ? 0 : 1;
        for (uint256 i = least + 1; i < count; ++i) {
            if (self.accused[i].fine < self.accused[least].fine) least = i;
        }
        if (self.accused[least].fine >= one.fine) revert IDisputeCourt.CourtTooMany(MAX_ACCUSED);
        freed = self.accused[least].operator;
        self.accused[least] = one;
        return (true, freed);
    }

    /// @notice Seats the jury of the latest round.
    function seat(State storage self, address[] memory jurors) internal {
        uint8 index = current(self);
        self.rounds[index].drawnAt = uint40(block.timestamp);
        self.rounds[index].jurors = jurors;
        for (uint256 i = 0; i < jurors.length; ++i) {
            self.ballots[jurors[i]].round = index + 1;
        }
    }

    /// @notice Takes a juror's commitment; a later one replaces it, as a juror may have lost its salt.
    function commit(State storage self, address juror, bytes32 commitment) internal {
        Ballot storage ballot = _ballot(self, juror);
        if (commitment == 0) revert IDisputeCourt.CourtBadVote();
        ballot.commitment = commitment;
    }

    /// @notice Opens a commitment. The juror shows the digest and the result hash is made here: that hash is public in
    /// every receipt, so showing it would prove no work.
    function reveal(State storage self, DisputeId id, address juror, bytes32[2] memory digestAndSalt)
        internal
        returns (bytes32 answer)
    {
        Ballot storage ballot = _ballot(self, juror);
        (bytes32 digest, bytes32 salt) = (digestAndSalt[0], digestAndSalt[1]);
        bool fits = ballot.commitment == Hashes.vote(id, ballot.round, juror, digest, salt);
        if (!fits || ballot.revealed) revert IDisputeCourt.CourtBadVote();
        if (digest != 0) answer = Hashes.result(self.taskSpec, digest);
        (ballot.revealed, ballot.answer) = (true, answer);
    }

    /// @notice Counts both rounds. An appeal that decides nothing leaves the first ruling as it was: otherwise a
    /// condemned signer would only have to keep the second jury from meeting.
    function rule(State storage self) internal view returns (Ruling memory ruling) {
        bytes32 first = tally(self, 0);
        bytes32 second = tally(self, 1);
        ruling.verdict = second == 0 ? first : second;
        ruling.isAppealLost = second != 0 && second == first;
        ruling.isAppealWon = second != 0 && second != first;
        if (ruling.verdict == 0) ruling.outcome = Outcome.Undecided;
        else ruling.outcome = ruling.verdict == self.contested ? Outcome.Upheld : Outcome.Overturned;
    }

    /// @notice The answer of more than half of the drawn jury; 0 if there is none. An abstention is no answer.
    function tally(State storage self, uint256 index) internal view returns (bytes32) {
        address[] memory jurors = self.rounds[index].jurors;
        bytes32[] memory answers = new bytes32[](jurors.length);
        for (uint256 i = 0; i < jurors.length; ++i) {
            answers[i] = self.ballots[jurors[i]].answer;
            if (answers[i] == 0) continue;
            uint256 votes = 0;
            for (uint256 before = 0; before <= i; ++before) {
                if (answers[before] == answers[i]) ++votes;
            }
            if (2 * votes > jurors.length) return answers[i];
        }
        return 0;
    }

    /// @notice A copy of everything but signers, rounds and ballots.
    function read(State storage self, Windows memory windows) internal view returns (DisputeView memory view_) {
        view_.stage = stage(self, windows);
        view_.outcome = self.outcome;
        view_.isLeaf = self.isLeaf;
        view_.escrowId = self.escrowId;
        view_.taskSpec = self.taskSpec;
        view_.contested = self.contested;
        view_.verdict = self.verdict;
        view_.defendant = self.defendant;
        view_.openedAt = self.openedAt;
        view_.round = self.openedAt == 0 ? 0 : current(self) + 1;
    }

    function _ballot(State storage self, address juror) private view returns (Ballot storage ballot) {
        ballot = self.ballots[juror];
        if (ballot.round != current(self) + 1) revert IDisputeCourt.CourtNotJuror(juror);
    }
}
