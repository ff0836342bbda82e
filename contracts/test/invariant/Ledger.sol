// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeCourt} from "../../src/DisputeCourt.sol";
import {Jury} from "../../src/court/Jury.sol";
import {Windows} from "../../src/types/Disputes.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {EscrowView, JobOrder, Phase} from "../../src/types/Orders.sol";
import {CourtFixture} from "../support/CourtFixture.sol";
import {vm} from "../support/Vm.sol";

/// @notice What the actors did, kept beside the contracts: the other side of every equation that is checked.
/// @dev Handlers can't fail a run by reverting, so a broken rule is written down here and an invariant reads it.
abstract contract Ledger is CourtFixture {
    struct Record {
        uint256 payerKey;
        uint256 coordinatorKey;
        uint256 deposited;
        uint256 returned;
        uint16 feeBps;
        Phase phase;
    }

    uint256 internal constant MOST_ESCROWS = 3;
    uint256 internal constant WORKERS = 4;
    uint256 internal constant SECOND_OPERATOR_KEY = 0xC2;
    uint8 internal constant SMALL_JURY = 3;
    uint8 internal constant SMALL_APPEAL = 5;
    uint40 internal constant EVIDENCE_TIME = 1 hours;
    uint40 internal constant DRAW_TIME = 2 hours;
    uint40 internal constant COMMIT_TIME = 2 hours;
    uint40 internal constant REVEAL_TIME = 1 hours;
    uint40 internal constant APPEAL_TIME = 2 hours;
    uint64 internal constant SEAT_TIME = 1 days;

    EscrowId[] public ids;
    mapping(EscrowId => Record) internal records;
    /// @notice The highest amount that a coordinator ever promised or paid to a worker.
    mapping(EscrowId => mapping(address => uint256)) public issued;
    JobOrder[] internal orders;
    uint256 internal salts;

    /// @notice How often each action went through; the proof that a run isn't empty.
    mapping(bytes32 action => uint256) public done;
    /// @notice The first broken rule, in words; empty if none.
    string public broken;

    function seatDelay() internal pure override returns (uint64) {
        return SEAT_TIME;
    }

    /// @dev Small juries, so that few seats are enough for an appeal; and short windows, so that escrows outlive disputes.
    function courtConfig() internal view override returns (DisputeCourt.Config memory config) {
        config = super.courtConfig();
        config.jury = Jury.JuryConfig(SMALL_JURY, SMALL_APPEAL, 1, JUROR_FEE, JUROR_FINE);
        config.windows = Windows(EVIDENCE_TIME, DRAW_TIME, COMMIT_TIME, REVEAL_TIME, APPEAL_TIME);
    }

    function operatorKey(uint256 seed) internal pure returns (uint256) {
        return seed % 2 == 0 ? OPERATOR_KEY : SECOND_OPERATOR_KEY;
    }

    function workerAt(uint256 seed) public pure returns (address) {
        return vm.addr(0xD1 + seed % WORKERS);
    }

    function pick(uint256 seed) internal view returns (EscrowId) {
        require(ids.length != 0, "no escrow yet");
        return ids[seed % ids.length];
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function record(EscrowId id) external view returns (Record memory) {
        return records[id];
    }

    function success(bytes32 action) internal {
        ++done[action];
    }

    function breaks(string memory rule) internal {
        if (bytes(broken).length == 0) broken = rule;
    }

    /// @dev Compares what happened with what the rules promise; both directions matter.
    function weigh(bool happened, bool promised, string memory rule) internal {
        if (happened != promised) breaks(string.concat(rule, happened ? " happened too early" : " was refused"));
    }

    function follow(EscrowId id) internal {
        Phase next = escrows.escrow(id).phase;
        Phase before = records[id].phase;
        if (next == before) return;
        bool isAllowed = (before == Phase.None && next == Phase.Open) || (before == Phase.Open && next != Phase.None)
            || (before == Phase.Committed && next == Phase.Closed);
        if (!isAllowed) breaks("a phase went backwards");
        records[id].phase = next;
    }

    function isLive(EscrowView memory it) internal pure returns (bool) {
        return it.phase == Phase.Open || it.phase == Phase.Committed;
    }

    function endOf(EscrowView memory it) internal pure returns (uint256) {
        return it.committedAt != 0 ? it.committedAt : it.deadline;
    }

    function isWorking(EscrowView memory it) internal view returns (bool) {
        return it.phase == Phase.Open && block.timestamp < it.deadline;
    }
}
