// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @notice Who may be drawn as a juror, now and at any moment of the past: nobody can join or leave a jury's pool after
/// the dispute has begun.
/// @dev Seats are numbered from 0 without gaps; whoever leaves gives its number to the last. Keyed by time, not by
/// block number, as all windows are, and because some chains count blocks differently.
library JuryPool {
    using Checkpoints for Checkpoints.Trace208;

    struct State {
        Checkpoints.Trace208 count;
        mapping(uint256 index => Checkpoints.Trace208) seats;
        mapping(address worker => uint256) places;
    }

    /// @notice Whether `worker` has a seat now.
    function isSeated(State storage self, address worker) internal view returns (bool) {
        return self.places[worker] != 0;
    }

    /// @notice Gives `worker`, which has none, a seat.
    function add(State storage self, address worker) internal returns (uint256 count) {
        count = self.count.latest() + 1;
        self.places[worker] = count;
        _set(self.seats[count - 1], uint160(worker));
        _set(self.count, count);
    }

    /// @notice Takes `worker`'s seat.
    function remove(State storage self, address worker) internal returns (uint256 count) {
        uint256 place = self.places[worker];
        count = self.count.latest() - 1;
        address last = address(uint160(self.seats[count].latest()));
        self.places[last] = place;
        _set(self.seats[place - 1], uint160(last));
        self.places[worker] = 0;
        _set(self.count, count);
    }

    /// @notice How many seats there were at the end of second `time`.
    function countAt(State storage self, uint48 time) internal view returns (uint256) {
        return self.count.upperLookupRecent(time);
    }

    /// @notice Who had seat `index` at the end of second `time`.
    function seatAt(State storage self, uint256 index, uint48 time) internal view returns (address) {
        return address(uint160(self.seats[index].upperLookupRecent(time)));
    }

    function _set(Checkpoints.Trace208 storage trace, uint256 value) private {
        // forge-lint: disable-next-line(unsafe-typecast) an address or a count
        trace.push(uint48(block.timestamp), uint208(value));
    }
}
