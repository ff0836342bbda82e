// The coordinator's tunables, each with its reason: one table for the code, `--print-config` and the README. Durations are milliseconds.
import { day, hour, minute, second } from "@starling/kernel";

/** How long things may wait, how often they are tried, and how many there may be; values for a devnet and a small network. */
export const policyTable = {
  acceptMs: {
    value: 10 * second,
    why: "An offered lease that nobody accepts by then goes elsewhere: longer than the worker's own wait for its allotment.",
  },
  commitGraceMs: {
    value: 30 * second,
    why: "Fetching inputs, starting the sandbox and sending the commitment, on top of the program's own time limit.",
  },
  pullMs: {
    value: 5 * minute,
    why: "Added to the lease of a step whose image workers pull, of which nobody knows the size: more than a worker's own limit for a pull.",
  },
  revealMs: { value: 30 * second, why: "From the closed commit set to the reveal, for small outputs." },
  revealPerMiBMs: {
    value: second,
    why: "Added to `revealMs` for each MiB that the outputs may have: a slow uplink of about 10 Mbit/s.",
  },
  beatEveryMs: { value: 5 * second, why: "Heartbeat period that workers are told." },
  beatsMissedMax: { value: 3, why: "A worker that is silent for so many periods is lost." },
  goneGraceMs: {
    value: 5 * second,
    why: "How long a worker may be away after its stream broke before its leases are taken back.",
  },
  committedGraces: {
    value: 2,
    why: "An answer that only has to be revealed is waited for so many times longer than one that is still computed.",
  },
  restartGraceMs: {
    value: 20 * second,
    why: "After a start nobody is connected: workers get so long to come back before their leases are taken back.",
  },
  failuresMax: {
    value: 12,
    why: "Lost, expired and failed leases of one task before the job is given up, and of one audit before a referee makes it or its result stands without; mismatches are not counted.",
  },
  poisonOperators: { value: 3, why: "The same application failure on so many operators is the program's fault." },
  refereeWaitMs: {
    value: minute,
    why: "How long a mismatch waits for a busy referee before fresh replicas decide instead.",
  },
  freshWaitMs: {
    value: minute,
    why: "How long fresh replicas may wait for unused operators before the task is disputed.",
  },
  finalityMs: {
    value: 5 * second,
    why: "An accepted result is provisional for so long: the time in which a worker that is caught elsewhere has this result checked again. The longer, the more of what a cheater did is found; the shorter, the sooner a job is done. A few task lengths.",
  },
  settleGridMs: { value: 50, why: "Windows end on multiples of this, so that one turn settles many results." },
  ticketGatherMs: {
    value: second,
    why: "Lottery tickets of settled tasks are gathered for so long before they are opened to the workers: one signature for many, and nobody waits for them.",
  },
  lateTicketsMs: {
    value: 30 * second,
    why: "A worker that was away waits so long for tickets whose tree is not at hand any more, together with others: the tree of a large job is made once for all who ask, and nobody can have it made again and again.",
  },
  ticketsPerTurn: {
    value: 2_048,
    why: "Tickets that are opened, or hashes of their tree that are made, in one turn: some 15 ms, where the tree of a million tasks takes six seconds.",
  },
  ticketsCheckedMax: {
    value: 20_000,
    why: "Jobs of so many tasks have their lottery's root made again when they are submitted, and larger ones when the first ticket is due: the tree of a million tasks takes seconds. Tickets under a wrong root are not opened; who names one spoils his own receipt.",
  },
  auditWaitMs: {
    value: 30 * second,
    why: "How long an audit waits for an operator that has not answered the task: a dozen offers on gossip, so whoever is there has heard.",
  },
  probationChecks: {
    value: 20,
    why: "Checks that an operator must pass in a class before its results are left to the lottery: cheating now and then is found before.",
  },
  looksMax: {
    value: 3,
    why: "Times that one result of operators without a pledge is looked at for somebody with a stake: the draw may fall on others with none, but not again and again.",
  },
  canaries: {
    value: 2,
    why: "First tasks of a job without replicas that are run twice: a payer learns of a program that is not deterministic before he pays for all of it.",
  },
  avoidMs: {
    value: 2 * second,
    why: "For so long after a lost lease the task is kept from the same operator, so that others come first.",
  },
  declinePauseMs: {
    value: second,
    why: "A worker that declined for want of capacity is left alone for so long, unless it asks again.",
  },
  declineSkipMs: {
    value: minute,
    why: "A worker that declined a step for what it needs or pays is not offered that step again before this.",
  },
  lackedAgainMs: {
    value: 10 * minute,
    why: "A worker to which a registry did not give the image of a task, or which had no room for its root file system, is not offered that task again before this: others come first, and nobody is kept out for good by a registry that was down for a while.",
  },
  skipsMax: { value: 256, why: "Steps that one worker declined and that are remembered." },
  suspendAfter: { value: 3, why: "A lease that is gone, failed or lost in a row this often suspends its worker." },
  suspendMs: { value: 10 * second, why: "First suspension; doubles with each further fault." },
  suspendMsMax: { value: 5 * minute, why: "Longest suspension." },
  windowTasksMin: {
    value: 256,
    why: "Tasks that exist at least per job while more are to come; the rest of a million costs nothing.",
  },
  windowPerWorker: {
    value: 16,
    why: "Tasks that wait per connected worker: enough to keep every slot busy while results travel.",
  },
  windowStepMax: { value: 1_000, why: "Tasks that come into being in one turn; the rest follows in the next ones." },
  openJobsPerPayerMax: { value: 100, why: "Jobs of one payer that are not ended." },
  workersMax: { value: 200_000, why: "Workers that are remembered; the rest is refused." },
  offerAfterMs: { value: 500, why: "Replicas that wait so long without an asker are offered on gossip." },
  offerEveryMs: { value: 2 * second, why: "At most one offer per job in this time." },
  offerTtlMs: { value: 30 * second, why: "How long an offer is valid." },
  eagerOffers: {
    value: 5,
    why: "After so many offers of a job the rest comes at half their lifetime: whoever wanted to hear has heard.",
  },
  offerOpenMin: {
    value: 8,
    why: "The least number of open tasks that an offer says; more are rounded up to twice that, and so on, since an exact count would show which tasks came back for an audit.",
  },
  nearBestPercent: { value: 5, why: "Candidates within so many percent of the cheapest are equals, and one is drawn." },
  probes: { value: 64, why: "Idle workers that are looked at before all of them are." },
  drawMax: {
    value: 16,
    why: "More candidates than this are sampled: the best of a few random ones is nearly as good, and nobody can count on being it.",
  },
  faultCostPercent: {
    value: 10,
    why: "What every recent fault adds to a worker's price when candidates are ranked: it is likely to cost a second lease.",
  },
  faultsCountedMax: { value: 10, why: "Faults that are counted so: a worker at twice its price comes last anyway." },
  scanMax: {
    value: 64,
    why: "Tasks that one asking worker is tried against in one queue before it is left for the next turn.",
  },
  mixRounds: {
    value: 2,
    why: "A task that somebody has begun waits for so many rounds of asks on average while there are fresh ones: enough others ask meanwhile that friends who ask together seldom check each other, and an audit comes after two task lengths.",
  },
  begunDrawsMax: {
    value: 16,
    why: "Draws among begun tasks before all of them are gone through: with more than a few operators nearly every one fits.",
  },
  oldestBegunMax: { value: 4, why: "The oldest begun tasks that are looked at for their deadline with each ask." },
  leasesPerFrameMax: { value: 128, why: "Leases for one worker in one frame." },
  creditTasksMin: {
    value: 64,
    why: "Least number of tasks that a credit covers, money permitting: fewer would put blocks on a task's way.",
  },
  creditLowLeases: {
    value: 8,
    why: "A worker with credit for fewer leases than this is topped up ahead, so that it need not wait for a block.",
  },
  anchorMarginMs: {
    value: 30 * second,
    why: "Before an escrow's deadline: time to anchor and to allot, so no job's deadline lies later than this before it.",
  },
  renewMs: { value: minute, why: "An allotment that ends within this is renewed before it is used." },
  allotmentMs: {
    value: 5 * minute,
    why: "How long an allotment lasts: the time for which a worker that leaves can keep money from others.",
  },
  pledgeLeases: {
    value: 16,
    why: "Leases that a pledge is asked for at a time: fewer would ask often, more would tie up stake that serves nobody.",
  },
  pledgeAskMs: {
    value: 15 * second,
    why: "After a question for a pledge that stayed without one, the next waits so long, and longer each time.",
  },
  pledgeAskDoublings: { value: 6, why: "Silence doubles that pause so often at most: a quarter of an hour." },
  pledgeValidMs: {
    value: 5 * minute,
    why: "How long a signed pledge is good: some blocks, with an outage of the chain's node between.",
  },
  releasesMax: {
    value: 16,
    why: "Pledges of one escrow that are released at a time: as many more are sent when these are confirmed.",
  },
  disputesMax: {
    value: 32,
    why: "Disputes that this coordinator has open at a time: each ties up a bond of its own money until it is over, and what waits longer than its escrow lasts is not fined at all.",
  },
  workersPerCallMax: { value: 250, why: "Workers in one `allot` or `payBatch`: fits a block with room." },
  runTasks: {
    value: 1_024,
    why: "Settled results whose tree is hashed in one turn, and that become final in one; a power of two, so that such runs are subtrees of a batch.",
  },
  batchTasksMax: {
    value: 131_072,
    why: "Most results under one anchored root, whole runs: at a million tasks more roots than these would cost more gas than paying the workers.",
  },
  batchEveryMs: {
    value: 10 * minute,
    why: "While jobs run, results are anchored no more often, and only when there is a whole run of them; a job's end anchors the rest.",
  },
  chainRetryMs: { value: 5 * second, why: "A refused transaction of an escrow is tried again after this." },
  payGatherMs: { value: 500, why: "Pay that falls due while a job runs is gathered for so long." },
  retentionMs: { value: 7 * day, why: "Closed escrows with their jobs, results and receipts are kept for so long." },
  escrowIdleMs: { value: 10 * minute, why: "An escrow without jobs for so long is paid out and closed." },
  operatorSharePercent: {
    value: 25,
    why: "Most of a job's leases that one operator gets while enough others work on it: what a coalition holds of a job is what it can spoil.",
  },
  shareOperatorsMin: {
    value: 8,
    why: "The cap on an operator's share holds only while so many operators work on the job: with fewer it would leave slots empty.",
  },
  strangersSharePercent: {
    value: 25,
    why: "Most of a job's leases that operators without a sufficient pledge get together while enough others work on it: names are free, so they share one part.",
  },
  drawNewcomerPercent: {
    value: 10,
    why: "Weight of all operators without a pledge together in the draw among near-best candidates, percent of the largest one's: newcomers get work, and a thousand names no more than one.",
  },
  drawCap: {
    value: 90,
    why: "Pledge beyond this adds no weight in the draw, in whole tokens: one name can't buy all of it.",
  },
  distinctWaitMs: {
    value: 2 * second,
    why: "A replica that would share a subnet with the task's others waits so long for a worker elsewhere, where the terms ask for that and there is one: longer would stall jobs of small networks.",
  },
  backingWaitMs: {
    value: 10 * second,
    why: "An audit or a fresh replica waits so long for an operator whose pledge covers the fine, where one is here: strangers without a stake confirm each other's lies. Longer than most leases, shorter than the wait for any auditor.",
  },
  strangersReservePercent: {
    value: 50,
    why: "Part of the money in reserve for checks that answers without a pledge behind them may need, which are all checked: the rest is for newcomers who have pledged and for the lottery. Else a swarm without a stake would use it up, and what it says then would settle unchecked.",
  },
  strangersWaitMs: {
    value: 30 * second,
    why: "Without money for one more such check, fresh tasks wait so long for somebody who has pledged while none is at work; then anybody gets them, and audits that can't be paid are recorded as missed. Longer than a pledge needs to reach the chain.",
  },
  challengeEveryMs: {
    value: 6 * hour,
    why: "At a random moment within each such span the idle workers of one operator, drawn at random, are challenged together; 0 for never.",
  },
  challengeSize: { value: 256, why: "Rows of a challenge's matrices: the answer has 192 KiB." },
  challengeFactors: {
    value: 64,
    why: "Products in a row: two seconds on one core, beside which frames and starts count little, and some forty milliseconds of ours, in a thread, for each lane of an answer.",
  },
  challengeRounds: {
    value: 3,
    why: "An operator with several workers is challenged so often in a row, and the best round counts: machines are busy now and then, one box that poses as many is short of time in each.",
  },
  challengeAgainMs: {
    value: 8 * minute,
    why: "Between one and two of these lie between two rounds: longer than workers rest after the longest challenge.",
  },
  challengeLanesMax: { value: 4, why: "Cores of a worker that are challenged at once." },
  challengeBaseMs: {
    value: second,
    why: "Time for an answer beside four times what its computation takes by the worker's own figure.",
  },
  challengeMsMax: { value: minute, why: "Most time for an answer, and the time of a worker that told no figure." },
  challengeWorkersMax: {
    value: 64,
    why: "Workers of one operator that are challenged at once: their answers are checked in one thread.",
  },
  paceMsMin: {
    value: 2 * second,
    why: "Answers of two operators to one task say nothing about their speed when both took less: frames and starts take a part of that.",
  },
  paceAnswersMin: { value: 5, why: "Shared answers before a worker's pace is known." },
  paceOperatorsMin: {
    value: 3,
    why: "Operators that a worker must have been compared with: the one in the middle counts, so that a single one can't make another look slow.",
  },
  checkpointOperatorsMin: {
    value: 2,
    why: "Operators that must have told the same checkpoint before another worker goes on from it: one alone could poison it.",
  },
  memoryKillsMin: {
    value: 2,
    why: "Tasks that a worker was killed at for want of memory that it claims, and that others finished, before it gets no more that need as much.",
  },
  observedMs: {
    value: day,
    why: "How long a slow pace and want of memory count without new signs of them: machines change, and have other work at other hours.",
  },
  reputationHalfLifeMs: {
    value: 14 * day,
    why: "What an operator did so long ago counts half: machines and owners change, and a good name must not be worth selling.",
  },
} satisfies Readonly<Record<string, { readonly value: number; readonly why: string }>>;

/** The values by name. */
export type CoordinatorPolicy = { readonly [Name in keyof typeof policyTable]: number };

/** The values of the table. */
export const defaultPolicy = Object.fromEntries(
  Object.entries(policyTable).map(([name, { value }]) => [name, value]),
) as CoordinatorPolicy;
