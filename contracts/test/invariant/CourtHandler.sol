// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "../../src/libraries/Hashes.sol";
import {Ballot, DisputeId, DisputeView, Round, Stage, Statement} from "../../src/types/Disputes.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {EscrowView} from "../../src/types/Orders.sol";
import {ResultLeaf} from "../../src/types/Results.sol";
import {vm} from "../support/Vm.sol";
import {CourtLedger} from "./CourtLedger.sol";

/// @notice Challengers, signers, jurors, appellants and strangers, acting on disputes with arbitrary arguments.
abstract contract CourtHandler is CourtLedger {
    address internal constant APPELLANT = address(0xA99E);

    function openDispute(uint256 seed, uint256 workerSeed, uint256 answer) public {
        require(cases.length < MOST_CASES, "enough disputes");
        EscrowId id = pick(seed);
        bytes32 task = keccak256(abi.encode(id, seed % 3));
        Case memory it = Case(judge.disputeIdOf(id, task), id, task);
        bool isKnown = judge.dispute(it.dispute).openedAt != 0;
        Statement memory one = signStatement(it, workerSeed, answer);
        vm.prank(challenger);
        judge.openOnReceipt(id, task, one, noPermit());
        if (isKnown) breaks("a task was disputed twice");
        if (block.timestamp >= escrows.finalAt(id)) breaks("a final escrow was disputed");
        uint256 endsAt = registry.pledgeOf(id, registry.operatorOf(one.worker)).releaseAt;
        if (block.timestamp >= endsAt) breaks("a pledge was held that had ended");
        cases.push(it);
        success("openDispute");
    }

    function openOnLeaf(uint256 seed, uint256 answer) external {
        require(cases.length < MOST_CASES, "enough disputes");
        EscrowId id = pick(seed);
        bytes32 task = keccak256(abi.encode(id, seed % 3));
        EscrowView memory it = escrows.escrow(id);
        bytes32 result = Hashes.result(task, digestOf(answer));
        ResultLeaf memory leaf = ResultLeaf(0, task, 0, result, 0);
        vm.prank(it.coordinator);
        escrows.commit(id, it.batches, Hashes.resultLeaf(leaf), 1, false);
        vm.prank(challenger);
        judge.openOnLeaf(id, it.batches, leaf, new bytes32[](0), noPermit());
        cases.push(Case(judge.disputeIdOf(id, task), id, task));
        success("openOnLeaf");
    }

    function implicate(uint256 seed, uint256 workerSeed, uint256 answer) public {
        Case memory it = pickCase(seed);
        Statement memory one = signStatement(it, workerSeed, answer);
        vm.prank(stranger);
        judge.implicate(it.dispute, one);
        if (stageByClock(it.dispute) != Stage.Evidence) breaks("a signer was implicated too late");
        success("implicate");
    }

    function drawJuryOf(uint256 seed) public {
        DisputeId dispute = pickCase(seed).dispute;
        vm.prank(stranger);
        judge.draw(dispute);
        vm.roll(block.number + 1 + seed % 3);
        if (stageByClock(dispute) == Stage.Drawing) return;
        checkJury(dispute);
        success("draw");
    }

    /// @dev Each juror of the latest round commits to something; one in eight keeps silent.
    function commitVotes(uint256 seed, uint256 noise) public {
        Case memory it = pickCase(seed);
        uint8 round = judge.dispute(it.dispute).round;
        address[] memory jurors = judge.roundOf(it.dispute, round).jurors;
        for (uint256 i = 0; i < jurors.length; ++i) {
            uint256 luck = uint256(keccak256(abi.encode(noise, i))) % 16;
            if (luck < 2) continue;
            bytes32 digest = luck < 4 ? ABSTAIN : luck < 7 ? WRONG : RIGHT;
            bytes32 commitment = Hashes.vote(it.dispute, round, jurors[i], digest, saltOf(jurors[i]));
            vm.prank(jurors[i]);
            judge.commitVote(it.dispute, commitment);
            (intended[it.dispute][jurors[i]], hasVoted[it.dispute][jurors[i]]) = (digest, true);
            success("commitVote");
        }
    }

    /// @dev All that committed reveal, but one in sixteen.
    function revealVotes(uint256 seed, uint256 noise) public {
        Case memory it = pickCase(seed);
        address[] memory jurors = judge.roundOf(it.dispute, judge.dispute(it.dispute).round).jurors;
        for (uint256 i = 0; i < jurors.length; ++i) {
            uint256 luck = uint256(keccak256(abi.encode(noise, i))) % 16;
            if (!hasVoted[it.dispute][jurors[i]] || luck == 0) continue;
            vm.prank(jurors[i]);
            judge.revealVote(it.dispute, intended[it.dispute][jurors[i]], saltOf(jurors[i]));
            if (stageByClock(it.dispute) != Stage.Revealing) breaks("a vote was revealed at the wrong time");
            success("revealVote");
        }
    }

    function appeal(uint256 seed) public {
        DisputeId dispute = pickCase(seed).dispute;
        bool promised = stageByClock(dispute) == Stage.Appealable;
        bool happened = true;
        vm.prank(APPELLANT);
        try judge.appeal(dispute, noPermit()) {
            success("appeal");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "appeal");
    }

    function resolveDispute(uint256 seed) public {
        Case memory it = pickCase(seed);
        bool promised = stageByClock(it.dispute) == Stage.Ripe;
        uint256[] memory before = worths();
        bool happened = true;
        vm.prank(stranger);
        try judge.resolve(it.dispute) {
            success("resolve");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "resolve");
        if (!happened) return;
        if (++endings[it.dispute] > 1) breaks("a dispute ended twice");
        checkLosses(it, before);
        success(endingOf(seed % cases.length));
    }

    function withdrawCreditOf(uint256 seed) external {
        address[] memory list = creditors();
        address to = list[seed % list.length];
        (uint256 due, uint256 had) = (judge.creditOf(to), token.balanceOf(to));
        vm.prank(stranger);
        judge.withdrawCredit(to);
        if (token.balanceOf(to) - had != due) breaks("a credit was paid in part");
        success("withdrawCredit");
    }

    function equivocate(uint256 seed, uint256 workerSeed, uint256 answer) external {
        EscrowId id = pick(seed);
        bytes32 task = keccak256(abi.encode(id, seed % 3));
        Case memory it = Case(judge.disputeIdOf(id, task), id, task);
        // Mostly the same attempt, with both answers or twice the same one.
        Statement memory one = signStatement(it, workerSeed, answer << 8);
        bool isLater = answer % 8 == 7;
        Statement memory other = signStatement(it, workerSeed, (answer << 8) + (answer % 4) + (isLater ? 256 : 0));
        vm.prank(stranger);
        judge.slashEquivocation(id, task, one, other);
        if (one.resultHash == other.resultHash) breaks("one answer counted as two");
        if (isLater) breaks("answers of two attempts counted as a contradiction");
        success("equivocate");
    }

    function joinJury(uint256 seed) external {
        address one = seatedAt[seed % seatedCount()];
        vm.prank(registry.operatorOf(one));
        registry.joinJury(one);
        success("joinJury");
    }

    /// @dev By a stranger in half of the cases, who needs a reason.
    function leaveJury(uint256 seed) public {
        address one = seatedAt[seed % seatedCount()];
        address of_ = registry.operatorOf(one);
        bool isStranger = seed % 2 == 0;
        bool isShort = registry.pledgeOf(registry.seatOf(one), of_).amount < SEAT;
        bool isLeaving = registry.bondOf(of_).unbondAt != 0;
        vm.prank(isStranger ? stranger : one);
        registry.leaveJury(one);
        leftAt[one] = block.timestamp;
        if (isStranger && !isShort && !isLeaving) breaks("a stranger unseated a juror");
        success("leaveJury");
    }

    function releaseSeat(uint256 seed) public {
        address one = seatedAt[seed % seatedCount()];
        EscrowId seat = registry.seatOf(one);
        if (registry.isSeated(one)) {
            address of_ = registry.operatorOf(one);
            try registry.releasePledge(seat, of_) {
                breaks("a seat was released while taken");
            } catch {}
            return;
        }
        registry.releasePledge(seat, registry.operatorOf(one));
        if (block.timestamp < leftAt[one] + SEAT_TIME) breaks("a seat was released too early");
        success("releaseSeat");
    }

    /// @dev A whole dispute at once: chance alone seldom gets that far within one run.
    function trial(uint256 seed, uint256 workerSeed, uint256 answer, uint256 noise) external {
        // Small enough to count on; and the two workers that are registered from the start, with something to lose.
        (workerSeed, answer, noise) = (workerSeed % 2, answer >> 1, noise >> 1);
        backUp(pick(seed), workerSeed);
        backUp(pick(seed), workerSeed + 1);
        openDispute(seed, workerSeed, answer);
        uint256 place = cases.length - 1;
        // One more joins now, too late for this dispute.
        if (noise % 5 < 2) try this.joinJury(WORKERS + FIRST_JURORS + noise % 2) {} catch {}
        if (noise % 2 == 0) try this.implicate(place, (workerSeed + 1) % 2, answer + 1) {} catch {}
        vm.warp(block.timestamp + EVIDENCE_TIME);
        voteOn(place, noise);
        if (noise % 3 == 0) {
            appeal(place);
            voteOn(place, noise + 2);
        } else {
            vm.warp(block.timestamp + APPEAL_TIME);
        }
        resolveDispute(place);
        success("trial");
    }

    /// @dev A stranger votes, or a juror opens what it hasn't committed to.
    function cheatVote(uint256 seed, uint256 way) public {
        Case memory it = pickCase(seed);
        address[] memory jurors = judge.roundOf(it.dispute, judge.dispute(it.dispute).round).jurors;
        bool isStranger = way % 2 == 0;
        vm.prank(isStranger ? stranger : jurors[way % jurors.length]);
        if (isStranger) judge.commitVote(it.dispute, keccak256("anything"));
        else judge.revealVote(it.dispute, WRONG, keccak256("another salt"));
        breaks("a vote was forged");
    }

    function backUp(EscrowId id, uint256 operatorSeed) private {
        address of_ = vm.addr(operatorKey(operatorSeed));
        if (registry.pledgeOf(id, of_).amount != 0) return;
        vm.prank(of_);
        try registry.pledge(id, of_, 60e6) {} catch {}
    }

    function voteOn(uint256 place, uint256 noise) private {
        drawJuryOf(place);
        vm.roll(block.number + 2);
        drawJuryOf(place);
        commitVotes(place, noise);
        tryToCheat(place, 0);
        vm.warp(block.timestamp + COMMIT_TIME);
        tryToCheat(place, 1);
        revealVotes(place, noise + 1);
        vm.warp(block.timestamp + REVEAL_TIME);
    }

    function tryToCheat(uint256 place, uint256 way) private {
        try this.cheatVote(place, way) {} catch {}
    }

    /// @dev Jurors are distinct, had seats before the dispute, and are no parties.
    function checkJury(DisputeId dispute) private {
        DisputeView memory it = judge.dispute(dispute);
        EscrowView memory e = escrows.escrow(it.escrowId);
        address[] memory jurors = judge.roundOf(dispute, it.round).jurors;
        if (jurors.length < 3) breaks("a jury of less than three");
        for (uint256 i = 0; i < jurors.length; ++i) {
            address of_ = registry.operatorOf(jurors[i]);
            if (of_ == e.requester || of_ == e.coordinator) breaks("a payer or coordinator judges");
            for (uint256 n = 0; n < judge.accusedOf(dispute).length; ++n) {
                if (of_ == judge.accusedOf(dispute)[n].operator) breaks("an accused judges");
            }
            for (uint256 n = 0; n < i; ++n) {
                if (jurors[n] == jurors[i]) breaks("a juror was drawn twice");
            }
            if (judge.ballotOf(dispute, jurors[i]).round != it.round) breaks("a juror serves in two rounds");
            if (!wasSeated(jurors[i], it.openedAt - 1)) breaks("a juror joined after the dispute began");
        }
    }

    function wasSeated(address juror, uint40 time) private view returns (bool) {
        uint256 seats = registry.seatCountAt(time);
        for (uint256 i = 0; i < seats; ++i) {
            if (registry.seatAt(i, time) == juror) return true;
        }
        return false;
    }

    /// @dev What each operator has at stake, and after all that what its workers were fined before.
    function worths() private view returns (uint256[] memory list) {
        uint256 count = operatorCount();
        list = new uint256[](2 * count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = registry.stakeOf(operatorAt[i]);
            list[count + i] = finedInAll(operatorAt[i]);
        }
    }

    /// @dev 16, and nobody loses without cause: an operator loses its workers' fines, and one juror's fine for each
    /// worker that was silent or wrong.
    function checkLosses(Case memory it, uint256[] memory before) private {
        uint256 count = operatorCount();
        for (uint256 i = 0; i < count; ++i) {
            address of_ = operatorAt[i];
            uint256 fined = finedInAll(of_) - before[count + i];
            uint256 most = fined + JUROR_FINE * guiltyJurors(it, of_);
            uint256 lost = before[i] - registry.stakeOf(of_);
            if (lost > most) breaks("an operator lost more than it answers for");
            if (lost < fined) breaks("a fine wasn't taken");
            if (most > fined && lost == fined && seatsLeft(of_) != 0) breaks("a guilty juror lost nothing");
        }
    }

    function seatsLeft(address of_) private view returns (uint256 amount) {
        for (uint256 i = 0; i < seatedCount(); ++i) {
            amount += registry.pledgeOf(registry.seatOf(seatedAt[i]), of_).amount;
        }
    }

    function guiltyJurors(Case memory it, address of_) private view returns (uint256 guilty) {
        bytes32 verdict = judge.dispute(it.dispute).verdict;
        for (uint256 i = 0; i < seatedCount(); ++i) {
            if (registry.operatorOf(seatedAt[i]) != of_) continue;
            Ballot memory ballot = judge.ballotOf(it.dispute, seatedAt[i]);
            if (ballot.round == 0) continue;
            bool isWrong = verdict != 0 && ballot.answer != 0 && ballot.answer != verdict;
            if (!ballot.revealed || isWrong) ++guilty;
        }
    }
}
