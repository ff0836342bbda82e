// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {AccountSlot, AccountSlots} from "../types/AccountSlot.sol";
import {Allotment, EscrowView, JobOrder, Phase} from "../types/Orders.sol";

/// @notice The machine of one escrow: None -> Open -> Committed -> Closed, or Open -> Closed. It moves no token and
/// knows no caller; `JobEscrow` does both around it.
/// @dev Holds after each function: claimed <= allotted <= budget, and for each account claimed <= allotted, and the sums
/// of the accounts are the escrow's totals.
library Escrow {
    /// @dev Four slots and two mappings; amounts are uint96 so that an account fits one slot.
    struct State {
        address requester;
        uint64 deadline;
        uint16 feeBps;
        bool closed;
        address coordinator;
        uint64 committedAt;
        uint32 batches;
        uint96 budget;
        uint96 allotted;
        uint64 completed;
        uint96 claimed;
        uint96 bond;
        mapping(address worker => AccountSlot) accounts;
        mapping(uint32 batch => bytes32) roots;
    }

    /// @notice Where the escrow stands; every other rule asks this one.
    function phase(State storage self) internal view returns (Phase) {
        if (self.requester == address(0)) return Phase.None;
        if (self.closed) return Phase.Closed;
        return self.committedAt == 0 ? Phase.Open : Phase.Committed;
    }

    /// @notice The moment from which the windows count: the last commit, else the deadline.
    function endsAt(State storage self) internal view returns (uint64) {
        return self.committedAt == 0 ? self.deadline : self.committedAt;
    }

    /// @notice Starts an escrow; the caller has checked that its id is new and will collect budget and bond.
    function open(State storage self, JobOrder calldata order, uint16 feeBps) internal {
        self.requester = order.requester;
        self.deadline = order.deadline;
        self.feeBps = feeBps;
        self.coordinator = order.coordinator;
        self.budget = uint96(order.budget);
        // Written only where there is one: it shares no slot with the rest, and most coordinators are the payer's own.
        if (order.coordinator != order.requester) self.bond = uint96(order.budget);
    }

    /// @notice Adds a later order's money, and prolongs the escrow to its deadline if that is later.
    function topUp(State storage self, JobOrder calldata order) internal {
        requireWorking(self);
        if (order.requester != self.requester || order.coordinator != self.coordinator) {
            revert IJobEscrow.EscrowOtherParties();
        }
        self.budget += uint96(order.budget);
        if (order.coordinator != order.requester) self.bond += uint96(order.budget);
        if (order.deadline > self.deadline) self.deadline = order.deadline;
    }

    /// @notice Sets a worker's total; `setAllotted` must follow with the sum, as a write per worker would cost more.
    /// @return before The worker's total so far.
    function reserve(State storage self, Allotment memory given) internal returns (uint256 before) {
        if (given.expiresAt <= block.timestamp) revert IJobEscrow.EscrowBadExpiry(given.worker, given.expiresAt);
        AccountSlot old = self.accounts[given.worker];
        if (AccountSlot.unwrap(old) != 0) {
            requireNoWorse(old, given);
            before = old.allotted();
        }
        self.accounts[given.worker] = AccountSlots.pack(given.amount, old.claimed(), given.expiresAt);
    }

    /// @notice Refuses to break a promise: a live allotment neither shrinks nor ends earlier, and an expired one keeps at
    /// least what was paid.
    function requireNoWorse(AccountSlot old, Allotment memory given) private view {
        bool isLive = old.expiresAt() > block.timestamp;
        if (isLive && given.expiresAt < old.expiresAt()) {
            revert IJobEscrow.EscrowBadExpiry(given.worker, given.expiresAt);
        }
        uint96 floor = isLive ? old.allotted() : old.claimed();
        if (given.amount < floor) {
            revert IJobEscrow.EscrowShrinkingAllotment(given.worker, floor, given.amount);
        }
    }

    /// @notice Sets the sum of all allotments, which never exceeds the budget.
    function setAllotted(State storage self, uint256 total) internal {
        if (total > self.budget) revert IJobEscrow.EscrowOverBudget(self.budget, total);
        // forge-lint: disable-next-line(unsafe-typecast) at most the budget, a uint96
        self.allotted = uint96(total);
    }

    /// @notice Counts a payment up to `cumulative`, as far as the allotment reaches; `settle` must follow with the sum.
    /// @return paid What is due now; 0 where the other route, or an earlier call, has paid it already.
    /// @return reached What the worker will then have been paid in all.
    function claim(State storage self, address worker, uint256 cumulative)
        internal
        returns (uint256 paid, uint256 reached)
    {
        AccountSlot old = self.accounts[worker];
        uint96 claimed = old.claimed();
        uint96 allotted = old.allotted();
        reached = cumulative < allotted ? cumulative : allotted;
        if (reached <= claimed) return (0, claimed);
        paid = reached - claimed;
        // forge-lint: disable-next-line(unsafe-typecast) at most the allotment, a uint96
        self.accounts[worker] = AccountSlots.pack(allotted, uint96(reached), old.expiresAt());
    }

    /// @notice Adds what `claim` returned to the escrow's total; once per call, as a write per payment would cost more.
    function settle(State storage self, uint256 paid) internal {
        // forge-lint: disable-next-line(unsafe-typecast) a sum of parts of the allotted total, a uint96
        self.claimed += uint96(paid);
    }

    /// @notice Returns the unclaimed rest of an account to the unallotted part.
    function giveBack(State storage self, address worker) internal returns (uint96 freed) {
        AccountSlot old = self.accounts[worker];
        freed = old.allotted() - old.claimed();
        if (freed == 0) return 0;
        self.accounts[worker] = AccountSlots.pack(old.claimed(), old.claimed(), old.expiresAt());
        self.allotted -= freed;
    }

    /// @notice Anchors the root of the next batch; `last` ends the work, and may come without a root.
    function commit(State storage self, uint32 batch, bytes32 root, uint64 count, bool last) internal {
        requireWorking(self);
        if (batch != self.batches) revert IJobEscrow.EscrowWrongBatch(self.batches, batch);
        if ((root == 0) != (count == 0) || (root == 0 && !last)) revert IJobEscrow.EscrowBadBatch();
        if (last) self.committedAt = uint64(block.timestamp);
        if (root == 0) return;
        self.roots[batch] = root;
        self.batches = batch + 1;
        self.completed += count;
    }

    /// @notice Takes out what is not allotted, once the work has ended and nothing can be allotted any more.
    function takeUnallotted(State storage self) internal returns (uint96 refund) {
        refund = self.budget - self.allotted;
        if (refund != 0) self.budget = self.allotted;
    }

    /// @notice Ends the escrow and says what goes back to whom.
    function close(State storage self) internal returns (uint96 refund, uint96 bond) {
        refund = self.budget - self.claimed;
        bond = self.bond;
        self.closed = true;
        // Leaves the totals at what was really paid, so that the sums hold for closed escrows too.
        self.budget = self.claimed;
        self.allotted = self.claimed;
        if (bond != 0) self.bond = 0;
    }

    /// @notice Refuses unless the escrow is open and before its deadline: the only time in which work may be added.
    function requireWorking(State storage self) internal view {
        requirePhase(self, _bit(Phase.Open));
        if (block.timestamp >= self.deadline) revert IJobEscrow.EscrowTooLate(self.deadline);
    }

    /// @notice Refuses unless money may still move out of the escrow.
    function requireLive(State storage self) internal view {
        requirePhase(self, _bit(Phase.Open) | _bit(Phase.Committed));
    }

    /// @notice Refuses a phase outside of `allowed` (bit i stands for phase i) and reports both.
    function requirePhase(State storage self, uint8 allowed) internal view {
        Phase current = phase(self);
        if (_bit(current) & allowed == 0) revert IJobEscrow.EscrowBadPhase(current, allowed);
    }

    /// @notice A copy of everything but accounts and roots.
    function read(State storage self) internal view returns (EscrowView memory) {
        return EscrowView({
            phase: phase(self),
            requester: self.requester,
            coordinator: self.coordinator,
            deadline: self.deadline,
            committedAt: self.committedAt,
            batches: self.batches,
            completed: self.completed,
            feeBps: self.feeBps,
            budget: self.budget,
            allotted: self.allotted,
            claimed: self.claimed,
            bond: self.bond
        });
    }

    function _bit(Phase one) private pure returns (uint8) {
        return uint8(1 << uint8(one));
    }
}
