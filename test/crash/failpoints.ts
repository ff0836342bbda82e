// Where the daemons are killed: every failpoint of the engine, and before and after every effect that a job with a liar has.

/** One place and the hit at which it kills. */
export interface Kill {
  readonly failpoint: string;
  readonly hit: number;
}

/** Failpoints of a turn. Hits are drawn: the job is somewhere else each time. */
const turn = ["engine.beforeDecide", "engine.beforeAppend", "engine.afterAppend", "engine.afterAnswer"];

const around = (effect: string): readonly string[] => [`effect.${effect}.before`, `effect.${effect}.after`];

/** In the order in which a job meets them, so that one job passes many. */
export const coordinatorFailpoints: readonly string[] = [
  "engine.afterRecovery",
  ...turn,
  ...["sendLeases", "sendCommitSets", "sendVerdicts", "sendVoucher", "indexer", "sender", "signAnchor"].flatMap(around),
];

/** In the order in which a worker meets them. */
export const workerFailpoints: readonly string[] = [
  "engine.afterRecovery",
  ...turn,
  ...["sendAsk", "refreshAllotment", "sendAccepts", "runLease", "sendCommits", "sendReveals"].flatMap(around),
];

/** Draws the hits: the first few of an effect, any of a turn's many. */
export function killsAt(failpoints: readonly string[], random: () => number): readonly Kill[] {
  return failpoints.map((failpoint) => {
    const most = failpoint === "engine.afterRecovery" ? 1 : turn.includes(failpoint) ? turnHitsMax : effectHitsMax;
    return { failpoint, hit: 1 + Math.floor(random() * most) };
  });
}

const turnHitsMax = 12;
const effectHitsMax = 2;

/** The environment that arms it. */
export function armed({ failpoint, hit }: Kill): Readonly<Record<string, string>> {
  return { STARLING_TEST_MODE: "1", STARLING_FAILPOINTS: `${failpoint}=kill@${hit}` };
}
