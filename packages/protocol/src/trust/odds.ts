// What trust holds against and what it costs, as exact fractions: the closed forms that `job plan` prints and that tests compare
// with measurements. Every share and rate is parts per million. Nothing here decides anything.
import { assert } from "@starling/kernel";
import { ppm, type TrustTerms } from "./terms.ts";

/** An exact, reduced fraction that is not negative: probabilities of a billionth do not survive in parts per million. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const million = BigInt(ppm);

/** The fraction in lowest terms. */
export function fraction(numerator: bigint, denominator: bigint): Fraction {
  assert(numerator >= 0n && denominator > 0n, "a fraction is not negative");
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

/** The fraction as a float, for display alone; keeps all digits of a double however small it is. */
export function fractionNumber({ numerator, denominator }: Fraction): number {
  if (numerator === 0n) return 0;
  let scaled = numerator;
  let tens = 0;
  while (scaled / denominator < 10n ** 17n) {
    scaled *= 10n;
    tens += 1;
  }
  return Number(`${scaled / denominator}e-${tens}`);
}

/**
 * The chance that a wrong result of an attacked task is accepted and stays: `p^R (1 - s (1 - p))`. The adversary is one coalition that
 * holds the share p of what is drawn, answers alike, and cheats only where it holds all R replicas; an audit finds it unless the auditor
 * belongs to it; whoever rules on a mismatch is honest. (Reference: unanimity with a referee, and the lottery on top.)
 */
export function escapeOdds(
  { replicas, auditPpm }: Pick<TrustTerms, "replicas" | "auditPpm">,
  colluding: number,
): Fraction {
  checkShare(colluding);
  const p = BigInt(colluding);
  const missed = million * million - BigInt(auditPpm) * (million - p);
  return fraction(p ** BigInt(replicas) * missed, million ** BigInt(replicas + 2));
}

/** The chance that all replicas of a task go to the coalition when they are drawn without replacement from so many operators of equal weight. */
export function captureOdds(
  replicas: number,
  { operators, colluding }: { readonly operators: number; readonly colluding: number },
): Fraction {
  assert(replicas > 0 && operators >= replicas, `${operators} operators cannot hold ${replicas} replicas`);
  let [numerator, denominator] = [1n, 1n];
  for (let i = 0; i < replicas; i += 1) {
    numerator *= BigInt(Math.max(0, colluding - i));
    denominator *= BigInt(operators - i);
  }
  return fraction(numerator, denominator);
}

/** Wrong results that such a coalition gets through, on average, before its first one is found: `(1 - s) / s` with `s = audit rate (1 - p)`. */
export function wrongBeforeCaught(auditPpm: number, colluding: number): Fraction {
  checkShare(colluding);
  const found = BigInt(auditPpm) * (million - BigInt(colluding));
  assert(found > 0n, "without audits by honest operators nobody is found");
  return fraction(million * million - found, found);
}

/** What a job of so many tasks runs, audits included. */
export interface PaidCompute {
  readonly tasks: number;
  /** Tasks that are audited whatever the lottery says: answers of operators in probation or with too small a pledge, and canaries. */
  readonly alwaysAudited: number;
}

/** Paid replicas of a job, audits included, in millionths of a replica: `tasks R + always + (tasks - always) s`. Mismatches are not in it. */
export function paidReplicasPpm(
  { replicas, auditPpm }: Pick<TrustTerms, "replicas" | "auditPpm">,
  { tasks, alwaysAudited }: PaidCompute,
): bigint {
  const always = BigInt(Math.min(tasks, alwaysAudited));
  const all = BigInt(tasks);
  return all * BigInt(replicas) * million + always * million + (all - always) * BigInt(auditPpm);
}

/** What a cheater who wants money weighs, in base units. */
export interface Temptation {
  /** Price of the replica. It is paid at acceptance and not taken back, and cheating saves all of its cost: the worst case for us. */
  readonly price: bigint;
  /** What the lease says a wrong answer costs. */
  readonly fine: bigint;
  /** Chance that the answer is run once more: the lottery's rate, or a million where it is always checked. */
  readonly auditPpm: number;
  /** Share of the coalition to which the auditor may belong, and which holds the task's other replicas. */
  readonly colluding: number;
}

/**
 * What cheating brings one replica more than honest work, in base units rounded down; below zero it is a loss:
 * `price + (1 - s) g / R - s fine` with `s = audit rate (1 - p)`, and g the price times `valueTimes`. It is the coalition's best case: it holds
 * all replicas, so only an audit can find it. (Reference: when is cheating irrational, with pay that is kept.)
 */
export function cheatersGain(
  { replicas, valueTimes }: Pick<TrustTerms, "replicas" | "valueTimes">,
  { price, fine, auditPpm, colluding }: Temptation,
): bigint {
  checkShare(colluding);
  const whole = million * million;
  const found = BigInt(auditPpm) * (million - BigInt(colluding));
  const parts = BigInt(replicas);
  const value = price * BigInt(valueTimes);
  return floor(price * whole * parts + (whole - found) * value - found * fine * parts, whole * parts);
}

/**
 * What cheating brings whoever has nothing at stake, where his answer is run once more in any case and paid with that check and not before:
 * `p (price + g / R)`, base units rounded up, since only an accomplice confirms it.
 */
export function strangersGain(
  { replicas, valueTimes }: Pick<TrustTerms, "replicas" | "valueTimes">,
  { price, colluding }: Pick<Temptation, "price" | "colluding">,
): bigint {
  checkShare(colluding);
  const parts = BigInt(replicas);
  const won = BigInt(colluding) * price * (parts + BigInt(valueTimes));
  return (won + million * parts - 1n) / (million * parts);
}

/** From which value of one wrong result on cheating pays for the coalition as a whole, base units rounded down; null when nothing deters it. */
export function breakEvenValue(
  { replicas }: Pick<TrustTerms, "replicas">,
  { price, fine, auditPpm, colluding }: Temptation,
): bigint | null {
  checkShare(colluding);
  const whole = million * million;
  const found = BigInt(auditPpm) * (million - BigInt(colluding));
  const lost = found * fine - whole * price;
  assert(found < whole, "where every wrong answer is found, no value tempts");
  return lost < 0n ? null : (lost * BigInt(replicas)) / (whole - found);
}

function checkShare(share: number): void {
  assert(Number.isSafeInteger(share) && share >= 0 && share < ppm, `${share} is not a share in parts per million`);
}

// Towards minus infinity, so that a loss is never shown too small.
function floor(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
