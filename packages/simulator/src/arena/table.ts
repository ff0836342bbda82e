// The table of rows, as markdown for people.
import { wilson } from "./interval.ts";
import type { Row } from "./row.ts";

const MILLION = 1_000_000;

/** What stands over the columns, in the order of `cellsOf`. */
const HEADS = [
  "scheme",
  "attacker",
  "p",
  "paid compute",
  "wrong accepted per task (95 %)",
  "per lie",
  "lies",
  "fines on honest",
  "unpaid honest work",
  "honest ruled wrong",
  "without result",
  "attacker's part of leases",
  "profit per lease",
  "and per 1,000 tasks",
  "seed",
];

/** The rows below each other; harm to honest workers and tasks without a result are per million tasks, profit in prices. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [HEADS, HEADS.map(() => "---"), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf({ scheme, attacker, percent, tally, compute, profit, profitInAll, share, seed }: Row): string[] {
  const { tasks, wrongAccepted, lies, honestFines, honestUnpaid, honestInvalidated, unresolved } = tally;
  const { low, high } = wilson(wrongAccepted, tasks);
  return [
    scheme.name,
    attacker.name,
    percent === 0 ? "-" : `${percent} %`,
    `${compute.toFixed(3)}x`,
    `${rate(wrongAccepted / tasks)} (${rate(low)} - ${rate(high)})`,
    lies === 0 ? "-" : (wrongAccepted / lies).toFixed(2),
    `${lies}`,
    perMillion(honestFines, tasks),
    perMillion(honestUnpaid, tasks),
    perMillion(honestInvalidated, tasks),
    perMillion(unresolved, tasks),
    percent === 0 ? "-" : `${(100 * share).toFixed(2)} %`,
    percent === 0 ? "-" : profit.toFixed(2),
    percent === 0 ? "-" : profitInAll.toFixed(1),
    `${seed}`,
  ];
}

function rate(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

function perMillion(count: number, tasks: number): string {
  return Math.round((count * MILLION) / tasks).toString();
}
