// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Accused,
    Ballot,
    DisputeId,
    DisputeView,
    Outcome,
    Round,
    Stage,
    Statement,
    Windows
} from "../types/Disputes.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {Permit} from "../types/Orders.sol";
import {ResultLeaf} from "../types/Results.sol";

/// @title Who answered wrongly, and what it costs
/// @notice One question is ever asked: what is the right result of this task? A random jury of staked workers does the
/// task again and votes without seeing each other's answers. Whoever signed another answer than the majority of the
/// drawn jury pays the fine that it signed, out of its pledge to the escrow. Nobody else can take a fine: no
/// administrator, no coordinator, no majority of replicas. There is no pause and no key.
interface IDisputeCourt {
    /// @notice A dispute has begun, about the answer `contested`.
    event DisputeOpened(
        DisputeId indexed id, EscrowId indexed escrowId, bytes32 indexed taskSpec, address challenger, bytes32 contested
    );
    /// @notice A signer is held to its answer, with `fine` at stake; again with a higher fine if it signed one.
    event WorkerImplicated(
        DisputeId indexed id, address indexed worker, uint32 attempt, bytes32 resultHash, uint128 fine
    );
    /// @notice A signer was let go, for others with more to lose.
    event WorkerReleased(DisputeId indexed id, address indexed operator);
    /// @notice The hash of block `seedBlock` will draw the jury.
    event JuryArmed(DisputeId indexed id, uint8 round, uint64 seedBlock);
    /// @notice The jury was drawn.
    event JuryDrawn(DisputeId indexed id, uint8 round, address[] jurors);
    /// @notice A juror has committed to an answer.
    event VoteCommitted(DisputeId indexed id, address indexed juror, bytes32 commitment);
    /// @notice A juror has revealed its answer, 0 for an abstention.
    event VoteRevealed(DisputeId indexed id, address indexed juror, bytes32 answer);
    /// @notice A second, larger jury will be drawn.
    event Appealed(DisputeId indexed id, address indexed appellant);
    /// @notice The dispute has ended; `verdict` is the right answer, 0 if it is undecided.
    event DisputeResolved(DisputeId indexed id, Outcome outcome, bytes32 verdict);
    /// @notice A signer of a wrong answer lost `amount`.
    event WorkerFined(EscrowId indexed escrowId, address indexed worker, uint32 attempt, uint128 amount);
    /// @notice A juror that kept silent, or answered otherwise than the verdict, lost `amount`.
    event JurorFined(DisputeId indexed id, address indexed juror, uint128 amount);
    /// @notice A worker signed two answers for one attempt at a task.
    event Equivocation(EscrowId indexed escrowId, bytes32 indexed taskSpec, address indexed worker, address finder);
    /// @notice Money waits for `account`, which anyone may send it.
    event Credited(address indexed account, uint256 amount);
    /// @notice It was sent.
    event CreditWithdrawn(address indexed account, uint256 amount);

    /// @notice The dispute is elsewhere.
    error CourtBadStage(Stage current, Stage expected);
    /// @notice This task of this escrow was disputed already.
    error CourtAlreadyOpen();
    /// @notice The escrow is unknown or final, or the signer's pledge has ended: since `endedAt`.
    error CourtTooLate(uint64 endedAt);
    /// @notice The hash of block `seedBlock` isn't known yet.
    error CourtTooEarly(uint64 seedBlock);
    /// @notice The answer isn't at its place under the root that was signed or anchored.
    error CourtBadProof();
    /// @notice The signature is not by `expected`.
    error CourtBadSignature(address expected);
    /// @notice The worker isn't registered.
    error CourtUnknownWorker(address worker);
    /// @notice The statement names no fine, or nothing is pledged for it.
    error CourtNothingAtStake(address worker);
    /// @notice The worker is held to this answer already, at no lower fine.
    error CourtAlreadyStated(address worker);
    /// @notice `most` signers with more to lose are implicated already.
    error CourtTooMany(uint256 most);
    /// @notice Only `found` eligible jurors could be drawn.
    error CourtNoJury(uint256 found);
    /// @notice Only jurors of the latest round may vote.
    error CourtNotJuror(address caller);
    /// @notice The commitment is empty, was opened before, or isn't of this digest and salt.
    error CourtBadVote();
    /// @notice The statements aren't two answers of one worker for one attempt.
    error CourtNoEquivocation();
    /// @notice There is nothing to pay or to take.
    error CourtNothingDue();
    /// @notice A window, jury or amount is out of bounds, or seats don't cover what jurors may lose for as long as they may.
    error CourtBadConfig();

    /// @notice Disputes an answer that a worker signed; the caller posts a bond of `openingBond()`.
    /// @param permit The caller's token permit; ignored with `deadline` 0, and harmless if somebody presented it before.
    /// @return id `disputeIdOf(escrowId, taskSpec)`.
    function openOnReceipt(EscrowId escrowId, bytes32 taskSpec, Statement calldata statement, Permit calldata permit)
        external
        returns (DisputeId id);

    /// @notice Disputes an answer that a coordinator anchored, which takes no receipt. The verdict is for the record and
    /// for the workers who are implicated; what the coordinator has in the escrow stays untouched.
    function openOnLeaf(
        EscrowId escrowId,
        uint32 batch,
        ResultLeaf calldata leaf,
        bytes32[] calldata proof,
        Permit calldata permit
    ) external returns (DisputeId id);

    /// @notice Holds a further signer to its answer, right or wrong; by anyone, while evidence is taken.
    function implicate(DisputeId id, Statement calldata statement) external;

    /// @notice Draws the jury, by anyone: the first call fixes a block to come, the second one draws by its hash. A hash
    /// that has been forgotten meanwhile (after 256 blocks) is replaced by a new one.
    /// @dev Drawn are workers that had a seat before the dispute began, but nobody with a part in it.
    function draw(DisputeId id) external;

    /// @notice Commits the calling juror to a digest.
    /// @param commitment keccak256(abi.encode(id, round, juror, digest, salt)); digest 0 abstains.
    function commitVote(DisputeId id, bytes32 commitment) external;

    /// @notice Reveals the calling juror's digest.
    function revealVote(DisputeId id, bytes32 digest, bytes32 salt) external;

    /// @notice Has a second, larger jury decide, once; by anyone, for a bond of `appealBond()`.
    function appeal(DisputeId id, Permit calldata permit) external;

    /// @notice Counts the votes, takes the fines and shares out bonds and fines; by anyone.
    function resolve(DisputeId id) external;

    /// @notice Fines a worker that signed two answers for one attempt at a task; needs no jury. The finder gets a quarter.
    function slashEquivocation(EscrowId escrowId, bytes32 taskSpec, Statement calldata one, Statement calldata other)
        external;

    /// @notice Sends what waits for `account`; by anyone, to `account` alone.
    function withdrawCredit(address account) external;

    /// @notice What a challenger has to post.
    function openingBond() external view returns (uint96);

    /// @notice What an appellant has to post.
    function appealBond() external view returns (uint96);

    /// @notice How long the parts of a dispute last.
    function windows() external view returns (Windows memory);

    /// @notice The dispute as it stands; stage None if unknown.
    function dispute(DisputeId id) external view returns (DisputeView memory);

    /// @notice Who is held to which answer; where a receipt is disputed, the first is its signer.
    function accusedOf(DisputeId id) external view returns (Accused[] memory);

    /// @notice A jury and what pays it: `round` is 1, or 2 for the appeal.
    function roundOf(DisputeId id, uint8 round) external view returns (Round memory);

    /// @notice A juror's vote.
    function ballotOf(DisputeId id, address juror) external view returns (Ballot memory);

    /// @notice What waits for `account`.
    function creditOf(address account) external view returns (uint256);

    /// @notice What fines have taken from a worker for one attempt at a task: never more than the highest that it signed.
    function finedFor(EscrowId escrowId, bytes32 taskSpec, address worker, uint32 attempt)
        external
        view
        returns (uint128);

    /// @notice The id of the one dispute that there can be about a task.
    function disputeIdOf(EscrowId escrowId, bytes32 taskSpec) external pure returns (DisputeId);

    /// @notice The EIP-712 digest that a worker signs for a batch of results.
    function receiptDigest(EscrowId escrowId, bytes32 resultsRoot, uint128 fine) external view returns (bytes32);
}
