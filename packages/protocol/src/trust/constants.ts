// Every number that trust hangs on, each with its reason: one table for the code and `--print-config`. Whoever speaks this version of the
// protocol has the same ones, since receipts are replayed by them.

/** Rates are parts per million. */
export const trustTable = {
  spotAuditPpm: {
    value: 40_000,
    why: "Chance of an audit at `spot`: with probation and retro-checks this stays under 1.07x paid compute, and the fine stays near 50 prices.",
  },
  replicatedAuditPpm: {
    value: 10_000,
    why: "Chance of an audit on top of replicas: a coalition that holds a whole replica set is seen by nothing else. Enough to make that a loss.",
  },
  auditPpmMin: {
    value: 5_000,
    why: "Least rate of a job of one replica. The lottery never stops (BOINC's adaptive replication and iExec's weights do, and a sleeper waits for just that): at half a percent a cheater is caught within 200 results on average.",
  },
  replicatedAuditPpmMin: {
    value: 1_000,
    why: "Least rate with replicas: they find all but coalitions; below a tenth of a percent the lottery finds none of those, and fines pass 2,000 prices.",
  },
  quorumReplicas: {
    value: 2,
    why: "Answers of `quorum` that must agree: a lone cheater is always contradicted, for one price more.",
  },
  strongReplicas: {
    value: 3,
    why: "Answers of `strong` that must agree: two that collude are contradicted too.",
  },
  replicasMax: {
    value: 8,
    why: "Replicas that a job may ask for: at 10 % colluding operators six give 1e-6; more buys nothing that stake does not.",
  },
  valueTimesMax: {
    value: 1_000_000,
    why: "More than a million prices is no claim about a result's worth, and would ask for a stake that nobody has.",
  },
  fineSafety: {
    value: 2n,
    why: "Safety over the break-even fine: estimates of gain and of detection are rough.",
  },
  honestPercent: {
    value: 90n,
    why: "An audit by an accomplice finds nothing; with the other ten percent of operators in one coalition so many still count.",
  },
  confirmersMax: {
    value: 3,
    why: "Operators that are asked, one after the other, to confirm a referee that contradicts everybody. If none of them does, the program is to blame. With one, three liars could end a job that way, and be paid for it.",
  },
  auditMargin: {
    value: 4n,
    why: "Standard deviations above the expected number of audits that a budget has to hold: at four one job in 30,000 draws more.",
  },
  checkedReserve: {
    value: 102n,
    why: "Checks beside the lottery that the budget of a job with one replica has to hold: of its first two results, and of twenty of each operator that nobody knows yet. Enough for five such operators; what is not spent goes back to the payer.",
  },
  slackLeases: {
    value: 64n,
    why: "Slack of a budget that nobody named, in leases at the price cap, and no more than the least budget once more: every worker holds an allotment that can't be taken back before it expires, so on the least budget the last task may wait for money that idle workers hold.",
  },
  quorumOperators: {
    value: 20,
    why: "With fewer distinct operators for two replicas the class is thin: one of twenty is 5 %, and two that collude are the 10 % that the level is described for.",
  },
  strongOperators: {
    value: 50,
    why: "The same for three and more: the level is bought against 10 % too, and with fewer than fifty five lone operators make that up.",
  },
} as const satisfies Readonly<Record<string, { readonly value: number | bigint; readonly why: string }>>;
