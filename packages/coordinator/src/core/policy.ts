// The coordinator's tunables, each with its reason. Durations are milliseconds.
import { day, type Millis, minute, second } from "@starling/kernel";

/** How long things may wait, how often they are tried, and how many there may be. */
export interface CoordinatorPolicy {
  /** An offered lease that nobody accepts by then goes elsewhere: longer than the worker's own wait for its allotment. */
  readonly acceptMs: Millis;
  /** Fetching inputs, starting the sandbox and sending the commitment, on top of the program's own time limit. */
  readonly commitGraceMs: Millis;
  /** From the closed commit set to the reveal, for small outputs. */
  readonly revealMs: Millis;
  /** Added to `revealMs` for each MiB that the outputs may have: a slow uplink of about 10 Mbit/s. */
  readonly revealPerMiBMs: Millis;
  /** Heartbeat period that workers are told. */
  readonly beatEveryMs: Millis;
  /** A worker that is silent for so many periods is lost. */
  readonly beatsMissedMax: number;
  /** How long a worker may be away after its stream broke before its leases are taken back. */
  readonly goneGraceMs: Millis;
  /** After a start nobody is connected: workers get so long to come back before their leases are taken back. */
  readonly restartGraceMs: Millis;
  /** Lost, expired and failed leases of one task before the job is given up; mismatches are not counted. */
  readonly failuresMax: number;
  /** The same application failure on so many operators is the program's fault. */
  readonly poisonOperators: number;
  /** How long a mismatch waits for a busy referee before fresh replicas decide instead. */
  readonly refereeWaitMs: Millis;
  /** How long fresh replicas may wait for unused operators before the task is disputed. */
  readonly freshWaitMs: Millis;
  /**
   * An accepted result is provisional for so long: the time in which a worker that is caught elsewhere has this result checked
   * again. The longer, the more of what a cheater did is found; the shorter, the sooner a job is done. A few task lengths.
   */
  readonly finalityMs: Millis;
  /** Windows end on multiples of this, so that one turn settles many results. */
  readonly settleGridMs: Millis;
  /** How long an audit waits for an operator that has not answered the task: a dozen offers on gossip, so whoever is there has heard. */
  readonly auditWaitMs: Millis;
  /** Checks that an operator must pass in a class before its results are left to the lottery: cheating now and then is found before. */
  readonly probationChecks: number;
  /** First tasks of a job without replicas that are run twice: a payer learns of a program that is not deterministic before he pays for all of it. */
  readonly canaries: number;
  /** For so long after a lost lease the task is kept from the same operator, so that others come first. */
  readonly avoidMs: Millis;
  /** A worker that declined for want of capacity is left alone for so long, unless it asks again. */
  readonly declinePauseMs: Millis;
  /** A worker that declined a step for what it needs or pays is not offered that step again before this. */
  readonly declineSkipMs: Millis;
  /** A lease that is gone, failed or lost in a row this often suspends its worker. */
  readonly suspendAfter: number;
  /** First suspension; doubles with each further fault. */
  readonly suspendMs: Millis;
  /** Longest suspension. */
  readonly suspendMsMax: Millis;
  /** Tasks that exist at least per job while more are to come; the rest of a million costs nothing. */
  readonly windowTasksMin: number;
  /** Tasks that wait per connected worker: enough to keep every slot busy while results travel. */
  readonly windowPerWorker: number;
  /** Tasks that come into being in one turn; the rest follows in the next ones. */
  readonly windowStepMax: number;
  /** Jobs of one payer that are not ended. */
  readonly openJobsPerPayerMax: number;
  /** Workers that are remembered; the rest is refused. */
  readonly workersMax: number;
  /** Replicas that wait so long without an asker are offered on gossip. */
  readonly offerAfterMs: Millis;
  /** At most one offer per job in this time. */
  readonly offerEveryMs: Millis;
  /** How long an offer is valid. */
  readonly offerTtlMs: Millis;
  /** Candidates within so many percent of the cheapest are equals, and one is drawn. */
  readonly nearBestPercent: number;
  /** Idle workers that are looked at before all of them are. */
  readonly probes: number;
  /** Tasks that one asking worker is tried against in one queue before it is left for the next turn. */
  readonly scanMax: number;
  /** Leases for one worker in one frame. */
  readonly leasesPerFrameMax: number;
  /** Least number of tasks that a credit covers, money permitting: fewer would put blocks on a task's way. */
  readonly creditTasksMin: number;
  /** Before an escrow's deadline: time to anchor and to allot, so no job's deadline lies later than this before it. */
  readonly anchorMarginMs: Millis;
  /** An allotment that ends within this is renewed before it is used. */
  readonly renewMs: Millis;
  /** How long an allotment lasts: the time for which a worker that leaves can keep money from others. */
  readonly allotmentMs: Millis;
  /** Workers in one `allot` or `payBatch`: fits a block with room. */
  readonly workersPerCallMax: number;
  /** Accepted tasks in one anchored batch; bounds the work of one turn. */
  readonly batchTasksMax: number;
  /** A refused transaction of an escrow is tried again after this. */
  readonly chainRetryMs: Millis;
  /** Pay that falls due while a job runs is gathered for so long. */
  readonly payGatherMs: Millis;
  /** Closed escrows with their jobs, results and receipts are kept for so long. */
  readonly retentionMs: Millis;
  /** An escrow without jobs for so long is paid out and closed. */
  readonly escrowIdleMs: Millis;
}

/** Values for a devnet and a small network. */
export const defaultPolicy: CoordinatorPolicy = {
  acceptMs: 10 * second,
  commitGraceMs: 30 * second,
  revealMs: 30 * second,
  revealPerMiBMs: second,
  beatEveryMs: 5 * second,
  beatsMissedMax: 3,
  goneGraceMs: 5 * second,
  restartGraceMs: 20 * second,
  failuresMax: 12,
  poisonOperators: 3,
  refereeWaitMs: minute,
  freshWaitMs: minute,
  finalityMs: 5 * second,
  settleGridMs: 50,
  auditWaitMs: 30 * second,
  probationChecks: 20,
  canaries: 2,
  avoidMs: 2 * second,
  declinePauseMs: second,
  declineSkipMs: minute,
  suspendAfter: 3,
  suspendMs: 10 * second,
  suspendMsMax: 5 * minute,
  windowTasksMin: 256,
  windowPerWorker: 16,
  windowStepMax: 1_000,
  openJobsPerPayerMax: 100,
  workersMax: 200_000,
  offerAfterMs: 500,
  offerEveryMs: 2 * second,
  offerTtlMs: 30 * second,
  nearBestPercent: 5,
  probes: 64,
  scanMax: 64,
  leasesPerFrameMax: 128,
  creditTasksMin: 64,
  anchorMarginMs: 30 * second,
  renewMs: minute,
  allotmentMs: 5 * minute,
  workersPerCallMax: 250,
  batchTasksMax: 1_000,
  chainRetryMs: 5 * second,
  payGatherMs: 500,
  retentionMs: 7 * day,
  escrowIdleMs: 10 * minute,
};
