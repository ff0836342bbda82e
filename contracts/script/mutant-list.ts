// Bugs that the invariants must find: each is a small change of one source file.

/** One planted bug: `find` occurs exactly once in `src/<file>` and is replaced. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The bugs; a bug that was once in the contracts is added here with its fix. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "payments are left out of the escrow's total",
    file: "libraries/Escrow.sol",
    find: "self.claimed += uint96(paid);",
    replace: "paid;",
  },
  {
    name: "a voucher can be redeemed again",
    file: "libraries/Escrow.sol",
    find: "AccountSlots.pack(allotted, uint96(reached), old.expiresAt())",
    replace: "AccountSlots.pack(allotted, claimed, old.expiresAt())",
  },
  {
    name: "payments may exceed the allotment",
    file: "libraries/Escrow.sol",
    find: "reached = cumulative < allotted ? cumulative : allotted;",
    replace: "reached = cumulative < type(uint96).max ? cumulative : allotted;",
  },
  {
    name: "allotments may exceed the budget",
    file: "libraries/Escrow.sol",
    find: "if (total > self.budget) revert IJobEscrow.EscrowOverBudget(self.budget, total);",
    replace: "",
  },
  {
    name: "a live allotment may shrink",
    file: "libraries/Escrow.sol",
    find: "uint96 floor = isLive ? old.allotted() : old.claimed();",
    replace: "uint96 floor = old.claimed();",
  },
  {
    name: "released money stays allotted",
    file: "libraries/Escrow.sol",
    find: "self.allotted -= freed;",
    replace: "",
  },
  {
    name: "the close refunds what was paid",
    file: "libraries/Escrow.sol",
    find: "refund = self.budget - self.claimed;",
    replace: "refund = self.budget;",
  },
  {
    name: "the bond is never returned",
    file: "libraries/Escrow.sol",
    find: "bond = self.bond;",
    replace: "bond = 0;",
  },
  {
    name: "an escrow with debts closes after the dispute window",
    file: "JobEscrow.sol",
    find: "(isNothingOwed ? disputeWindow : claimWindow)",
    replace: "(isNothingOwed ? disputeWindow : disputeWindow)",
  },
  {
    name: "a pause holds up the close",
    file: "JobEscrow.sol",
    find: "function close(EscrowId escrowId) external nonReentrant {",
    replace: "function close(EscrowId escrowId) external whenNotPaused nonReentrant {",
  },
  {
    name: "an order tops up twice",
    file: "JobEscrow.sol",
    find: "_toppedUp[orderId] = true;",
    replace: "",
  },
  {
    name: "anyone may coordinate",
    file: "JobEscrow.sol",
    find: "if (msg.sender != state.coordinator) revert EscrowNotCoordinator(msg.sender);",
    replace: "",
  },
  {
    name: "fees are charged and forgotten",
    file: "Payouts.sol",
    find: "feesAccrued += sum.fees;",
    replace: "feesAccrued += 0;",
  },
  {
    name: "a withdrawal ignores pledges",
    file: "libraries/Stake.sol",
    find: "bond.stake = bond.pledged;",
    replace: "amount = bond.stake; bond.stake = 0;",
  },
  {
    name: "one stake backs many escrows",
    file: "libraries/Stake.sol",
    find: "uint128 free = self.bond.stake - self.bond.pledged;",
    replace: "uint128 free = self.bond.stake;",
  },
  {
    name: "a pledge ends before its escrow is final",
    file: "libraries/Stake.sol",
    find: "if (block.timestamp < readyAt) revert IStakeRegistry.StakeTooEarly(readyAt);",
    replace: "readyAt;",
  },
  {
    name: "a signed pledge counts twice",
    file: "StakeRegistry.sol",
    find: "uint128 before = _stakes[order.operator].pledges[order.escrowId].total;",
    replace: "uint128 before = 0;",
  },
  {
    name: "a worker pledges for any operator",
    file: "StakeRegistry.sol",
    find: "if (one.operator != operator) revert StakeNotOperator(worker);",
    replace: "",
  },
  {
    name: "an allowance is no limit",
    file: "StakeRegistry.sol",
    find: "if (amount > allowance) revert StakeAllowanceExceeded(allowance, amount);",
    replace: "if (amount > allowance) return;",
  },
  {
    name: "a release forgets what was ever pledged",
    file: "libraries/Stake.sol",
    find: "Pledge({amount: 0, total: one.total, releaseAt: 0, locks: 0})",
    replace: "Pledge({amount: 0, total: 0, releaseAt: 0, locks: 0})",
  },
  {
    name: "a fine leaves the stake untouched",
    file: "libraries/Stake.sol",
    find: "self.bond.stake -= taken;",
    replace: "",
  },
];
