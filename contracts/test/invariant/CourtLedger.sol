// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "../../src/libraries/Hashes.sol";
import {Accused, Ballot, DisputeId, DisputeView, Outcome, Round, Stage, Statement} from "../../src/types/Disputes.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Disputes as the actors saw them, and what must be true of each: the other side of the court's equations.
abstract contract CourtLedger is Ledger {
    struct Case {
        DisputeId dispute;
        EscrowId escrowId;
        bytes32 task;
    }

    /// @dev One attempt of one worker at a task that it signed for.
    struct Attempt {
        EscrowId escrowId;
        bytes32 task;
        address worker;
        uint32 number;
    }

    uint256 internal constant JURORS = 12;
    /// @dev Of those, who has a seat from the start.
    uint256 internal constant FIRST_JURORS = 10;
    uint256 internal constant MOST_CASES = 5;

    /// @notice Everybody whose stake the registry may hold.
    address[] public operatorAt;
    /// @notice Everybody who may have a seat.
    address[] public seatedAt;
    Case[] internal cases;
    Attempt[] internal attempts;
    mapping(bytes32 attemptId => uint256) internal highestFine;
    mapping(DisputeId => uint256) internal endings;
    /// @dev What a juror committed to, so that it can reveal it.
    mapping(DisputeId => mapping(address => bytes32)) internal intended;
    mapping(DisputeId => mapping(address => bool)) internal hasVoted;
    mapping(address juror => uint256) internal leftAt;

    function caseCount() external view returns (uint256) {
        return cases.length;
    }

    function pickCase(uint256 seed) internal view returns (Case memory) {
        require(cases.length != 0, "no dispute yet");
        return cases[seed % cases.length];
    }

    /// @dev Written down once: deriving an address from its key is what takes longest here.
    function meet() internal {
        for (uint256 i = 0; i < 2; ++i) {
            operatorAt.push(vm.addr(operatorKey(i)));
        }
        for (uint256 i = 0; i < WORKERS; ++i) {
            seatedAt.push(workerAt(i));
        }
        for (uint256 i = 0; i < JURORS; ++i) {
            operatorAt.push(jurorOperator(i));
            seatedAt.push(jurorAt(i));
        }
    }

    function operatorCount() public view returns (uint256) {
        return operatorAt.length;
    }

    function seatedCount() public view returns (uint256) {
        return seatedAt.length;
    }

    /// @notice Everybody to whom the court may owe something.
    function creditors() public view returns (address[] memory list) {
        list = new address[](operatorCount() + seatedCount() + 7);
        uint256 n = 0;
        for (uint256 i = 0; i < operatorCount(); ++i) {
            list[n++] = operatorAt[i];
        }
        for (uint256 i = 0; i < seatedCount(); ++i) {
            list[n++] = seatedAt[i];
        }
        (list[n++], list[n++], list[n++]) = (payer, vm.addr(PAYER_KEY + 1), service);
        (list[n++], list[n++], list[n++], list[n++]) = (challenger, sink, stranger, address(0xA99E));
    }

    /// @dev A receipt for `answer`, as the worker would sign it; the ledger keeps the highest fine of each attempt.
    function signStatement(Case memory it, uint256 workerSeed, uint256 answer) internal returns (Statement memory one) {
        uint256 key = 0xD1 + workerSeed % WORKERS;
        one.worker = vm.addr(key);
        one.attempt = answer & 256 == 0 ? 0 : 1;
        one.resultHash = Hashes.result(it.task, digestOf(answer));
        one.fine = uint128(bounded(answer >> 16, 0, 80e6));
        one.resultsRoot = Hashes.receiptLeaf(it.task, one.attempt, one.resultHash);
        one.signature = signed(key, judge.receiptDigest(it.escrowId, one.resultsRoot, one.fine));
        bytes32 attemptId = keccak256(abi.encode(it.escrowId, it.task, one.worker, one.attempt));
        if (highestFine[attemptId] == 0) attempts.push(Attempt(it.escrowId, it.task, one.worker, one.attempt));
        if (one.fine > highestFine[attemptId]) highestFine[attemptId] = one.fine;
    }

    /// @dev Three answers in four are right.
    function digestOf(uint256 seed) internal pure returns (bytes32) {
        return seed % 4 == 0 ? WRONG : RIGHT;
    }

    // --- what must be true ----------------------------------------------------------------------------------------

    /// @notice What the court should hold: bonds of open disputes, and credits.
    function owedByCourt() external view returns (uint256 owed) {
        for (uint256 i = 0; i < cases.length; ++i) {
            DisputeId dispute = cases[i].dispute;
            if (judge.dispute(dispute).outcome != Outcome.None) continue;
            owed += uint256(judge.roundOf(dispute, 1).bond) + judge.roundOf(dispute, 2).bond;
        }
        address[] memory list = creditors();
        for (uint256 i = 0; i < list.length; ++i) {
            owed += judge.creditOf(list[i]);
        }
    }

    /// @notice Open disputes that hold an operator's pledge to an escrow, once for each answer.
    function locksOf(EscrowId id, address of_) external view returns (uint256 locks) {
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!(cases[i].escrowId == id)) continue;
            if (judge.dispute(cases[i].dispute).outcome != Outcome.None) continue;
            Accused[] memory accused = judge.accusedOf(cases[i].dispute);
            for (uint256 n = 0; n < accused.length; ++n) {
                if (accused[n].operator == of_) ++locks;
            }
        }
    }

    /// @notice Open disputes in which a juror serves.
    function dutiesOf(address juror) external view returns (uint256 duties) {
        for (uint256 i = 0; i < cases.length; ++i) {
            if (judge.dispute(cases[i].dispute).outcome != Outcome.None) continue;
            if (judge.ballotOf(cases[i].dispute, juror).round != 0) ++duties;
        }
    }

    /// @notice Whether somebody was fined beyond what it signed.
    function isAnybodyFinedTooMuch() external view returns (bool) {
        for (uint256 i = 0; i < attempts.length; ++i) {
            Attempt memory one = attempts[i];
            bytes32 attemptId = keccak256(abi.encode(one.escrowId, one.task, one.worker, one.number));
            uint256 fined = judge.finedFor(one.escrowId, one.task, one.worker, one.number);
            if (fined > highestFine[attemptId]) return true;
        }
        return false;
    }

    /// @notice All that fines have taken from an operator's workers.
    function finedInAll(address of_) public view returns (uint256 sum) {
        for (uint256 i = 0; i < attempts.length; ++i) {
            Attempt memory one = attempts[i];
            if (registry.operatorOf(one.worker) != of_) continue;
            sum += judge.finedFor(one.escrowId, one.task, one.worker, one.number);
        }
    }

    /// @notice 10: a verdict has more than half of a drawn jury of at least three behind it.
    function isVerdictFounded(uint256 n) external view returns (bool) {
        DisputeView memory it = judge.dispute(cases[n].dispute);
        if (it.outcome == Outcome.None) return it.verdict == 0;
        if (it.outcome == Outcome.Undecided) return it.verdict == 0 && !hasMajority(n, 1) && !hasMajority(n, 2);
        if ((it.outcome == Outcome.Upheld) != (it.verdict == it.contested)) return false;
        if (hasMajority(n, 2)) {
            return votesFor(n, 2, it.verdict) * 2 > judge.roundOf(cases[n].dispute, 2).jurors.length;
        }
        return votesFor(n, 1, it.verdict) * 2 > judge.roundOf(cases[n].dispute, 1).jurors.length;
    }

    /// @dev How a dispute ended, told from its votes.
    function endingOf(uint256 n) internal view returns (bytes32) {
        uint8 round = judge.dispute(cases[n].dispute).round;
        bool isDecided = hasMajority(n, round);
        if (round == 2 && isDecided) return "appeal decided";
        if (round == 2) return "appeal undecided";
        if (isDecided) return "decided";
        return "undecided";
    }

    function hasMajority(uint256 n, uint8 round) private view returns (bool) {
        uint256 jurors = judge.roundOf(cases[n].dispute, round).jurors.length;
        bool isRight = 2 * votesFor(n, round, Hashes.result(cases[n].task, RIGHT)) > jurors;
        return jurors >= 3 && (isRight || 2 * votesFor(n, round, Hashes.result(cases[n].task, WRONG)) > jurors);
    }

    function votesFor(uint256 n, uint8 round, bytes32 answer) private view returns (uint256 votes) {
        address[] memory jurors = judge.roundOf(cases[n].dispute, round).jurors;
        for (uint256 i = 0; i < jurors.length; ++i) {
            Ballot memory ballot = judge.ballotOf(cases[n].dispute, jurors[i]);
            if (ballot.revealed && ballot.answer == answer && ballot.round == round) ++votes;
        }
    }

    /// @dev The stages as the reference has them, told from times alone.
    function stageByClock(DisputeId dispute) internal view returns (Stage) {
        DisputeView memory it = judge.dispute(dispute);
        if (it.outcome != Outcome.None) return Stage.Resolved;
        Round memory latest = judge.roundOf(dispute, it.round);
        if (it.round == 1 && block.timestamp < it.openedAt + EVIDENCE_TIME) return Stage.Evidence;
        if (latest.drawnAt == 0) return block.timestamp < latest.opensAt + DRAW_TIME ? Stage.Drawing : Stage.Ripe;
        uint256 age = block.timestamp - latest.drawnAt;
        if (age < COMMIT_TIME) return Stage.Voting;
        if (age < COMMIT_TIME + REVEAL_TIME) return Stage.Revealing;
        return it.round == 1 && age < COMMIT_TIME + REVEAL_TIME + APPEAL_TIME ? Stage.Appealable : Stage.Ripe;
    }
}
