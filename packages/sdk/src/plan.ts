// The plan of a job: the coordinator tells who qualifies, and everything that follows from it is computed here, where nobody else profits.
import {
  type Address,
  breakEvenValue,
  canonicalJson,
  captureOdds,
  cheatersGain,
  checkedFineOf,
  escapeOdds,
  fineOf,
  fractionNumber,
  type JobSpec,
  minimumBudget,
  operatorsWanted,
  paidReplicasPpm,
  ppm,
  strangersGain,
  type Trust,
  type TrustTerms,
  totalTasks,
  trustName,
  trustTerms,
} from "@starling/protocol";
import type { PlanJobResponse, PlannedOperator } from "@starling/protocol/rpc";
import type { StarlingClient } from "./client.ts";
import type { PreparedJob } from "./prepare.ts";
import type { CallOptions } from "./rpc-client.ts";

/** Shares of colluding operators that a plan shows, in parts per million. */
export const plannedShares: readonly number[] = [50_000, 100_000, 200_000];

/** The share at which a cheater's gain is shown: fines are made for one coalition of a tenth. */
const temptationShare = 100_000;

/** A level of trust, for this job on this network now. Money is in base units. */
export interface LevelPlan {
  /** `spot`, `quorum`, `strong` or `custom`. */
  readonly level: string;
  readonly isChosen: boolean;
  readonly terms: TrustTerms;
  /** Paid replicas for each task, audits included, among operators that are known and pledged enough. */
  readonly paidTimes: number;
  /** The same with what newcomers add today: at most so much. */
  readonly paidTimesToday: number;
  /** What the job would cost by the present asks; null where fewer operators qualify than a task needs. */
  readonly cost: { readonly low: bigint; readonly high: bigint } | null;
  /** The least budget that a coordinator takes for it; what is not spent comes back. */
  readonly budget: bigint;
  /** Chance that a wrong result of an attacked task is accepted and stays, for each of `plannedShares`. */
  readonly escape: readonly { readonly colludingPpm: number; readonly odds: number }[];
  /** What cheating brings one replica more than honest work, at the highest price; null where nobody qualifies. */
  readonly cheater: {
    readonly price: bigint;
    readonly fine: bigint;
    /** Pledged: the fine of the lease covers what he could win. */
    readonly gain: bigint;
    /** Nothing pledged: there is nothing to take, and nothing is paid before somebody else has confirmed it, where such a one is here. */
    readonly gainUnpledged: bigint;
    /** From which value of one wrong result on cheating pays even with the fine; null when it always does. */
    readonly breakEven: bigint | null;
  } | null;
  /** Operators that qualify, how many are needed at all, and how many there should be. */
  readonly operators: {
    readonly found: number;
    readonly least: number;
    readonly recommended: number;
    /** How many of those that are told have pledged enough to stand behind a result; without an escrow all are taken to. */
    readonly backing: number;
  };
}

/** Everything that is known of a job before anything is spent. */
export interface JobPlanReport {
  readonly name: string;
  readonly tasks: number;
  readonly perTaskMax: bigint;
  readonly budget: bigint;
  readonly market: PlanJobResponse;
  readonly levels: readonly LevelPlan[];
  /** What the payer should know before he spends anything; empty when all is well. */
  readonly warnings: readonly string[];
}

/** Asks the coordinator who qualifies, and computes what each level of trust means for this job. Nothing is stored or spent. */
export async function planJob(
  client: StarlingClient,
  { prepared, payer }: { readonly prepared: PreparedJob; readonly payer: Address },
  options: CallOptions = {},
): Promise<JobPlanReport> {
  const { document, spec, budget } = prepared;
  const perTaskMax = document.budget.perTask;
  const request = { payer, specJson: canonicalJson(spec), perTaskMax: String(perTaskMax) };
  const market = await client.jobs.planJob(request, options);
  const levels = levelPlans(spec, { market, perTaskMax });
  const report = { name: document.name, tasks: totalTasks(spec), perTaskMax, budget, market, levels };
  return { ...report, warnings: planWarnings(report) };
}

/** What levels are computed from, beside the job. */
export interface PlanBasis {
  readonly market: PlanJobResponse;
  readonly perTaskMax: bigint;
}

/** Every level for a job, and its own terms where they are spelled out. */
export function levelPlans(spec: JobSpec, basis: PlanBasis): readonly LevelPlan[] {
  const named: readonly Trust[] = ["spot", "quorum", "strong"];
  const offered = typeof spec.trust === "string" ? named : [...named, spec.trust];
  return offered.map((trust) => levelPlan({ ...spec, trust }, { ...basis, isChosen: trust === spec.trust }));
}

function levelPlan(
  spec: JobSpec,
  { market, perTaskMax, isChosen }: PlanBasis & { readonly isChosen: boolean },
): LevelPlan {
  const terms = trustTerms(spec.trust);
  const tasks = totalTasks(spec);
  const paid = (alwaysAudited: number): bigint => paidReplicasPpm(terms, { tasks, alwaysAudited });
  const today = paid(alwaysAudited(terms, { tasks, market }));
  const found = Math.min(...market.steps.map(({ operators }) => operators));
  return {
    level: trustName(spec.trust),
    isChosen,
    terms,
    paidTimes: times(paid(0), tasks),
    paidTimesToday: times(today, tasks),
    cost: costOf(terms, { tasks, today, operators: market.operators }),
    budget: minimumBudget(spec, perTaskMax),
    escape: plannedShares.map((colludingPpm) => ({
      colludingPpm,
      odds: fractionNumber(escapeOdds(terms, colludingPpm)),
    })),
    cheater: temptationOf(terms, market.operators),
    operators: { found, ...operatorsWanted(terms), backing: backersIn(terms, market.operators).length },
  };
}

// Who loses enough with a wrong answer that is certainly checked. Before there is an escrow, nobody can have pledged to it.
function backersIn(terms: TrustTerms, operators: readonly PlannedOperator[]): readonly PlannedOperator[] {
  return operators.filter(
    ({ price, pledgeFree }) => pledgeFree === "" || BigInt(pledgeFree) >= checkedFineOf(terms, BigInt(price)),
  );
}

// Where another operator's answer stands beside it, a newcomer's needs no audit: only results behind which strangers alone stand are
// looked at by somebody who has pledged. Without replicas, each is audited until the newcomer is known, and for ever where the pledge
// does not cover the fine.
function alwaysAudited(
  terms: TrustTerms,
  { tasks, market }: { readonly tasks: number; readonly market: PlanJobResponse },
): number {
  const { operators, canaries } = market;
  if (operators.length === 0) return 0;
  if (terms.replicas > 1) return strangersAlone(terms, { tasks, operators });
  const isShort = ({ price, pledgeFree }: PlannedOperator): boolean =>
    pledgeFree !== "" && BigInt(pledgeFree) < fineOf(terms, BigInt(price));
  const short = operators.filter(isShort).length;
  const checks = operators.filter((one) => !isShort(one)).reduce((sum, { checksLeft }) => sum + checksLeft, 0);
  return Math.min(tasks, canaries + checks + Math.ceil((tasks * short) / operators.length));
}

// As if all were drawn alike; those who pledged are drawn more often, so there are fewer such results.
function strangersAlone(
  terms: TrustTerms,
  { tasks, operators }: { readonly tasks: number; readonly operators: readonly PlannedOperator[] },
): number {
  const backing = backersIn(terms, operators).length;
  const strangers = operators.length - backing;
  if (backing === 0 || strangers < terms.replicas) return 0;
  const { numerator, denominator } = captureOdds(terms.replicas, { operators: operators.length, colluding: strangers });
  return Number((BigInt(tasks) * numerator + denominator - 1n) / denominator);
}

// Six digits are enough for people, and print without a tail.
function times(paidPpm: bigint, tasks: number): number {
  return Number(paidPpm / BigInt(tasks)) / ppm;
}

// From the cheapest distinct operators, as if they had slots for all of it, to the dearest for everything that may be paid today.
function costOf(
  terms: TrustTerms,
  given: { readonly tasks: number; readonly today: bigint; readonly operators: readonly PlannedOperator[] },
): LevelPlan["cost"] {
  const { tasks, today, operators } = given;
  const prices = operators.map(({ price }) => BigInt(price));
  const [lowest = 0n] = prices;
  const highest = prices.at(-1) ?? 0n;
  if (prices.length < terms.replicas) return null;
  const cheapest = prices.slice(0, terms.replicas).reduce((sum, price) => sum + price, 0n);
  const high = (today * highest + BigInt(ppm) - 1n) / BigInt(ppm);
  const drawnLow = (BigInt(tasks) * BigInt(terms.auditPpm) * lowest) / BigInt(ppm);
  return { low: BigInt(tasks) * cheapest + drawnLow, high };
}

function temptationOf(terms: TrustTerms, operators: readonly PlannedOperator[]): LevelPlan["cheater"] {
  const dearest = operators.at(-1);
  if (dearest === undefined) return null;
  const price = BigInt(dearest.price);
  const fine = fineOf(terms, price);
  const bet = { price, fine, auditPpm: terms.auditPpm, colluding: temptationShare };
  // A lone answer without a pledge behind it is always checked before it is paid; several that agree are, if somebody who pledged is here.
  const isChecked = terms.replicas === 1 || backersIn(terms, operators).length > 0;
  return {
    price,
    fine,
    gain: cheatersGain(terms, bet),
    gainUnpledged: isChecked ? strangersGain(terms, bet) : cheatersGain(terms, { ...bet, fine: 0n }),
    breakEven: breakEvenValue(terms, bet),
  };
}

/** What the payer should know before he spends: too few operators to place the job at all, or for what its level is meant to hold against. */
export function planWarnings({ market, levels, budget }: Omit<JobPlanReport, "warnings">): readonly string[] {
  const chosen = levels.find(({ isChosen }) => isChosen);
  if (chosen === undefined) return [];
  const { level, terms } = chosen;
  const { found, least, recommended } = chosen.operators;
  const warnings: string[] = [];
  if (found < terms.replicas) {
    const needs = terms.replicas === 1 ? "one" : `${terms.replicas}`;
    warnings.push(
      `${operatorsText(found)} now and ${level} needs ${needs} for every task: the job waits until more come`,
    );
  } else if (found < least) {
    warnings.push(
      `${operatorsText(found)} now: no other operator is left to audit a result, so audits wait for one or for your referee`,
    );
  } else if (found < recommended) {
    warnings.push(
      `${operatorsText(found)} now and ${level} is meant for ${recommended} or more: one of them alone is ${percent(1 / found)} of the class, so few need to collude`,
    );
  }
  const subnets = Math.min(...market.steps.map((step) => step.subnets));
  if (terms.distinct.includes("subnet") && found >= terms.replicas && subnets < terms.replicas)
    warnings.push(
      `they are in ${subnets === 1 ? "one subnet" : `${subnets} subnets`}: ${level} prefers ${terms.replicas}, and takes what there is`,
    );
  if (terms.replicas > 1 && found >= terms.replicas && chosen.operators.backing === 0)
    warnings.push(
      `none of them has pledged enough to your escrow to be asked for a second look: at ${level} the word of strangers who agree is paid at once`,
    );
  const low = chosen.cost?.low ?? 0n;
  if (low > budget) warnings.push(`the budget does not cover the job at the present asks`);
  return warnings;
}

function operatorsText(found: number): string {
  return found === 0 ? "no operator qualifies" : found === 1 ? "one operator qualifies" : `${found} operators qualify`;
}

/** A share as a percentage with two digits: 0.05 is "5 %". */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
