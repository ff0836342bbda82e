// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DisputeCourt} from "../../src/DisputeCourt.sol";
import {Jury} from "../../src/court/Jury.sol";
import {Hashes} from "../../src/libraries/Hashes.sol";
import {DisputeId, Outcome, Stage, Statement, Windows} from "../../src/types/Disputes.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice A court with a pool of jurors, an escrow with two pledged workers, and short ways through a dispute.
abstract contract CourtFixture is Fixture {
    uint96 internal constant BASE_BOND = 10e6;
    uint96 internal constant JUROR_FEE = 1e6;
    uint96 internal constant JUROR_FINE = 20e6;
    uint8 internal constant JURY = 5;
    uint8 internal constant APPEAL_JURY = 7;
    uint40 internal constant EVIDENCE = 12 hours;
    uint40 internal constant DRAW = 12 hours;
    uint40 internal constant COMMIT = 24 hours;
    uint40 internal constant REVEAL = 12 hours;
    uint40 internal constant APPEAL = 24 hours;

    uint256 internal constant OPERATOR2_KEY = 0xC2;
    uint256 internal constant WORKER2_KEY = 0xD2;
    uint256 internal constant JUROR_KEY = 0x1_0000;
    uint128 internal constant FINE = 40e6;
    uint128 internal constant PLEDGE = 60e6;
    bytes32 internal constant TASK = keccak256("task");
    /// @dev What is right, what the worker says, and what nobody says.
    bytes32 internal constant RIGHT = keccak256("right output");
    bytes32 internal constant WRONG = keccak256("wrong output");
    bytes32 internal constant ABSTAIN = 0;
    bytes32 internal constant SILENCE = keccak256("not even committed");

    address internal immutable challenger = address(0xC4A1);
    address internal immutable sink = address(0x5111);
    DisputeCourt internal judge;
    EscrowId internal escrowId;

    function setUp() public virtual override {
        super.setUp();
        fund(challenger);
        token.mint(vm.addr(OPERATOR2_KEY), 1000e6);
        vm.prank(vm.addr(OPERATOR2_KEY));
        token.approve(address(registry), type(uint256).max);
        escrowId = opened(BUDGET);
        hire(OPERATOR_KEY, WORKER_KEY);
        hire(OPERATOR2_KEY, WORKER2_KEY);
        for (uint256 i = 0; i < 16; ++i) {
            joinAs(i);
        }
        vm.warp(START + 1 hours);
    }

    /// @dev The registry comes first, and the court at once after it.
    function plannedCourt() internal view override returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
    }

    function deployCourt() internal override {
        judge = new DisputeCourt(courtConfig());
        vm.assertEq(address(judge), court);
    }

    function courtConfig() internal view virtual returns (DisputeCourt.Config memory) {
        return DisputeCourt.Config({
            token: IERC20(address(token)),
            registry: registry,
            escrow: escrows,
            sink: sink,
            baseBond: BASE_BOND,
            jury: Jury.JuryConfig(JURY, APPEAL_JURY, 1, JUROR_FEE, JUROR_FINE),
            windows: Windows(EVIDENCE, DRAW, COMMIT, REVEAL, APPEAL)
        });
    }

    function fund(address who) internal {
        token.mint(who, 1000e6);
        vm.prank(who);
        token.approve(address(judge), type(uint256).max);
    }

    // --- workers and jurors ---------------------------------------------------------------------------------------

    function hire(uint256 operatorKey, uint256 workerKey) internal {
        registerAs(operatorKey, workerKey, 1, MINIMUM);
        vm.prank(vm.addr(operatorKey));
        registry.pledge(escrowId, vm.addr(operatorKey), PLEDGE);
    }

    function jurorOperator(uint256 n) internal pure returns (address) {
        return vm.addr(JUROR_KEY + 2 * n);
    }

    function jurorAt(uint256 n) internal pure returns (address) {
        return vm.addr(JUROR_KEY + 2 * n + 1);
    }

    /// @dev Gives juror number `n` an operator of its own, and a seat.
    function joinAs(uint256 n) internal {
        enlist(n);
        vm.prank(jurorOperator(n));
        registry.joinJury(jurorAt(n));
    }

    function enlist(uint256 n) internal {
        address of_ = jurorOperator(n);
        token.mint(of_, MINIMUM);
        vm.prank(of_);
        token.approve(address(registry), MINIMUM);
        registerAs(JUROR_KEY + 2 * n, JUROR_KEY + 2 * n + 1, 1, MINIMUM);
    }

    /// @dev Takes so much of a juror's seat that it can't answer for silence any more.
    function breakSeat(uint256 n) internal {
        EscrowId seat = registry.seatOf(jurorAt(n));
        vm.prank(court);
        registry.slash(seat, jurorOperator(n), SEAT - JUROR_FINE + 1, sink);
    }

    // --- evidence -------------------------------------------------------------------------------------------------

    function resultOf(bytes32 digest) internal pure returns (bytes32) {
        return Hashes.result(TASK, digest);
    }

    function statement(uint256 workerKey, bytes32 digest) internal view returns (Statement memory) {
        return statement(workerKey, 0, digest, FINE);
    }

    /// @dev A receipt of one result, which is its own tree.
    function statement(uint256 workerKey, uint32 attempt, bytes32 digest, uint128 fine)
        internal
        view
        returns (Statement memory one)
    {
        (one.worker, one.attempt, one.resultHash, one.fine) = (vm.addr(workerKey), attempt, resultOf(digest), fine);
        one.resultsRoot = Hashes.receiptLeaf(TASK, attempt, one.resultHash);
        one.signature = signed(workerKey, judge.receiptDigest(escrowId, one.resultsRoot, fine));
    }

    function open() internal returns (DisputeId) {
        return open(statement(WORKER_KEY, WRONG));
    }

    function open(Statement memory one) internal returns (DisputeId) {
        vm.prank(challenger);
        return judge.openOnReceipt(escrowId, TASK, one, noPermit());
    }

    /// @dev The dispute about another task that the worker did wrong.
    function openOther(bytes32 task, address by, uint128 fine) internal returns (DisputeId) {
        bytes32 result = Hashes.result(task, WRONG);
        bytes32 root = Hashes.receiptLeaf(task, 0, result);
        bytes memory signature = signed(WORKER_KEY, judge.receiptDigest(escrowId, root, fine));
        Statement memory one = Statement(worker, 0, result, root, 0, fine, new bytes32[](0), signature);
        vm.prank(by);
        return judge.openOnReceipt(escrowId, task, one, noPermit());
    }

    // --- the way through ------------------------------------------------------------------------------------------

    function pass(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    function drawJury(DisputeId dispute) internal returns (address[] memory) {
        judge.draw(dispute);
        vm.roll(block.number + 2);
        judge.draw(dispute);
        return judge.roundOf(dispute, judge.dispute(dispute).round).jurors;
    }

    function saltOf(address juror) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", juror));
    }

    function commitAs(DisputeId dispute, address juror, bytes32 digest) internal {
        bytes32 commitment = Hashes.vote(dispute, judge.dispute(dispute).round, juror, digest, saltOf(juror));
        vm.prank(juror);
        judge.commitVote(dispute, commitment);
    }

    function revealAs(DisputeId dispute, address juror, bytes32 digest) internal {
        vm.prank(juror);
        judge.revealVote(dispute, digest, saltOf(juror));
    }

    /// @dev Has the jury vote; `SILENCE` is a juror that does nothing, and so are jurors beyond the list.
    function vote(DisputeId dispute, address[] memory jurors, bytes32[] memory digests) internal {
        for (uint256 i = 0; i < digests.length; ++i) {
            if (digests[i] != SILENCE) commitAs(dispute, jurors[i], digests[i]);
        }
        pass(COMMIT);
        for (uint256 i = 0; i < digests.length; ++i) {
            if (digests[i] != SILENCE) revealAs(dispute, jurors[i], digests[i]);
        }
        pass(REVEAL);
    }

    /// @dev From the opening to the end of the first vote.
    function judgeWith(DisputeId dispute, bytes32[] memory digests) internal returns (address[] memory jurors) {
        pass(EVIDENCE);
        jurors = drawJury(dispute);
        vote(dispute, jurors, digests);
    }

    /// @dev The appeal, and its vote.
    function appealWith(DisputeId dispute, address appellant, bytes32[] memory digests)
        internal
        returns (address[] memory jurors)
    {
        fund(appellant);
        vm.prank(appellant);
        judge.appeal(dispute, noPermit());
        jurors = drawJury(dispute);
        vote(dispute, jurors, digests);
    }

    function unanimous(bytes32 digest, uint256 count) internal pure returns (bytes32[] memory digests) {
        return split(digest, count, ABSTAIN, 0);
    }

    function split(bytes32 first, uint256 firsts, bytes32 second, uint256 seconds_)
        internal
        pure
        returns (bytes32[] memory digests)
    {
        digests = new bytes32[](firsts + seconds_);
        for (uint256 i = 0; i < digests.length; ++i) {
            digests[i] = i < firsts ? first : second;
        }
    }

    function resolve(DisputeId dispute) internal {
        vm.prank(stranger);
        judge.resolve(dispute);
    }

    // --- checks ---------------------------------------------------------------------------------------------------

    function assertStage(DisputeId dispute, Stage expected) internal view {
        vm.assertEq(uint8(judge.dispute(dispute).stage), uint8(expected), "stage");
    }

    function assertOutcome(DisputeId dispute, Outcome expected) internal view {
        vm.assertEq(uint8(judge.dispute(dispute).outcome), uint8(expected), "outcome");
    }

    function assertCredit(address who, uint256 amount, string memory name) internal view {
        vm.assertEq(judge.creditOf(who), amount, name);
    }

    /// @dev What a juror's operator has behind its seat.
    function seatStakeOf(address juror) internal view returns (uint256) {
        return registry.pledgeOf(registry.seatOf(juror), registry.operatorOf(juror)).amount;
    }
}
