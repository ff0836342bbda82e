// The plan of a job as people read it: the market, one row for each level, and what its figures claim and don't.
import { formatAmount } from "@starling/protocol";
import type { PlannedStep } from "@starling/protocol/rpc";
import { type JobPlanReport, type LevelPlan, percent, plannedShares } from "@starling/sdk";
import { table, toJson } from "./format.ts";
import { money } from "./words.ts";

/** All of it. */
export function planText(plan: JobPlanReport): string {
  const parts = [headText(plan), marketText(plan), table(levelRows(plan.levels)), legendText(plan)];
  const warnings = plan.warnings.map((warning) => `warning: ${warning}\n`).join("");
  return [...parts, warnings].filter((part) => part !== "").join("\n");
}

function headText({ name, tasks, market, budget, perTaskMax, levels }: JobPlanReport): string {
  const steps = market.steps.map((step) => `${step.tasks} ${step.step}`).join(", ");
  const chosen = levels.find(({ isChosen }) => isChosen)?.level ?? "";
  return `job ${name}: ${plural(tasks, "task")} (${steps}), trust ${chosen}, at most ${formatAmount(perTaskMax)} a replica, budget ${formatAmount(budget)}\n`;
}

function marketText({ market }: JobPlanReport): string {
  const prices = market.operators.map(({ price }) => price);
  const [low] = prices;
  const high = prices.at(-1);
  const asks =
    low === undefined || high === undefined ? "nobody" : low === high ? money(low) : `${money(low)} to ${money(high)}`;
  const lines = [
    `workers: ${market.workersKnown} known; operators that can run all of it ask ${asks} a task`,
    ...market.steps.flatMap((step, i) => stepLines(step, i === 0 ? undefined : market.steps[0], market.workersKnown)),
    market.referees > 0
      ? `referees of yours: ${market.referees}; they run again what answers differ about`
      : "no referee of yours is here: where answers differ, as many fresh replicas as before and one more must all agree",
  ];
  return `${lines.join("\n")}\n`;
}

function stepLines(step: PlannedStep, first: PlannedStep | undefined, known: number): readonly string[] {
  const { workers, operators, subnets, hardwareModels, unmet } = step;
  const isSame =
    first !== undefined && toJson({ ...first, step: "", tasks: 0 }) === toJson({ ...step, step: "", tasks: 0 });
  if (isSame) return [`  ${step.step}: the same`];
  const who = `${plural(workers, "worker")} of ${plural(operators, "operator")} in ${plural(subnets, "subnet")}, ${plural(hardwareModels, "hardware model")}`;
  return [
    `  ${step.step}: ${workers === 0 ? "nobody qualifies" : who}`,
    ...unmet.map((one) => `    ${one.workers} of ${plural(known, "worker")} ${one.message} [${one.code}]`),
  ];
}

const columns: readonly (readonly [string, (level: LevelPlan) => string])[] = [
  ["LEVEL", ({ level, isChosen }) => `${level}${isChosen ? " *" : ""}`],
  ["REPLICAS", ({ terms }) => String(terms.replicas)],
  ["AUDITS", ({ terms }) => percent(terms.auditPpm / 1_000_000)],
  ["PAID", ({ paidTimes }) => timesText(paidTimes)],
  ["TODAY", ({ paidTimesToday }) => timesText(paidTimesToday)],
  ["COST", ({ cost }) => (cost === null ? "-" : rangeText(cost))],
  ["BUDGET", ({ budget }) => formatAmount(budget)],
  ...plannedShares.map(
    (share, i) => [`AT ${percent(share / 1_000_000)}`, (level: LevelPlan) => oddsText(level.escape[i]?.odds)] as const,
  ),
  ["CHEATER", ({ cheater }) => (cheater === null ? "-" : signed(cheater.gain))],
  ["UNPLEDGED", ({ cheater }) => (cheater === null ? "-" : signed(cheater.gainUnpledged))],
  ["OPERATORS", ({ operators }) => `${operators.found} of ${operators.recommended}`],
];

function levelRows(levels: readonly LevelPlan[]): readonly (readonly string[])[] {
  return [columns.map(([title]) => title), ...levels.map((level) => columns.map(([, value]) => value(level)))];
}

// What each figure means stands below the figures, not in a manual that nobody has at hand.
function legendText({ levels, market }: JobPlanReport): string {
  const chosen = levels.find(({ isChosen }) => isChosen);
  const breakEven = chosen?.cheater?.breakEven ?? null;
  const worth =
    breakEven === null
      ? ""
      : ` With ${chosen?.level} it pays again where one wrong result is worth more than ${roughly(breakEven)}: if yours is, name its worth as trust.value, and fines rise with it.`;
  const lines = [
    "*          what the job asks for",
    `PAID       answers paid for each task, audits included; TODAY counts what newcomers add at most: ${market.probationChecks} checks for each operator in probation and class`,
    "COST       by the asks of today, from the cheapest distinct operators to the dearest; BUDGET is the least that is taken, and what is not spent comes back",
    "AT 10 %    chance that a wrong result of one attacked task is accepted and stays. The adversary: operators that hold this share of what is drawn act",
    "           as one, lie alike, and lie only where they hold every replica; whoever rules on a mismatch is honest",
    `CHEATER    what such operators, at 10 %, expect to win (+) or lose (-) for each replica, with a pledge that covers the fine.${worth}`,
    "UNPLEDGED  the same without a pledge. An answer behind which no pledge stands is run once more and paid with that check alone: at spot always, with replicas",
    "           by somebody who has pledged, if one is here and the budget leaves room",
    "OPERATORS  distinct operators that qualify, and how many the level is meant for",
    `Results stay provisional for ${seconds(market.finalityMs)} at least. Not claimed: that operators with different keys are different people; anything at a third or more`,
    "of what is drawn; protection from an enemy who does not mind to lose money; secrecy of inputs and results; that every fine is collected: a",
    "court takes it, on the verdict of a jury of workers, and where too few have seats, or jurors can't repeat the task, nothing is taken.",
  ];
  return `${lines.join("\n")}\n`;
}

function timesText(value: number): string {
  return `${value.toFixed(2)}x`;
}

function rangeText({ low, high }: { readonly low: bigint; readonly high: bigint }): string {
  return roughly(low) === roughly(high) ? roughly(low) : `${roughly(low)} to ${roughly(high)}`;
}

function oddsText(odds = 0): string {
  return odds >= 0.001 ? percent(odds) : odds.toExponential(1);
}

function signed(value: bigint): string {
  return value > 0n ? `+${roughly(value)}` : roughly(value);
}

// Four decimals: whoever plans does not count hundredths of a cent.
function roughly(value: bigint): string {
  const half = value < 0n ? -50n : 50n;
  return formatAmount(((value + half) / 100n) * 100n);
}

function seconds(ms: bigint): string {
  return `${Number(ms) / 1_000} s`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
