// What a job's trust means in numbers: replicas, audit rate, who must be distinct, what a wrong result is worth.
import { canonicalJson } from "../canonical.ts";
import type { Trust, TrustLevel } from "../job.ts";
import type { Comparator } from "./comparator.ts";
import { trustTable } from "./constants.ts";

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

/** Least audit rate of a job of one replica, parts per million. */
export const auditPpmMin = trustTable.auditPpmMin.value;

/** Least audit rate of a job with more replicas, parts per million. */
export const replicatedAuditPpmMin = trustTable.replicatedAuditPpmMin.value;

/** Audit rate of `spot`, parts per million. */
export const spotAuditPpm = trustTable.spotAuditPpm.value;

/** Audit rate of the levels with replicas, parts per million. */
export const replicatedAuditPpm = trustTable.replicatedAuditPpm.value;

/** Operators that are asked to confirm a referee that contradicts everybody. */
export const confirmersMax = trustTable.confirmersMax.value;

/** Most replicas that a job may ask for. */
export const replicasMax = trustTable.replicasMax.value;

/** Most that a wrong result may be said to be worth, in prices. */
export const valueTimesMax = trustTable.valueTimesMax.value;

const quorumReplicas = trustTable.quorumReplicas.value;
const strongReplicas = trustTable.strongReplicas.value;

const levels: Readonly<Record<TrustLevel, Omit<TrustTerms, "compare">>> = {
  spot: { replicas: 1, auditPpm: spotAuditPpm, distinct: ["operator"], valueTimes: 0 },
  quorum: { replicas: quorumReplicas, auditPpm: replicatedAuditPpm, distinct: ["operator"], valueTimes: 0 },
  strong: {
    replicas: strongReplicas,
    auditPpm: replicatedAuditPpm,
    distinct: ["operator", "subnet", "hardware"],
    valueTimes: 0,
  },
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
