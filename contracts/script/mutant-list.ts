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
    name: "a pledge is bound for longer than was signed",
    file: "StakeRegistry.sol",
    find: "if (finalAt > order.releaseBy) revert StakeTooLong(finalAt, order.releaseBy);",
    replace: "",
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
  {
    name: "a single vote is a verdict",
    file: "libraries/Dispute.sol",
    find: "if (2 * votes > jurors.length) return answers[i];",
    replace: "if (votes > 0) return answers[i];",
  },
  {
    name: "an undecided appeal acquits",
    file: "libraries/Dispute.sol",
    find: "ruling.verdict = second == 0 ? first : second;",
    replace: "ruling.verdict = self.rounds[1].payer == address(0) ? first : second;",
  },
  {
    name: "a dispute ends before it can be appealed",
    file: "libraries/Dispute.sol",
    find: "return isOpenToAppeal ? Stage.Appealable : Stage.Ripe;",
    replace: "return isOpenToAppeal ? Stage.Ripe : Stage.Ripe;",
  },
  {
    name: "a task is disputed twice",
    file: "libraries/Dispute.sol",
    find: "if (self.openedAt != 0) revert IDisputeCourt.CourtAlreadyOpen();",
    replace: "",
  },
  {
    name: "anybody votes",
    file: "libraries/Dispute.sol",
    find: "if (ballot.round != current(self) + 1) revert IDisputeCourt.CourtNotJuror(juror);",
    replace: "",
  },
  {
    name: "a vote is opened without its commitment",
    file: "libraries/Dispute.sol",
    find: "if (!fits || ballot.revealed) revert IDisputeCourt.CourtBadVote();",
    replace: "if (ballot.revealed) revert IDisputeCourt.CourtBadVote(); fits;",
  },
  {
    name: "signers are implicated at any time",
    file: "DisputeCourt.sol",
    find: "_at(id, Stage.Evidence);",
    replace: "_disputes[id];",
  },
  {
    name: "a dispute resolves again and again",
    file: "DisputeCourt.sol",
    find: "(state.outcome, state.verdict) = (ruling.outcome, ruling.verdict);",
    replace: "state.verdict = ruling.verdict;",
  },
  {
    name: "an abstention is fined",
    file: "DisputeCourt.sol",
    find: "} else if (answer != 0 || !ballot.revealed) {",
    replace: "} else {",
  },
  {
    name: "silence costs nothing",
    file: "DisputeCourt.sol",
    find: "} else if (answer != 0 || !ballot.revealed) {",
    replace: "} else if (answer != 0) {",
  },
  {
    name: "verdict and equivocation both take the whole fine",
    file: "DisputeCourt.sol",
    find: "_fined[attemptId] = before + amount;",
    replace: "",
  },
  {
    name: "signers stay locked after the ruling",
    file: "DisputeCourt.sol",
    find: "_unlock(escrowId, one.operator);",
    replace: "",
  },
  {
    name: "jurors stay locked after the ruling",
    file: "DisputeCourt.sol",
    find: "_unlock(seat, operator);",
    replace: "",
  },
  {
    name: "the challenger gets back what the jurors were paid",
    file: "DisputeCourt.sol",
    find: "_credit(winner, state.rounds[0].bond - purse.fees[0]);",
    replace: "_credit(winner, state.rounds[0].bond);",
  },
  {
    name: "an appeal's bond is kept",
    file: "DisputeCourt.sol",
    find: "if (appellant != address(0)) {",
    replace: "if (appellant != address(0) && ruling.isAppealLost) {",
  },
  {
    name: "the sink gets the payer's share too",
    file: "DisputeCourt.sol",
    find: "_credit(sink, amount - found - repaid);",
    replace: "_credit(sink, amount - found);",
  },
  {
    name: "answers of two attempts are equivocation",
    file: "DisputeCourt.sol",
    find: "one.worker == other.worker && one.attempt == other.attempt;",
    replace: "one.worker == other.worker;",
  },
  {
    name: "fines exceed what was signed",
    file: "court/Evidence.sol",
    find: "uint128 fine = one.fine < pledge.amount ? one.fine : pledge.amount;",
    replace: "uint128 fine = pledge.amount;",
  },
  {
    name: "parties judge themselves",
    file: "court/Jury.sol",
    find: "if (operator == barred[i]) return false;",
    replace: "",
  },
  {
    name: "jurors join after the dispute has begun",
    file: "court/Jury.sol",
    find: "uint48 before = state.openedAt - 1;",
    replace: "uint48 before = uint48(block.timestamp) - 1;",
  },
  {
    name: "the first jury judges the appeal",
    file: "court/Jury.sol",
    find: "if (state.ballots[juror].round == 0 && _take(juror, barred))",
    replace: "if (_take(juror, barred))",
  },
  {
    name: "a credit is paid again",
    file: "court/Credits.sol",
    find: "_credits[account] = 0;",
    replace: "",
  },
  {
    name: "a juror takes its stake along at once",
    file: "StakeRegistry.sol",
    find: "uint64 releaseAt = uint64(block.timestamp) + seatDelay;",
    replace: "uint64 releaseAt = uint64(block.timestamp);",
  },
  {
    name: "a seat's stake is released while it is taken",
    file: "StakeRegistry.sol",
    find: "finalAt == 0 ? type(uint64).max : finalAt",
    replace: "finalAt",
  },
  {
    name: "anyone unseats a juror",
    file: "StakeRegistry.sol",
    find: "if (!isOwn && !isDue) revert StakeNotWorker(msg.sender);",
    replace: "",
  },
];
