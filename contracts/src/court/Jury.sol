// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dispute} from "../libraries/Dispute.sol";
import {Hashes} from "../libraries/Hashes.sol";
import {Lots} from "../libraries/Lots.sol";
import {Accused, DisputeId, Round} from "../types/Disputes.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {Evidence} from "./Evidence.sol";

/// @title Who judges: drawn by lot among those that had a seat before the dispute, and have no part in it
abstract contract Jury is Evidence {
    using Dispute for Dispute.State;
    using Lots for Lots.Urn;

    /// @notice The fewest jurors that can give a verdict.
    uint256 public constant LEAST_JURY = 3;
    /// @notice How many seats one draw looks at, at most: what bounds its gas.
    uint256 public constant MOST_DRAWN = 64;
    uint256 private constant REMEMBERED_BLOCKS = 256;

    /// @notice How many jurors the first round has.
    uint8 public immutable jurySize;
    /// @notice How many jurors an appeal has.
    uint8 public immutable appealJurySize;
    /// @notice How many blocks after the first call to `draw` the block lies whose hash decides.
    uint64 public immutable seedDelay;
    /// @notice What a juror loses for silence or a wrong answer.
    uint96 public immutable jurorFine;

    /// @notice The numbers of a jury; part of the court's configuration.
    struct JuryConfig {
        uint8 size;
        uint8 appealSize;
        uint64 seedDelay;
        uint96 fee;
        uint96 fine;
    }

    constructor(JuryConfig memory config) {
        bool isSized = config.size >= LEAST_JURY && config.appealSize > config.size && config.appealSize < MOST_DRAWN;
        bool isSeeded = config.seedDelay != 0 && config.seedDelay < REMEMBERED_BLOCKS;
        bool isCovered = config.fine != 0 && config.fine <= registry.seatStake();
        if (!isSized || !isSeeded || !isCovered) revert CourtBadConfig();
        (jurySize, appealJurySize) = (config.size, config.appealSize);
        (seedDelay, jurorFine) = (config.seedDelay, config.fine);
    }

    /// @dev Nobody knows this hash when the block is fixed. Its proposer may withhold or reorder one block at a time to
    /// choose among a few; where that matters, or block hashes mean something else, deploy with another source.
    function _seedOf(uint64 blockNumber) internal view virtual returns (bytes32) {
        return blockhash(blockNumber);
    }

    /// @dev Fixes a block to come, or draws by its hash.
    function _draw(DisputeId id, Dispute.State storage state) internal {
        uint8 index = state.current();
        Round storage round = state.rounds[index];
        uint64 seedBlock = round.seedBlock;
        if (seedBlock == 0 || block.number > seedBlock + REMEMBERED_BLOCKS) {
            round.seedBlock = uint64(block.number) + seedDelay;
            emit JuryArmed(id, index + 1, round.seedBlock);
            return;
        }
        if (block.number <= seedBlock) revert CourtTooEarly(seedBlock);
        address[] memory jurors = _choose(state, keccak256(abi.encode(_seedOf(seedBlock), id, index)), index);
        state.seat(jurors);
        emit JuryDrawn(id, index + 1, jurors);
    }

    function _choose(Dispute.State storage state, bytes32 seed, uint8 index) private returns (address[] memory jurors) {
        address[] memory barred = _barred(state);
        uint48 before = state.openedAt - 1;
        uint256 seats = registry.seatCountAt(before);
        uint256 most = seats < MOST_DRAWN ? seats : MOST_DRAWN;
        Lots.Urn memory urn = Lots.fill(seed, seats, most);
        uint256 wanted = index == 0 ? jurySize : appealJurySize;
        jurors = new address[](wanted);
        uint256 found = 0;
        while (found < wanted && urn.drawn < most) {
            address juror = registry.seatAt(urn.next(), before);
            if (state.ballots[juror].round == 0 && _take(juror, barred)) jurors[found++] = juror;
        }
        // An appeal to fewer jurors would be a step down.
        uint256 least = index == 0 ? LEAST_JURY : state.rounds[0].jurors.length + 1;
        if (found < least) revert CourtNoJury(found);
        // Shortens the list to what was found, which Solidity has no words for.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(jurors, found)
        }
    }

    /// @dev Holds a juror's seat, unless it belongs to a party or can't pay for silence any more.
    function _take(address juror, address[] memory barred) private returns (bool) {
        address operator = _operatorOf(juror);
        for (uint256 i = 0; i < barred.length; ++i) {
            if (operator == barred[i]) return false;
        }
        EscrowId seat = Hashes.seat(juror);
        if (_stakeIn(seat, operator).amount < jurorFine) return false;
        _lock(seat, operator);
        return true;
    }

    /// @dev The operators of everybody who has a part in the dispute, and the parties themselves where they are operators.
    function _barred(Dispute.State storage state) private view returns (address[] memory barred) {
        (address requester, address coordinator) = _partiesOf(state.escrowId);
        address[4] memory parties = [requester, coordinator, state.rounds[0].payer, state.rounds[1].payer];
        Accused[] memory accused = state.accused;
        barred = new address[](8 + accused.length);
        for (uint256 i = 0; i < 4; ++i) {
            barred[2 * i] = parties[i];
            barred[2 * i + 1] = _operatorOf(parties[i]);
        }
        for (uint256 i = 0; i < accused.length; ++i) {
            barred[8 + i] = accused[i].operator;
        }
    }
}
