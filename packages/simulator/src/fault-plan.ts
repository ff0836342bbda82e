// What goes wrong in a run and how often, drawn from its seed; and the count of what really went wrong.
import type { RandomStream } from "@starling/kernel";

/** Highest chance per thousand of each opportunity; zero where a worker's behaviour decides instead of a draw. */
const HIGHEST = {
  /** A frame vanishes although its stream stands. */
  messageLost: 15,
  /** A frame arrives twice. */
  messageDuplicated: 30,
  /** A frame arrives after one that was sent later. */
  messageReordered: 60,
  /** Frames of one direction, or of both, vanish for a while; then the stream breaks. */
  partition: 6,
  /** A stream breaks and both ends are told. */
  streamBroken: 8,
  /** One end learns of a break much later than the other. */
  breakUnnoticed: 200,
  coordinatorCrash: 4,
  workerCrash: 3,
  /** A crash before the turn's facts were on disk: nothing of the turn is left. */
  tornWrite: 500,
  /** A crash after a part of the turn's effects, or all of them, have left. */
  crashAmidEffects: 900,
  /** A daemon that died comes back only after a minute or so. */
  longOutage: 100,
  /** A daemon takes no turn for a while, as under swapping or a slow disk. */
  stall: 2,
  /** The wall clock of a daemon is off after a restart. */
  clockJump: 300,
  reorg: 60,
  /** A reorg that takes back what was confirmed. */
  deepReorg: 3,
  /** The pool forgets a transaction that it took. */
  transactionLost: 80,
  /** The chain's node answers nobody for a while. */
  chainDown: 30,
  /** A worker cashes its voucher itself. */
  voucherCashed: 40,
  /** A worker gives the unused rest of its allotment back while it still works. */
  allotmentReturned: 3,
  applicationFailure: 15,
  infrastructureFailure: 25,
  /** An answer was revealed, but the bytes of its output never arrived. */
  outputLost: 15,
  wrongAnswer: 0,
  /** Two workers of one operator give the same wrong answer. */
  collusion: 0,
  /** A worker reveals something else than it committed to. */
  falseReveal: 0,
  /** A worker shows its answer before the commit set is closed. */
  earlyReveal: 0,
  /** A worker accepts and beats, but says nothing of its result. */
  resultWithheld: 0,
  slowRun: 0,
  flap: 0,
  /** A worker leaves for ever. */
  desertion: 0,
  /** A worker that was long honest makes an answer up. */
  sleeperLie: 0,
  /** A worker reckons whether a lie pays. */
  profitWeighed: 0,
  /** A worker fakes a part of its answers. */
  partialFake: 0,
  /** Colluders hold all replicas of a task and give the same wrong answer. */
  opportunism: 0,
  /** A worker looks for the answer in all that it has read; and finds or guesses the right one. */
  copyTried: 0,
  copyRight: 0,
  /** A worker that was told that it audits somebody honest contradicts him. */
  framing: 0,
  /** Two different commitments for one lease. */
  equivocation: 0,
  /** A worker accepts and beats, and never finishes. */
  workStalled: 0,
  /** A worker looks at the closed set before it decides whether to reveal. */
  revealWithheldBySet: 0,
  /** A worker is leased work by its own payer. */
  farming: 0,
  /** A worker picks the leases that it accepts. */
  cherryPicked: 0,
  /** A worker sends an old frame again. */
  frameReplayed: 0,
  /** The coordinator keeps verdicts and vouchers to itself. */
  verdictDropped: 20,
  /** The coordinator shows members of one set different lists. */
  commitSetForked: 20,
  /** A program's output depends on the machine. */
  machineDependence: 0,
  /** A wrong result was settled, as its level allows: all who answered lied, and no audit was drawn. */
  wrongSettled: 0,
  /** A program fails wherever it runs. */
  poison: 0,
  /** A program gives another result each time. */
  nondeterminism: 0,
  /** An owner wants his machine back for a while, once a second and worker; pauses it, or drains it. */
  ownerReclaimed: 10,
  ownerPaused: 6,
  ownerDrained: 3,
  /** A registry does not give the image of a lease to a machine. */
  imageUnavailable: 10,
};

/** Every kind of fault. A batch in which one of them never fired has not tested it, and fails. */
export type FaultKind = keyof typeof HIGHEST;

export const faultKinds = Object.keys(HIGHEST) as readonly FaultKind[];

/** What somebody does who wants to gain by it or to do harm. */
export const attackKinds = [
  "wrongAnswer",
  "collusion",
  "falseReveal",
  "earlyReveal",
  "resultWithheld",
  "sleeperLie",
  "profitWeighed",
  "partialFake",
  "opportunism",
  "copyTried",
  "framing",
  "equivocation",
  "workStalled",
  "revealWithheldBySet",
  "farming",
  "cherryPicked",
  "frameReplayed",
  "verdictDropped",
  "commitSetForked",
  "machineDependence",
  "nondeterminism",
] as const satisfies readonly FaultKind[];

export type AttackKind = (typeof attackKinds)[number];

/** Chances per thousand of each opportunity. */
export type FaultPlan = Readonly<Record<FaultKind, number>>;

/** Nothing fails by itself: for hand-written cases, which switch on what they are about. */
export const noFaults: FaultPlan = planOf(() => 0);

/** Every fifth run is a storm, in which faults are so many times as frequent. */
const STORM_TIMES = 5;

/** Each run draws its own mix: some faults are off, so that rare orders of the others show too. */
export function drawFaultPlan(random: RandomStream): FaultPlan {
  const times = random.chance(1, 5) ? STORM_TIMES : 1;
  return planOf((kind) =>
    HIGHEST[kind] === 0 || random.chance(1, 4) ? 0 : Math.min(1_000, times * (1 + random.below(HIGHEST[kind]))),
  );
}

function planOf(chanceOf: (kind: FaultKind) => number): FaultPlan {
  return Object.fromEntries(faultKinds.map((kind) => [kind, chanceOf(kind)])) as Record<FaultKind, number>;
}

/** Draws faults while they are on, and counts those that took effect. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #random: RandomStream;
  readonly fired: Record<FaultKind, number>;
  #on = true;

  constructor(plan: FaultPlan, random: RandomStream) {
    this.#plan = plan;
    this.#random = random;
    this.fired = { ...noFaults };
  }

  /** Whether this fault happens now; whoever asks counts it when it takes effect. */
  draws(kind: FaultKind, random = this.#random): boolean {
    return this.#on && this.#plan[kind] > 0 && random.chance(this.#plan[kind], 1_000);
  }

  /** Whether this fault happens now; counted at once. Faults with a stream of their own leave the draws of the others alone. */
  strikes(kind: FaultKind, random = this.#random): boolean {
    const isStruck = this.draws(kind, random);
    if (isStruck) this.count(kind);
    return isStruck;
  }

  /** Counts a fault that somebody else decided on. */
  count(kind: FaultKind): void {
    this.fired[kind] += 1;
  }

  get isOn(): boolean {
    return this.#on;
  }

  /** From now on nothing fails any more and everybody behaves: liveness is demanded. */
  stop(): void {
    this.#on = false;
  }
}
