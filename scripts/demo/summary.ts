// The demo's last words, for a person who has just watched it for the first time.
import { formatAmount } from "@starling/protocol";
import { columns } from "../devnet/print.ts";
import type { Accusation, DemoReport, Work } from "./report.ts";

/** The whole summary. */
export function summaryOf(report: DemoReport): string {
  const parts = [
    result(report),
    work(report),
    lies(report),
    money(report),
    time(report),
    files(report),
    verdict(report),
  ];
  return `\n${parts.join("\n")}`;
}

function result({ best }: DemoReport): string {
  const { lr, l2, seed, validationAccuracy, testAccuracy, testCorrect, testRows, tasks } = best;
  return section("Result", [
    `best of ${tasks} configurations: learning rate ${lr}, regularisation ${l2}, seed ${seed}`,
    `it was chosen by its accuracy on validation data, ${percent(validationAccuracy)}`,
    `on held-out test data it reads ${testCorrect} of ${testRows} digits: ${percent(testAccuracy)}`,
  ]);
}

function work({ work: { tasks, replicas, refereeRuns, audits, otherAttempts } }: DemoReport): string {
  const others = otherAttempts === 0 ? "" : `; ${count(otherAttempts, "further lease")} ended without a result`;
  const referee =
    refereeRuns === 0 ? "the referee was not needed" : `the payer's referee ran ${refereeRuns} of them again`;
  return section("Work", [
    `${tasks} tasks, ${replicas} replicas, each task on machines of different operators; ${referee}${others}`,
    auditLine(audits),
  ]);
}

function auditLine({ lottery, checked, canary, retro }: Work["audits"]): string {
  const all = lottery + checked + canary + retro;
  if (all === 0) return "no result was drawn for an audit: one in a hundred is, after its replicas have committed";
  const reasons = [
    [lottery, "drawn by the lottery"],
    [checked, "of workers that are not known yet"],
    [canary, "to see whether the program gives the same twice"],
    [retro, "because a liar had answered too"],
  ] as const;
  const parts = reasons.filter(([number]) => number > 0).map(([number, why]) => `${number} ${why}`);
  return `${count(all, "accepted result")} audited on a machine of another operator: ${parts.join(", ")}`;
}

function lies({ accusations }: DemoReport): string {
  if (accusations.length === 0) return section("Lies", ["none: all replicas of every task agree"]);
  return section("Lies", accusations.flatMap(linesOf));
}

function linesOf({ name, worker, operator, tasks }: Accusation): string[] {
  const [first] = tasks;
  if (first === undefined) return [];
  const others = tasks.slice(1).map(({ task }) => task);
  const rule = {
    referee: "the payer's referee ran the task again and ruled",
    freshReplicas: "fresh replicas on unused operators all agreed",
    agreement: "its answer was checked again after it was caught",
  }[first.ruledBy];
  return [
    `${name} lied (worker ${worker}, operator ${operator ?? "unknown"})`,
    `  in task ${first.task} it committed to, revealed and signed the digest ${short(first.digest)}`,
    `  ${first.agreed.join(" and ")} answered ${short(first.acceptedDigest)}; ${rule ?? first.ruledBy}`,
    others.length === 0
      ? "  it was excluded at once"
      : `  it was overruled in ${count(others.length, "further task")} as well: ${others.join(", ")}`,
  ];
}

function money({ pay, settlement }: DemoReport): string {
  const { deposited, refunded, paid, gas, transactions } = settlement;
  const rows = pay.map((one) => [one.name, one.worker, `${one.accepted} accepted`, formatAmount(one.onChain)]);
  return section("Money, as the chain has it", [
    ...columns(rows).trimEnd().split("\n"),
    `${formatAmount(deposited)} deposited = ${formatAmount(paid)} paid + ${formatAmount(refunded)} refunded to the payer`,
    `${gas.toLocaleString("en")} gas in ${transactions} transactions, paid by the coordinator`,
  ]);
}

function time({ phases }: DemoReport): string {
  const total = phases.reduce((sum, { ms }) => sum + ms, 0);
  const rows = [...phases, { name: "all", ms: total }].map(({ name, ms }) => [
    `${(ms / 1_000).toFixed(1)} s`.padStart(7),
    name,
  ]);
  return section("Time", columns(rows).trimEnd().split("\n"));
}

function files({ results, receipt }: DemoReport): string {
  return section("Files", [`results  ${results}`, `receipt  ${receipt}`]);
}

function verdict({ verification, problems }: DemoReport): string {
  const lines = verification.text.trimEnd().split("\n");
  const all = section("Receipt, verified with the coordinator switched off", lines);
  if (problems.length === 0) return `${all}\nEverything held. Nothing is left running.\n`;
  return `${all}\n${section("What did NOT hold", problems)}`;
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function percent(fraction: number | undefined): string {
  return `${(100 * (fraction ?? 0)).toFixed(2)} %`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function short(digest: string): string {
  return `${digest.slice(0, 18)}…`;
}
