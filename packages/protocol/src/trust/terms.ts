// What a job's trust means in numbers: replicas, audit rate, who must be distinct, what a wrong result is worth.
import { canonicalJson } from "../canonical.ts";
import type { Trust, TrustLevel } from "../job.ts";
import type { Comparator } from "./comparator.ts";

/** What two answers of one task must not share. The operator is always one of them: addresses and subnets are cheap, stake is not. */
export type Distinct = (typeof distinctions)[number];

/** Every distinction, in the order in which a spec names them. */
export const distinctions = ["operator", "subnet", "hardware"] as const;

/** The levels, the cheapest first. */
export const trustLevels = ["spot", "quorum", "strong"] as const;

/** A trust choice, resolved. */
export interface TrustTerms {
  /** Answers on distinct operators that must agree before anything is accepted. */
  readonly replicas: number;
  /** Chance in parts per million that the lottery has an accepted result run once more. */
  readonly auditPpm: number;
  readonly distinct: readonly Distinct[];
  /** What an accepted wrong result is worth to a cheater beside the price that he saves, as a multiple of the price. */
  readonly valueTimes: number;
  /** Comparators by output name; an output that is not named is compared exactly. */
  readonly compare: Readonly<Record<string, Comparator>>;
}

/** A million: rates are integers, since decisions are made without floats. */
export const ppm = 1_000_000;

/**
 * The lottery never stops (BOINC's adaptive replication and iExec's weights do, and a sleeper waits for just that). A job
 * of one replica is audited at least at this rate: at half a percent a cheater is caught within 200 results on average.
 */
export const auditPpmMin = 5_000;

/** Replicas find all but coalitions; below a tenth of a percent the lottery finds none of those, and fines pass 2,000 prices. */
export const replicatedAuditPpmMin = 1_000;

/** `spot`: with probation and retro-checks this stays under 1.07x paid compute, and the fine stays near 50 prices. */
export const spotAuditPpm = 40_000;

/** On top of replicas: a coalition that holds a whole replica set is seen by nothing else. Enough to make that a loss. */
export const replicatedAuditPpm = 10_000;

/**
 * Operators that are asked, one after the other, to confirm a referee that contradicts everybody. If none of them does, the program is
 * to blame. With one, three liars could end a job that way, and be paid for it.
 */
export const confirmersMax = 3;

/** Replicas that a job may ask for: at 10 % colluding operators six give 1e-6; more buys nothing that stake does not. */
export const replicasMax = 8;

/** More than a million prices is no claim about a result's worth, and would ask for a stake that nobody has. */
export const valueTimesMax = 1_000_000;

const levels: Readonly<Record<TrustLevel, Omit<TrustTerms, "compare">>> = {
  spot: { replicas: 1, auditPpm: spotAuditPpm, distinct: ["operator"], valueTimes: 0 },
  quorum: { replicas: 2, auditPpm: replicatedAuditPpm, distinct: ["operator"], valueTimes: 0 },
  strong: { replicas: 3, auditPpm: replicatedAuditPpm, distinct: ["operator", "subnet", "hardware"], valueTimes: 0 },
};

/** The terms of a level or of trust that is spelled out. */
export function trustTerms(trust: Trust): TrustTerms {
  if (typeof trust === "string") return { ...levels[trust], compare: {} };
  const { replicas, auditPpm, distinct, valueTimes, compare } = trust;
  return { replicas, auditPpm, distinct, valueTimes, compare };
}

/** The least audit rate with so many replicas, in parts per million. */
export function auditFloor(replicas: number): number {
  return replicas === 1 ? auditPpmMin : replicatedAuditPpmMin;
}

/** The one form of these terms: a level's name where they are a level's, so that one meaning has one digest. */
export function trustOf(terms: TrustTerms): Trust {
  const { replicas, auditPpm, distinct, valueTimes, compare } = terms;
  const spelledOut = { replicas, auditPpm, distinct, valueTimes, compare };
  const text = canonicalJson(spelledOut);
  return trustLevels.find((level) => canonicalJson(trustTerms(level)) === text) ?? spelledOut;
}

/** How an output is compared, by its name. */
export function comparatorOf({ compare }: Pick<TrustTerms, "compare">, output: string): Comparator {
  // Names are the author's: "constructor" is one, and no comparator.
  return (Object.hasOwn(compare, output) ? compare[output] : undefined) ?? { kind: "exact" };
}

/** A word for people: the level, or `custom`. */
export function trustName(trust: Trust): string {
  return typeof trust === "string" ? trust : "custom";
}
