// What goes wrong in a run and how often, drawn from its seed; and the count of what really went wrong.
import type { RandomStream } from "@starling/kernel";

/** Every kind of fault. A batch in which one of them never fired has not tested it, and fails. */
export type FaultKind =
  | "messageLost"
  | "messageDuplicated"
  | "messageReordered"
  | "partition"
  | "streamBroken"
  | "coordinatorCrash"
  | "workerCrash"
  | "tornWrite"
  | "reorg"
  | "transactionLost"
  | "chainDown"
  | "wrongAnswer"
  | "slowRun"
  | "flap"
  | "applicationFailure"
  | "infrastructureFailure";

export const faultKinds: readonly FaultKind[] = [
  "messageLost",
  "messageDuplicated",
  "messageReordered",
  "partition",
  "streamBroken",
  "coordinatorCrash",
  "workerCrash",
  "tornWrite",
  "reorg",
  "transactionLost",
  "chainDown",
  "wrongAnswer",
  "slowRun",
  "flap",
  "applicationFailure",
  "infrastructureFailure",
];

/** Chances per thousand of each opportunity. */
export type FaultPlan = Readonly<Record<FaultKind, number>>;

/** Upper ends of the chances: high enough that a run of a few seconds meets most of them. */
const HIGHEST: FaultPlan = {
  messageLost: 15,
  messageDuplicated: 30,
  messageReordered: 60,
  partition: 8,
  streamBroken: 8,
  coordinatorCrash: 4,
  workerCrash: 3,
  tornWrite: 500,
  reorg: 60,
  transactionLost: 80,
  chainDown: 30,
  wrongAnswer: 500,
  slowRun: 200,
  flap: 60,
  applicationFailure: 15,
  infrastructureFailure: 25,
};

/** Each run draws its own mix: some faults are off, so that rare orders of the others show too. */
export function drawFaultPlan(random: RandomStream): FaultPlan {
  const plan: Record<string, number> = {};
  for (const kind of faultKinds) plan[kind] = random.chance(1, 4) ? 0 : 1 + random.below(HIGHEST[kind]);
  return plan as FaultPlan;
}

/** Draws faults while they are on, and counts them. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #random: RandomStream;
  readonly fired: Record<FaultKind, number>;
  #on = true;

  constructor(plan: FaultPlan, random: RandomStream) {
    this.#plan = plan;
    this.#random = random;
    this.fired = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  /** Whether this fault happens now. */
  strikes(kind: FaultKind): boolean {
    if (!this.#on || !this.#random.chance(this.#plan[kind], 1_000)) return false;
    this.fired[kind] += 1;
    return true;
  }

  /** Counts a fault that somebody else decided on. */
  count(kind: FaultKind): void {
    this.fired[kind] += 1;
  }

  get isOn(): boolean {
    return this.#on;
  }

  /** From now on nothing fails any more: liveness is demanded. */
  stop(): void {
    this.#on = false;
  }
}
