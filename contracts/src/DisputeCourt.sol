// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Credits} from "./court/Credits.sol";
import {Evidence} from "./court/Evidence.sol";
import {Jury} from "./court/Jury.sol";
import {IDisputeCourt} from "./interfaces/IDisputeCourt.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {IStakeRegistry} from "./interfaces/IStakeRegistry.sol";
import {Dispute} from "./libraries/Dispute.sol";
import {Funding} from "./libraries/Funding.sol";
import {Hashes} from "./libraries/Hashes.sol";
import {Accused, Ballot, DisputeId, DisputeView, Outcome, Round, Stage, Statement, Windows} from "./types/Disputes.sol";
import {EscrowId} from "./types/EscrowId.sol";
import {Permit} from "./types/Orders.sol";
import {ResultLeaf} from "./types/Results.sol";

/// @title The orchestrator around `Dispute`: who may call, what it costs, what is announced
/// @dev Order everywhere: checks, state, event, token. The balance always equals the bonds of open disputes and the
/// credits. Escrows' money never depends on a dispute; only bonds here, pledges and seats in the registry do.
contract DisputeCourt is Credits, Jury {
    using Dispute for Dispute.State;
    using Funding for IERC20;

    /// @notice What is fixed for the life of the contract.
    struct Config {
        IERC20 token;
        IStakeRegistry registry;
        IJobEscrow escrow;
        address sink;
        uint96 baseBond;
        JuryConfig jury;
        Windows windows;
    }

    /// @dev One ruling's money: what jurors of either round earned, and what signers lost.
    struct Purse {
        uint256[2] fees;
        uint256 fines;
    }

    /// @notice Gets what belongs to no party: a share of fines, and what jurors lose.
    address public immutable sink;
    /// @notice What each juror earns that votes with the verdict.
    uint96 public immutable jurorFee;
    /// @inheritdoc IDisputeCourt
    uint96 public immutable openingBond;
    /// @inheritdoc IDisputeCourt
    uint96 public immutable appealBond;
    uint40 private immutable _evidence;
    uint40 private immutable _drawing;
    uint40 private immutable _commit;
    uint40 private immutable _reveal;
    uint40 private immutable _appeal;

    mapping(DisputeId id => Dispute.State) private _disputes;
    mapping(bytes32 attemptId => uint128) private _fined;

    constructor(Config memory config) Credits(config.token) Evidence(config.registry, config.escrow) Jury(config.jury) {
        Windows memory w = config.windows;
        uint256 longest = uint256(w.evidence) + 2 * (uint256(w.draw) + w.commit + w.reveal) + w.appeal;
        bool isTimed = w.evidence != 0 && w.draw != 0 && w.commit != 0 && w.reveal != 0 && w.appeal != 0;
        // A juror that left must still be liable when the last dispute that began before draws its appeal.
        bool isCovered = longest <= config.registry.seatDelay();
        if (!isTimed || !isCovered || config.sink == address(0)) revert CourtBadConfig();
        sink = config.sink;
        jurorFee = config.jury.fee;
        openingBond = config.baseBond + config.jury.size * config.jury.fee;
        appealBond = 2 * config.baseBond + config.jury.appealSize * config.jury.fee;
        (_evidence, _drawing, _commit, _reveal, _appeal) = (w.evidence, w.draw, w.commit, w.reveal, w.appeal);
    }

    /// @inheritdoc IDisputeCourt
    function openOnReceipt(EscrowId escrowId, bytes32 taskSpec, Statement calldata statement, Permit calldata permit)
        external
        nonReentrant
        returns (DisputeId id)
    {
        id = disputeIdOf(escrowId, taskSpec);
        Dispute.State storage state = _disputes[id];
        state.open(escrowId, taskSpec, _evidence);
        state.contested = statement.resultHash;
        state.defendant = _operatorOf(statement.worker);
        emit DisputeOpened(id, escrowId, taskSpec, msg.sender, statement.resultHash);
        _accuse(id, state, statement);
        _collect(state.rounds[0], openingBond, permit);
    }

    /// @inheritdoc IDisputeCourt
    function openOnLeaf(
        EscrowId escrowId,
        uint32 batch,
        ResultLeaf calldata leaf,
        bytes32[] calldata proof,
        Permit calldata permit
    ) external nonReentrant returns (DisputeId id) {
        _requireOpen(escrowId);
        if (!escrow.isAnchored(escrowId, batch, leaf, proof)) revert CourtBadProof();
        id = disputeIdOf(escrowId, leaf.taskSpec);
        Dispute.State storage state = _disputes[id];
        state.open(escrowId, leaf.taskSpec, _evidence);
        state.isLeaf = true;
        state.contested = leaf.resultHash;
        (, state.defendant) = _partiesOf(escrowId);
        emit DisputeOpened(id, escrowId, leaf.taskSpec, msg.sender, leaf.resultHash);
        _collect(state.rounds[0], openingBond, permit);
    }

    /// @inheritdoc IDisputeCourt
    function implicate(DisputeId id, Statement calldata statement) external {
        Dispute.State storage state = _at(id, Stage.Evidence);
        _accuse(id, state, statement);
    }

    /// @inheritdoc IDisputeCourt
    function draw(DisputeId id) external {
        Dispute.State storage state = _at(id, Stage.Drawing);
        _draw(id, state);
    }

    /// @inheritdoc IDisputeCourt
    function commitVote(DisputeId id, bytes32 commitment) external {
        Dispute.State storage state = _at(id, Stage.Voting);
        state.commit(msg.sender, commitment);
        emit VoteCommitted(id, msg.sender, commitment);
    }

    /// @inheritdoc IDisputeCourt
    function revealVote(DisputeId id, bytes32 digest, bytes32 salt) external {
        Dispute.State storage state = _at(id, Stage.Revealing);
        emit VoteRevealed(id, msg.sender, state.reveal(id, msg.sender, [digest, salt]));
    }

    /// @inheritdoc IDisputeCourt
    function appeal(DisputeId id, Permit calldata permit) external nonReentrant {
        Dispute.State storage state = _at(id, Stage.Appealable);
        Round storage second = state.rounds[1];
        second.opensAt = uint40(block.timestamp);
        emit Appealed(id, msg.sender);
        _collect(second, appealBond, permit);
    }

    /// @inheritdoc IDisputeCourt
    function resolve(DisputeId id) external nonReentrant {
        Dispute.State storage state = _at(id, Stage.Ripe);
        Dispute.Ruling memory ruling = state.rule();
        (state.outcome, state.verdict) = (ruling.outcome, ruling.verdict);
        emit DisputeResolved(id, ruling.outcome, ruling.verdict);
        Purse memory purse;
        for (uint256 index = 0; index < 2; ++index) {
            purse.fees[index] = _settleJury(id, state, state.rounds[index].jurors, ruling.verdict);
        }
        purse.fines = _fineSigners(state, ruling.verdict);
        _award(state, ruling, purse);
    }

    /// @inheritdoc IDisputeCourt
    function slashEquivocation(EscrowId escrowId, bytes32 taskSpec, Statement calldata one, Statement calldata other)
        external
        nonReentrant
    {
        // Two attempts may well have two answers: the second one is there because the first was in doubt.
        bool isSameAttempt = one.worker == other.worker && one.attempt == other.attempt;
        if (!isSameAttempt || one.resultHash == other.resultHash) revert CourtNoEquivocation();
        Accused memory first = _accusedBy(escrowId, taskSpec, one);
        Accused memory second = _accusedBy(escrowId, taskSpec, other);
        emit Equivocation(escrowId, taskSpec, one.worker, msg.sender);
        uint256 taken = _fine(escrowId, taskSpec, first.fine > second.fine ? first : second);
        if (taken == 0) revert CourtNothingDue();
        _share(escrowId, taken, msg.sender);
    }

    /// @inheritdoc IDisputeCourt
    function dispute(DisputeId id) external view returns (DisputeView memory) {
        return _disputes[id].read(windows());
    }

    /// @inheritdoc IDisputeCourt
    function accusedOf(DisputeId id) external view returns (Accused[] memory) {
        return _disputes[id].accused;
    }

    /// @inheritdoc IDisputeCourt
    function roundOf(DisputeId id, uint8 round) external view returns (Round memory) {
        return _disputes[id].rounds[round - 1];
    }

    /// @inheritdoc IDisputeCourt
    function ballotOf(DisputeId id, address juror) external view returns (Ballot memory) {
        return _disputes[id].ballots[juror];
    }

    /// @inheritdoc IDisputeCourt
    function finedFor(EscrowId escrowId, bytes32 taskSpec, address worker, uint32 attempt)
        external
        view
        returns (uint128)
    {
        return _fined[_attemptId(escrowId, taskSpec, worker, attempt)];
    }

    /// @inheritdoc IDisputeCourt
    function windows() public view returns (Windows memory) {
        return Windows({evidence: _evidence, draw: _drawing, commit: _commit, reveal: _reveal, appeal: _appeal});
    }

    /// @inheritdoc IDisputeCourt
    function disputeIdOf(EscrowId escrowId, bytes32 taskSpec) public pure returns (DisputeId) {
        return Hashes.dispute(escrowId, taskSpec);
    }

    /// @dev The dispute, if it stands where it has to.
    function _at(DisputeId id, Stage expected) private view returns (Dispute.State storage state) {
        state = _disputes[id];
        Stage now_ = state.stage(windows());
        if (now_ != expected) revert CourtBadStage(now_, expected);
    }

    function _collect(Round storage round, uint96 bond, Permit calldata permit) private {
        (round.payer, round.bond) = (msg.sender, bond);
        token.collect(msg.sender, bond, permit);
    }

    function _accuse(DisputeId id, Dispute.State storage state, Statement calldata statement) private {
        Accused memory one = _accusedBy(state.escrowId, state.taskSpec, statement);
        (bool isNew, address freed) = state.accuse(one);
        emit WorkerImplicated(id, one.worker, one.attempt, one.resultHash, one.fine);
        if (isNew) _lock(state.escrowId, one.operator);
        if (freed == address(0)) return;
        emit WorkerReleased(id, freed);
        _unlock(state.escrowId, freed);
    }

    /// @dev Lets go of a jury: pays who found the verdict, fines who was silent or found something else.
    function _settleJury(DisputeId id, Dispute.State storage state, address[] memory jurors, bytes32 verdict)
        private
        returns (uint256 fees)
    {
        uint256 fined = 0;
        for (uint256 i = 0; i < jurors.length; ++i) {
            Ballot storage ballot = state.ballots[jurors[i]];
            bytes32 answer = ballot.answer;
            EscrowId seat = Hashes.seat(jurors[i]);
            address operator = _operatorOf(jurors[i]);
            bool isRight = answer != 0 && (verdict == 0 || answer == verdict);
            // An abstention earns nothing and costs nothing: the task may have been out of the juror's reach, and if it
            // were paid for, all might abstain.
            if (isRight) {
                fees += jurorFee;
                _credit(jurors[i], jurorFee);
            } else if (answer != 0 || !ballot.revealed) {
                uint128 taken = _slash(seat, operator, jurorFine);
                fined += taken;
                emit JurorFined(id, jurors[i], taken);
            }
            _unlock(seat, operator);
        }
        _credit(sink, fined);
    }

    /// @dev Takes the fine of everybody who signed another answer than the verdict, and lets all go.
    function _fineSigners(Dispute.State storage state, bytes32 verdict) private returns (uint256 fines) {
        EscrowId escrowId = state.escrowId;
        uint256 count = state.accused.length;
        for (uint256 i = 0; i < count; ++i) {
            Accused memory one = state.accused[i];
            if (verdict != 0 && one.resultHash != verdict) fines += _fine(escrowId, state.taskSpec, one);
            _unlock(escrowId, one.operator);
        }
    }

    /// @dev One attempt never costs more than the highest fine that was signed for it, however it was found out.
    function _fine(EscrowId escrowId, bytes32 taskSpec, Accused memory one) private returns (uint256 taken) {
        bytes32 attemptId = _attemptId(escrowId, taskSpec, one.worker, one.attempt);
        uint128 before = _fined[attemptId];
        if (one.fine <= before) return 0;
        uint128 amount = _slash(escrowId, one.operator, one.fine - before);
        _fined[attemptId] = before + amount;
        emit WorkerFined(escrowId, one.worker, one.attempt, amount);
        return amount;
    }

    /// @dev Bonds paid the jurors, who are paid in any case; who turns out right gets that back from the fines.
    function _award(Dispute.State storage state, Dispute.Ruling memory ruling, Purse memory purse) private {
        address challenger = state.rounds[0].payer;
        address appellant = state.rounds[1].payer;
        address winner = ruling.outcome == Outcome.Upheld ? state.defendant : challenger;
        _credit(winner, state.rounds[0].bond - purse.fees[0]);
        if (appellant != address(0)) {
            _credit(ruling.isAppealLost ? winner : appellant, state.rounds[1].bond - purse.fees[1]);
        }
        bool isOverturned = ruling.outcome == Outcome.Overturned;
        uint256 left = purse.fines;
        if (isOverturned) left -= _repay(challenger, purse.fees[0], left);
        if (ruling.isAppealWon) left -= _repay(appellant, purse.fees[1], left);
        _share(state.escrowId, left, isOverturned ? challenger : sink);
    }

    function _repay(address to, uint256 spent, uint256 most) private returns (uint256 repaid) {
        repaid = spent < most ? spent : most;
        _credit(to, repaid);
    }

    /// @dev A quarter to the finder, so that a cheat who finds himself still loses most; half to the payer of the work.
    function _share(EscrowId escrowId, uint256 amount, address finder) private {
        uint256 found = amount / 4;
        uint256 repaid = amount / 2;
        _credit(finder, found);
        (address requester,) = _partiesOf(escrowId);
        _credit(requester, repaid);
        _credit(sink, amount - found - repaid);
    }

    function _attemptId(EscrowId escrowId, bytes32 taskSpec, address worker, uint32 attempt)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(escrowId, taskSpec, worker, attempt));
    }
}
