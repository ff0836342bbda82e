// Where the daemons are killed: every failpoint of the engine, and before and after every effect that a job with a liar has.

/** Whether the long form was asked for: `npm run test:full`. */
export const isFull = process.env.STARLING_TEST_FULL === "1";
const fullRounds = 8;

/** One place and the hit at which it kills. */
export interface Kill {
  readonly failpoint: string;
  readonly hit: number;
}

/** Failpoints of a turn. Hits are drawn: the job is somewhere else each time. */
const turn = ["engine.beforeDecide", "engine.beforeAppend", "engine.afterAppend", "engine.afterAnswer"];

const around = (effect: string): readonly string[] => [`effect.${effect}.before`, `effect.${effect}.after`];

/** Met once per life: a start, or the first snapshot, which has to come early for that. */
const rare = ["engine.afterRecovery", "engine.beforeSnapshot", "engine.afterSnapshot"];
const earlySnapshot = { STARLING_SNAPSHOT_FACTS: "25" };

/** In the order in which a job meets them, so that one job passes many. */
export const coordinatorFailpoints: readonly string[] = [
  ...rare,
  ...turn,
  ...["publishOffer", "sendLeases", "sendCommitSets", "sendVerdicts"].flatMap(around),
  ...["sendVoucher", "indexer", "sender", "signAnchor"].flatMap(around),
];

/** In the order in which a worker meets them. */
export const workerFailpoints: readonly string[] = [
  ...rare,
  ...turn,
  ...["sendAsk", "refreshAllotment", "sendAccepts", "runLease", "sendBeat", "sendCommits", "sendReveals"].flatMap(
    around,
  ),
];

/** What a coordinator does for sure only when a job is cancelled while its leases run. */
export const cancelFailpoints: readonly string[] = around("sendRevokes");

/** What a worker does only when a program fails. */
export const failureFailpoints: readonly string[] = around("sendFailures");

/** Each failpoint once, several times in the full run. Hits are drawn: the first few of an effect, any of a turn's many. */
export function killsAt(failpoints: readonly string[], random: () => number): readonly Kill[] {
  const all = Array.from({ length: isFull ? fullRounds : 1 }, () => failpoints).flat();
  return all.map((failpoint) => {
    const most = rare.includes(failpoint) ? 1 : turn.includes(failpoint) ? turnHitsMax : effectHitsMax;
    return { failpoint, hit: 1 + Math.floor(random() * most) };
  });
}

const turnHitsMax = 12;
const effectHitsMax = 2;

/** The environment that arms it. */
export function armed({ failpoint, hit }: Kill): Readonly<Record<string, string>> {
  const snapshots = failpoint.endsWith("Snapshot") ? earlySnapshot : {};
  return { STARLING_TEST_MODE: "1", STARLING_FAILPOINTS: `${failpoint}=kill@${hit}`, ...snapshots };
}
