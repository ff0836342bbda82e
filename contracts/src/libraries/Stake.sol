// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {Bond, Pledge} from "../types/Nodes.sol";

/// @notice The machine of one operator's stake: bonded, leaving, gone; and its pledges. It moves no token and knows no
/// caller; `StakeRegistry` does both around it.
/// @dev Holds after each function: pledged <= stake, and the sum of the pledges is `pledged`.
library Stake {
    using SafeCast for uint256;

    struct State {
        Bond bond;
        mapping(EscrowId escrowId => Pledge) pledges;
    }

    /// @notice Adds stake; not while leaving, as the new part would skip most of the delay.
    function deposit(State storage self, uint128 amount) internal {
        requireBonded(self);
        self.bond.stake += amount;
    }

    /// @notice Starts the delay after which the stake may be withdrawn.
    function startUnbond(State storage self, uint64 readyAt) internal {
        requireBonded(self);
        if (self.bond.stake == 0) revert IStakeRegistry.StakeEmpty();
        self.bond.unbondAt = readyAt;
    }

    /// @notice Stays after all.
    function cancelUnbond(State storage self) internal {
        if (self.bond.unbondAt == 0) revert IStakeRegistry.StakeNotUnbonding();
        self.bond.unbondAt = 0;
    }

    /// @notice Takes out what is not pledged; the rest follows when its pledges are released.
    function withdraw(State storage self) internal returns (uint128 amount) {
        Bond storage bond = self.bond;
        if (bond.unbondAt == 0) revert IStakeRegistry.StakeNotUnbonding();
        if (block.timestamp < bond.unbondAt) revert IStakeRegistry.StakeTooEarly(bond.unbondAt);
        amount = bond.stake - bond.pledged;
        if (amount == 0) revert IStakeRegistry.StakePledged(bond.pledged);
        bond.stake = bond.pledged;
        // An empty bond is a fresh one: the operator may come back later.
        if (bond.stake == 0) bond.unbondAt = 0;
    }

    /// @notice Pledges `amount` more to an escrow, and lets the whole pledge last until `releaseAt` if that is later.
    function pledge(State storage self, EscrowId escrowId, uint128 amount, uint64 releaseAt) internal {
        requireBonded(self);
        Pledge storage one = self.pledges[escrowId];
        if (amount == 0 && one.amount == 0) revert IStakeRegistry.StakeNoPledge();
        uint128 free = self.bond.stake - self.bond.pledged;
        if (amount > free) revert IStakeRegistry.StakeInsufficient(free, amount);
        uint96 added = uint256(amount).toUint96();
        one.amount += added;
        one.total += added;
        self.bond.pledged += amount;
        if (releaseAt > one.releaseAt) one.releaseAt = uint256(releaseAt).toUint40();
    }

    /// @notice Ends a pledge whose escrow is final.
    /// @param finalAt The escrow's finality as it stands now; the pledge ends then or at its own moment, if earlier.
    function release(State storage self, EscrowId escrowId, uint64 finalAt) internal returns (uint128 amount) {
        Pledge memory one = self.pledges[escrowId];
        if (one.amount == 0) revert IStakeRegistry.StakeNoPledge();
        if (one.locks != 0) revert IStakeRegistry.StakeLocked(one.locks);
        uint64 readyAt = one.releaseAt < finalAt ? one.releaseAt : finalAt;
        if (block.timestamp < readyAt) revert IStakeRegistry.StakeTooEarly(readyAt);
        // What was ever pledged stays on record: a total that was signed before must not count again.
        self.pledges[escrowId] = Pledge({amount: 0, total: one.total, releaseAt: 0, locks: 0});
        self.bond.pledged -= one.amount;
        return one.amount;
    }

    /// @notice Lets a jury seat's pledge end at `releaseAt`.
    function endAt(State storage self, EscrowId seat, uint64 releaseAt) internal {
        self.pledges[seat].releaseAt = uint256(releaseAt).toUint40();
    }

    /// @notice Takes a fine out of one pledge, and out of nothing else: what a worker signed for bounds the loss.
    function slash(State storage self, EscrowId escrowId, uint128 fine) internal returns (uint128 taken) {
        Pledge storage one = self.pledges[escrowId];
        taken = fine < one.amount ? fine : one.amount;
        one.amount -= uint256(taken).toUint96();
        self.bond.pledged -= taken;
        self.bond.stake -= taken;
    }

    /// @notice Holds a pledge while a dispute about it is open.
    function lock(State storage self, EscrowId escrowId) internal {
        if (self.pledges[escrowId].amount == 0) revert IStakeRegistry.StakeNoPledge();
        self.pledges[escrowId].locks += 1;
    }

    /// @notice Lets go of one lock.
    function unlock(State storage self, EscrowId escrowId) internal {
        self.pledges[escrowId].locks -= 1;
    }

    /// @notice Refuses while the operator is leaving.
    function requireBonded(State storage self) internal view {
        if (self.bond.unbondAt != 0) revert IStakeRegistry.StakeUnbonding(self.bond.unbondAt);
    }
}
