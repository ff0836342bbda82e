// The worker's tunables, each with its reason: one table for the code, `--print-config` and the README. Durations are milliseconds.
import { day, hour, minute, second } from "@starling/kernel";

/** How much a worker takes on, how long it waits, and what it risks. */
export const policyTable = {
  prefetchMax: {
    value: 16,
    why: "Most leases that are held at once per slot; prefetching hides the round trip for tiny tasks and hurts late binding for long ones.",
  },
  tinyRunMs: { value: 20, why: "Runs shorter than this on average are prefetched at the full rate." },
  allotmentWaitMs: {
    value: 8 * second,
    why: "How long a lease may wait for its allotment to be confirmed before it is declined (under the coordinator's accept limit).",
  },
  commitSetWaitMs: { value: 10 * minute, why: "A committed lease whose set never closes is given up after this." },
  verdictWaitMs: {
    value: hour,
    why: "A revealed lease without a verdict is given up after this; the voucher route does not depend on it.",
  },
  creditLimit: {
    value: 100_000_000n,
    why: "Most pay that may stand unvouchered in one escrow, in base units: what a vanished coordinator can cost.",
  },
  pledgePerEscrow: {
    value: 20_000_000n,
    why: "Most of the operator's stake that this worker ties to one escrow, base units: what its wrong results there can cost.",
  },
  pledgeInAll: {
    value: 100_000_000n,
    why: "Most that it ties to all escrows at once, base units; several workers of an operator share its stake.",
  },
  pledgeSignMs: { value: 10 * minute, why: "How long a pledge that it signs may wait for its block." },
  redeemMin: {
    value: 100_000n,
    why: "A voucher or a credit that would bring less is left alone, base units: about the gas of one redemption where gas is cheap.",
  },
  redeemGas: { value: 120_000n, why: "Gas that one redemption may take: measured 68,000 to 85,000, and some room." },
  redeemRetryMs: {
    value: minute,
    why: "A redemption that the contract refused is tried again after this: mostly the coordinator has paid meanwhile.",
  },
  coordinatorAwayMs: {
    value: minute,
    why: "A coordinator without a stream for so long is away: longer than a restart.",
  },
  coordinatorSilentMs: {
    value: 10 * minute,
    why: "A coordinator that is away for so long is not waited for any more: it would have paid many workers at once, for less gas.",
  },
  payGraceMs: {
    value: 10 * minute,
    why: "How long after the end of an escrow's work its coordinator may take to pay; at most a quarter of the claim window.",
  },
  payOverdueMs: { value: day, why: "What is due for so long is redeemed even if its coordinator is here." },
  allotmentAheadMs: {
    value: 30 * second,
    why: "What is due is redeemed so long before its allotment ends, when anybody may take it back: shorter than the minute ahead at which coordinators renew, longer than two blocks.",
  },
  allotmentAheadAwayMs: {
    value: 3 * minute,
    why: "The same without the coordinator, which renews nothing then: time for some blocks and for higher fees.",
  },
  claimReadMs: {
    value: 15 * second,
    why: "How often the chain is asked what a voucher would bring while something is due; at least twice in a claim window.",
  },
  claimIdleReadMs: { value: 5 * minute, why: "The same when all is paid: only the escrow's end is waited for." },
  claimsPerReadMax: { value: 64, why: "Vouchers that are looked at in one reading, those that waited longest first." },
  creditReadMs: {
    value: minute,
    why: "How often contracts are asked what they keep for this worker and its operator: jurors' fees, parts of bonds, and pay that the token had refused; at least as often as the court's window for commitments is long.",
  },
  juryReadMs: {
    value: minute,
    why: "How often the court is asked for juries that name this worker; at least ten times in its window for commitments.",
  },
  abstainAheadMs: {
    value: 10 * minute,
    why: "A juror without a result so long before commitments end abstains, since silence costs it; at most three tenths of that window.",
  },
  dutiesMax: {
    value: 16,
    why: "Disputes that are judged at once: a juror is seldom drawn for two, and abstains from what is more, since silence costs it.",
  },
  dutiesHeldMax: {
    value: 1_000,
    why: "Juries that are served at all, abstentions included: only bounds the memory.",
  },
  offerRetryMs: {
    value: 5 * second,
    why: "An offer of a coordinator that was just tried is not followed again before this.",
  },
  coordinatorsMax: {
    value: 256,
    why: "Coordinators that are remembered by name, the latest: when an offer of theirs was tried, and since when they are silent.",
  },
  beatMsMin: {
    value: 250,
    why: "Whoever is greeted may be a stranger: heartbeats that it wants more often than this would keep the machine busy.",
  },
  pledgesReadMax: {
    value: 32,
    why: "Pledges of before that are looked at with a new one, oldest first: those whose escrow is over make room.",
  },
  pledgeAsksMax: {
    value: 256,
    why: "Questions for pledges that wait for the chain's answer; the oldest are dropped beyond, since a coordinator asks again anyway.",
  },
  shownSetsMax: {
    value: 1_000,
    why: "How many signed commit sets are kept as evidence, the newest: a kilobyte each, for as long as receipts are looked at.",
  },
  challengeRestMs: {
    value: 30 * second,
    why: "Challenges that are asked for sooner after one are passed over: they take the machine's time.",
  },
  challengeRestTimes: {
    value: 6,
    why: "So many times as long as one may take passes before the next, whoever asks: a coordinator of ill will gets a seventh of the machine's idle time at most.",
  },
  deviceMisses: {
    value: 2,
    why: "Looks in a row that miss a GPU until it is withdrawn: one alone may be a slow tool.",
  },
  deviceSightings: { value: 3, why: "Looks in a row that find it well again until it is back." },
  ownCheckpointsMax: {
    value: 256,
    why: "Tasks whose latest own checkpoint is remembered beyond their lease, so that it is known when a coordinator gives it back.",
  },
  endedMax: { value: 50_000, why: "How many ended leases are remembered, so that none is answered twice." },
} satisfies Readonly<Record<string, { readonly value: number | bigint; readonly why: string }>>;

/** The values by name. */
export type WorkerPolicy = {
  readonly [Name in keyof typeof policyTable]: (typeof policyTable)[Name]["value"];
};

/** The values of the table. */
export const defaultPolicy = Object.fromEntries(
  Object.entries(policyTable).map(([name, { value }]) => [name, value]),
) as WorkerPolicy;
