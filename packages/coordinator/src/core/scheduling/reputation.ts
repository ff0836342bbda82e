// What an operator did in a class, fading with time: used to place work and for nothing else. It is never collateral, and earns no trust.
import type { Address, RuntimeClass } from "@starling/protocol";
import { type Lease, lackOf } from "../ledger/lease.ts";
import { operatorIn, type Reputation, type Tally } from "../ledger/operator.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** What can be said of a lease once it is over. */
export type Outcome = keyof Omit<Reputation, "at">;

/** Tallies are kept in thousandths, so that they can fade without floats. */
const unit = 1_000;
const million = 1_000_000;

/** What is assumed, and how pessimistically what is known is read; one table for the code and `--print-config`. */
export const reputationTable = {
  priorGood: {
    value: 9,
    why: "Good outcomes that a stranger is taken to have had before he did anything: with one bad one they are the ten percent that levels of trust are described against.",
  },
  priorBad: { value: 1, why: "Bad outcomes that a stranger is taken to have had." },
  quantileDeviations: {
    value: 12_816,
    why: "Standard deviations below the mean at which a record counts, in ten-thousandths: the 10 % quantile of a normal distribution, near enough to that of a Beta.",
  },
  outcomesMax: {
    value: 1_000_000,
    why: "Outcomes of one kind that are remembered: far more than fade in a half-life, and few enough for exact arithmetic.",
  },
} satisfies Readonly<Record<string, { readonly value: number; readonly why: string }>>;

const prior: Tally = { good: reputationTable.priorGood.value * unit, bad: reputationTable.priorBad.value * unit };

const deviations = { numerator: reputationTable.quantileDeviations.value, denominator: 10_000 };

/** 2^(-k/16) in 65,536ths: a half-life is faded in sixteen steps. */
const fading: readonly number[] = [
  65_536, 62_757, 60_097, 57_549, 55_109, 52_773, 50_535, 48_393, 46_341, 44_376, 42_495, 40_693, 38_968, 37_316,
  35_734, 34_219,
];

const tallyMax = reputationTable.outcomesMax.value * unit;

/** Adds an outcome of a lease to what is known of its operator. Referees are the payer's own and are not counted. */
export function noteOutcome(
  state: CoordinatorState,
  lease: Lease,
  { outcome, isGood, at }: { readonly outcome: Outcome; readonly isGood: boolean; readonly at: number },
): void {
  const job = state.ledger.jobs.get(lease.jobId);
  const task = state.ledger.tasks.get(lease.taskId);
  if (lease.role === "referee" || job === undefined || task === undefined) return;
  const { runtimeClass } = stepSpecOf(job, task.step);
  const { reputation } = operatorIn(state.ledger.operators, lease.operator);
  const faded = fade(reputation.get(runtimeClass) ?? newcomer(at), at, state.config.policy.reputationHalfLifeMs);
  const { good, bad } = faded[outcome];
  const tally = isGood ? { good: Math.min(good + unit, tallyMax), bad } : { good, bad: Math.min(bad + unit, tallyMax) };
  reputation.set(runtimeClass, { ...faded, [outcome]: tally });
}

/** A lease ended without an answer: whether that was the machine's absence, its slowness, or nobody's fault. */
export function noteLoss(state: CoordinatorState, lease: Lease, at: number): void {
  if (lackOf(lease) !== null) return;
  const code = lease.reason?.code ?? "";
  if (lease.state === "expired") noteOutcome(state, lease, { outcome: "onTime", isGood: false, at });
  else if (code === "workerLost" || code === "notHeld" || lease.fault === "infrastructure")
    noteOutcome(state, lease, { outcome: "available", isGood: false, at });
}

/** The answer came, in time and from a machine that was still there; whether it was right is another question. */
export function noteAnswer(state: CoordinatorState, lease: Lease, at: number): void {
  noteOutcome(state, lease, { outcome: "onTime", isGood: true, at });
  noteOutcome(state, lease, { outcome: "available", isGood: true, at });
}

const nothing: Tally = { good: 0, bad: 0 };

function newcomer(at: number): Reputation {
  return { at, correct: nothing, onTime: nothing, available: nothing };
}

/** The tallies as they count at that moment. Time that is less than a step stays for the next time. */
export function fade(reputation: Reputation, at: number, halfLifeMs: number): Reputation {
  const stepMs = Math.max(1, Math.floor(halfLifeMs / fading.length));
  const steps = Math.max(0, Math.floor((at - reputation.at) / stepMs));
  if (steps === 0) return reputation;
  const of = (tally: Tally): Tally => ({ good: faded(tally.good, steps), bad: faded(tally.bad, steps) });
  const { correct, onTime, available } = reputation;
  return { at: reputation.at + steps * stepMs, correct: of(correct), onTime: of(onTime), available: of(available) };
}

function faded(count: number, steps: number): number {
  const halvings = Math.floor(steps / fading.length);
  // Thirty halvings leave nothing of the largest tally.
  if (halvings > 30) return 0;
  const part = Math.floor((count * (fading[steps % fading.length] ?? 0)) / 65_536);
  return Math.floor(part / 2 ** halvings);
}

/** The pessimistic chance of a good outcome, parts per million: the 10 % quantile of what is known, which is low where little is. */
export function quantilePpm({ good, bad }: Tally): number {
  const a = good + prior.good;
  const all = a + bad + prior.bad;
  const mean = Math.floor((a * million) / all);
  const variance = Math.floor((mean * (million - mean) * unit) / (all + unit));
  const spread = Math.floor((root(variance) * deviations.numerator) / deviations.denominator);
  return Math.max(0, mean - spread);
}

/** What a stranger's chance is taken for. */
export const newcomerPpm = quantilePpm(nothing);

/**
 * What each outcome costs when it is bad, in millionths of the price: a wrong answer is paid once more to somebody else; a lease that is lost or
 * late wastes half a run on average, and the payer's time.
 */
const costOfBad: Readonly<Record<Outcome, number>> = { correct: million, onTime: million / 2, available: million / 2 };

/** The outcomes, in the order in which they are told. */
export const outcomes: readonly Outcome[] = ["correct", "onTime", "available"];

/**
 * How much dearer than its price work there is expected to be, in millionths of the price. Only what is worse than a newcomer's counts: if a
 * good record made its owner cheaper, the first few would get everything, and who gets a task could be foretold.
 */
export function surchargePpm(reputation: Reputation | undefined): number {
  if (reputation === undefined) return 0;
  let surcharge = 0;
  for (const outcome of outcomes) {
    // Most have nothing bad in it, and this is asked for every candidate of every draw.
    if (reputation[outcome].bad === 0) continue;
    const worse = Math.max(0, newcomerPpm - quantilePpm(reputation[outcome]));
    surcharge += Math.floor((worse * costOfBad[outcome]) / million);
  }
  return surcharge;
}

/** What is known of the operator in the class, as it counts at that moment; undefined for a newcomer. */
export function reputationOf(
  state: CoordinatorState,
  operator: Address,
  { runtimeClass, at }: { readonly runtimeClass: RuntimeClass; readonly at: number },
): Reputation | undefined {
  const known = state.ledger.operators.get(operator)?.reputation.get(runtimeClass);
  return known === undefined ? undefined : fade(known, at, state.config.policy.reputationHalfLifeMs);
}

// Newton's method from above, on integers: the same on every engine.
function root(value: number): number {
  if (value < 2) return value;
  let guess = value;
  for (let next = Math.floor((guess + 1) / 2); next < guess; next = Math.floor((guess + Math.floor(value / guess)) / 2))
    guess = next;
  return guess;
}
